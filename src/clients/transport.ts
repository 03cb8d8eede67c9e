/** What a client knows of the connection that carries its commands and replies. */

/** What is needed of a socket, whatever stands behind it. */
export type Socket = Pick<Deno.Conn, "read" | "write" | "close" | "localAddr" | "remoteAddr">;

/** What a connection sends in place of replies: a replica's stream. */
export interface OutputFeed {
  /** How many bytes there are to be sent, be they on their way or not. */
  readonly bytes: number;
  /** A turn has ended: what there is by now may leave once the gate's `safe` reaches `ticket`. */
  turnEnded(ticket: number): void;
  /** The bytes that come next, where the gate's `safe` has got so far; empty: none may leave now. */
  next(safe: number): Uint8Array;
  /** Whether there are bytes that wait for `safe` to grow. */
  readonly waitsForSafety: boolean;
  /** So many of the bytes that `next` has shown were written. */
  wrote(count: number): void;
  /** The connection is closed. */
  close(): void;
}

/** The connection under a client. */
export interface ClientTransport {
  /** The peer's address as CLIENT LIST shows it. */
  readonly address: string;
  /** The server's end. */
  readonly localAddress: string;
  readonly isUnixSocket: boolean;
  /** Bytes in the query buffer: of the commands that were read together, while one of them runs. */
  readonly queryBytes: number;
  /** Bytes in the finished arguments of a command that has not come as a whole. */
  readonly argumentBytes: number;
  /** Unused bytes of the query buffer. */
  readonly queryBytesFree: number;
  /** Bytes handed over for writing and not yet written. */
  readonly outputBytes: number;
  /** In how many pieces they wait. */
  readonly outputChunks: number;
  /** Whether the connection is closed: what is written to the client goes nowhere. */
  readonly isClosed: boolean;
  /** There is something in the client's reply writer to be sent at the end of this turn. */
  replyWaits(): void;
  /** What is in the reply writer does not leave before the gate lets go of what it keeps. */
  keepReplies(): void;
  /** The command that was given out last can't run yet: it comes again before all that came after it. */
  putBack(): void;
  /** The client was parked and has been replied to: its reply leaves, and its next commands run. */
  resume(): void;
  /**
   * From now on sends what a feed gives; nothing that was replied may be waiting. Who replies anything has the
   * connection closed.
   */
  feedFrom(feed: OutputFeed): void;
  /** Has small pieces wait for more, so that fewer packets are sent, where the connection is one of TCP. */
  delaySmallWrites(): void;
  /** The feed has more to be sent, at once or at the end of this turn. */
  feedGrew(): void;
  /** Closes the connection if more waits to be written than may; `outcome` is what the log says. */
  checkOutput(outcome?: string): void;
  /** Closes at once; what waits to be written is lost. */
  close(): void;
}
