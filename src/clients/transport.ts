/** What a client knows of the connection that carries its commands and replies. */

/** What is needed of a socket, whatever stands behind it. */
export type Socket = Pick<Deno.Conn, "read" | "write" | "close" | "localAddr" | "remoteAddr">;

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
  /** Closes the connection if more waits to be written than may; `outcome` is what the log says. */
  checkOutput(outcome?: string): void;
  /** Closes at once; what waits to be written is lost. */
  close(): void;
}
