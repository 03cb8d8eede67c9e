import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { bytesOf } from "../../src/base/span.ts";
import { ListpackBuilder } from "../../src/data/listpack.ts";
import { hasTwice } from "../../src/data/listpack_duplicates.ts";

function listpackOf(texts: readonly string[]): Uint8Array {
  const builder = new ListpackBuilder();
  for (const text of texts) builder.append(bytesOf(text), 0, text.length);
  return builder.finish();
}

Deno.test("hasTwice finds elements that are there twice, among all or the fields only", () => {
  const texts = fc.array(
    fc.oneof(fc.nat(400).map(String), fc.string({ maxLength: 2 }).map((text) => text.slice(0, 2))),
    { maxLength: 200 },
  ).map((list) => list.map((text) => text.replace(/[^\0-\xff]/g, "?")));
  fc.assert(
    fc.property(texts, (texts) => {
      assertEquals(hasTwice(listpackOf(texts), 0, 1), new Set(texts).size < texts.length);
      const fields = texts.filter((_, i) => i % 2 === 0);
      assertEquals(hasTwice(listpackOf(texts), 0, 2), new Set(fields).size < fields.length);
    }),
  );
});

Deno.test("hasTwice finds the one of very many that is there twice", () => {
  const texts = Array.from({ length: 5000 }, (_, i) => `element ${i}`);
  assertEquals(hasTwice(listpackOf(texts), 0, 1), false);
  assertEquals(hasTwice(listpackOf([...texts, "element 7"]), 0, 1), true);
});

Deno.test("hasTwice takes an integer for the string that spells it", () => {
  // 12 as an integer, then as a string, which nobody writes.
  const listpack = Uint8Array.of(13, 0, 0, 0, 2, 0, 12, 1, 0x82, 0x31, 0x32, 3, 0xff);
  assertEquals(hasTwice(listpack, 0, 1), true);
});
