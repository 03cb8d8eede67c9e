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
/** What the system tells of the time. */
export interface TimeSource {
    /** Whole ms since the Unix epoch, by a clock that may be set, or stand still with the machine. */
    wall(): number;
    /** Ms since any moment, by a clock that never goes back. */
    monotonic(): number;
}
/**
 * The system's clock and the runtime's timers. That the system's clock was set is seen whenever a function
 * of `every` is called.
 */
export declare class SystemClock implements Clock {
    #private;
    constructor(source?: TimeSource);
    now(): number;
    /** The system's clock decides on the ms, the monotonic one on what lies between two. */
    micros(): number;
    after(delay: number, run: () => void): Timer;
    at(time: number, run: () => void): Timer;
    every(interval: number, run: () => void): Timer;
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
export declare class ManualClock implements Clock {
    #private;
    /** A clock that shows `start`, in ms since the Unix epoch. Throws `RangeError` for what is no time. */
    constructor(start?: number, source?: TimeSource);
    /** Whether it goes on by itself. */
    get isRunning(): boolean;
    now(): number;
    micros(): number;
    after(delay: number, run: () => void): Timer;
    at(time: number, run: () => void): Timer;
    every(interval: number, run: () => void): Timer;
    /**
     * Moves the clock forward by `ms` and calls what falls due on the way, in the order of time. Throws
     * `RangeError` for less than 0 and for what is no finite number; `set` takes the clock back.
     */
    advance(ms: number): void;
    /**
     * Sets the time, in ms since the Unix epoch, without calling timers, as a changed system clock does. What
     * waited for a time that has passed by this is called when the clock is next moved forward, even by 0, or as
     * soon as it runs. Throws `RangeError` for what is no time.
     */
    set(now: number): void;
    /**
     * From now on it goes on by itself, with the system's clock, also where that is set. Nothing where it does
     * already.
     */
    run(): void;
    /** From now on it stands still. Nothing where it does already. */
    pause(): void;
}
