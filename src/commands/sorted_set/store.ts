/** ZRANGESTORE, and how the other STORE forms make a result the value of a key. */

import type { ByteRange } from "../../base/span.ts";
import { Element } from "../../data/element.ts";
import { SortedSetBuilder } from "../../data/sorted_set_builder.ts";
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
 * Makes a sorted set of what was collected the value of `key`, whatever that held, and replies how many
 * members it has. Without members the key is removed.
 */
export function storeSortedSet(
  { db, reply, server }: CommandContext,
  key: ByteRange,
  builder: SortedSetBuilder,
  event: string,
): void {
  const { size } = builder;
  reply.integer(size);
  if (size > 0) {
    db.set(key, builder.finish(db.store, new Value(), server.configuration.settings));
    db.changed(key, EventClass.SortedSet, event);
    return;
  }
  const row = db.peek(key);
  if (row === NO_ROW) return;
  db.remove(row);
  db.changed(key, EventClass.Generic, "del");
}

function zrangestore(context: CommandContext, args: Frame): void {
  const { db } = context;
  const selection = new Selection(args, 3, { stores: true });
  const value = readSortedSet(db, args.span(2));
  const builder = new SortedSetBuilder();
  if (value !== null) {
    const { store } = db;
    const { start, end } = selection.ranks(store, value);
    const walk = new sortedSet.RankWalk(store, value, start, false);
    const member = new Element();
    for (let rank = start; rank < end; rank++, walk.step()) {
      sortedSet.sendMember(store, value, walk.place, member);
      builder.setScore(
        builder.collect(member.span()),
        sortedSet.score(store, value, walk.place),
      );
    }
  }
  storeSortedSet(context, args.span(1), builder, "zrangestore");
}

//@ ZRANGESTORE
