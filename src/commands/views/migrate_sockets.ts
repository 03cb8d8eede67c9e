/** What MIGRATE needs of the network. */

/** Where MIGRATE sends keys. */
export interface MigrationTarget {
  readonly host: string;
  readonly port: string;
  readonly database: number;
  /** What AUTH is given; null: it is not called. */
  readonly credentials: readonly string[] | null;
  /** The longest wait for each step, in ms. */
  readonly timeout: number;
}

/** What became of keys that were sent. */
export interface MigrationOutcome {
  /** Whether the target has taken each of them. */
  readonly accepted: readonly boolean[];
  /** The first error that the target replied, or null. */
  readonly error: string | null;
  /** What did not work with the connection, or null. */
  readonly failure: "connecting" | "writing" | "reading" | null;
}

/** Connections to other servers, on which keys are moved there. */
export interface MigrateSocketsView {
  /** How many connections are kept for later use. */
  readonly kept: number;
  /**
   * Sends commands, encoded, one for each key, and calls `done` in a later turn; not when the server has
   * been stopped. Until then nothing changes the data here, if `exclusive`.
   */
  send(
    target: MigrationTarget,
    commands: readonly Uint8Array[],
    exclusive: boolean,
    done: (outcome: MigrationOutcome) => void,
  ): void;
}
