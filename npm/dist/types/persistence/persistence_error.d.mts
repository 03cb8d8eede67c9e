/** What persistence tells the world: why a file can't be taken, and what goes to the log. */
/**
 * Files that can't be loaded or written: the server can't start (or the AOF can't be turned on) with
 * them. The message names file and place; it may have several lines, each a line of the log.
 */
export declare class PersistenceError extends Error {
    readonly logLines: readonly string[];
    /** `logLines`: what the log is told if the server ends because of it, where that is not the message. */
    constructor(message: string, logLines?: readonly string[]);
}
