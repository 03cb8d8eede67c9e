import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  addToField,
  type FieldType,
  Overflow,
  readField,
  writeField,
} from "../../src/data/bitfield.ts";

const signed = (bits: number): FieldType => ({ signed: true, bits });
const unsigned = (bits: number): FieldType => ({ signed: false, bits });

const types = fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 64 })).map(
  ([isSigned, bits]) => isSigned ? signed(bits) : unsigned(Math.min(bits, 63)),
);

Deno.test("bitfield reads what it wrote, and leaves all other bits alone", () => {
  fc.assert(fc.property(
    types,
    fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    fc.nat(100),
    fc.uint8Array({ minLength: 25, maxLength: 25 }),
    (type, number, offset, buffer) => {
      const { bits } = type;
      const value = type.signed ? BigInt.asIntN(bits, number) : BigInt.asUintN(bits, number);
      const text = () => Array.from(buffer, (byte) => byte.toString(2).padStart(8, "0")).join("");
      const before = text();
      writeField(buffer, 2, offset, type, value);
      assertEquals(readField(buffer, 2, buffer.length - 2, offset, type), value);
      const at = 16 + offset;
      const written = BigInt.asUintN(bits, value).toString(2).padStart(bits, "0");
      assertEquals(text(), before.slice(0, at) + written + before.slice(at + bits));
    },
  ));
});

Deno.test("bitfield reads zeros behind the end of the bitmap", () => {
  const buffer = Uint8Array.of(0xff, 0xff, 0xff);
  assertEquals(readField(buffer, 0, 1, 4, unsigned(8)), 0xf0n);
  assertEquals(readField(buffer, 0, 1, 8, signed(64)), 0n);
  assertEquals(readField(buffer, 0, 0, 1000, unsigned(1)), 0n);
});

Deno.test("bitfield sums wrap, saturate or fail when they do not fit", () => {
  const all = (type: FieldType, value: bigint, increment: bigint) =>
    [Overflow.Wrap, Overflow.Saturate, Overflow.Fail].map(
      (overflow) => addToField(type, value, increment, overflow),
    );
  assertEquals(all(unsigned(8), 250n, 5n), [255n, 255n, 255n]);
  assertEquals(all(unsigned(8), 250n, 6n), [0n, 255n, null]);
  assertEquals(all(unsigned(8), 1n, -2n), [255n, 0n, null]);
  assertEquals(all(signed(8), 127n, 1n), [-128n, 127n, null]);
  assertEquals(all(signed(8), -128n, -1n), [127n, -128n, null]);
  assertEquals(all(signed(64), 2n ** 63n - 1n, 1n), [-(2n ** 63n), 2n ** 63n - 1n, null]);
  assertEquals(all(signed(64), -(2n ** 63n), -1n), [2n ** 63n - 1n, -(2n ** 63n), null]);
  assertEquals(all(signed(64), -(2n ** 63n), 2n ** 63n - 1n), [-1n, -1n, -1n]);
});

Deno.test("bitfield takes what is set far below zero for too large, as Redis does", () => {
  assertEquals(addToField(signed(8), -(2n ** 63n), 0n, Overflow.Saturate), 127n);
  assertEquals(addToField(signed(8), -(2n ** 63n) + 127n, 0n, Overflow.Saturate), 127n);
  assertEquals(addToField(signed(8), -(2n ** 63n) + 128n, 0n, Overflow.Saturate), -128n);
});
