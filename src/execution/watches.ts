/** WATCH: which clients want to know whether a key changes before they EXEC. */

import { type ByteRange, copySpan, Span, spanString } from "../base/span.ts";
import { type Database, NO_ROW } from "../keyspace/database.ts";

/** A client that watches keys. */
export interface Watcher {
  /** A watched key was changed. */
  watchBroken(): void;
}

interface WatchedKey {
  readonly database: Database;
  readonly key: Uint8Array;
}

/** What a watched key takes beside its name, measured, in bytes. */
const WATCH_COST = 560;

/** All watched keys of a server. */
export class Watches {
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #keys = new Map<Watcher, Map<string, WatchedKey>>();

  /** Tells `watcher` of the next change of a key; says how much more memory it takes, in bytes. */
  add(watcher: Watcher, database: Database, key: ByteRange): number {
    const name = nameOf(database, spanString(key));
    let keys = this.#keys.get(watcher);
    if (keys === undefined) this.#keys.set(watcher, keys = new Map());
    // What is dead already does not die again: it is gone before it is watched.
    database.peek(key);
    if (keys.has(name)) return 0;
    keys.set(name, { database, key: copySpan(key) });
    const watchers = this.#watchers.get(name);
    if (watchers === undefined) this.#watchers.set(name, new Set([watcher]));
    else watchers.add(watcher);
    return WATCH_COST + 2 * name.length;
  }

  /** Forgets the keys of a watcher. */
  remove(watcher: Watcher): void {
    for (const name of this.#keys.get(watcher)?.keys() ?? []) {
      const watchers = this.#watchers.get(name);
      watchers?.delete(watcher);
      if (watchers?.size === 0) this.#watchers.delete(name);
    }
    this.#keys.delete(watcher);
  }

  /** Lets those of a watcher's keys die whose time has come, which counts as a change. */
  expire(watcher: Watcher): void {
    for (const { database, key } of this.#keys.get(watcher)?.values() ?? []) {
      database.peek(Span.of(key));
    }
  }

  /** A key was changed. */
  keyChanged(database: Database, key: ByteRange): void {
    if (this.#watchers.size === 0) return;
    this.#break(nameOf(database, spanString(key)));
  }

  /** The keys of a database are about to go, or to be those of `replacement`. */
  databaseChanged(database: Database, replacement: Database | null): void {
    const prefix = nameOf(database, "");
    for (const name of this.#watchers.keys()) {
      if (!name.startsWith(prefix)) continue;
      const key = Span.ofString(name.slice(prefix.length));
      if (database.peek(key) !== NO_ROW || (replacement?.peek(key) ?? NO_ROW) !== NO_ROW) {
        this.#break(name);
      }
    }
  }

  #break(name: string): void {
    for (const watcher of this.#watchers.get(name) ?? []) watcher.watchBroken();
  }
}

function nameOf(database: Database, key: string): string {
  return `${database.index}:${key}`;
}
