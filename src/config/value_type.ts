/** The plain types of values: how words become a value, and a value the text of CONFIG GET. */

import { toLowerAscii } from "../base/ascii.ts";
import { untilNul } from "../base/c_string.ts";
import { bytesOf } from "../base/span.ts";
import { parseInteger } from "../base/numbers.ts";
import { quoteArgument } from "../base/split_arguments.ts";
import { ValueError } from "./errors.ts";

/** A value and how CONFIG GET shows it; the text is exact where a number is too big for a JS number. */
export interface Setting<T> {
  readonly value: T;
  readonly text: string;
}

/** What a value is parsed against. */
export interface ParseContext<T> {
  /** The value so far, and its text. */
  readonly current: T;
  readonly currentText: string;
  /** Whether the same configuration (files and command line) has given this directive before. */
  readonly repeated: boolean;
  /** The directory that relative paths start from, absolute. */
  readonly directory: string;
}

/** One line of a rewritten file for a directive. */
export interface RewriteLine {
  /** What follows the directive's name. */
  readonly words: string;
  /** Whether the line is added where the file has none; else it only replaces one. */
  readonly needed: boolean;
}

/** How values of one type are read and written. */
export interface ValueType<T> {
  /** What --help shows for a value, such as `yes|no`. */
  readonly placeholder: string;
  /** Whether a value is several words; one word that holds spaces is then split. */
  readonly manyWords: boolean;
  /** Whether `parse` wants to see what follows a NUL byte; for most types, as in Redis, a word ends there. */
  readonly holdsNul?: boolean;
  /** The words' value; throws ValueError with Redis' reason. */
  parse(words: readonly string[], context: ParseContext<T>): Setting<T>;
  /** The text of a value that is set by the server itself. */
  format(value: T): string;
  /** The lines that CONFIG REWRITE writes; `initial` is the default. */
  rewrite(setting: Setting<T>, initial: Setting<T>): RewriteLine[];
}

/** The only word, for types that take one. */
function onlyWord(words: readonly string[]): string {
  if (words.length !== 1) throw new ValueError("wrong number of arguments");
  return words[0];
}

/** The one line of a type that is written as `words`, needed when it is not the default. */
function oneLine<T>(setting: Setting<T>, initial: Setting<T>, words = setting.text): RewriteLine[] {
  return [{ words, needed: setting.text !== initial.text }];
}

/** `yes` or `no`. */
export const YES_NO: ValueType<boolean> = {
  placeholder: "yes|no",
  manyWords: false,
  parse(words) {
    const word = toLowerAscii(onlyWord(words));
    if (word !== "yes" && word !== "no") throw new ValueError("argument must be 'yes' or 'no'");
    return { value: word === "yes", text: word };
  },
  format: (value) => value ? "yes" : "no",
  rewrite: oneLine,
};

/** One of a few names; case doesn't matter. The order is that of Redis' error text. */
export function nameType<const V extends string>(names: readonly V[]): ValueType<V> {
  return {
    placeholder: names.join("|"),
    manyWords: false,
    parse(words) {
      const value = findName(names, onlyWord(words));
      return { value, text: value };
    },
    format: (value) => value,
    rewrite: oneLine,
  };
}

/** The name that `word` is, whatever its case; throws the reason that lists them all. */
export function findName<V extends string>(names: readonly V[], word: string): V {
  const lower = toLowerAscii(word);
  const found = names.find((name) => name === lower);
  if (found === undefined) {
    throw new ValueError(`argument(s) must be one of the following: ${names.join(", ")}`);
  }
  return found;
}

/** Limits may be bigints because many directives go up to what 64 bits hold. */
export type Bound = number | bigint;

function checkBounds(value: bigint, min: Bound, max: Bound, radix: number): void {
  if (value < min || value > max) {
    throw new ValueError(
      `argument must be between ${min.toString(radix)} and ${max.toString(radix)} inclusive`,
    );
  }
}

/** A whole number in Redis' strict grammar. */
export function integerType(min: Bound, max: Bound): ValueType<number> {
  return {
    placeholder: "<number>",
    manyWords: false,
    holdsNul: true,
    parse(words) {
      const bytes = bytesOf(onlyWord(words));
      const value = parseInteger(bytes, 0, bytes.length);
      if (value === undefined) throw new ValueError("argument couldn't be parsed into an integer");
      checkBounds(BigInt(value), min, max, 10);
      return { value: Number(value), text: value.toString() };
    },
    format: (value) => value.toString(),
    rewrite: oneLine,
  };
}

/** File permissions: an octal number. */
export const PERMISSIONS: ValueType<number> = {
  placeholder: "<octal>",
  manyWords: false,
  parse(words) {
    const match = /^[ \t\n\v\f\r]*([+-]?)([0-7]*)$/.exec(onlyWord(words));
    if (match === null || match[2] === "" && match[0] !== "") {
      throw new ValueError("argument couldn't be parsed as an octal number");
    }
    const size = BigInt("0o0" + match[2]);
    checkBounds(match[1] === "-" ? -size : size, 0, 0o777, 8);
    return { value: Number(size), text: size.toString(8) };
  },
  format: (value) => value.toString(8),
  rewrite: oneLine,
};

const UINT64_MAX = 18446744073709551615n;

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ["", 1n],
  ["b", 1n],
  ["k", 1000n],
  ["kb", 1024n],
  ["m", 1000n ** 2n],
  ["mb", 1024n ** 2n],
  ["g", 1000n ** 3n],
  ["gb", 1024n ** 3n],
]);

/**
 * A number of bytes with an optional unit, or undefined. As in Redis, the number may be missing (0), one
 * that needs more than 64 bits is the largest that doesn't, and multiplying by the unit wraps around.
 */
export function parseMemory(word: string): bigint | undefined {
  // Redis' buffer for the digits has 128 bytes.
  const match = /^([0-9]{0,127})([a-z]*)$/.exec(toLowerAscii(word));
  const unit = match === null ? undefined : UNITS.get(match[2]);
  if (match === null || unit === undefined) return undefined;
  const amount = BigInt(match[1]);
  return BigInt.asUintN(64, (amount > UINT64_MAX ? UINT64_MAX : amount) * unit);
}

/** A number of bytes as redis.conf has it: in the biggest unit that divides it. */
export function writeMemory(text: string): string {
  const bytes = BigInt(text);
  if (bytes === 0n) return "0";
  for (const unit of ["gb", "mb", "kb"]) {
    const size = UNITS.get(unit) ?? 1n;
    if (bytes % size === 0n) return `${bytes / size}${unit}`;
  }
  return text;
}

/** Bytes; shown without unit. */
export function memoryType(min: Bound, max: Bound): ValueType<number> {
  return {
    placeholder: "<bytes>",
    manyWords: false,
    parse(words) {
      const value = parseMemory(onlyWord(words));
      if (value === undefined) throw new ValueError("argument must be a memory value");
      checkBounds(value, min, max, 10);
      return { value: Number(value), text: value.toString() };
    },
    format: (value) => value.toString(),
    rewrite: (setting, initial) => oneLine(setting, initial, writeMemory(setting.text)),
  };
}

/** Bytes, or a share of `maxmemory` in percent. */
export interface MemoryOrPercent {
  readonly amount: number;
  readonly isPercent: boolean;
}

/** Bytes, or `N%` up to 100 %. */
export const MEMORY_OR_PERCENT: ValueType<MemoryOrPercent> = {
  placeholder: "<bytes>|<percent>%",
  manyWords: false,
  holdsNul: true,
  parse(words) {
    const word = onlyWord(words);
    const percent = /^(0|[1-9][0-9]*)%$/.exec(word);
    let amount: bigint | undefined, isPercent = percent !== null;
    if (percent !== null) {
      amount = BigInt(percent[1]);
      isPercent = amount > 0n;
    } else {
      amount = parseMemory(untilNul(word));
      if (amount === undefined) throw new ValueError("argument must be a memory or percent value");
      // Redis keeps percents as negative numbers, and reads sizes of 2^63 and more as such.
      const signed = BigInt.asIntN(64, amount);
      isPercent = signed < 0n;
      if (isPercent) amount = -signed;
    }
    if (isPercent && amount > 100n) {
      throw new ValueError("percentage argument must be less or equal to 100");
    }
    return {
      value: { amount: Number(amount), isPercent },
      text: `${amount}${isPercent ? "%" : ""}`,
    };
  },
  format: ({ amount, isPercent }) => `${amount}${isPercent ? "%" : ""}`,
  rewrite(setting, initial) {
    const { text, value } = setting;
    return oneLine(setting, initial, value.isPercent ? text : writeMemory(text));
  },
};

/** How a text may be restricted. */
export interface TextRules {
  /** The empty text means "not set": CONFIG REWRITE then writes no line. */
  readonly emptyIsUnset?: boolean;
  /** The text goes on behind a NUL byte. */
  readonly holdsNul?: boolean;
  /** Throws ValueError when the text is not acceptable. */
  check?(text: string): void;
}

/** Any bytes. */
export function textType(rules: TextRules = {}): ValueType<string> {
  return {
    placeholder: "<text>",
    manyWords: false,
    holdsNul: rules.holdsNul,
    parse(words) {
      const text = onlyWord(words);
      rules.check?.(text);
      return { value: text, text };
    },
    format: (value) => value,
    rewrite(setting, initial) {
      if (rules.emptyIsUnset && setting.text === "") return [];
      return oneLine(setting, initial, quoteArgument(setting.text));
    },
  };
}
