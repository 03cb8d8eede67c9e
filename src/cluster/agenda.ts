/** What is to be done before a turn ends, once for all that happened in it. */

/** The things that there are to do, as bits. */
export const Task = {
  /** See whether this node's replication has come so far that a manual failover can go on. */
  ManualFailover: 1 << 0,
  /** See whether this node can take its primary's place. */
  Failover: 1 << 1,
  /** See whether the cluster can be used. */
  Status: 1 << 2,
  /** Write nodes.conf. */
  Save: 1 << 3,
  /** Have what is written on disk before anything leaves. */
  Sync: 1 << 4,
} as const;

/** A list of tasks that is gone through at the end of a turn. */
export class Agenda {
  /** Is called when there is something to do and was nothing: the turn must have an end. */
  onWork: () => void = () => {};
  #tasks = 0;

  /** There is something to do. */
  add(tasks: number): void {
    const wasEmpty = this.isEmpty;
    this.#tasks |= tasks;
    if (wasEmpty && !this.isEmpty) this.onWork();
  }

  /** What was done otherwise need not be done again. */
  drop(tasks: number): void {
    this.#tasks &= ~tasks;
  }

  /** What there is to do; the list is empty after that. */
  take(): number {
    const tasks = this.#tasks;
    this.#tasks = 0;
    return tasks;
  }

  /** Whether there is nothing to do. */
  get isEmpty(): boolean {
    return this.#tasks === 0;
  }
}
