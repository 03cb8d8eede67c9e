import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Crc64 } from "../../src/base/crc64.ts";
import { bytesOf } from "../../src/base/span.ts";

function sumOf(crc: Crc64): bigint {
  const bytes = new Uint8Array(8);
  crc.write(bytes, 0);
  return new DataView(bytes.buffer).getBigUint64(0, true);
}

Deno.test("Crc64 gives the check value of CRC-64/REDIS when it takes the digits 1 to 9", () => {
  assertEquals(sumOf(new Crc64().update(bytesOf("123456789"), 0, 9)), 0xe9c6d914c4b8d9can);
});

Deno.test("Crc64 is that of the bit by bit definition when bytes come in any pieces", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
    let expected = 0n;
    for (const byte of bytes) {
      expected ^= BigInt(byte);
      for (let bit = 0; bit < 8; bit++) {
        expected = expected >> 1n ^ ((expected & 1n) === 1n ? 0x95ac9329ac4bc9b5n : 0n);
      }
    }
    const middle = Math.min(cut, bytes.length);
    const crc = new Crc64().update(bytes, 0, middle).update(bytes, middle, bytes.length);
    assertEquals(sumOf(crc), expected);
    const written = new Uint8Array(9);
    crc.write(written, 1);
    assert(crc.equals(written, 1));
    written[8] ^= 1;
    assert(!crc.equals(written, 1));
  }));
});
