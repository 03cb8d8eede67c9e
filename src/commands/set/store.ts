/** How the STORE forms make a result the value of a key. */

import type { ByteRange } from "../../base/span.ts";
import * as set from "../../data/set_value.ts";
import type { Value } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { CommandContext } from "../context.ts";

/**
 * Makes a set that no key holds the value of `key`, whatever that held, and replies how many members it
 * has. Without members it is freed, and the key removed.
 */
export function storeSet(
  { db, reply }: CommandContext,
  key: ByteRange,
  value: Value,
  event: string,
): void {
  const size = set.size(db.store, value);
  reply.integer(size);
  if (size > 0) {
    db.set(key, value);
    db.changed(key, EventClass.Set, event);
    return;
  }
  set.discard(db.store, value);
  const row = db.peek(key);
  if (row === NO_ROW) return;
  db.remove(row);
  db.changed(key, EventClass.Generic, "del");
}
