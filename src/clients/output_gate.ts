/** The one gate through which everything that the server says leaves. */

import { clearImmediate, setImmediate } from "node:timers";

import type { HeldOutput } from "../execution/half_done.ts";

/** Somebody whose output passes the gate: a connection. */
export interface Outlet {
  /** Takes what was said in this turn; it may leave once the gate's `safe` reaches `ticket`. */
  takeReplies(ticket: number): void;
  /** Sends what may leave now. */
  pump(): void;
}

/** What must be safe before anybody is told of it: the append-only file's writer. */
export interface Durability {
  /** Hands this turn's changes to the system; the turn's output may leave once `safe` reaches this. */
  flush(): number;
  /** How far changes are as safe as the configuration promises. */
  readonly safe: number;
}

/** Where nothing has to be kept: without an append-only file. */
const NOTHING_TO_KEEP: Durability = { flush: () => 0, safe: Infinity };

/**
 * Once per turn of the event loop, the turn's changes are handed to the append-only file, and then all
 * output produced in that turn leaves: nobody sees data that a crash of the process takes back.
 */
export class OutputGate implements HeldOutput {
  /** Called at the end of a turn: says what is to be said about the turn as a whole. */
  turnEnds: () => void = () => {};
  #durability = NOTHING_TO_KEEP;
  #waiting: Outlet[] = [];
  #spare: Outlet[] = [];
  readonly #held = new Set<Outlet>();
  /** Those to whom something was said by a command that stands half-way: they are told nothing before its end. */
  readonly #kept = new Set<Outlet>();
  /** Where in `#waiting` that begins which such a command may have said. */
  #mark = 0;
  #scheduled: ReturnType<typeof setImmediate> | undefined;
  readonly #letOut = () => this.flush();
  #said = 0;

  /** How far changes are safe: output with a ticket up to this may leave. */
  get safe(): number {
    return this.#durability.safe;
  }

  /** From now on output waits for this; null: for nothing. What waited for the last one is let out. */
  setDurability(durability: Durability | null): void {
    this.#durability = durability ?? NOTHING_TO_KEEP;
    this.safeGrew();
  }

  /** How much was said in this turn, in bytes, as far as `await` was told. */
  get said(): number {
    return this.#said;
  }

  /**
   * The connection's client may have something to say, or to close, at the end of this turn; `said`: how
   * much that is more than before, in bytes, where it is known.
   */
  await(connection: Outlet, said = 0): void {
    this.#waiting.push(connection);
    this.#said += said;
    this.schedule();
  }

  /** There is something to hand over at the end of this turn. */
  schedule(): void {
    this.#scheduled ??= setImmediate(this.#letOut);
  }

  /** `safe` has grown: output that waited for it leaves. */
  safeGrew(): void {
    const held = [...this.#held];
    this.#held.clear();
    for (const connection of held) connection.pump();
  }

  /** The connection has output that may not leave yet. */
  hold(connection: Outlet): void {
    this.#held.add(connection);
  }

  mark(): void {
    this.#mark = this.#waiting.length;
  }

  keep(): void {
    const waiting = this.#waiting;
    for (let i = this.#mark; i < waiting.length; i++) this.#kept.add(waiting[i]);
  }

  /** The connection's client is told nothing before `letGo`. */
  keepBack(connection: Outlet): void {
    this.#kept.add(connection);
  }

  letGo(): void {
    for (const connection of this.#kept) this.await(connection);
    this.#kept.clear();
  }

  /** Lets out everything at once, at the end of a turn or before the server stops. */
  flush(): void {
    this.turnEnds();
    this.#said = 0;
    if (this.#scheduled !== undefined) clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const connections = this.#waiting;
    this.#waiting = this.#spare;
    const ticket = this.#durability.flush();
    const kept = this.#kept;
    for (let i = 0; i < connections.length; i++) {
      if (kept.size === 0 || !kept.has(connections[i])) connections[i].takeReplies(ticket);
    }
    connections.length = 0;
    this.#spare = connections;
  }
}
