/** SORT and SORT_RO: the elements of a list, set or sorted set in another order. */

import { Call } from "../../access/call.ts";
import { ReplyError, WRONG_TYPE } from "../../base/errors.ts";
import { parseSortScore } from "../../base/numbers.ts";
import { compareSpans, Span } from "../../base/span.ts";
import { ElementList } from "../../data/element_list.ts";
import * as list from "../../data/list_value.ts";
import * as set from "../../data/set_value.ts";
import * as sortedSet from "../../data/sorted_set_value.ts";
import { Encoding, Value, ValueType } from "../../data/value.ts";
import { type Database, NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { block, integer, key, keyAt, oneOf, pattern, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import type { ArgumentSpec, KeySpec } from "../description.ts";
import { findSortedKey, findSortKeys, readSortOptions, type SortOptions } from "./sort_options.ts";
import { SortPattern } from "./sort_pattern.ts";

const NOT_NUMBERS = new ReplyError("ERR One or more scores can't be converted into double");

/** Redis makes the nodes of what it stores so large, whatever list-max-listpack-size says. */
const STORED_NODE_SIZE = -2;

/** An element and what it is sorted by. */
interface Sortable {
  readonly element: Uint8Array;
  readonly score: number;
  /** For ALPHA; null where BY's pattern names nothing. */
  readonly text: Uint8Array | null;
}

function sortAndMaybeStore(context: CommandContext, args: Frame): void {
  const options = readOptions(context, args, true);
  const results = collect(context, args, options);
  if (options.store === 0) replyResults(context, results);
  else storeResults(context, args.span(options.store), results);
}

function sortReadOnly(context: CommandContext, args: Frame): void {
  replyResults(context, collect(context, args, readOptions(context, args, false)));
}

function readOptions(
  { client, command, settings }: CommandContext,
  args: Frame,
  mayStore: boolean,
): SortOptions {
  return readSortOptions(args, {
    mayStore,
    isInCluster: settings["cluster-enabled"],
    mayReadAllKeys: () => client.user.mayReadAllKeys(new Call(command, args)),
  });
}

/** The results in order, with null for what GET did not find. */
function collect(
  context: CommandContext,
  args: Frame,
  options: SortOptions,
): (Uint8Array | null)[] {
  const { db } = context;
  const row = db.lookupRead(args.span(1));
  const by = options.by > 0 ? new SortPattern(args.copy(options.by)) : null;
  const gets = options.gets.map((i) => new SortPattern(args.copy(i)));
  const { elements, type } = readElements(db, row, options);
  const { keepsOrder } = options;
  let sorted = elements;
  if (keepsOrder && type === ValueType.List && options.descending) {
    elements.reverse();
  } else if (!keepsOrder) {
    sorted = sortElements(db, elements, by, options);
  } else if (type === ValueType.Set && options.store > 0) {
    // A set has no order; what is stored, and propagated, must have one.
    sorted = sortElements(db, elements, null, { ...options, alphabetic: true });
  }
  const chosen = limit(sorted, options);
  if (gets.length === 0) return chosen;
  return chosen.flatMap((element) => gets.map((get) => get.resolve(db, element)));
}

function readElements(
  db: Database,
  row: number,
  options: SortOptions,
): { elements: Uint8Array[]; type?: ValueType } {
  const sink = new ElementList();
  if (row === NO_ROW) return { elements: sink.elements };
  const { store } = db;
  const value = db.load(row);
  switch (value.type) {
    case ValueType.List:
      list.sendRange(store, value, 0, list.length(store, value), sink);
      break;
    case ValueType.Set:
      for (let at = set.first(store, value); at !== set.NONE; at = set.next(store, value, at)) {
        set.sendMember(store, value, at, sink);
      }
      break;
    case ValueType.SortedSet: {
      const { descending } = options;
      // So does Redis, to walk it, and the encoding stays that way.
      if (value.encoding === Encoding.Listpack) {
        sortedSet.convert(store, value);
        db.save(row, value);
      }
      const start = descending ? sortedSet.size(store, value) - 1 : 0;
      const walk = new sortedSet.RankWalk(store, value, start, descending);
      for (; walk.place !== sortedSet.NONE; walk.step()) {
        sortedSet.sendMember(store, value, walk.place, sink);
      }
      break;
    }
    default:
      throw WRONG_TYPE;
  }
  return { elements: sink.elements, type: value.type };
}

function sortElements(
  db: Database,
  elements: readonly Uint8Array[],
  by: SortPattern | null,
  { alphabetic, descending }: SortOptions,
): Uint8Array[] {
  const sortables = elements.map((element): Sortable => {
    const text = by === null ? element : by.resolve(db, element);
    return { element, text, score: alphabetic || text === null ? 0 : requireScore(text) };
  });
  const compare = alphabetic ? compareTexts : compareScores;
  sortables.sort(descending ? (a, b) => compare(b, a) : compare);
  return sortables.map(({ element }) => element);
}

function requireScore(text: Uint8Array): number {
  const score = parseSortScore(text);
  if (score === undefined) throw NOT_NUMBERS;
  return score;
}

function compareScores(a: Sortable, b: Sortable): number {
  if (a.score !== b.score) return a.score < b.score ? -1 : 1;
  // Elements with the same score are in a definite order all the same.
  return compareBytes(a.element, b.element);
}

function compareTexts(a: Sortable, b: Sortable): number {
  if (a.text === null || b.text === null) {
    return (a.text === null ? 0 : 1) - (b.text === null ? 0 : 1);
  }
  return compareBytes(a.text, b.text);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return compareSpans(Span.of(a), Span.of(b));
}

function limit(elements: Uint8Array[], { offset, count }: SortOptions): Uint8Array[] {
  const start = Math.min(Math.max(offset, 0), elements.length);
  return elements.slice(start, count < 0 ? elements.length : start + count);
}

function replyResults({ reply }: CommandContext, results: readonly (Uint8Array | null)[]): void {
  reply.array(results.length);
  for (const result of results) {
    if (result === null) reply.null();
    else reply.bulkBytes(result, 0, result.length);
  }
}

function storeResults(
  { db, reply, settings }: CommandContext,
  name: Span,
  results: readonly (Uint8Array | null)[],
): void {
  if (results.length > 0) {
    const value = list.create(db.store, new Value());
    const limits: list.ListLimits = {
      "list-max-listpack-size": STORED_NODE_SIZE,
      "quicklist-packed-threshold": settings["quicklist-packed-threshold"],
    };
    for (const result of results) {
      const element = Span.of(result ?? new Uint8Array(0));
      list.push(db.store, value, "tail", element, limits);
    }
    db.set(name, value);
    db.changed(name, EventClass.List, "sortstore", results.length);
  } else {
    const row = db.peek(name);
    if (row !== NO_ROW) {
      db.remove(row);
      db.changed(name, EventClass.Generic, "del");
    }
  }
  reply.integer(results.length);
}

const OPTIONS: readonly ArgumentSpec[] = [
  key(),
  pattern("pattern", { keySpecIndex: 1, token: "BY", optional: true }),
  block("offset_count", [integer("offset"), integer("count")], { token: "LIMIT", optional: true }),
  pattern("pattern", {
    keySpecIndex: 1,
    token: "GET",
    optional: true,
    multiple: true,
    multipleToken: true,
  }),
  oneOf("order", [token("ASC"), token("DESC")], { optional: true }),
  token("ALPHA", { optional: true, name: "sorting" }),
];

const UNKNOWN = { begin: { type: "unknown" }, find: { type: "unknown" } } as const;

const PATTERN_KEYS: KeySpec = {
  ...UNKNOWN,
  notes: "The keys that BY and GET name depend on the elements",
  flags: ["RO", "access"],
};

const COMMON = {
  group: "generic",
  complexity: "O(N+M*log(M)) with N elements, M of which are replied; O(N) if nothing is sorted",
  arity: -2,
  categories: ["set", "sortedset", "list", "dangerous"],
} as const;

export const SORT: CommandDeclaration = {
  ...COMMON,
  name: "sort",
  summary: "Sorts the elements of a list, set or sorted set, and replies or stores them",
  since: "1.0.0",
  flags: ["write", "denyoom", "movablekeys"],
  keys: [keyAt(1, ["RO", "access"]), PATTERN_KEYS, {
    ...UNKNOWN,
    notes: "STORE may stand anywhere among the options",
    flags: ["OW", "update"],
  }],
  findKeys: findSortKeys,
  arguments: [
    ...OPTIONS,
    key("destination", { keySpecIndex: 2, token: "STORE", optional: true }),
  ],
  run: sortAndMaybeStore,
};

export const SORT_RO: CommandDeclaration = {
  ...COMMON,
  name: "sort_ro",
  summary: "Sorts the elements of a list, set or sorted set, and replies them",
  since: "7.0.0",
  flags: ["readonly", "movablekeys"],
  keys: [keyAt(1, ["RO", "access"]), PATTERN_KEYS],
  findKeys: findSortedKey,
  arguments: OPTIONS,
  run: sortReadOnly,
};
