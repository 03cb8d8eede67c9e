/** The server's end, as SHUTDOWN sees it. */

/** How SHUTDOWN is asked to proceed. */
export interface ShutdownOptions {
  readonly save: "save" | "nosave" | "default";
  /** Do not wait for replicas. */
  readonly now: boolean;
  /** Ends even if saving fails. */
  readonly force: boolean;
}

/** What SHUTDOWN and the signals act on. */
export interface LifecycleView {
  /**
   * Begins to shut down; throws `ReplyError` where that cannot be. It may wait for replicas: where it comes to
   * nothing then, `failed` is called.
   */
  shutdown(options: ShutdownOptions, failed?: () => void): void;
  /** How long it waits for replicas at most, in ms; null: it does not wait. */
  readonly waitsFor: number | null;
  /** Takes back a shutdown that waits; false where none does. */
  abortShutdown(): boolean;
}
