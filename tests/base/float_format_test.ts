import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatDouble17g, formatDoubleHuman, formatFixed } from "../../src/base/float_format.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { RawClient } from "../support/raw_client.ts";

/** value → `%.17g`. Those with a remark lie exactly between two texts. */
const GENERAL: readonly [number, string][] = [
  [0, "0"],
  [-0, "-0"],
  [1, "1"],
  [-42, "-42"],
  [0.1, "0.10000000000000001"],
  [-0.1, "-0.10000000000000001"],
  [0.5, "0.5"],
  [1.5e-3, "0.0015"],
  [0.0001, "0.0001"],
  [0.00001, "1.0000000000000001e-05"],
  [1e-6, "9.9999999999999995e-07"],
  [1e15, "1000000000000000"],
  [2 ** 53, "9007199254740992"],
  [2 ** 56, "72057594037927936"],
  [1e16, "10000000000000000"],
  [99999999999999984, "99999999999999984"],
  [1e17, "1e+17"],
  [1e21, "1e+21"],
  [1.5e300, "1.5000000000000001e+300"],
  [Number.MAX_VALUE, "1.7976931348623157e+308"],
  [5e-324, "4.9406564584124654e-324"],
  [Infinity, "inf"],
  [-Infinity, "-inf"],
  [1000000000000000.25, "1000000000000000.2"], // half, down to even
  [1000000000000000.75, "1000000000000000.8"], // half, up to even
  [-1000000000000000.25, "-1000000000000000.2"],
  [100000000000000.125, "100000000000000.12"], // half, down to even
  [100000000000000.375, "100000000000000.38"], // half, up to even
];

Deno.test("formatDouble17g writes what C writes when the value is of the table", () => {
  for (const [value, text] of GENERAL) assertEquals(formatDouble17g(value), text);
  assertEquals(formatDouble17g(NaN), "nan");
});

Deno.test("formatDouble17g gives a text that reads back as the same double", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      assertEquals(Number(formatDouble17g(value)), value);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("formatFixed rounds halves to even when C does", () => {
  assertEquals(formatFixed(0.03125, 4), "0.0312");
  assertEquals(formatFixed(0.09375, 4), "0.0938");
  assertEquals(formatFixed(0.125, 2), "0.12");
  assertEquals(formatFixed(0.375, 2), "0.38");
  assertEquals(formatFixed(0.5, 0), "0");
  assertEquals(formatFixed(1.5, 0), "2");
  assertEquals(formatFixed(-2.5, 0), "-2");
  assertEquals(formatFixed(9.5, 0), "10");
});

Deno.test("formatFixed keeps sign, size and decimals when values are unusual", () => {
  assertEquals(formatFixed(166274.15156960033, 4), "166274.1516");
  assertEquals(formatFixed(0, 4), "0.0000");
  assertEquals(formatFixed(-0, 4), "-0.0000");
  assertEquals(formatFixed(-1e-9, 4), "-0.0000");
  assertEquals(formatFixed(1e22, 2), "10000000000000000000000.00");
  assertEquals(formatFixed(1e23, 0), "99999999999999991611392");
  assertEquals(formatFixed(-Infinity, 2), "-inf");
  assertEquals(formatFixed(NaN, 2), "nan");
});

Deno.test("formatDoubleHuman trims zeros when there are decimals only", () => {
  assertEquals(formatDoubleHuman(13.361389338970184), "13.36138933897018433");
  assertEquals(formatDoubleHuman(0.5), "0.5");
  assertEquals(formatDoubleHuman(100), "100");
  assertEquals(formatDoubleHuman(-0), "0");
  assertEquals(formatDoubleHuman(-1e-30), "0");
  assertEquals(formatDoubleHuman(1e22), "10000000000000000000000");
  assertEquals(formatDoubleHuman(Infinity), "inf");
});

/** Any doubles, and many of those that lie exactly between two texts of 17 digits. */
const DOUBLES = fc.oneof(
  fc.double({ noNaN: true }),
  fc.double({ noNaN: true, min: -1000, max: 1000 }),
  fc.tuple(fc.integer({ min: 1, max: 2 ** 51 }), fc.integer({ min: 2, max: 25 }))
    .map(([odd, decimals]) => (2 * odd + 1) / 2 ** decimals),
);

referenceTest("formatDouble17g agrees with ZSCORE when scores are random", async () => {
  await using reference = await startReference();
  using client = await RawClient.connect(reference.port);
  // In a skiplist, unlike in a listpack, a score keeps the sign of 0.
  await client.call("CONFIG", "SET", "zset-max-listpack-entries", "0");
  const values = [
    ...GENERAL.map(([value]) => value),
    ...fc.sample(DOUBLES, { numRuns: 5000, seed: 42 }),
  ];
  // JavaScript's shortest text reads back as the same double, in C too.
  const replies = await client.pipeline(
    values.flatMap((value, i) => {
      const text = Object.is(value, -0) ? "-0" : String(value);
      return [["ZADD", "z", text, `m${i}`], ["ZSCORE", "z", `m${i}`]];
    }),
  );
  let ties = 0;
  values.forEach((value, i) => {
    assertEquals(formatDouble17g(value), replies[2 * i + 1].text, String(value));
    if (Number.isFinite(value) && /5$/.test(value.toExponential(17).replace(/e.*/, ""))) ties++;
  });
  assert(ties > 100, `hardly any value is near a half: ${ties}`);
  await client.call("HELLO", "3");
  assertEquals((await client.call("ZSCORE", "z", "m4")).raw, `,${formatDouble17g(0.1)}\r\n`);
});

referenceTest(
  "formatFixed and formatDoubleHuman agree with scripts when values are random",
  async () => {
    await using reference = await startReference();
    using client = await RawClient.connect(reference.port);
    const values = fc.sample(DOUBLES, { numRuns: 2000, seed: 4711 }).filter(Number.isFinite);
    const script = "local x = tonumber(ARGV[1]) " +
      "return {string.format('%.4f', x), string.format('%.2f', x), string.format('%.0f', x), " +
      "string.format('%.17f', x)}";
    const replies = await client.pipeline(
      values.map((value) => ["EVAL", script, "0", Object.is(value, -0) ? "-0" : String(value)]),
    );
    values.forEach((value, i) => {
      const [four, two, none, seventeen] = replies[i].children ?? [];
      assertEquals(formatFixed(value, 4), four.text, String(value));
      assertEquals(formatFixed(value, 2), two.text, String(value));
      assertEquals(formatFixed(value, 0), none.text, String(value));
      assertEquals(formatFixed(value, 17), seventeen.text, String(value));
      const trimmed = seventeen.text?.replace(/\.?0+$/, "");
      assertEquals(formatDoubleHuman(value), trimmed === "-0" ? "0" : trimmed, String(value));
    });
  },
);
