/**
 * Which arguments of a command are keys: for COMMAND GETKEYS, and for whoever has to know before the
 * command runs (access rules, scripts, cluster). The rules are those of key specifications,
 * https://redis.io/docs/latest/develop/reference/key-specs/
 */

import { INT64_MAX, INT64_MIN, parseInteger } from "../base/numbers.ts";
import { toUpperAscii } from "../base/ascii.ts";
import type { Frame } from "../resp/frame.ts";
import type { CommandDeclaration, KeyPosition, KeySpec } from "./declaration.ts";

/** A stretch of key positions: first, last (both inclusive) and step. */
interface Range {
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

/** COMMAND INFO's old way to say where keys are; zeros where it can't. */
export interface LegacyKeys {
  readonly first: number;
  /** Negative: counted from the end. */
  readonly last: number;
  readonly step: number;
}

/** Whether a command's calls can have keys at all. */
export function mayHaveKeys({ keys = [], findKeys }: CommandDeclaration): boolean {
  return findKeys !== undefined || keys.some(isOfKeys);
}

/**
 * The keys of one call, or null where its arguments are wrong in a way that hides them. The number of
 * arguments must fit the command. Key specifications are asked where they say everything; the
 * command's own finder where a specification is unsure of flags, incomplete, or does not fit.
 */
export function findKeys(declaration: CommandDeclaration, args: Frame): KeyPosition[] | null {
  const specs = (declaration.keys ?? []).filter(isOfKeys);
  if (specs.length > 0 && !specs.some((spec) => spec.flags.includes("variable_flags"))) {
    const found = findBySpecs(specs, args);
    if (found !== null) return found;
  }
  if (declaration.findKeys) return declaration.findKeys(args);
  return findByLooseCount(specs, args) ?? (specs.length > 0 ? findBySpecs(specs, args) : null);
}

/** First key, last key and step, where the ranges at fixed places are neighbours. */
export function legacyKeys({ keys = [] }: CommandDeclaration): LegacyKeys {
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
export function hasMovableKeys({ keys = [] }: CommandDeclaration): boolean {
  return keys.some(({ flags, begin, find }) =>
    begin.type !== "index" || find.type !== "range" || flags.includes("incomplete")
  );
}

/** Channels of sharded publishing have specifications too, which are marked as no keys. */
function isOfKeys(spec: KeySpec): boolean {
  return !spec.flags.includes("not_key");
}

function findBySpecs(specs: readonly KeySpec[], args: Frame): KeyPosition[] | null {
  const found: KeyPosition[] = [];
  for (const spec of specs) {
    if (spec.flags.includes("incomplete")) return null;
    const start = findBegin(spec, args);
    const range = start < 0 ? null : findRange(spec, start, args);
    if (range === null) return null;
    const { first, last, step } = range;
    if (first >= args.argc || last >= args.argc || last < first) return null;
    for (let position = first; position <= last; position += step) {
      found.push({ position, flags: spec.flags });
    }
  }
  return found;
}

/** Where a specification's keys, or the number of them, begin; -1 where that is not found. */
function findBegin({ begin }: KeySpec, args: Frame): number {
  switch (begin.type) {
    case "index":
      return begin.index;
    case "keyword": {
      const keyword = toUpperAscii(begin.keyword);
      const forwards = begin.startFrom > 0;
      const from = forwards ? begin.startFrom : args.argc + begin.startFrom;
      for (let i = from; i > 0 && i < args.argc; i += forwards ? 1 : -1) {
        if (args.is(i, keyword)) return i + 1;
      }
      return -1;
    }
    case "unknown":
      return -1;
  }
}

function findRange({ find }: KeySpec, begin: number, args: Frame): Range | null {
  switch (find.type) {
    case "range": {
      const { lastKey, step, limit } = find;
      let last = begin + lastKey;
      if (lastKey < 0) {
        last = limit < 2
          ? args.argc + lastKey
          : begin + Math.floor((args.argc - begin) / limit) + lastKey;
      }
      return { first: begin, last, step };
    }
    case "keynum": {
      const at = begin + find.keyNumIndex;
      if (at >= args.argc) return null;
      const count = parseInteger(args.buffer, args.argStart(at), args.argEnd(at));
      if (count === undefined || count < 0) return null;
      const first = begin + find.firstKey;
      // As in Redis 32 bits are left of the number.
      const last = first + (asInt32(count) - 1) * find.step;
      return { first, last, step: find.step };
    }
    case "unknown":
      return null;
  }
}

/**
 * As a last resort Redis reads the number of keys as C's atoi does, which takes what a text begins with; of
 * these keys it tells no flags. They come before those at fixed places.
 */
function findByLooseCount(specs: readonly KeySpec[], args: Frame): KeyPosition[] | null {
  const found: KeyPosition[] = [], fixed: KeyPosition[] = [];
  for (const { begin, find } of specs) {
    if (begin.type !== "index") return null;
    if (find.type !== "keynum") {
      fixed.push({ position: begin.index, flags: [] });
      continue;
    }
    const at = begin.index + find.keyNumIndex, first = begin.index + find.firstKey;
    const count = at < args.argc ? looseInt32(args.string(at)) : 0;
    if (count < 1 || count > Math.floor((args.argc - first) / find.step)) return null;
    for (let i = 0; i < count; i++) found.push({ position: first + i * find.step, flags: [] });
  }
  return found.length > 0 ? [...found, ...fixed] : null;
}

function looseInt32(text: string): number {
  const [, sign, digits] = /^[\t-\r ]*([-+]?)0*(\d*)/.exec(text) ?? [];
  // What a long does not hold is the largest one, or the smallest.
  const size = digits.length > 19 ? INT64_MAX : BigInt(digits);
  const value = sign === "-" ? -size : size;
  return asInt32(value > INT64_MAX ? INT64_MAX : value < INT64_MIN ? INT64_MIN : value);
}

function asInt32(value: number | bigint): number {
  return Number(BigInt.asIntN(32, BigInt(value)));
}
