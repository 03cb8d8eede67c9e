import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { INT64_MAX, INT64_MIN, normalizeInteger } from "../../src/base/numbers.ts";
import { highWord, lowWord, readInt64, writeInt64 } from "../../src/data/int64.ts";

Deno.test("readInt64 gives back what writeInt64 wrote, as DataView sees it", () => {
  const buffer = new Uint8Array(20);
  const view = new DataView(buffer.buffer);
  const edges = [0n, -1n, 2n ** 31n, 2n ** 32n, 2n ** 53n, INT64_MAX, INT64_MIN];
  const near = fc.tuple(fc.constantFrom(...edges), fc.bigInt(-2n, 2n)).map(([a, b]) => a + b);
  fc.assert(fc.property(
    fc.oneof(fc.bigInt(INT64_MIN, INT64_MAX), near.map((value) => BigInt.asIntN(64, value))),
    fc.nat(11),
    (exact, at) => {
      const value = normalizeInteger(exact);
      writeInt64(value, buffer, at);
      assertEquals(view.getBigInt64(at, true), exact);
      assertEquals(readInt64(buffer, at), value);
      assertEquals(BigInt(highWord(value)) << 32n | BigInt(lowWord(value)), exact);
    },
  ));
});
