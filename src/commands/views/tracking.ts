/** How the server keeps track of what clients keep in their caches. */

/** What CLIENT TRACKING ON asks for. */
export interface TrackingOptions {
  /** Who is told in this client's place, by its id; 0: nobody else. */
  readonly redirect: number;
  /** Tells of all changes to keys that begin with one of the prefixes, whatever the client has read. */
  readonly broadcast: boolean;
  /** Where there is none, all keys are broadcast. */
  readonly prefixes: readonly string[];
  /** Only keys of commands behind CLIENT CACHING YES are tracked. */
  readonly optIn: boolean;
  /** Keys of commands behind CLIENT CACHING NO are not tracked. */
  readonly optOut: boolean;
  /** The client is not told of what it changes itself. */
  readonly noLoop: boolean;
}

/** How a client's keys are tracked now. */
export interface TrackingState extends TrackingOptions {
  /** Whether CLIENT CACHING was called for the command that comes next, or for the transaction. */
  readonly caching: boolean;
  /** Whether it was noticed that the client which is told in this one's place is gone. */
  readonly redirectBroken: boolean;
}
