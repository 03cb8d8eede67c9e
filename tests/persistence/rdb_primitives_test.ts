import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { bytesOf, spanString } from "../../src/base/span.ts";
import type { OpenFile } from "../../src/persistence/file.ts";
import { RdbError } from "../../src/persistence/rdb_format.ts";
import { RdbInput } from "../../src/persistence/rdb_input.ts";
import { RdbOutput } from "../../src/persistence/rdb_output.ts";

function written(write: (output: RdbOutput) => void, compress = true): number[] {
  const output = new RdbOutput(compress);
  write(output);
  return [...output.bytes];
}

function inputOf(...bytes: number[]): RdbInput {
  return RdbInput.ofBytes(Uint8Array.of(0xee, ...bytes, 0xee), 1, 1 + bytes.length);
}

/** A file that gives a few bytes at a time. */
function fileOf(bytes: Uint8Array, part: number): OpenFile {
  let at = 0;
  const file: Pick<OpenFile, "readSync"> = {
    readSync(into) {
      const count = Math.min(part, into.length, bytes.length - at);
      into.set(bytes.subarray(at, at + count));
      at += count;
      return count;
    },
  };
  return file as OpenFile;
}

Deno.test("RdbOutput writes lengths in the shortest form", () => {
  for (
    const [value, bytes] of [
      [0, [0]],
      [63, [63]],
      [64, [0x40, 64]],
      [16383, [0x7f, 0xff]],
      [16384, [0x80, 0, 0, 0x40, 0]],
      [2 ** 32 - 1, [0x80, 255, 255, 255, 255]],
      [2 ** 32, [0x81, 0, 0, 0, 1, 0, 0, 0, 0]],
      [2n ** 64n - 1n, [0x81, ...new Array(8).fill(255)]],
      [-1, [0x81, ...new Array(8).fill(255)]],
    ] as const
  ) assertEquals(written((output) => output.unsigned(value)), [...bytes]);
});

Deno.test("RdbOutput writes a string as an integer when it is one of 32 bits", () => {
  for (
    const [text, bytes] of [
      ["0", [0xc0, 0]],
      ["-128", [0xc0, 0x80]],
      ["128", [0xc1, 0x80, 0]],
      ["-32769", [0xc2, 0xff, 0x7f, 0xff, 0xff]],
      ["01", [2, 0x30, 0x31]],
      ["2147483648", [10, ...bytesOf("2147483648")]],
    ] as const
  ) {
    const buffer = bytesOf(text);
    assertEquals(written((output) => output.string(buffer, 0, buffer.length)), [...bytes]);
  }
});

Deno.test("RdbOutput compresses only when it is told to", () => {
  const text = new Uint8Array(30).fill(0x61);
  assertEquals(written((output) => output.string(text, 0, 30), false), [30, ...text]);
  assertEquals(written((output) => output.string(text, 0, 30))[0], 0xc3);
});

Deno.test("RdbInput reads what RdbOutput wrote, from bytes and from files in small parts", () => {
  const strings = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.bigInt({ min: -(2n ** 34n), max: 2n ** 34n }).map((value) => bytesOf(String(value))),
    fc.nat(100_000).map((length) => new Uint8Array(length).fill(7)),
    fc.nat(100_000).map((length) => Uint8Array.from({ length }, (_, i) => i * i >> 5)),
  );
  const lengths = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const property = fc.property(
    fc.array(fc.tuple(strings, lengths, fc.double()), { maxLength: 10 }),
    fc.integer({ min: 1, max: 5000 }),
    fc.boolean(),
    (items, part, compress) => {
      const output = new RdbOutput(compress);
      for (const [text, length, double] of items) {
        output.string(text, 0, text.length);
        output.unsigned(length);
        output.double(double);
        output.int64(BigInt.asIntN(64, length));
      }
      const all = output.bytes.slice();
      for (
        const input of [
          RdbInput.ofBytes(all, 0, all.length),
          RdbInput.ofFile(fileOf(all, part), all.length),
        ]
      ) {
        for (const [text, length, double] of items) {
          assertEquals(
            spanString(input.string()),
            spanString({ buffer: text, start: 0, end: text.length }),
          );
          assertEquals(BigInt(input.unsigned()), length);
          assertEquals(input.double(), double);
          assertEquals(BigInt(input.int64()), BigInt.asIntN(64, length));
        }
        assertEquals([input.remaining, input.offset], [0, all.length]);
      }
    },
  );
  fc.assert(property, { numRuns: 50 });
});

Deno.test("RdbInput refuses with the offset when bytes are missing or claims are false", () => {
  for (
    const [bytes, offset] of [
      [[], 0],
      [[5, 1, 2], 1],
      [[0x81, 0x7f, 255, 255, 255, 255, 255, 255, 255], 9],
      [[0x80, 255, 255, 255, 255], 5],
      [[0xc1, 0], 1],
      [[0xc4, 0], 1],
      [[0x82, 0], 1],
      // Compressed strings: longer than claimed, absurdly long, cut off.
      [[0xc3, 2, 2, 0x00, 0x61], 5],
      [[0xc3, 2, 0x81, 255, 255, 255, 255, 255, 255, 255, 255, 0x00, 0x61], 13],
      [[0xc3, 9, 9, 0x00, 0x61], 2],
    ] as const
  ) {
    const error = assertThrows(() => inputOf(...bytes).string(), RdbError);
    assertEquals(error.offset, offset);
  }
  assertThrows(() => inputOf(3, 0, 0).count(), RdbError, "More was announced");
  assertThrows(() => inputOf(0xc0, 0).unsigned(), RdbError, "A length was expected");
});
