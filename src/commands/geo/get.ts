/** GEODIST, GEOHASH, GEOPOS: single members of a geospatial index. */

import { SYNTAX_ERROR } from "../../base/errors.ts";
import { formatDoubleHuman } from "../../base/float_format.ts";
import { type ByteRange, Span } from "../../base/span.ts";
import { distance } from "../../data/geo_shape.ts";
import { geohashText, type Position, positionOf } from "../../data/geohash.ts";
import * as sortedSet from "../../data/sorted_set_value.ts";
import type { Value } from "../../data/value.ts";
import type { Database } from "../../keyspace/database.ts";
import type { Frame } from "../../resp/frame.ts";
import type { ReplyWriter } from "../../resp/reply_writer.ts";
import { key, keyAt, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readSortedSet } from "../sorted_set/access.ts";
import { formatDistance, requireUnit, UNIT } from "./units.ts";

/** Where a member is, or null where there is no such member. */
export function findPosition(
  { store }: Database,
  value: Value | null,
  member: ByteRange,
): Position | null {
  const place = value === null ? sortedSet.NONE : sortedSet.find(store, value, member);
  if (value === null || place === sortedSet.NONE) return null;
  return positionOf(sortedSet.score(store, value, place));
}

/** Replies a longitude and a latitude. */
export function replyPosition(reply: ReplyWriter, position: Position): void {
  reply.array(2);
  reply.doubleText(formatDoubleHuman(position.longitude));
  reply.doubleText(formatDoubleHuman(position.latitude));
}

function geodist(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  if (args.argc > 5) throw SYNTAX_ERROR;
  const unit = args.argc === 5 ? requireUnit(args.span(4)) : 1;
  const value = readSortedSet(db, args.span(1));
  const from = findPosition(db, value, args.span(2));
  const to = findPosition(db, value, args.span(3));
  if (from === null || to === null) reply.null();
  else reply.bulkString(formatDistance(distance(from, to), unit));
}

function geohash(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = readSortedSet(db, args.span(1));
  const member = new Span();
  reply.array(args.argc - 2);
  for (let i = 2; i < args.argc; i++) {
    const position = findPosition(db, value, args.spanInto(i, member));
    if (position === null) reply.null();
    else reply.bulkString(geohashText(position));
  }
}

function geopos(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const value = readSortedSet(db, args.span(1));
  const member = new Span();
  reply.array(args.argc - 2);
  for (let i = 2; i < args.argc; i++) {
    const position = findPosition(db, value, args.spanInto(i, member));
    if (position === null) reply.nullArray();
    else replyPosition(reply, position);
  }
}

export const GEODIST: CommandDeclaration = {
  name: "geodist",
  summary: "Tells how far two members of a geospatial index are from each other",
  since: "3.2.0",
  group: "geo",
  complexity: "O(log(N))",
  arity: -4,
  flags: ["readonly"],
  categories: ["geo"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [
    key(),
    string("member1"),
    string("member2"),
    { ...UNIT, optional: true },
  ],
  run: geodist,
};

export const GEOHASH: CommandDeclaration = {
  name: "geohash",
  summary: "Replies members of a geospatial index as geohash texts",
  since: "3.2.0",
  group: "geo",
  complexity: "O(log(N)) for each member asked for, N being the number of members.",
  arity: -2,
  flags: ["readonly"],
  categories: ["geo"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key(), string("member", { multiple: true })],
  run: geohash,
};

export const GEOPOS: CommandDeclaration = {
  name: "geopos",
  summary: "Replies where members of a geospatial index are",
  since: "3.2.0",
  group: "geo",
  complexity: "O(N), N being the number of members asked for.",
  arity: -2,
  flags: ["readonly"],
  categories: ["geo"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key(), string("member", { multiple: true })],
  run: geopos,
};
