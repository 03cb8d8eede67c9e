/** SPOP. */

import { SYNTAX_ERROR } from "../../base/errors.ts";
import { requirePositive } from "../../base/numbers.ts";
import { randomBelow, sampleDistinct } from "../../base/sampling.ts";
import type { ByteRange } from "../../base/span.ts";
import { Element } from "../../data/element.ts";
import * as set from "../../data/set_value.ts";
import { Value, ValueType } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { writeTyped } from "../lookup.ts";

/**
 * Where fewer members stay than one in so many of those that go, what stays becomes a set of its own.
 * Redis' own number: a set that is made anew may get another encoding.
 */
const REBUILD_BELOW = 5;

/** Scratch space of SPOP, which means nothing outside of a call. */
const POPPED = new Element();

function spop(context: CommandContext, args: Frame): void {
  if (args.argc > 3) throw SYNTAX_ERROR;
  if (args.argc === 3) popSeveral(context, args);
  else popOne(context, args);
}

function popOne(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const key = args.span(1);
  const row = writeTyped(db, key, ValueType.Set);
  if (row === NO_ROW) {
    reply.null();
    return;
  }
  const value = db.load(row);
  const size = set.size(db.store, value);
  const place = set.nth(db.store, value, randomBelow(size));
  set.sendMember(db.store, value, place, POPPED);
  POPPED.sendTo(reply);
  context.propagation.replace("SREM", key, POPPED.span());
  POPPED.clear();
  set.remove(db.store, value, place);
  db.save(row, value);
  if (size === 1) db.remove(row);
  db.changed(key, EventClass.Set, "spop");
  if (size === 1) db.notify(EventClass.Generic, "del", key);
}

function popSeveral(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const { propagation } = context;
  const count = requirePositive(args.span(2));
  const key = args.span(1);
  const row = writeTyped(db, key, ValueType.Set);
  if (row === NO_ROW || count === 0) {
    reply.set(0);
    return;
  }
  const value = db.load(row);
  const size = set.size(db.store, value);
  if (count >= size) {
    popAll(context, key, row, value);
    return;
  }
  reply.set(count);
  if ((size - count) * REBUILD_BELOW > count) popEach(context, key, row, value, count);
  else popMost(context, key, row, value, count);
  propagation.suppress();
  db.changed(key, EventClass.Set, "spop", count);
}

function popAll(context: CommandContext, key: ByteRange, row: number, value: Value): void {
  const { db, keyspace, reply } = context;
  const { store } = db;
  const size = set.size(store, value);
  reply.set(size);
  for (let at = set.first(store, value); at !== set.NONE; at = set.next(store, value, at)) {
    set.sendMember(store, value, at, reply);
  }
  // Redis replies their union, which goes then, too.
  keyspace.lazyFreeing.valueGoes(store, value, "server");
  db.remove(row);
  db.changed(key, EventClass.Set, "spop", size);
  db.notify(EventClass.Generic, "del", key);
  context.propagation.replace("DEL", key);
}

/** Pops `count` members, fewer than there are, one by one. */
function popEach(
  context: CommandContext,
  key: ByteRange,
  row: number,
  value: Value,
  count: number,
): void {
  const { db } = context;
  const { store } = db;
  const size = set.size(store, value);
  for (let left = size; left > size - count; left--) {
    const place = set.nth(store, value, randomBelow(left));
    popAt(context, key, value, place);
    set.remove(store, value, place);
  }
  db.save(row, value);
}

/** Pops `count` members, which are most of them: those that stay are put into a new set. */
function popMost(
  context: CommandContext,
  key: ByteRange,
  row: number,
  value: Value,
  count: number,
): void {
  const { db } = context;
  const { settings } = context;
  const { store } = db;
  const size = set.size(store, value);
  const stays = new Uint8Array(size);
  for (const number of sampleDistinct(size, size - count)) stays[number] = 1;

  const rest = set.create(store, new Value());
  let number = 0;
  for (let at = set.first(store, value); at !== set.NONE; at = set.next(store, value, at)) {
    if (stays[number++] === 0) {
      popAt(context, key, value, at);
    } else {
      set.sendMember(store, value, at, POPPED);
      set.addElement(store, rest, POPPED, settings);
    }
  }
  POPPED.clear();
  db.replace(row, rest);
}

/** Replies the member at `place`, and propagates that it goes. */
function popAt(
  { db, propagation, reply }: CommandContext,
  key: ByteRange,
  value: Value,
  place: number,
) {
  set.sendMember(db.store, value, place, POPPED);
  POPPED.sendTo(reply);
  propagation.also(db.index, "SREM", key, POPPED.span());
  POPPED.clear();
}

export const SPOP: CommandDeclaration = {
  name: "spop",
  summary: "Removes one or several random members of a set and replies them",
  since: "1.0.0",
  group: "set",
  complexity: "Without a count O(1), otherwise O(N), N being the count.",
  arity: -2,
  flags: ["write", "fast"],
  quickUpTo: 2,
  categories: ["set"],
  tips: ["nondeterministic_output"],
  keys: [keyAt(1, ["RW", "access", "delete"])],
  arguments: [key(), integer("count", { since: "3.2.0", optional: true })],
  history: [["3.2.0", "Takes a count."]],
  run: spop,
};
