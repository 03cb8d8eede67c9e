import { assertEquals, assertNotEquals } from "@std/assert";
import { hashBytes } from "../../src/base/hash.ts";
import { bytesOf, Span } from "../../src/base/span.ts";
import { KnownHash } from "../../src/data/known_hash.ts";

const SEED = 77;

Deno.test("KnownHash gives the hash of every range, whether it knows it or not", () => {
  const known = new KnownHash(SEED), text = "key:1key:2", buffer = bytesOf(text);
  const bounds = [[0, 5], [5, 10], [0, 10], [3, 3], [1, 5], [0, 4]];
  for (const [start, end] of bounds) {
    known.set(buffer, start, end, hashBytes(buffer, start, end, SEED));
    for (const [start, end] of bounds) {
      for (const bytes of [buffer, bytesOf("KEY:1Key:2"), buffer.slice()]) {
        const expected = hashBytes(bytes, start, end, SEED);
        assertEquals(known.of(bytes, start, end), expected);
        assertEquals(known.ofSpan(new Span().set(bytes, start, end)), expected);
      }
    }
  }
});

Deno.test("KnownHash takes a hash for right until it is told to forget it", () => {
  const known = new KnownHash(SEED), buffer = bytesOf("key:1");
  known.set(buffer, 0, 5, 1234);
  assertEquals(known.of(buffer, 0, 5), 1234);
  assertNotEquals(known.of(buffer, 0, 4), 1234);
  known.forget();
  buffer[0] = 75;
  assertEquals(known.of(buffer, 0, 5), hashBytes(buffer, 0, 5, SEED));
});
