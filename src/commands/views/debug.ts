/** What DEBUG changes. */

/** How clients' reply buffers get their sizes. */
export interface ReplyBuffersView {
  /** Whether they are made smaller and larger. */
  resizes: boolean;
  /** How often what a client was told at most is forgotten, in ms; negative: never. */
  peakResetTime: number;
  readonly defaultPeakResetTime: number;
}

/** What DEBUG changes in the server, for tests. */
export interface DebugView {
  /** Whether keys are removed when their time has come, without somebody meeting them. */
  activeExpire: boolean;
  /** Whether what RESTORE is given, and files, are taken whatever their checksums are. */
  skipsChecksums: boolean;
  /** Whether nothing is done that the server does now and then by itself. */
  cronPaused: boolean;
  readonly replyBuffers: ReplyBuffersView;
  /** Ends the process as an error does that nobody catches; null in a program that is not the server's alone. */
  readonly panic: ((error: Error) => void) | null;
  /** How long each write to the append-only file is put off, while everybody waits, in ms. */
  aofWriteDelay: number;
  /** Gives the history of the data set another name. */
  changeReplicationId(): void;
}
