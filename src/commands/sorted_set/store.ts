/** ZRANGESTORE, and how the other STORE forms make a result the value of a key. */

import type { ByteRange } from "../../base/span.ts";
import { Element } from "../../data/element.ts";
import type { SortedSetBuilder } from "../../data/sorted_set_builder.ts";
import * as sortedSet from "../../data/sorted_set_value.ts";
import { Value } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { block, integer, key, keyAt, oneOf, string, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readSortedSet } from "./access.ts";
import { Selection } from "./selection.ts";

/**
 * Makes a sorted set that no key holds the value of `key`, whatever that held, and replies how many
 * members it has. Without a sorted set the key is removed. `dirty` is how many changes storing counts for.
 */
export function storeSortedSet(
  { db, reply }: CommandContext,
  key: ByteRange,
  value: Value | null,
  event: string,
  dirty = 1,
): void {
  reply.integer(value === null ? 0 : sortedSet.size(db.store, value));
  if (value !== null) {
    db.set(key, value);
    db.changed(key, EventClass.SortedSet, event, dirty);
    return;
  }
  const row = db.peek(key);
  if (row === NO_ROW) return;
  db.remove(row);
  db.changed(key, EventClass.Generic, "del");
}

/** As `storeSortedSet`, for members that were collected. */
export function storeResult(
  context: CommandContext,
  key: ByteRange,
  builder: SortedSetBuilder,
  event: string,
  dirty = 1,
): void {
  const { db, settings } = context;
  const value = builder.size === 0 ? null : builder.finish(db.store, new Value(), settings);
  storeSortedSet(context, key, value, event, dirty);
}

function zrangestore(context: CommandContext, args: Frame): void {
  const selection = new Selection(args, 3, { stores: true });
  const source = readSortedSet(context.db, args.span(2));
  const copy = source === null ? null : copySelected(context, source, selection);
  storeSortedSet(context, args.span(1), copy, "zrangestore");
}

/**
 * A sorted set of the selected members, added one by one: on this way Redis turns a score of -0 into 0,
 * or keeps it.
 */
function copySelected(
  { db, settings }: CommandContext,
  source: Value,
  selection: Selection,
): Value | null {
  const { store } = db;
  const { reverse } = selection;
  const { start, end } = selection.ranks(store, source);
  if (end <= start) return null;
  const copy = sortedSet.createFor(
    store,
    new Value(),
    selection.countsFirst ? end - start : 0,
    settings,
  );
  const walk = new sortedSet.RankWalk(store, source, reverse ? end - 1 : start, reverse);
  const member = new Element();
  for (let left = end - start; left > 0; left--, walk.step()) {
    sortedSet.sendMember(store, source, walk.place, member);
    const score = sortedSet.score(store, source, walk.place);
    sortedSet.add(store, copy, member.span(), score, settings);
  }
  return copy;
}

export const ZRANGESTORE: CommandDeclaration = {
  name: "zrangestore",
  summary: "Sets a key to a range of the members of a sorted set",
  since: "6.2.0",
  group: "sorted-set",
  complexity: "O(log(N)+M), N being the number of members and M of those stored.",
  arity: -5,
  flags: ["write", "denyoom"],
  categories: ["sortedset"],
  keys: [keyAt(1, ["OW", "update"]), keyAt(2, ["RO", "access"])],
  arguments: [
    key("dst"),
    key("src", { keySpecIndex: 1 }),
    string("min"),
    string("max"),
    oneOf("sortby", [token("BYSCORE"), token("BYLEX")], { optional: true }),
    token("REV", { optional: true }),
    block("offset_count", [integer("offset"), integer("count")], {
      token: "LIMIT",
      optional: true,
    }),
  ],
  run: zrangestore,
};
