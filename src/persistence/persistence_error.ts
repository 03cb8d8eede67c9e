/** What persistence tells the world: why a file can't be taken, and what goes to the log. */

/**
 * Files that can't be loaded or written: the server can't start (or the AOF can't be turned on) with
 * them. The message names file and place; it may have several lines, each a line of the log.
 */
export class PersistenceError extends Error {
  static {
    this.prototype.name = "PersistenceError";
  }

  /** `logLines`: what the log is told if the server ends because of it, where that is not the message. */
  constructor(message: string, readonly logLines: readonly string[] = message.split("\n")) {
    super(message);
  }
}

/** The part of the server's log that persistence writes to. */
export interface PersistenceLog {
  notice(message: string): void;
  warning(message: string): void;
}
