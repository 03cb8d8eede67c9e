/** GEOSEARCH, GEOSEARCHSTORE, and how a question about an area is answered. */

import { sortFirst } from "../../base/partial_sort.ts";
import { Element } from "../../data/element.ts";
import { type GeoHit, searchShape } from "../../data/geo_search.ts";
import { SortedSetBuilder } from "../../data/sorted_set_builder.ts";
import * as sortedSet from "../../data/sorted_set_value.ts";
import type { Value } from "../../data/value.ts";
import type { Frame } from "../../resp/frame.ts";
import { readSortedSet } from "../sorted_set/access.ts";
import { storeResult } from "../sorted_set/store.ts";
import { block, double, integer, key, keyAt, oneOf, string, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import type { ArgumentSpec } from "../description.ts";
import { replyPosition } from "./get.ts";
import { GeoQuery, type QueryForm } from "./query.ts";
import { formatDistance, UNIT } from "./units.ts";

/** Answers a call that asks the sorted set of argument `source`, and tells or stores the result. */
export function searchArea(
  context: CommandContext,
  args: Frame,
  source: number,
  form: QueryForm,
  event: string,
): void {
  const { db, reply } = context;
  const value = readSortedSet(db, args.span(source));
  const query = new GeoQuery(db, value, args, form);
  const hits = value === null ? [] : findHits(context, value, query);
  if (query.destination !== null) store(context, value, query, hits, event);
  else if (value === null) reply.array(0);
  else replyHits(context, value, query, hits);
}

/** What was found, in order and no more than was asked for. */
function findHits({ db }: CommandContext, value: Value, query: GeoQuery): GeoHit[] {
  const hits = searchShape(db.store, value, query.shape, query.any ? query.count : Infinity);
  if (query.order !== "none") {
    const sign = query.order === "ascending" ? 1 : -1;
    const compare = (a: GeoHit, b: GeoHit) => sign * (a.distance - b.distance);
    // What is equally far comes in the order in which it was found, unless there is more than asked for.
    if (query.count < hits.length) sortFirst(hits, query.count, compare);
    else hits.sort(compare);
  }
  return hits.slice(0, query.count);
}

function store(
  context: CommandContext,
  value: Value | null,
  query: GeoQuery,
  hits: readonly GeoHit[],
  event: string,
): void {
  const builder = new SortedSetBuilder();
  const member = new Element();
  if (value !== null) {
    for (const { place, score, distance } of hits) {
      sortedSet.sendMember(context.db.store, value, place, member);
      const row = builder.collect(member.span());
      builder.setScore(row, query.storesDistance ? distance / query.unit : score);
    }
  }
  if (query.destination !== null) {
    storeResult(context, query.destination, builder, event, hits.length);
  }
}

function replyHits(
  { db, reply }: CommandContext,
  value: Value,
  query: GeoQuery,
  hits: readonly GeoHit[],
): void {
  const { withDistance, withHash, withCoordinates, unit } = query;
  const details = Number(withDistance) + Number(withHash) + Number(withCoordinates);
  reply.array(hits.length);
  for (const { place, score, position, distance } of hits) {
    if (details > 0) reply.array(1 + details);
    sortedSet.sendMember(db.store, value, place, reply);
    if (withDistance) reply.bulkString(formatDistance(distance, unit));
    if (withHash) reply.integer(truncate(score));
    if (withCoordinates) replyPosition(reply, position);
  }
}

/** A score as a 64-bit integer. Those found have one: they are within a cell. */
function truncate(score: number): number | bigint {
  const integer = Math.trunc(score);
  return Number.isSafeInteger(integer) ? integer : BigInt(integer);
}

function geosearch(context: CommandContext, args: Frame): void {
  searchArea(context, args, 1, { center: "option", from: 2 }, "");
}

function geosearchstore(context: CommandContext, args: Frame): void {
  const form: QueryForm = {
    center: "option",
    from: 3,
    destination: 1,
    storingName: "GEOSEARCHSTORE",
  };
  searchArea(context, args, 2, form, "geosearchstore");
}

/** What is searched, and how much of what is found there is wanted. */
const AREA: readonly ArgumentSpec[] = [
  oneOf("from", [
    string("member", { token: "FROMMEMBER" }),
    block("longitude_latitude", [double("longitude"), double("latitude")], {
      token: "FROMLONLAT",
    }),
  ]),
  oneOf("by", [
    block("circle", [
      double("radius", { token: "BYRADIUS" }),
      UNIT,
    ]),
    block("box", [
      double("width", { token: "BYBOX" }),
      double("height"),
      UNIT,
    ]),
  ]),
  oneOf("order", [token("ASC"), token("DESC")], { optional: true }),
  block("count", [integer("count", { token: "COUNT" }), token("ANY", { optional: true })], {
    optional: true,
  }),
];

export const GEOSEARCH: CommandDeclaration = {
  name: "geosearch",
  summary: "Replies the members of a geospatial index within a circle or a box",
  since: "6.2.0",
  group: "geo",
  complexity:
    "O(N+log(M)), N being the number of members in the cells around the area and M of all members.",
  arity: -7,
  flags: ["readonly"],
  categories: ["geo"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [
    key(),
    ...AREA,
    token("WITHCOORD", { optional: true }),
    token("WITHDIST", { optional: true }),
    token("WITHHASH", { optional: true }),
  ],
  history: [["7.0.0", "Units may be in upper case."]],
  run: geosearch,
};

export const GEOSEARCHSTORE: CommandDeclaration = {
  name: "geosearchstore",
  summary: "Sets a key to the members of a geospatial index within a circle or a box",
  since: "6.2.0",
  group: "geo",
  complexity:
    "O(N+log(M)), N being the number of members in the cells around the area and M of all members.",
  arity: -8,
  flags: ["write", "denyoom"],
  categories: ["geo"],
  keys: [keyAt(1, ["OW", "update"]), keyAt(2, ["RO", "access"])],
  arguments: [
    key("destination"),
    key("source", { keySpecIndex: 1 }),
    ...AREA,
    token("STOREDIST", { optional: true }),
  ],
  history: [["7.0.0", "Units may be in upper case."]],
  run: geosearchstore,
};
