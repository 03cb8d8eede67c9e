import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { combine, countBits, findBit, getBit, invert, setBit } from "../../src/data/bitmap.ts";

/** Bytes with long stretches that are all 0 or all 1, to be skipped. */
const stretches = fc.array(
  fc.tuple(fc.oneof(fc.constantFrom(0, 0xff), fc.nat(255)), fc.integer({ min: 1, max: 30 })),
  { minLength: 1, maxLength: 6 },
).map((parts) => parts.flatMap(([byte, count]) => new Array<number>(count).fill(byte)));

/** A bitmap that begins anywhere in a larger buffer, with two of its bits in order. */
const ranges = fc.tuple(stretches, fc.nat(9), fc.nat(), fc.nat()).map(([bytes, base, a, b]) => {
  const buffer = Uint8Array.from([...new Array(base).fill(0xa5), ...bytes, 0xa5, 0xa5]);
  const bits = bytes.map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const [first, last] = [a % bits.length, b % bits.length].sort((x, y) => x - y);
  return { buffer, base, bits, first, last };
});

Deno.test("bitmap countBits and findBit see the bits that a text of them shows", () => {
  fc.assert(
    fc.property(ranges, ({ buffer, base, bits, first, last }) => {
      const part = bits.slice(first, last + 1);
      assertEquals(countBits(buffer, base, first, last), part.replaceAll("0", "").length);
      for (const bit of [0, 1]) {
        const found = part.indexOf(String(bit));
        assertEquals(findBit(buffer, base, first, last, bit), found < 0 ? -1 : first + found);
      }
      assertEquals(getBit(buffer, base, first), Number(bits[first]));
    }),
    { numRuns: 500 },
  );
});

Deno.test("bitmap setBit changes one bit and no other", () => {
  fc.assert(fc.property(ranges, fc.nat(1), ({ buffer, base, bits, first }, bit) => {
    const before = buffer.slice();
    setBit(buffer, base, first, bit);
    assertEquals(getBit(buffer, base, first), bit);
    setBit(buffer, base, first, Number(bits[first]));
    assertEquals(buffer, before);
  }));
});

Deno.test("bitmap combine is the operator on each byte, with zeros behind the source", () => {
  const operators = {
    and: (a: number, b: number) => a & b,
    or: (a: number, b: number) => a | b,
    xor: (a: number, b: number) => a ^ b,
  };
  const bytes = fc.uint8Array({ maxLength: 40 });
  fc.assert(fc.property(
    fc.constantFrom("and" as const, "or" as const, "xor" as const),
    bytes,
    bytes,
    fc.nat(5),
    fc.nat(5),
    (name, a, b, at, start) => {
      const [source, longer] = a.length < b.length ? [a, b] : [b, a];
      const target = Uint8Array.from([...new Array(at).fill(7), ...longer, 7]);
      const from = Uint8Array.from([...new Array(start).fill(9), ...source, 9]);
      combine(name, target, at, longer.length, from, start, start + source.length);
      const expected = Array.from(longer, (byte, i) => operators[name](byte, source[i] ?? 0));
      assertEquals([...target], [...new Array(at).fill(7), ...expected, 7]);
    },
  ));
});

Deno.test("bitmap invert turns over its bytes and no others", () => {
  const bytes = Uint8Array.of(1, 0, 0xf0, 0xff, 1);
  invert(bytes, 1, 4);
  assertEquals([...bytes], [1, 0xff, 0x0f, 0, 1]);
});
