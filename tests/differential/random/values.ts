/** Where the random run takes keys and values from: few of each, and many of them nasty. */

import type { Random } from "../../support/random.ts";

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
}

/** Keys by what mostly lies under them. A command of a group mostly takes keys of its own. */
export const KEYS: Readonly<Record<string, readonly string[]>> = {
  string: [...numbered("s", 5), "s\x00\xff"],
  bitmap: ["s1", "s2", ...numbered("b", 3)],
  hash: numbered("h", 6),
  list: numbered("l", 6),
  set: numbered("e", 6),
  "sorted-set": numbered("z", 6),
  stream: numbered("x", 4),
  hyperloglog: numbered("p", 4),
  geo: numbered("g", 3),
  other: ["", "k1", "k2", `k${"y".repeat(70)}`],
};

/** All keys. */
export const ALL_KEYS: readonly string[] = [...new Set(Object.values(KEYS).flat())];

/** How many databases are used, from 0. */
export const DATABASES_USED = 4;

const NASTY_INTEGERS = [
  "9223372036854775807",
  "9223372036854775806",
  "-9223372036854775808",
  "-9223372036854775807",
  "9223372036854775808",
  "18446744073709551615",
  "18446744073709551616",
  "9007199254740993",
  "-9007199254740993",
  "4294967295",
  "4294967296",
  "2147483647",
  "2147483648",
  "-2147483649",
  "65536",
  "32768",
  "-32769",
  "128",
  "-129",
  "007",
  "+5",
  "-0",
  " 5",
  "5 ",
  "77777\x00",
  "1.0",
  "1e3",
  "0x10",
  "abc",
  "",
  "-",
];

const NASTY_FLOATS = [
  "-0",
  "0.0",
  "+1.5",
  "3.14159265358979323846",
  "1e10",
  "1e-10",
  "1e17",
  "123456789012345678",
  "0.30000000000000004",
  "inf",
  "-inf",
  "+Infinity",
  "nan",
  "1e308",
  "-1e308",
  "1.7976931348623157e308",
  "1e400",
  // Not smaller: for SORT a subnormal score in a small sorted set is an error that Redis has left over.
  "3e-308",
  "1e-400",
  "0x1p3",
  ".5",
  "5.",
  "1e",
  "abc",
  "",
  " 1",
  "1 ",
  "1,5",
];

// Of two texts that are the same up to a zero byte neither sorts first, so there are none.
const BINARY = [
  "B\x00",
  "\xff\xfe",
  "A\x00b",
  "\r\n",
  "$5\r\nhello\r\n",
  "\xc3\xa9",
  "a b",
  '"',
  "\\",
];

/** Lengths around the limits of embstr, of listpack values and of the listpack's own length fields. */
const LENGTHS = [11, 20, 44, 45, 63, 64, 65, 127, 128, 300];

/** A number that a client may well send, or now and then one that no parser likes. */
export function integer(random: Random, nasty = 0.15): string {
  if (random.chance(nasty)) return random.pick(NASTY_INTEGERS);
  return random.chance(0.8) ? String(random.between(-12, 20)) : String(random.between(-5000, 5000));
}

/** A whole number of a range, rarely something that isn't one. */
export function small(random: Random, low: number, high: number): string {
  if (random.chance(0.02)) {
    return random.pick(["abc", "", "1.5", "9223372036854775808", " 1", "01"]);
  }
  return String(random.between(low, high));
}

/** A floating point number as text. */
export function float(random: Random, nasty = 0.2): string {
  if (random.chance(nasty)) return random.pick(NASTY_FLOATS);
  if (random.chance(0.5)) return String(random.between(-6, 12));
  return String(random.between(-100, 100) / random.pick([2, 4, 3, 7, 10]));
}

/** A long text; what it is made of matters to nobody. */
function long(random: Random): string {
  const length = random.chance(0.06) ? 2000 : random.pick(LENGTHS);
  return random.pick("xyz".split("")).repeat(length - 1) + random.pick("012".split(""));
}

/** A field, member or element. */
export function element(random: Random): string {
  const kind = random.below(100);
  if (kind < 38) return random.pick("abcdefgh".split(""));
  if (kind < 57) return String(random.between(0, 9));
  if (kind < 70) return `m${random.below(60)}`;
  if (kind < 78) return random.pick(NASTY_INTEGERS);
  if (kind < 84) return float(random);
  if (kind < 91) return long(random);
  if (kind < 96) return random.pick(BINARY);
  if (kind < 98) return String(random.between(-100000, 100000));
  return "";
}

/** The value of a string key or of a hash's field: numbers are what most commands want to change. */
export function text(random: Random): string {
  const kind = random.below(100);
  if (kind < 30) return integer(random, 0.25);
  if (kind < 45) return float(random);
  if (kind < 60) return long(random);
  return element(random);
}
