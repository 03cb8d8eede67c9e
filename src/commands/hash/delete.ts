/** HDEL. */

import { Span } from "../../base/span.ts";
import * as hash from "../../data/hash_value.ts";
import { ValueType } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { key, keyAt, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { writeTyped } from "../lookup.ts";

function hdel(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const key = args.span(1);
  const row = writeTyped(db, key, ValueType.Hash);
  if (row === NO_ROW) {
    reply.integer(0);
    return;
  }
  const value = db.load(row);
  const field = new Span();
  let left = hash.size(db.store, value), deleted = 0;
  for (let i = 2; i < args.argc && left > 0; i++) {
    const place = hash.find(db.store, value, args.spanInto(i, field));
    if (place === hash.NONE) continue;
    hash.remove(db.store, value, place);
    deleted++;
    left--;
  }
  reply.integer(deleted);
  if (deleted === 0) return;
  db.save(row, value);
  if (left === 0) db.remove(row);
  db.changed(key, EventClass.Hash, "hdel", deleted);
  if (left === 0) db.notify(EventClass.Generic, "del", key);
}

export const HDEL: CommandDeclaration = {
  name: "hdel",
  summary: "Deletes fields of a hash, and the key with the last of them",
  since: "2.0.0",
  group: "hash",
  complexity: "O(N), N being the number of fields given.",
  arity: -3,
  flags: ["write", "fast"],
  categories: ["hash"],
  keys: [keyAt(1, ["RW", "delete"])],
  arguments: [key(), string("field", { multiple: true })],
  history: [["2.4.0", "Takes several fields."]],
  run: hdel,
};
