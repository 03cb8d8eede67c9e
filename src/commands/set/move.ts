/** SMOVE. */

import * as set from "../../data/set_value.ts";
import { ValueType } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { key, keyAt, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { checkType } from "../lookup.ts";
import { openSet } from "./access.ts";

function smove(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const { settings } = context;
  const from = args.span(1), to = args.span(2), member = args.span(3);
  db.lookupWrite(from);
  const target = db.lookupWrite(to);
  // Only now, as a target that expired may have taken the source's row along.
  const source = db.peek(from);
  if (source === NO_ROW) {
    reply.integer(0);
    return;
  }
  checkType(db, source, ValueType.Set);
  checkType(db, target, ValueType.Set);

  const value = db.load(source);
  const place = set.find(db.store, value, member);
  if (place === set.NONE || source === target) {
    reply.integer(place === set.NONE ? 0 : 1);
    return;
  }
  set.remove(db.store, value, place);
  db.save(source, value);
  const isEmpty = set.size(db.store, value) === 0;
  if (isEmpty) db.remove(source);
  db.changed(from, EventClass.Set, "srem");
  if (isEmpty) db.notify(EventClass.Generic, "del", from);

  const row = openSet(db, to);
  const others = db.load(row);
  if (set.add(db.store, others, member, settings)) {
    db.save(row, others);
    db.changed(to, EventClass.Set, "sadd");
  }
  reply.integer(1);
}

export const SMOVE: CommandDeclaration = {
  name: "smove",
  summary: "Moves a member from one set to another",
  since: "1.0.0",
  group: "set",
  complexity: "O(1)",
  arity: 4,
  flags: ["write", "fast"],
  traits: ["quick"],
  categories: ["set"],
  keys: [keyAt(1, ["RW", "access", "delete"]), keyAt(2, ["RW", "insert"])],
  arguments: [key("source"), key("destination", { keySpecIndex: 1 }), string("member")],
  run: smove,
};
