/** The server's one source of time, which an embedding test can hold in its hands. */

/** A pending call of `Clock.after` or `Clock.every`. */
export interface Timer {
  /** Makes sure that the function is not called (again). */
  cancel(): void;
}

/** Time as a server sees it: TTLs, timeouts, stream IDs, TIME and the cron all follow one clock. */
export interface Clock {
  /** Milliseconds since the Unix epoch, a whole number. */
  now(): number;
  /** Microseconds since the Unix epoch, a whole number. */
  micros(): number;
  /** Calls `run` once, `delay` ms from now, whatever is done to the system's clock meanwhile. */
  after(delay: number, run: () => void): Timer;
  /** Calls `run` once when the clock shows `time`, in ms since the Unix epoch, or more. */
  at(time: number, run: () => void): Timer;
  /** Calls `run` every `interval` ms. */
  every(interval: number, run: () => void): Timer;
}

/** As they are when the module is loaded: a test may put others in their place, which the server must not follow. */
const { setTimeout, clearTimeout, setInterval, clearInterval, performance, Date } = globalThis;

/** The runtime's timers take no more, and fire at once for more, in ms. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** What the system tells of the time. */
export interface TimeSource {
  /** Whole ms since the Unix epoch, by a clock that may be set, or stand still with the machine. */
  wall(): number;
  /** Ms since any moment, by a clock that never goes back. */
  monotonic(): number;
}

const SYSTEM: TimeSource = { wall: () => Date.now(), monotonic: () => performance.now() };

/** When the system's clock has moved by more against the other one, in ms, it was set. */
const LEAST_STEP = 10;

/** A pending call of `SystemClock.at`. */
interface Deadline {
  readonly time: number;
  readonly run: () => void;
  timer: Timer;
}

/**
 * The system's clock and the runtime's timers. That the system's clock was set is seen whenever a function
 * of `every` is called.
 */
export class SystemClock implements Clock {
  readonly #source: TimeSource;
  /** From the monotonic clock to the time, in µs, as of the last call of `micros`. */
  #offset = 0;
  readonly #deadlines = new Set<Deadline>();
  /** From the monotonic clock to the time, in ms, when the deadlines' timers were started. */
  #drift = 0;

  constructor(source: TimeSource = SYSTEM) {
    this.#source = source;
  }

  now(): number {
    return this.#source.wall();
  }

  /** The system's clock decides on the ms, the monotonic one on what lies between two. */
  micros(): number {
    const least = this.#source.wall() * 1000;
    const elapsed = Math.floor(this.#source.monotonic() * 1000);
    const micros = Math.min(Math.max(elapsed + this.#offset, least), least + 999);
    this.#offset = micros - elapsed;
    return micros;
  }

  after(delay: number, run: () => void): Timer {
    let id: ReturnType<typeof setTimeout>;
    const wait = (left: number) => {
      const next = left > LONGEST_DELAY ? () => wait(left - LONGEST_DELAY) : run;
      id = setTimeout(next, Math.min(left, LONGEST_DELAY));
    };
    wait(delay);
    return { cancel: () => clearTimeout(id) };
  }

  at(time: number, run: () => void): Timer {
    if (this.#deadlines.size === 0) this.#drift = driftOf(this.#source);
    const deadline: Deadline = { time, run, timer: NO_TIMER };
    this.#deadlines.add(deadline);
    this.#wait(deadline);
    return {
      cancel: () => {
        deadline.timer.cancel();
        this.#deadlines.delete(deadline);
      },
    };
  }

  every(interval: number, run: () => void): Timer {
    const id = setInterval(() => {
      this.#followSteps();
      run();
    }, interval);
    return { cancel: () => clearInterval(id) };
  }

  #wait(deadline: Deadline): void {
    const left = Math.max(0, deadline.time - this.now());
    deadline.timer = this.after(left, () => {
      if (this.now() < deadline.time) return this.#wait(deadline);
      this.#deadlines.delete(deadline);
      deadline.run();
    });
  }

  /** Where the system's clock was set, the deadlines are nearer or farther now. */
  #followSteps(): void {
    if (this.#deadlines.size === 0) return;
    const drift = driftOf(this.#source);
    if (Math.abs(drift - this.#drift) < LEAST_STEP) return;
    this.#drift = drift;
    for (const deadline of this.#deadlines) {
      deadline.timer.cancel();
      this.#wait(deadline);
    }
  }
}

const NO_TIMER: Timer = { cancel() {} };

interface ManualTimer {
  due: number;
  interval: number;
  /** Whether it waits for a time rather than for as long. */
  isDeadline?: boolean;
  run: () => void;
}

/**
 * A clock that stands still until a test moves it; `run` has it go on by itself, with the system's.
 *
 * @example
 * ```ts
 * const clock = new ManualClock(1_700_000_000_000);
 * await using server = await startServer({ port: 0, clock });
 * clock.advance(10_000); // keys with less than ten seconds to live are gone
 * ```
 */
export class ManualClock implements Clock {
  readonly #source: TimeSource;
  /** What it showed when it was last moved, or began to run. */
  #base: number;
  /** What the monotonic clock showed at that moment; null: it stands still. */
  #runsSince: number | null = null;
  /** From the monotonic clock to the system's, in ms, while it runs. */
  #drift = 0;
  readonly #timers = new Set<ManualTimer>();
  /** Looks at the clock when the first of the timers is due, while it runs; null: none is waited for. */
  #look: { readonly due: number; readonly id: ReturnType<typeof setTimeout> } | null = null;
  /** Whether it calls what is due just now. */
  #isCalling = false;

  /** A clock that shows `start`, in ms since the Unix epoch. Throws `RangeError` for what is no time. */
  constructor(start: number = Date.now(), source: TimeSource = SYSTEM) {
    this.#base = requireFinite(start);
    this.#source = source;
  }

  /** Whether it goes on by itself. */
  get isRunning(): boolean {
    return this.#runsSince !== null;
  }

  get #now(): number {
    if (this.#runsSince === null) return this.#base;
    return this.#base + Math.max(0, this.#source.monotonic() - this.#runsSince);
  }

  now(): number {
    return Math.floor(this.#now);
  }

  micros(): number {
    return Math.floor(this.#now * 1000);
  }

  after(delay: number, run: () => void): Timer {
    return this.#add({ due: this.#now + Math.max(0, delay), interval: 0, run });
  }

  at(time: number, run: () => void): Timer {
    return this.#add({ due: time, interval: 0, isDeadline: true, run });
  }

  every(interval: number, run: () => void): Timer {
    return this.#add({ due: this.#now + interval, interval: Math.max(1, interval), run });
  }

  /**
   * Moves the clock forward by `ms` and calls what falls due on the way, in the order of time. Throws
   * `RangeError` for less than 0 and for what is no finite number; `set` takes the clock back.
   */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`A clock can't be moved forward by ${ms} ms`);
    this.#moveTo(requireFinite(this.#now + ms));
  }

  /**
   * Sets the time, in ms since the Unix epoch, without calling timers, as a changed system clock does. What
   * waited for a time that has passed by this is called when the clock is next moved forward, even by 0, or as
   * soon as it runs. Throws `RangeError` for what is no time.
   */
  set(now: number): void {
    const shift = requireFinite(now) - this.#now;
    for (const timer of this.#timers) if (!timer.isDeadline) timer.due += shift;
    this.#rebase(now);
    this.#lookAgain();
  }

  /**
   * From now on it goes on by itself, with the system's clock, also where that is set. Nothing where it does
   * already.
   */
  run(): void {
    if (this.#runsSince !== null) return;
    this.#runsSince = this.#source.monotonic();
    this.#drift = driftOf(this.#source);
    this.#lookAgain();
  }

  /** From now on it stands still. Nothing where it does already. */
  pause(): void {
    this.#base = this.#now;
    this.#runsSince = null;
    this.#lookAgain();
  }

  #rebase(now: number): void {
    this.#base = now;
    if (this.#runsSince !== null) this.#runsSince = this.#source.monotonic();
  }

  #moveTo(target: number): void {
    const wasCalling = this.#isCalling;
    this.#isCalling = true;
    try {
      for (let timer = this.#earliest(target); timer; timer = this.#earliest(target)) {
        if (timer.due > this.#now) this.#rebase(timer.due);
        if (timer.interval > 0) timer.due += timer.interval;
        else this.#timers.delete(timer);
        timer.run();
      }
    } finally {
      this.#isCalling = wasCalling;
      // Where something that was called has moved the clock as well, it shows the later time.
      if (target > this.#now) this.#rebase(target);
      this.#lookAgain();
    }
  }

  #add(timer: ManualTimer): Timer {
    this.#timers.add(timer);
    if (this.#look === null || timer.due < this.#look.due) this.#lookAgain();
    return { cancel: () => this.#timers.delete(timer) };
  }

  #earliest(until: number): ManualTimer | undefined {
    let earliest: ManualTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.due <= until && (!earliest || timer.due < earliest.due)) earliest = timer;
    }
    return earliest;
  }

  /** Has the runtime wake a clock that runs when the next of its timers is due. */
  #lookAgain(): void {
    if (this.#isCalling) return;
    if (this.#look !== null) clearTimeout(this.#look.id);
    this.#look = null;
    if (this.#runsSince === null) return;
    const earliest = this.#earliest(Infinity);
    if (earliest === undefined) return;
    const { due } = earliest, left = Math.min(Math.max(0, due - this.#now), LONGEST_DELAY);
    const id = setTimeout(() => {
      this.#look = null;
      this.#followSteps();
      this.#moveTo(this.#now);
    }, left);
    this.#look = { due, id };
  }

  /** Where the system's clock was set, this one goes with it. */
  #followSteps(): void {
    const drift = driftOf(this.#source), step = drift - this.#drift;
    if (Math.abs(step) < LEAST_STEP) return;
    this.#drift = drift;
    this.set(this.#now + step);
  }
}

/** From a monotonic clock to the time, in ms. */
function driftOf(source: TimeSource): number {
  return source.wall() - source.monotonic();
}

function requireFinite(time: number): number {
  if (!Number.isFinite(time)) throw new RangeError(`${time} is no time in ms`);
  return time;
}
