/** What makes a connection unusable. */

/**
 * Bytes that are no command. The message is what a client is told after `-ERR ` before its connection
 * is closed, for example `Protocol error: invalid bulk length`; as a byte string, free of CR and LF.
 */
export class ProtocolError extends Error {
  static {
    this.prototype.name = "ProtocolError";
  }

  constructor(message: string) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0; // a peer can cause these at will
    super(`Protocol error: ${message}`);
    Error.stackTraceLimit = limit;
  }
}

/** More bytes wait undecoded than `client-query-buffer-limit` allows: the connection is closed unanswered. */
export class QueryBufferLimitError extends Error {
  static {
    this.prototype.name = "QueryBufferLimitError";
  }

  constructor() {
    super("query buffer limit reached");
  }
}
