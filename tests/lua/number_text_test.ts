/** Numbers as C writes and reads them. */

import { assertEquals } from "@std/assert";
import { writeExponent, writeFixed } from "../../src/lua/runtime/float_digits.ts";
import { generalText, numberText, parseNumber } from "../../src/lua/runtime/number_text.ts";
import { readNumberPrefix } from "../../src/lua/libraries/number_prefix.ts";

Deno.test("numberText writes %.14g when numbers are of all sizes", () => {
  const cases: [number, string][] = [
    [0, "0"],
    [-0, "-0"],
    [1, "1"],
    [-1.5, "-1.5"],
    [1e14, "1e+14"],
    [99999999999999, "99999999999999"],
    [12345678901234.5, "12345678901234"],
    [0.1, "0.1"],
    [0.1 + 0.2, "0.3"],
    [1 / 3, "0.33333333333333"],
    [1e-5, "1e-05"],
    [0.0001, "0.0001"],
    [1e100, "1e+100"],
    [5e-324, "4.9406564584125e-324"],
    [1.7976931348623157e308, "1.7976931348623e+308"],
    [Infinity, "inf"],
    [-Infinity, "-inf"],
    [2 ** 53, "9.007199254741e+15"],
  ];
  assertEquals(cases.map(([value]) => numberText(value)), cases.map(([, text]) => text));
});

Deno.test("digits are rounded half to even when a number is a tie", () => {
  assertEquals(writeFixed(0.5, 0), "0");
  assertEquals(writeFixed(1.5, 0), "2");
  assertEquals(writeFixed(2.5, 0), "2");
  assertEquals(writeFixed(0.125, 2), "0.12");
  assertEquals(writeFixed(0.375, 2), "0.38");
  assertEquals(writeExponent(2.5, 0), { text: "2", exponent: 0 });
  assertEquals(writeExponent(25, 0), { text: "2", exponent: 1 });
  assertEquals(generalText(12345678901234.5, 14), "12345678901234");
  assertEquals(generalText(100, 3, true), "100.");
});

Deno.test("parseNumber reads what strtod reads when there is white space around", () => {
  const cases: [string, number | undefined][] = [
    ["10", 10],
    [" 10\t", 10],
    ["-1.5e3", -1500],
    ["0x10", 16],
    ["0x1p4", 16],
    [".5", 0.5],
    ["5.", 5],
    ["inf", Infinity],
    ["", undefined],
    [" ", undefined],
    ["1e", undefined],
    ["0x", undefined],
    ["1 2", undefined],
    ["10\0x", 10],
    ["1e400", Infinity],
  ];
  assertEquals(cases.map(([text]) => parseNumber(text)), cases.map(([, value]) => value));
  assertEquals(parseNumber("nan"), NaN);
});

Deno.test("readNumberPrefix finds where a number ends when text follows", () => {
  assertEquals(readNumberPrefix("12,", 0), { value: 12, end: 2 });
  assertEquals(readNumberPrefix("[1.25]", 1), { value: 1.25, end: 5 });
  assertEquals(readNumberPrefix("-1e5x", 0), { value: -1e5, end: 4 });
  assertEquals(readNumberPrefix("1e", 0), { value: 1, end: 1 });
  assertEquals(readNumberPrefix("0x1fz", 0), { value: 31, end: 4 });
  assertEquals(readNumberPrefix("123456789012345678,", 0), { value: 123456789012345680, end: 18 });
  assertEquals(readNumberPrefix("x", 0), null);
});
