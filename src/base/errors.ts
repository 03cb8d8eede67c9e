/** Errors that a client may see. */

/**
 * What `Error` is to `instanceof`, without the look at the stack, which V8 takes even where none of it
 * is kept: some 20 µs for each of the 250 shared errors while the bundled modules are evaluated.
 */
const ErrorWithoutStack: new (message: string) => Error = function (
  this: Error,
  message: string,
): void {
  this.message = message;
} as unknown as new (message: string) => Error;
ErrorWithoutStack.prototype = Error.prototype;

/**
 * An error reply: the text that follows `-` on the wire, with Redis' code first ("ERR syntax error").
 * It carries no stack, so throwing one from a handler is cheap; the texts that Redis uses in many
 * places are shared values below.
 */
export class ReplyError extends ErrorWithoutStack {
  static {
    this.prototype.name = "ReplyError";
  }

  /** The code: the text up to the first space; `ERR` where there is none, as Redis counts it. */
  get code(): string {
    const space = this.message.indexOf(" ");
    return space < 0 ? "ERR" : this.message.slice(0, space);
  }
}

/** An error that was counted where it arose, and is passed on: one of a command that a script called. */
export class PassedError extends ReplyError {
  static {
    this.prototype.name = "PassedError";
  }
}

/** Tells who in a cluster can do what was asked for, or that nobody can now. */
export class RedirectionError extends ReplyError {
  static {
    this.prototype.name = "RedirectionError";
  }
}

/** What can't be done because memory for it can't be had; Redis ends where that happens. */
export class OutOfMemory extends ReplyError {
  static {
    this.prototype.name = "OutOfMemory";
  }
}

export const SYNTAX_ERROR: ReplyError = new ReplyError("ERR syntax error");
export const WRONG_TYPE: ReplyError = new ReplyError(
  "WRONGTYPE Operation against a key holding the wrong kind of value",
);
export const NOT_AN_INTEGER: ReplyError = new ReplyError(
  "ERR value is not an integer or out of range",
);
export const NOT_A_FLOAT: ReplyError = new ReplyError("ERR value is not a valid float");
export const NO_SUCH_KEY: ReplyError = new ReplyError("ERR no such key");
export const OUT_OF_RANGE: ReplyError = new ReplyError("ERR value is out of range");
/** While data is loaded. */
export const LOADING: ReplyError = new ReplyError(
  "LOADING Redis is loading the dataset in memory",
);
