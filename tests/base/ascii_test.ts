import { assertEquals } from "@std/assert";
import { equalsIgnoreCase, toLowerAscii, toUpperAscii } from "../../src/base/ascii.ts";
import { Span } from "../../src/base/span.ts";

const ALL_BYTES = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));

Deno.test("toLowerAscii changes A to Z and nothing else when given every byte", () => {
  for (const byte of ALL_BYTES) {
    const expected = byte >= "A" && byte <= "Z" ? byte.toLowerCase() : byte;
    assertEquals(toLowerAscii(byte), expected);
  }
  assertEquals(toLowerAscii(ALL_BYTES).length, 256);
  assertEquals(toLowerAscii("aBÀc"), "abÀc");
});

Deno.test("toUpperAscii changes a to z and nothing else when given every byte", () => {
  for (const byte of ALL_BYTES) {
    const expected = byte >= "a" && byte <= "z" ? byte.toUpperCase() : byte;
    assertEquals(toUpperAscii(byte), expected);
  }
  assertEquals(toUpperAscii("Abÿßc"), "ABÿßC");
});

Deno.test("equalsIgnoreCase accepts any mix of cases when the letters are the same", () => {
  for (const text of ["match", "MATCH", "mAtCh"]) {
    assertEquals(equalsIgnoreCase(Span.ofString(text), "MATCH"), true);
  }
  assertEquals(equalsIgnoreCase(new Span().set(Span.ofString("xgetx").buffer, 1, 4), "GET"), true);
  assertEquals(equalsIgnoreCase(Span.ofString(""), ""), true);
});

Deno.test("equalsIgnoreCase refuses when length or a byte differs", () => {
  for (const text of ["", "matc", "matchx", "mat\x03h", "natch", "\xcdatch"]) {
    assertEquals(equalsIgnoreCase(Span.ofString(text), "MATCH"), false);
  }
  // 0x40 and 0x60, 0x5b and 0x7b differ by the case bit but are no letters.
  assertEquals(equalsIgnoreCase(Span.ofString("`{"), "@["), false);
});
