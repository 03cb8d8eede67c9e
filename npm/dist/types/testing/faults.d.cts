import type { CommandFilter } from "./filter.cjs";
/** A fault that is in force until it is removed: by `remove`, by `using`, or by the server's `reset`. */
export interface Fault extends Disposable {
    /** How many commands it has hit. */
    readonly hits: number;
    /** Ends it. Nothing where it has ended. */
    remove(): void;
}
/** Which commands a fault hits, and how many of them. */
export interface FaultOptions extends CommandFilter {
    /** After so many it hits none any more; as many as come, if not given. */
    readonly times?: number;
}
/** What commands are answered in place of being run. */
export interface ErrorFault extends FaultOptions {
    /** The error with its code: `LOADING Redis is loading the dataset in memory`. */
    readonly error: string;
}
/** Where replies are cut off. */
export interface CutFault extends FaultOptions {
    /** How many bytes of the reply are still sent before the connection closes; 0, if not given. */
    readonly after?: number;
}
