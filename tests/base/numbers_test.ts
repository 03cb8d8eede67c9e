import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  addChecked,
  formatInteger,
  INT64_MAX,
  INT64_MIN,
  INTEGER_TEXT_MAX,
  integerLength,
  normalizeInteger,
  parseDouble,
  parseInteger,
  parseLooseInt32,
  parseSafeInteger,
  parseScanCursor,
  parseScoreBound,
  parseUnsigned64,
  requireInteger,
  requireIntegerBetween,
  requirePositive,
  requireSafeInteger,
} from "../../src/base/numbers.ts";
import { ReplyError } from "../../src/base/errors.ts";
import { bytesOf, byteString, Span } from "../../src/base/span.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { RawClient } from "../support/raw_client.ts";

type Parser<T> = (buffer: Uint8Array, start: number, end: number) => T;

/** Parses a text that has digits around it, which must not be seen. */
function parse<T>(parser: Parser<T>, text: string): T {
  return parser(bytesOf(`7${text}7`), 1, 1 + text.length);
}

const INT64 = fc.oneof(
  fc.bigInt({ min: INT64_MIN, max: INT64_MAX }),
  fc.bigInt({ min: -(2n ** 54n), max: 2n ** 54n }),
  fc.bigInt({ min: -1000n, max: 1000n }),
  fc.constantFrom(INT64_MAX, INT64_MIN, 2n ** 53n, 2n ** 53n - 1n, -(2n ** 53n), 1n - 2n ** 53n),
);

const BAD_INTEGERS = [
  "",
  "-",
  "+",
  "+1",
  "-0",
  "00",
  "01",
  "-01",
  " 1",
  "1 ",
  "1a",
  "0x1",
  "1.0",
  "1e3",
  "1\0",
  "\xb21",
  "9223372036854775808",
  "-9223372036854775809",
  "99999999999999999999",
  "1" + "0".repeat(400),
];

Deno.test("parseInteger gives back every int64 when written in decimal", () => {
  fc.assert(fc.property(INT64, (value) => {
    assertEquals(parse(parseInteger, value.toString()), normalizeInteger(value));
  }));
  assertEquals(parse(parseInteger, "9007199254740991"), 9007199254740991);
  assertEquals(parse(parseInteger, "9007199254740992"), 9007199254740992n);
  assertEquals(parse(parseInteger, "-9223372036854775808"), INT64_MIN);
});

Deno.test("parseInteger refuses when the text is not a canonical int64", () => {
  for (const text of BAD_INTEGERS) assertEquals(parse(parseInteger, text), undefined, text);
});

Deno.test("parseSafeInteger stays at the limits when an int64 is beyond them", () => {
  assertEquals(parse(parseSafeInteger, "-12"), -12);
  assertEquals(parse(parseSafeInteger, "9223372036854775807"), Number.MAX_SAFE_INTEGER);
  assertEquals(parse(parseSafeInteger, "-9223372036854775808"), Number.MIN_SAFE_INTEGER);
  assertEquals(parse(parseSafeInteger, "9223372036854775808"), undefined);
});

Deno.test("require… functions throw Redis' texts when an argument is not what it should be", () => {
  const of = (text: string): Span => Span.ofString(text);
  assertEquals(requireInteger(of("9223372036854775807")), INT64_MAX);
  assertEquals(requireSafeInteger(of("-5")), -5);
  assertEquals(requireIntegerBetween(of("5"), 1, 5), 5);
  assertEquals(requireIntegerBetween(of(INT64_MAX.toString()), -INT64_MAX, INT64_MAX), 2 ** 53 - 1);
  assertEquals(requirePositive(of("0")), 0);
  const notAnInteger = "ERR value is not an integer or out of range";
  assertThrows(() => requireInteger(of("x")), ReplyError, notAnInteger);
  assertThrows(() => requireSafeInteger(of("1.5")), ReplyError, notAnInteger);
  assertThrows(() => requireIntegerBetween(of(""), 1, 5), ReplyError, notAnInteger);
  assertThrows(
    () => requireIntegerBetween(of(INT64_MIN.toString()), -INT64_MAX, INT64_MAX),
    ReplyError,
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
  );
  const mine = new ReplyError("ERR mine");
  assertThrows(() => requireIntegerBetween(of("6"), 1, 5, mine), ReplyError, "ERR mine");
  for (const text of ["-1", "x", "9223372036854775808"]) {
    assertThrows(
      () => requirePositive(of(text)),
      ReplyError,
      "ERR value is out of range, must be positive",
    );
  }
});

Deno.test("formatInteger writes what toString gives when the value is any int64", () => {
  const target = new Uint8Array(INTEGER_TEXT_MAX + 2);
  fc.assert(
    fc.property(INT64, (exact) => {
      const value = normalizeInteger(exact);
      target.fill(0x2e);
      const end = formatInteger(value, target, 1);
      assertEquals(byteString(target, 0, end + 1), `.${exact}.`);
      assertEquals(integerLength(value), end - 1);
    }),
    { numRuns: 1000 },
  );
  for (let power = 1; power < 2 ** 53; power *= 10) {
    for (const value of [power - 1, power, power + 1, -power]) {
      assertEquals(byteString(target, 0, formatInteger(value, target, 0)), String(value));
    }
  }
});

Deno.test("addChecked adds exactly and gives null when the sum leaves int64", () => {
  fc.assert(fc.property(INT64, INT64, (a, b) => {
    const sum = a + b;
    const expected = sum > INT64_MAX || sum < INT64_MIN ? null : normalizeInteger(sum);
    assertEquals(addChecked(normalizeInteger(a), normalizeInteger(b)), expected);
  }));
  assertEquals(addChecked(2 ** 53 - 1, 1), 2n ** 53n);
  assertEquals(addChecked(2n ** 53n, -1), 2 ** 53 - 1);
});

const UINT64_MAX = 2n ** 64n - 1n;

/** text → what parseUnsigned64 and parseScanCursor give. */
const UNSIGNED: readonly [string, number | bigint | undefined, number | bigint | undefined][] = [
  ["0", 0, 0],
  ["15", 15, 15],
  ["007", 7, 7],
  ["+5", 5, 5],
  [" 6", 6, undefined],
  ["\x0b6", 6, undefined],
  ["-1", undefined, UINT64_MAX],
  ["-05", UINT64_MAX - 4n, UINT64_MAX - 4n],
  ["-0", 0, 0],
  ["-18446744073709551615", 1, 1],
  ["18446744073709551615", UINT64_MAX, UINT64_MAX],
  ["18446744073709551616", undefined, undefined],
  ["9".repeat(500), undefined, undefined],
  ["", undefined, 0],
  ["\0", undefined, 0],
  ["1\x00abc", 1, 1],
  ["-", undefined, undefined],
  ["+-1", undefined, undefined],
  ["1abc", undefined, undefined],
  ["1 ", undefined, undefined],
  ["0x10", undefined, undefined],
];

Deno.test("parseUnsigned64 and parseScanCursor read as C does when the text is of the table", () => {
  for (const [text, unsigned, cursor] of UNSIGNED) {
    assertEquals(parse(parseUnsigned64, text), unsigned, `"${text}" as a part of a stream ID`);
    assertEquals(parse(parseScanCursor, text), cursor, `"${text}" as a cursor`);
  }
});

/** text → what parseDouble and parseScoreBound give. */
const DOUBLES: readonly [string, number | undefined, number | undefined][] = [
  ["0", 0, 0],
  ["-0", -0, -0],
  ["-0.0", -0, -0],
  ["0.1", 0.1, 0.1],
  ["+1", 1, 1],
  ["1.", 1, 1],
  [".5", 0.5, 0.5],
  ["-.5e1", -5, -5],
  ["1e+5", 1e5, 1e5],
  ["1E-5", 1e-5, 1e-5],
  ["123456789012345678", 123456789012345680, 123456789012345680],
  ["0.1234567890123456", 0.1234567890123456, 0.1234567890123456],
  ["inf", Infinity, Infinity],
  ["+INF", Infinity, Infinity],
  ["-Infinity", -Infinity, -Infinity],
  ["0x1p3", 8, 8],
  ["-0X1.8P-1", -0.75, -0.75],
  ["0x.8", 0.5, 0.5],
  ["0x10", 16, 16],
  ["0x1fffffffffffff8p0", 2 ** 57, 2 ** 57],
  ["0x20000000000001p0", 2 ** 53, 2 ** 53],
  ["0x20000000000003p0", 2 ** 53 + 4, 2 ** 53 + 4],
  ["0x1p-1074", 2 ** -1074, 2 ** -1074],
  ["0x1.8p-1075", 2 ** -1074, 2 ** -1074],
  ["0x1p-1075", undefined, 0],
  ["0x1p1024", undefined, Infinity],
  ["0x0p999999999999", 0, 0],
  ["0e999999999999", 0, 0],
  ["4.9e-324", 5e-324, 5e-324],
  ["2.4703282292062327e-324", undefined, 0],
  ["2.4703282292062328e-324", 5e-324, 5e-324],
  ["1.7976931348623158e308", Number.MAX_VALUE, Number.MAX_VALUE],
  ["-1.7976931348623159e308", undefined, -Infinity],
  ["1e400", undefined, Infinity],
  ["1e-400", undefined, 0],
  ["1e99999999999999999999", undefined, Infinity],
  ["0." + "0".repeat(400) + "1e401", 1, 1],
  ["1" + "0".repeat(400) + "e-400", 1, 1],
  // Digits beyond those that are kept: whether one of them is not 0 decides how halves are rounded.
  ["1" + "0".repeat(9000) + "e-9000", 1, 1],
  ["1" + "0".repeat(9000) + "." + "0".repeat(9000) + "1e-9000", 1, 1],
  ["0".repeat(9000) + "9007199254740993." + "0".repeat(9000), 2 ** 53, 2 ** 53],
  ["0".repeat(9000) + "9007199254740993." + "0".repeat(9000) + "1", 2 ** 53 + 2, 2 ** 53 + 2],
  ["0." + "0".repeat(9000) + "1e9001", 1, 1],
  ["0." + "0".repeat(20000), 0, 0],
  ["." + "0".repeat(20000) + "1", undefined, 0],
  ["9".repeat(20000), undefined, Infinity],
  ["0x" + "f".repeat(20000), undefined, Infinity],
  ["0x" + "0".repeat(9000) + "20000000000001." + "0".repeat(9000), 2 ** 53, 2 ** 53],
  ["0x" + "0".repeat(9000) + "20000000000001." + "0".repeat(9000) + "1", 2 ** 53 + 2, 2 ** 53 + 2],
  ["0x1" + "0".repeat(9000) + "p-36000", 1, 1],
  ["0x." + "0".repeat(9000) + "8p36000", 0.5, 0.5],
  ["", undefined, 0],
  ["\x00abc", undefined, 0],
  ["1\0", undefined, 1],
  [" 1", undefined, 1],
  ["\t-inf", undefined, -Infinity],
  [" ", undefined, undefined],
  [" \0", undefined, undefined],
  ["1 ", undefined, undefined],
  [".", undefined, undefined],
  ["+", undefined, undefined],
  ["+-1", undefined, undefined],
  ["1e", undefined, undefined],
  ["1e+", undefined, undefined],
  ["e5", undefined, undefined],
  [".e5", undefined, undefined],
  ["1e5.5", undefined, undefined],
  ["1.2.3", undefined, undefined],
  ["1_0", undefined, undefined],
  ["1,5", undefined, undefined],
  ["1f", undefined, undefined],
  ["0x", undefined, undefined],
  ["0x.p1", undefined, undefined],
  ["0x1g", undefined, undefined],
  ["0x1e+5", undefined, undefined],
  ["0b1", undefined, undefined],
  ["nan", undefined, undefined],
  ["-nan", undefined, undefined],
  ["nan(1)", undefined, undefined],
  ["infinit", undefined, undefined],
  ["inf1", undefined, undefined],
  ["1\xa0", undefined, undefined],
];

Deno.test("parseDouble and parseScoreBound read as C does when the text is of the table", () => {
  for (const [text, strict, bound] of DOUBLES) {
    assertEquals(parse(parseDouble, text), strict, `"${text}" as a float`);
    assertEquals(parse(parseScoreBound, text), bound, `"${text}" as a bound`);
  }
});

Deno.test("parseDouble gives back every double when it was written by JavaScript", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), (value) => {
      const text = Object.is(value, -0) ? "-0" : String(value);
      assertEquals(parse(parseDouble, text), value);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("parseDouble rounds as a literal does when there are few digits", () => {
  fc.assert(
    fc.property(fc.nat(1e15 - 1), fc.nat(15), fc.boolean(), (digits, decimals, negative) => {
      const padded = String(digits).padStart(decimals + 1, "0").slice(-15);
      const split = Math.max(0, padded.length - decimals);
      const text = `${negative ? "-" : ""}${padded.slice(0, split)}.${padded.slice(split)}`;
      assertEquals(parse(parseDouble, text), Number(text));
    }),
    { numRuns: 1000 },
  );
});

referenceTest("numbers agree with the reference when the texts are of the tables", async () => {
  await using reference = await startReference();
  using client = await RawClient.connect(reference.port);
  for (const text of [...BAD_INTEGERS, "0", "-1", "9223372036854775806"]) {
    await client.call("SET", "n", text);
    const accepted = (await client.call("INCR", "n")).type === ":";
    assertEquals(parse(parseInteger, text) !== undefined, accepted, `INCR of "${text}"`);
  }
  for (const [text, unsigned, cursor] of UNSIGNED) {
    const scanned = await client.call("SCAN", text);
    assertEquals(scanned.type === "*", cursor !== undefined, `SCAN "${text}"`);
    await client.call("DEL", "s");
    const added = await client.call("XADD", "s", `5-${text}`, "a", "b");
    if (unsigned === undefined) assertEquals(added.type, "-", `XADD "5-${text}"`);
    else assertEquals(added.text, `5-${unsigned}`, `XADD "5-${text}"`);
  }
  // In a skiplist, unlike in a listpack, a score keeps the sign of 0.
  await client.call("CONFIG", "SET", "zset-max-listpack-entries", "0");
  for (const [text, strict, bound] of DOUBLES) {
    await client.call("DEL", "z");
    const added = await client.call("ZADD", "z", text, "m");
    assertEquals(added.type === ":", strict !== undefined, `ZADD "${text}"`);
    if (strict !== undefined) {
      assertEquals(Number(await score(client)), strict, `ZSCORE after ZADD "${text}"`);
    }
    await client.call("ZADD", "z", String(bound ?? 0), "m");
    const counted = await client.call("ZCOUNT", "z", text, text);
    assertEquals(counted.text, bound === undefined ? "ERR min or max is not a float" : "1", text);
  }
});

async function score(client: RawClient): Promise<string> {
  const text = (await client.call("ZSCORE", "z", "m")).text ?? "";
  assert(text !== "");
  return text.replace("inf", "Infinity");
}

Deno.test("formatInteger refuses a number when it is not a safe integer's", () => {
  const target = new Uint8Array(32);
  for (const value of [Infinity, -Infinity, NaN, 2 ** 53, -(2 ** 63)]) {
    assertThrows(() => formatInteger(value, target, 0), RangeError);
  }
});

Deno.test("parseLooseInt32 reads as atoi does when the text is of the table", () => {
  const table: readonly [string, number][] = [
    ["", 0],
    ["x", 0],
    ["-", 0],
    [" \t+12x", 12],
    ["1.9", 1],
    ["-0005", -5],
    ["2147483648", -2147483648],
    ["4294967297", 1],
    ["-4294967295", 1],
    ["9223372036854775807", -1],
    ["9".repeat(30), -1],
    [`-${"9".repeat(30)}`, 0],
    ["0".repeat(30) + "7", 7],
  ];
  for (const [text, value] of table) assertEquals(parseLooseInt32(text), value, text);
});
