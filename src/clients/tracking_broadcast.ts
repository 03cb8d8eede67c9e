/** Client-side caching's BCAST mode: who is told of all changes to keys that begin in a certain way. */

import { type ByteRange, spanString } from "../base/span.ts";

/** A key that has changed, and who changed it last; null: nobody, it was lost. */
export interface Change<Listener> {
  readonly key: string;
  readonly by: Listener | null;
}

/** Keys that begin with one prefix: who wants to hear of them, and which have changed in this turn. */
interface Audience<Listener> {
  readonly prefix: string;
  readonly listeners: Set<Listener>;
  /** With who changed each of them last. */
  readonly changed: Map<string, Listener | null>;
}

/** The prefixes that clients listen to. Those of a key are looked up, whatever others there are. */
export class BroadcastPrefixes<Listener> {
  readonly #audiences = new Map<string, Audience<Listener>>();
  /** The lengths of prefixes, shortest first, and how many have each. */
  readonly #lengths: number[] = [];
  readonly #counts = new Map<number, number>();
  /** Those with changes. */
  readonly #noted = new Set<Audience<Listener>>();

  /** How many different prefixes there are. */
  get size(): number {
    return this.#audiences.size;
  }

  /** How many look-ups a change to a key takes at most. */
  get lookUps(): number {
    return this.#lengths.length;
  }

  add(prefix: string, listener: Listener): void {
    const audience = this.#audiences.get(prefix);
    if (audience !== undefined) {
      audience.listeners.add(listener);
      return;
    }
    this.#audiences.set(prefix, { prefix, listeners: new Set([listener]), changed: new Map() });
    this.#countLength(prefix.length, 1);
  }

  remove(prefix: string, listener: Listener): void {
    const audience = this.#audiences.get(prefix);
    if (audience === undefined) return;
    audience.listeners.delete(listener);
    if (audience.listeners.size > 0) return;
    this.#audiences.delete(prefix);
    this.#noted.delete(audience);
    this.#countLength(prefix.length, -1);
  }

  #countLength(length: number, change: 1 | -1): void {
    const before = this.#counts.get(length) ?? 0, after = before + change;
    if (after > 0) this.#counts.set(length, after);
    else this.#counts.delete(length);
    if (before > 0 && after > 0) return;
    let at = 0, end = this.#lengths.length;
    while (at < end) {
      const middle = (at + end) >>> 1;
      if (this.#lengths[middle] < length) at = middle + 1;
      else end = middle;
    }
    if (after > 0) this.#lengths.splice(at, 0, length);
    else this.#lengths.splice(at, 1);
  }

  /** Notes that a key was changed by somebody; says whether anybody wants to hear of it. */
  note(key: ByteRange, by: Listener | null): boolean {
    if (this.#audiences.size === 0) return false;
    const name = spanString(key);
    let heard = false;
    for (const length of this.#lengths) {
      if (length > name.length) break;
      const audience = this.#audiences.get(name.slice(0, length));
      if (audience === undefined) continue;
      audience.changed.set(name, by);
      this.#noted.add(audience);
      heard = true;
    }
    return heard;
  }

  /**
   * Hands over what was noted since the last call, in order of prefixes and keys as Redis does: once for
   * each prefix with changes and each of its listeners.
   */
  takeNoted(tell: (listener: Listener, changes: readonly Change<Listener>[]) => void): void {
    const noted = [...this.#noted].sort((a, b) => a.prefix < b.prefix ? -1 : 1);
    this.#noted.clear();
    for (const { changed, listeners } of noted) {
      const changes = [...changed.keys()].sort()
        .map((key) => ({ key, by: changed.get(key) ?? null }));
      changed.clear();
      for (const listener of listeners) tell(listener, changes);
    }
  }
}
