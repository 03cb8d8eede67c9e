import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  addLongDoubles,
  formatLongDoubleHuman,
  type LongDouble,
  multiplyLongDouble,
  parseLongDouble,
} from "../../src/base/long_double.ts";
import { bytesOf } from "../../src/base/span.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { RawClient } from "../support/raw_client.ts";

function parse(text: string): LongDouble | undefined {
  return parseLongDouble(bytesOf(`7${text}7`), 1, 1 + text.length);
}

/** What INCRBYFLOAT answers when `increment` is added to the text `current`. */
function increment(current: string, increment: string): string {
  const a = parse(current), b = parse(increment);
  if (a === undefined || b === undefined) return "ERR value is not a valid float";
  const sum = addLongDoubles(a, b);
  if (sum.infinite) return "ERR increment would produce NaN or Infinity";
  return formatLongDoubleHuman(sum);
}

const LARGEST = "1.18973149535723176502e4932";

const SUMS: readonly [string, string, string][] = [
  ["0", "0.1", "0.1"],
  ["10.5", "0.1", "10.6"],
  ["5.0e3", "2.0e2", "5200"],
  ["3.0", "1.000000000000000005", "4.00000000000000001"],
  ["1e17", "0.1", "100000000000000000.1015625"],
  ["18446744073709551615", "0", "18446744073709551615"],
  ["18446744073709551615", "1", "18446744073709551616"],
  ["18446744073709551616", "1", "18446744073709551616"],
  ["18446744073709551616", "3", "18446744073709551620"],
  ["-1.5", "1.5", "0"],
  ["0", "-1e-30", "0"],
  ["-0", "-0", "0"],
  ["0x1p3", "0x.8", "8.5"],
  ["1", "1e-4950", "1"],
  ["1" + "0".repeat(5118), "1e-5118", "ERR value is not a valid float"],
  ["0".repeat(5118) + "1", "0", "1"],
  ["0".repeat(5119) + "1", "0", "ERR value is not a valid float"],
  ["0." + "0".repeat(5000) + "1e5001", "0", "1"],
  [LARGEST, "0x1p16319", "ERR increment would produce NaN or Infinity"],
  [LARGEST, `-${LARGEST}`, "0"],
  [`-${LARGEST}`, `-${LARGEST}`, "ERR increment would produce NaN or Infinity"],
  ["1", "inf", "ERR increment would produce NaN or Infinity"],
  ["inf", "-inf", "ERR increment would produce NaN or Infinity"],
];

Deno.test("long doubles add up as on x86 when the numbers are of the table", () => {
  for (const [a, b, sum] of SUMS) {
    assertEquals(increment(a, b), sum, `${a.slice(0, 50)} + ${b}`);
  }
});

/** Texts and whether a long double can hold them. */
const TEXTS: readonly [string, boolean][] = [
  ["", false],
  [" 1", false],
  ["1 ", false],
  ["1\0", false],
  ["nan", false],
  ["0x", false],
  ["1e", false],
  [".", false],
  ["1.", true],
  [".5", true],
  ["1e400", true],
  [LARGEST, true],
  ["1.2e4932", false],
  ["1e4933", false],
  ["1e5000", false],
  ["1e99999999999999999999", false],
  ["0e99999999999999999999", true],
  ["3.6e-4951", true],
  ["1.9e-4951", true],
  ["1.8e-4951", false],
  ["1e-4952", false],
  ["1e-99999999999999999999", false],
  ["0x1p16383", true],
  ["0x1p16384", false],
  ["0x.ffffffffffffffffp16384", true],
  ["0x.ffffffffffffffff8p16384", false],
  ["0x1p-16445", true],
  ["0x1p-16446", false],
  ["0x1.8p-16446", true],
  ["0x1p-99999", false],
];

Deno.test("parseLongDouble refuses when a text is no float or out of range", () => {
  for (const [text, valid] of TEXTS) assertEquals(parse(text) !== undefined, valid, text);
});

Deno.test("formatLongDoubleHuman gives infinities their names", () => {
  assertEquals(formatLongDoubleHuman(parse("inf") as LongDouble), "inf");
  assertEquals(formatLongDoubleHuman(parse("-Infinity") as LongDouble), "-inf");
});

Deno.test("long doubles add integers exactly when the sum has at most 64 bits", () => {
  const half = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n });
  fc.assert(fc.property(half, half, (a, b) => {
    assertEquals(increment(String(a), String(b)), String(a + b));
  }));
});

/** Numbers as users write them, and ones that hit the ends of the format and its roundings. */
const DIGITS = (most: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${most}}$`));
const NUMBER_TEXT = fc.oneof(
  fc.tuple(fc.constantFrom("", "-", "+"), DIGITS(6), DIGITS(4)).map(([s, i, f]) => `${s}${i}.${f}`),
  fc.tuple(fc.constantFrom("", "-"), DIGITS(25), DIGITS(25)).map(([s, i, f]) => `${s}${i}.${f}`),
  fc.tuple(fc.constantFrom("", "-"), DIGITS(22), fc.integer({ min: -45, max: 45 }))
    .map(([s, i, e]) => `${s}${i}e${e}`),
  fc.tuple(DIGITS(22), fc.integer({ min: -4990, max: 4930 })).map(([i, e]) => `${i}e${e}`),
  fc.tuple(fc.constantFrom("", "-"), fc.stringMatching(/^[0-9a-f]{1,20}\.[08f]{0,6}$/))
    .map(([s, h]) => `${s}0x${h}`),
  fc.tuple(fc.bigInt({ min: 0n, max: 2n ** 66n }), fc.constantFrom("", ".5", ".25", ".4999999999"))
    .map(([i, f]) => `${i}${f}`),
);

referenceTest("long doubles agree with INCRBYFLOAT when the numbers are random", async () => {
  await using reference = await startReference();
  using client = await RawClient.connect(reference.port);
  const pairs: (readonly [string, string])[] = [
    ...SUMS.map(([a, b]) => [a, b] as const),
    ...TEXTS.map(([text]) => [text, "0"] as const),
    ...fc.sample(fc.tuple(NUMBER_TEXT, NUMBER_TEXT), { numRuns: 3000, seed: 99 }),
  ];
  const replies = await client.pipeline(
    pairs.flatMap(([a, b]) => [["SET", "k", a], ["INCRBYFLOAT", "k", b]]),
  );
  let sums = 0;
  pairs.forEach(([a, b], i) => {
    const reply = replies[2 * i + 1];
    assertEquals(increment(a, b), reply.text, `${a} + ${b}`);
    if (reply.type === "$") sums++;
  });
  assert(sums > 2000, `hardly any pair is valid: ${sums}`);
});

Deno.test("multiplyLongDouble rounds to 64 bits when the product has more", () => {
  const thousandfold = (text: string) => {
    const value = parse(text);
    if (value === undefined) throw new Error(`not a float: ${text}`);
    return formatLongDoubleHuman(multiplyLongDouble(value, 1000n));
  };
  assertEquals(thousandfold("0.007"), "7");
  assertEquals(thousandfold("-0.25"), "-250");
  assertEquals(thousandfold("0"), "0");
  assertEquals(thousandfold("18446744073709551615"), "18446744073709551614976");
  assertEquals(thousandfold("18446744073709551613"), "18446744073709551612928");
  assertEquals(thousandfold("-inf"), "-inf");
});
