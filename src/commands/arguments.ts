/** Builders with which declarations describe their arguments and keys, close to Redis' own syntax lines. */

import type { KeyFlag } from "../access/key_flags.ts";
import type { ArgumentSpec, KeySpec } from "./description.ts";

type Options = Omit<ArgumentSpec, "name" | "type" | "arguments">;

const simple = (type: ArgumentSpec["type"]) => (name: string, options?: Options): ArgumentSpec => ({
  name,
  type,
  ...options,
});

/** A string argument. */
export const string = simple("string");
/** An integer argument. */
export const integer = simple("integer");
/** A floating-point argument. */
export const double = simple("double");
/** A glob pattern. */
export const pattern = simple("pattern");
/** A Unix time. */
export const unixTime = simple("unix-time");

/** A key, found by key specification number `keySpecIndex`. */
export function key(name = "key", options?: Options): ArgumentSpec {
  return { name, type: "key", keySpecIndex: 0, ...options };
}

/** A word that stands for itself; its name is the word in lower case unless told otherwise. */
export function token(word: string, options?: Options & { name?: string }): ArgumentSpec {
  const { name = word.toLowerCase(), ...rest } = options ?? {};
  return { name, type: "pure-token", token: word, ...rest };
}

/** Exactly one of several. */
export function oneOf(name: string, choices: ArgumentSpec[], options?: Options): ArgumentSpec {
  return { name, type: "oneof", ...options, arguments: choices };
}

/** Several that go together. */
export function block(name: string, parts: ArgumentSpec[], options?: Options): ArgumentSpec {
  return { name, type: "block", ...options, arguments: parts };
}

/** Keys from argument `first` to `last` (negative: from the end; relative for several), every `step`. */
export function keyRange(
  first: number,
  last: number,
  step: number,
  flags: readonly KeyFlag[],
  notes?: string,
): KeySpec {
  return {
    notes,
    flags,
    begin: { type: "index", index: first },
    find: { type: "range", lastKey: last, step, limit: 0 },
  };
}

/** The one key at argument `index`. */
export function keyAt(index: number, flags: readonly KeyFlag[], notes?: string): KeySpec {
  return keyRange(index, 0, 1, flags, notes);
}

/** A number of keys at argument `index`, and the keys after it. */
export function keyCount(index: number, flags: readonly KeyFlag[], notes?: string): KeySpec {
  return {
    notes,
    flags,
    begin: { type: "index", index },
    find: { type: "keynum", keyNumIndex: 0, firstKey: 1, step: 1 },
  };
}
