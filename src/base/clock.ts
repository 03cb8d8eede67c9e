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
  /** Calls `run` once, `delay` ms from now. */
  after(delay: number, run: () => void): Timer;
  /** Calls `run` every `interval` ms. */
  every(interval: number, run: () => void): Timer;
}

/** The runtime's timers take no more, and fire at once for more, in ms. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** The system's clock and the runtime's timers. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  micros(): number {
    return Math.floor((performance.timeOrigin + performance.now()) * 1000);
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

  every(interval: number, run: () => void): Timer {
    const id = setInterval(run, interval);
    return { cancel: () => clearInterval(id) };
  }
}

interface ManualTimer {
  due: number;
  interval: number;
  run: () => void;
}

/**
 * A clock that stands still until a test moves it.
 *
 * @example
 * ```ts
 * const clock = new ManualClock(1_700_000_000_000);
 * await using server = await startServer({ port: 0, clock });
 * clock.advance(10_000); // keys with less than ten seconds to live are gone
 * ```
 */
export class ManualClock implements Clock {
  #now: number;
  #timers = new Set<ManualTimer>();

  /** A clock that shows `start`, in ms since the Unix epoch. */
  constructor(start: number = Date.now()) {
    this.#now = start;
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

  every(interval: number, run: () => void): Timer {
    return this.#add({ due: this.#now + interval, interval: Math.max(1, interval), run });
  }

  /** Moves the clock forward by `ms` and calls what falls due on the way, in the order of time. */
  advance(ms: number): void {
    const target = this.#now + ms;
    for (let timer = this.#earliest(target); timer; timer = this.#earliest(target)) {
      this.#now = Math.max(this.#now, timer.due);
      if (timer.interval > 0) timer.due += timer.interval;
      else this.#timers.delete(timer);
      timer.run();
    }
    this.#now = target;
  }

  /** Sets the time, in ms since the Unix epoch, without calling timers, as a changed system clock does. */
  set(now: number): void {
    const shift = now - this.#now;
    for (const timer of this.#timers) timer.due += shift;
    this.#now = now;
  }

  #add(timer: ManualTimer): Timer {
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  #earliest(until: number): ManualTimer | undefined {
    let earliest: ManualTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.due <= until && (!earliest || timer.due < earliest.due)) earliest = timer;
    }
    return earliest;
  }
}
