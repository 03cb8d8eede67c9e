/**
 * Which arguments of a command are keys: for COMMAND GETKEYS, and for whoever has to know before the
 * command runs (access rules, scripts, cluster). The rules are those of key specifications,
 * https://redis.io/docs/latest/develop/reference/key-specs/
 */

import type { CallKeys } from "../access/call_keys.ts";
import { keyFlagBits } from "../access/key_flags.ts";
import { toUpperAscii } from "../base/ascii.ts";
import { parseInteger } from "../base/numbers.ts";
import type { Frame } from "../resp/frame.ts";
import type { CommandDescription, KeyFinder, KeySpec } from "./description.ts";
import { findCountedKeys } from "./key_count.ts";

/** COMMAND INFO's old way to say where keys are; zeros where it can't. */
export interface LegacyKeys {
  readonly first: number;
  /** Negative: counted from the end. */
  readonly last: number;
  readonly step: number;
}

type Keyword = Extract<KeySpec["begin"], { type: "keyword" }>;

/** A key specification, made ready to be used for each call. */
interface Search {
  readonly begin: KeySpec["begin"];
  readonly find: KeySpec["find"];
  readonly flags: number;
  /** Whether there may be more such keys than it finds. */
  readonly isIncomplete: boolean;
}

/**
 * Where the keys of a command stand, worked out once from its specifications, so that finding those of a
 * call takes no memory. The number of a call's arguments must fit the command.
 */
export class CommandKeys {
  /** Whether calls can have keys at all. */
  readonly exist: boolean;
  /** Where the key stands, if each call has just one and all have it there; 0: that is not so. */
  readonly only: number;
  readonly #searches: readonly Search[];
  /** Those of shard channels. */
  readonly #channelSearches: readonly Search[];
  readonly #own: KeyFinder | undefined;
  /** Whether the specifications can tell all there is to know of a call. */
  readonly #searchesFirst: boolean;

  constructor({ keys: specs = [], findKeys }: CommandDescription) {
    // Channels of sharded publishing have specifications too, which are marked as no keys.
    const isOfKeys = ({ flags }: KeySpec) => !flags.includes("not_key");
    const ofKeys = specs.filter(isOfKeys);
    this.exist = findKeys !== undefined || ofKeys.length > 0;
    this.only = ofKeys.length === 1 ? singleKey(ofKeys[0]) : 0;
    const isUnsure = ofKeys.some(({ flags }) => flags.includes("variable_flags"));
    this.#searches = ofKeys.map(compile);
    this.#channelSearches = specs.filter((spec) => !isOfKeys(spec)).map(compile);
    this.#own = findKeys ?? finderOf(ofKeys);
    this.#searchesFirst = !isUnsure || findKeys === undefined;
  }

  /**
   * Puts the keys of a call into `keys`, as access rules and COMMAND GETKEYS see them; none where its
   * arguments are wrong in a way that hides them. Specifications are asked where they say everything; the
   * command's own finder where one of them is unsure of flags, incomplete, or does not fit.
   */
  find(args: Frame, keys: CallKeys): void {
    if (this.#searchesFirst && searchAll(this.#searches, args, keys)) return;
    keys.clear();
    this.#own?.(args, keys);
  }

  /**
   * As `find`, but as tracking and slots see them: where the command has a finder of its own, Redis asks
   * no other here, and shard channels count.
   */
  findUsed(args: Frame, keys: CallKeys): void {
    if (this.#own === undefined) {
      if (this.#channelSearches.length === 0) this.find(args, keys);
      else if (!searchAll(this.#channelSearches, args, keys)) keys.clear();
    } else {
      keys.clear();
      this.#own(args, keys);
    }
  }
}

/** Puts what all of these find into `keys`; false where there are none, or one does not fit. */
function searchAll(searches: readonly Search[], args: Frame, keys: CallKeys): boolean {
  keys.clear();
  for (let i = 0; i < searches.length; i++) {
    if (!search(searches[i], args, keys)) return false;
  }
  return searches.length > 0;
}

/** The finder that Redis has where a number of keys is given; undefined where none is. */
function finderOf(specs: readonly KeySpec[]): KeyFinder | undefined {
  const counted = specs.find(({ find }) => find.type === "keynum");
  if (counted?.begin.type !== "index" || counted.find.type !== "keynum") return undefined;
  const { begin: { index }, find: { keyNumIndex, firstKey } } = counted;
  const store = specs.find((spec) => spec !== counted);
  return findCountedKeys(index + keyNumIndex, index + firstKey, store ? singleKey(store) : 0);
}

/** The one argument that a specification is about, whatever the call; 0: it is not about just one. */
function singleKey({ flags, begin, find }: KeySpec): number {
  const isSingle = begin.type === "index" && find.type === "range" && find.lastKey === 0 &&
    !flags.includes("incomplete");
  return isSingle ? begin.index : 0;
}

function compile({ begin, find, flags }: KeySpec): Search {
  return {
    begin: begin.type === "keyword" ? { ...begin, keyword: toUpperAscii(begin.keyword) } : begin,
    find,
    flags: keyFlagBits(flags),
    isIncomplete: flags.includes("incomplete"),
  };
}

/** Adds the keys that a specification finds; false where it doesn't fit the call. */
function search(
  { begin, find, flags, isIncomplete }: Search,
  args: Frame,
  keys: CallKeys,
): boolean {
  if (begin.type === "unknown") return false;
  const start = begin.type === "index" ? begin.index : findKeyword(begin, args);
  // Without its keyword there are no such keys.
  if (start < 0) return true;
  if (isIncomplete) return false;
  let first = start, last: number;
  switch (find.type) {
    case "range": {
      const { lastKey, limit } = find;
      if (lastKey >= 0) last = start + lastKey;
      else if (limit < 2) last = args.argc + lastKey;
      else last = start + Math.floor((args.argc - start) / limit) + lastKey;
      break;
    }
    case "keynum": {
      const at = start + find.keyNumIndex;
      if (at >= args.argc) return false;
      const count = parseInteger(args.buffer, args.argStart(at), args.argEnd(at));
      if (count === undefined || count < 0) return false;
      first = start + find.firstKey;
      last = first + (lowBits(count) - 1) * find.step;
      break;
    }
    case "unknown":
      return false;
  }
  if (first >= args.argc || last >= args.argc || last < first) return false;
  keys.add(first, last, find.step, flags);
  return true;
}

/** The low 32 bits, with their sign, which are what Redis goes on with. */
function lowBits(count: number | bigint): number {
  return typeof count === "number" ? count | 0 : Number(BigInt.asIntN(32, count));
}

/**
 * Where the keys behind a keyword begin, which is searched from an argument to the last but one, or back
 * from the end to the second; -1 where it is not found.
 */
function findKeyword({ keyword, startFrom }: Keyword, args: Frame): number {
  const forwards = startFrom > 0;
  const from = forwards ? startFrom : args.argc + startFrom;
  const end = forwards ? args.argc - 1 : 1, step = forwards ? 1 : -1;
  for (let i = from; (end - i) * step > 0; i += step) {
    if (args.is(i, keyword)) return i + 1;
  }
  return -1;
}

/** First key, last key and step, where the ranges at fixed places are neighbours. */
export function legacyKeys({ keys = [] }: CommandDescription): LegacyKeys {
  let merged: LegacyKeys | undefined;
  for (const { begin, find } of keys) {
    if (begin.type !== "index" || find.type !== "range") continue;
    const first = begin.index;
    const last = find.lastKey >= 0 ? first + find.lastKey : find.lastKey;
    if (merged === undefined) merged = { first, last, step: find.step };
    else if (merged.last === first - 1 && merged.step === find.step) merged = { ...merged, last };
  }
  return merged ?? { first: 0, last: 0, step: 0 };
}

/** Whether first, last and step do not tell of all keys (the flag `movablekeys`). */
export function hasMovableKeys({ keys = [] }: CommandDescription): boolean {
  return keys.some(({ flags, begin, find }) =>
    begin.type !== "index" || find.type !== "range" || flags.includes("incomplete")
  );
}
