import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { bytesOf, byteString, Span } from "../../src/base/span.ts";
import { ByteStore } from "../../src/data/byte_store.ts";
import {
  appendText,
  plainEncoding,
  readInteger,
  stringEncoding,
  writeInteger,
  writeText,
} from "../../src/data/string_value.ts";
import { Encoding } from "../../src/data/value.ts";

function put(store: ByteStore, text: string): number {
  return store.put(bytesOf(text), 0, text.length);
}

function textOf(store: ByteStore, ref: number): string {
  const { buffer, start, end } = store.span(ref, new Span());
  return byteString(buffer, start, end);
}

Deno.test("stringEncoding names int when the text is a canonical int64", () => {
  const cases: [string, Encoding][] = [
    ["0", Encoding.Int],
    ["-1", Encoding.Int],
    ["9223372036854775807", Encoding.Int],
    ["-9223372036854775808", Encoding.Int],
    ["9223372036854775808", Encoding.Embstr],
    ["-9223372036854775809", Encoding.Embstr],
    ["-0", Encoding.Embstr],
    ["01", Encoding.Embstr],
    ["+1", Encoding.Embstr],
    [" 1", Encoding.Embstr],
    ["1\0", Encoding.Embstr],
    ["", Encoding.Embstr],
    ["x".repeat(44), Encoding.Embstr],
    ["x".repeat(45), Encoding.Raw],
    ["1".repeat(45), Encoding.Raw],
  ];
  for (const [text, encoding] of cases) {
    assertEquals(stringEncoding(Span.ofString(text)), encoding, JSON.stringify(text));
  }
});

Deno.test("plainEncoding does not look for integers", () => {
  assertEquals(plainEncoding(1), Encoding.Embstr);
  assertEquals(plainEncoding(44), Encoding.Embstr);
  assertEquals(plainEncoding(45), Encoding.Raw);
});

Deno.test("writeInteger writes what readInteger reads, in place of any text", () => {
  const store = new ByteStore();
  fc.assert(fc.property(
    fc.string({ unit: "grapheme-ascii" }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.maxSafeInteger(),
    (text, big, small) => {
      let ref = writeInteger(store, put(store, text), small);
      assertEquals(textOf(store, ref), String(small));
      assertEquals(readInteger(store, ref), small);
      ref = writeInteger(store, ref, big);
      assertEquals(BigInt(readInteger(store, ref) ?? NaN), big);
      store.free(ref);
    },
  ));
  assertEquals(store.allocatedBytes, 0);
});

Deno.test("writeInteger makes a new text when there is none", () => {
  const store = new ByteStore();
  assertEquals(textOf(store, writeInteger(store, 0, -12)), "-12");
});

Deno.test("readInteger answers undefined when the text is no integer", () => {
  const store = new ByteStore();
  assertEquals(readInteger(store, put(store, "12a")), undefined);
  assertEquals(readInteger(store, put(store, "")), undefined);
});

Deno.test("writeText gives what a padded and spliced text is when it writes anywhere", () => {
  const text = fc.uint8Array({ maxLength: 200 }).map((bytes) => byteString(bytes));
  fc.assert(fc.property(
    text,
    fc.array(fc.tuple(fc.nat(6000), text), { maxLength: 20 }),
    (first, writes) => {
      const store = new ByteStore();
      // A blob that was used before leaves bytes behind that must not show up as padding.
      store.free(put(store, "\xff".repeat(4000)));
      let ref = put(store, first), expected = first;
      for (const [offset, part] of writes) {
        ref = writeText(store, ref, offset, Span.ofString(part));
        const padded = expected.padEnd(offset, "\0");
        expected = padded.slice(0, offset) + part + padded.slice(offset + part.length);
        assertEquals(textOf(store, ref), expected);
      }
    },
  ));
});

Deno.test("writeText makes a new text with zeros up to the offset when there is none", () => {
  const store = new ByteStore();
  assertEquals(textOf(store, writeText(store, 0, 3, Span.ofString("ab"))), "\0\0\0ab");
});

Deno.test("appendText moves a growing text seldom when it grows byte by byte", () => {
  const store = new ByteStore();
  const byte = Span.ofString("x");
  let ref = put(store, ""), moves = 0;
  for (let i = 0; i < 20_000; i++) {
    const grown = appendText(store, ref, byte);
    if (grown !== ref) moves++;
    ref = grown;
  }
  assertEquals(textOf(store, ref), "x".repeat(20_000));
  assertEquals(moves < 20, true, `${moves} moves`);
});
