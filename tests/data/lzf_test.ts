import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { bytesOf, byteString } from "../../src/base/span.ts";
import { decompress, decompressedLength, LzfCompressor } from "../../src/data/lzf.ts";

function expand(bytes: Uint8Array): Uint8Array {
  const length = decompressedLength(bytes, 0, bytes.length);
  assert(length >= 0, "not sound");
  const target = new Uint8Array(length);
  decompress(bytes, 0, bytes.length, target);
  return target;
}

Deno.test("LzfCompressor makes what decompress takes back when texts repeat themselves", () => {
  const compressor = new LzfCompressor();
  const texts = fc.oneof(
    fc.array(fc.constantFrom("a", "bc", "the ", "\0", "xyzxyz"), { maxLength: 400 })
      .map((parts) => bytesOf(parts.join(""))),
    fc.uint8Array({ maxLength: 500 }),
    fc.tuple(fc.nat(20000), fc.nat(255)).map(([count, byte]) => new Uint8Array(count).fill(byte)),
  );
  fc.assert(fc.property(texts, fc.nat(9), (text, before) => {
    const source = new Uint8Array(before + text.length);
    source.set(text, before);
    const target = new Uint8Array(2 * text.length + 2);
    const length = compressor.compress(source, before, source.length, target);
    assertEquals(expand(target.subarray(0, length)), text);
  }));
});

Deno.test("LzfCompressor reaches back 8 KiB and no farther", () => {
  const far = "needle-in-a-haystack";
  for (const [distance, isCopied] of [[8192, true], [8193, false]] as const) {
    const filler = "x".repeat(distance - far.length);
    const text = bytesOf(far + filler + far);
    const target = new Uint8Array(2 * text.length);
    const length = new LzfCompressor().compress(text, 0, text.length, target);
    assertEquals(byteString(expand(target.subarray(0, length))), byteString(text));
    const tail = byteString(target, length - far.length, length);
    assertEquals(tail !== far, isCopied);
  }
});

Deno.test("LzfCompressor says 0 when the result has no room", () => {
  const text = bytesOf("abcabcabcabc");
  const compressor = new LzfCompressor();
  const length = compressor.compress(text, 0, text.length, new Uint8Array(20));
  assert(length > 0 && length < text.length);
  // As in Redis some room has to be to spare.
  for (let room = 0; room < 20; room++) {
    const memory = new Uint8Array(30).fill(7), target = memory.subarray(0, room);
    const result = compressor.compress(text, 0, text.length, target);
    if (room < length) assertEquals(result, 0, `room for ${room}`);
    else if (room >= length + 4) assertEquals(result, length, `room for ${room}`);
    assertEquals(memory.subarray(room), new Uint8Array(30 - room).fill(7));
  }
});

Deno.test("decompressedLength says -1 when a piece is cut off or reaches too far back", () => {
  for (
    const [bytes, length] of [
      [[0x00, 0x61], 1],
      [[0x00], -1],
      [[0x01, 0x61], -1],
      [[0x00, 0x61, 0x20, 0x00], 4],
      [[0x00, 0x61, 0x20, 0x01], -1],
      [[0x00, 0x61, 0x20], -1],
      [[0x00, 0x61, 0xe0, 0xff, 0x00], 265],
      [[0x00, 0x61, 0xe0, 0xff], -1],
      [[0x00, 0x61, 0xe0], -1],
      [[0x20, 0x00], -1],
    ] as const
  ) assertEquals(decompressedLength(Uint8Array.of(...bytes), 0, bytes.length), length);
});

Deno.test("LzfCompressor gives a text that is compressed part by part, whatever the parts", () => {
  const text = fc.oneof(
    fc.uint8Array({ maxLength: 3000 }),
    fc.array(fc.constantFrom("abc", "abcd", "xyz", "\x00\x00\x00"), { maxLength: 800 })
      .map((parts) => bytesOf(parts.join(""))),
  );
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 500 }), (bytes, part) => {
      const compressor = new LzfCompressor();
      const target = new Uint8Array(2 * bytes.length + 10);
      compressor.begin(bytes.length);
      while (compressor.readBytes < bytes.length) {
        const until = Math.min(bytes.length, compressor.readBytes + part);
        assert(compressor.advance(bytes, 0, bytes.length, until, target));
      }
      const end = compressor.writtenBytes;
      assertEquals(decompressedLength(target, 0, end), bytes.length);
      const back = new Uint8Array(bytes.length);
      decompress(target, 0, end, back);
      assertEquals(back, bytes);
    }),
  );
});
