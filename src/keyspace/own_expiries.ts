/** The keys of a writable replica that its own clients have given a time to live: its primary does not know them. */

import { type ByteRange, Span, spanString } from "../base/span.ts";
import type { Database } from "./database.ts";
import { NO_EXPIRY } from "./expiry.ts";

/** So many keys are looked at in one turn. */
const KEYS_PER_TURN = 64;
/** What `find` answers for a key that is not there. */
const NO_ROW = -1;

/** Keys whose time the server has to look after itself, though it is a replica. */
export class OwnExpiries {
  readonly #keys = new Map<string, { readonly database: Database; readonly key: string }>();

  /** How many there are. */
  get size(): number {
    return this.#keys.size;
  }

  /** A client here has given a key a time to live. */
  note(database: Database, range: ByteRange): void {
    const key = spanString(range);
    this.#keys.set(`${database.index}:${key}`, { database, key });
  }

  /** Forgets all of them. */
  clear(): void {
    this.#keys.clear();
  }

  /** Removes some whose time has come; says how many. */
  removeDue(): number {
    let left = KEYS_PER_TURN, removed = 0;
    for (const [name, entry] of this.#keys) {
      if (left-- === 0) break;
      // The next turn begins with others.
      this.#keys.delete(name);
      const { database, key } = entry, { buffer, start, end } = Span.ofString(key);
      const row = database.contents.table.find(buffer, start, end);
      if (row === NO_ROW || database.expiryOf(row) === NO_EXPIRY) continue;
      if (database.isDue(row)) {
        database.removeExpired(row);
        removed++;
      } else {
        this.#keys.set(name, entry);
      }
    }
    return removed;
  }
}
