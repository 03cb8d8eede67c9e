/** Client-side caching's BCAST mode: who is told of all changes to keys that begin in a certain way. */

import { type ByteRange, spanString } from "../base/span.ts";

/** A key that has changed, and who changed it last; null: nobody, it was lost. */
export interface Change<Listener> {
  readonly key: string;
  readonly by: Listener | null;
}

/** Keys that begin with one prefix: who wants to hear of them, and which have changed in this turn. */
interface Audience<Listener> {
  readonly listeners: Set<Listener>;
  /** With who changed each of them last. */
  readonly changed: Map<string, Listener | null>;
}

/** The prefixes that clients listen to. */
export class BroadcastPrefixes<Listener> {
  readonly #audiences = new Map<string, Audience<Listener>>();

  /** How many different prefixes there are. */
  get size(): number {
    return this.#audiences.size;
  }

  add(prefix: string, listener: Listener): void {
    const audience = this.#audiences.get(prefix);
    if (audience !== undefined) audience.listeners.add(listener);
    else {
      this.#audiences.set(prefix, { listeners: new Set([listener]), changed: new Map() });
    }
  }

  remove(prefix: string, listener: Listener): void {
    const audience = this.#audiences.get(prefix);
    audience?.listeners.delete(listener);
    if (audience?.listeners.size === 0) this.#audiences.delete(prefix);
  }

  /** Notes that a key was changed by somebody; says whether anybody wants to hear of it. */
  note(key: ByteRange, by: Listener | null): boolean {
    if (this.#audiences.size === 0) return false;
    const name = spanString(key);
    let heard = false;
    for (const [prefix, { changed }] of this.#audiences) {
      if (!name.startsWith(prefix)) continue;
      changed.set(name, by);
      heard = true;
    }
    return heard;
  }

  /**
   * Hands over what was noted since the last call, in order of prefixes and keys as Redis does: once for
   * each prefix with changes and each of its listeners.
   */
  takeNoted(tell: (listener: Listener, changes: readonly Change<Listener>[]) => void): void {
    for (const prefix of [...this.#audiences.keys()].sort()) {
      const audience = this.#audiences.get(prefix);
      if (audience === undefined || audience.changed.size === 0) continue;
      const { changed, listeners } = audience;
      const changes = [...changed.keys()].sort()
        .map((key) => ({ key, by: changed.get(key) ?? null }));
      changed.clear();
      for (const listener of listeners) tell(listener, changes);
    }
  }
}
