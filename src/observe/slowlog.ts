/** The calls that took long (https://redis.io/docs/latest/commands/slowlog/). */

import { byteString } from "../base/span.ts";
import type { Frame } from "../resp/frame.ts";

/** So many arguments of a call are kept, and so many bytes of each. */
const MOST_ARGUMENTS = 32;
const MOST_BYTES = 128;

/** What stands for an argument that nobody may read. */
export const REDACTED = "(redacted)";

/** A call that took long. */
export interface SlowCall {
  /** Grows by one with each entry, and is not reset with the log. */
  readonly id: number;
  /** When it ended, in seconds since the epoch. */
  readonly time: number;
  /** How long it took, in µs. */
  readonly duration: number;
  /** Its arguments as byte strings, shortened. */
  readonly args: readonly string[];
  readonly address: string;
  /** The client's name; empty: none. */
  readonly clientName: string;
}

/** The latest slow calls, in memory. */
export class Slowlog {
  /** Oldest first; those before `#first` are gone. */
  #entries: SlowCall[] = [];
  #first = 0;
  #nextId = 0;

  get length(): number {
    return this.#entries.length - this.#first;
  }

  /** Adds a call; to be followed by `trim`. */
  add(call: Omit<SlowCall, "id">): void {
    this.#entries.push({ id: this.#nextId++, ...call });
  }

  /** Forgets the oldest calls, so that no more than `most` stay. */
  trim(most: number): void {
    if (this.length <= most) return;
    this.#first = this.#entries.length - most;
    if (2 * this.#first < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#first);
    this.#first = 0;
  }

  /** The latest calls, the newest first. */
  latest(count: number): SlowCall[] {
    const from = Math.max(this.#first, this.#entries.length - count);
    return this.#entries.slice(from).reverse();
  }

  /** Forgets all calls. */
  reset(): void {
    this.trim(0);
  }
}

/** The arguments of a call as the slow log keeps them; those at the positions in `secrets` are not shown. */
export function shortenArguments(frame: Frame, secrets: readonly number[]): string[] {
  const { argc } = frame;
  if (argc <= MOST_ARGUMENTS) {
    return Array.from({ length: argc }, (_, i) => shorten(frame, i, secrets));
  }
  const shown = MOST_ARGUMENTS - 1;
  return [
    ...Array.from({ length: shown }, (_, i) => shorten(frame, i, secrets)),
    `... (${argc - shown} more arguments)`,
  ];
}

function shorten(frame: Frame, i: number, secrets: readonly number[]): string {
  if (secrets.includes(i)) return REDACTED;
  const length = frame.argLength(i);
  if (length <= MOST_BYTES) return frame.string(i);
  const start = frame.argStart(i);
  const shown = byteString(frame.buffer, start, start + MOST_BYTES);
  return `${shown}... (${length - MOST_BYTES} more bytes)`;
}
