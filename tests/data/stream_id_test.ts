import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { byteString } from "../../src/base/span.ts";
import { normalizeInteger } from "../../src/base/numbers.ts";
import {
  addWrapped,
  compareIds,
  formatId,
  generateId,
  ID_TEXT_MAX,
  idAfter,
  idBefore,
  makeId,
  MAX_ID,
  MIN_ID,
  sharedPrefix,
  type StreamId,
  wrappedDelta,
  writeIdText,
} from "../../src/data/stream_id.ts";

const part = fc.oneof(
  fc.bigInt(0n, 20n),
  fc.bigInt(2n ** 53n - 3n, 2n ** 53n + 3n),
  fc.bigInt(2n ** 64n - 3n, 2n ** 64n - 1n),
  fc.bigInt(0n, 2n ** 64n - 1n),
);

function idOf(ms: bigint, seq: bigint): StreamId {
  return makeId(normalizeInteger(ms), normalizeInteger(seq));
}

function numberOf({ ms, seq }: StreamId): bigint {
  return BigInt(ms) << 64n | BigInt(seq);
}

Deno.test("compareIds orders IDs as the 128-bit numbers that they are", () => {
  fc.assert(fc.property(part, part, part, part, (ams, aseq, bms, bseq) => {
    const a = idOf(ams, aseq), b = idOf(bms, bseq);
    const left = numberOf(a), right = numberOf(b);
    assertEquals(Math.sign(compareIds(a, b)), left < right ? -1 : left > right ? 1 : 0);
  }));
});

Deno.test("idAfter and idBefore give the neighbours, and null beyond the ends", () => {
  assertEquals(idAfter(MAX_ID), null);
  assertEquals(idBefore(MIN_ID), null);
  fc.assert(fc.property(part, part, (ms, seq) => {
    const id = idOf(ms, seq);
    const after = idAfter(id), before = idBefore(id);
    if (after !== null) {
      assertEquals(numberOf(after), numberOf(id) + 1n);
      assertEquals(typeof after.seq, typeof normalizeInteger(BigInt(after.seq)));
    }
    if (before !== null) assertEquals(numberOf(before), numberOf(id) - 1n);
  }));
});

Deno.test("wrappedDelta gives what addWrapped makes the value of the base with", () => {
  fc.assert(fc.property(part, part, (value, base) => {
    const [left, right] = [normalizeInteger(value), normalizeInteger(base)];
    const delta = wrappedDelta(left, right);
    assertEquals(BigInt(delta), BigInt.asIntN(64, value - base));
    assertEquals(addWrapped(right, delta), left);
  }));
});

Deno.test("generateId takes the time, or what follows the last ID when the time is not later", () => {
  assertEquals(generateId(makeId(5, 7), 6), { ms: 6, seq: 0 });
  assertEquals(generateId(makeId(6, 7), 6), { ms: 6, seq: 8 });
  assertEquals(generateId(makeId(9, 18446744073709551615n), 6), { ms: 10, seq: 0 });
  assertEquals(generateId(MAX_ID, 6), null);
});

Deno.test("writeIdText writes what formatId gives", () => {
  const target = new Uint8Array(ID_TEXT_MAX + 1);
  fc.assert(fc.property(part, part, (ms, seq) => {
    const id = idOf(ms, seq);
    assertEquals(formatId(id), `${ms}-${seq}`);
    assertEquals(byteString(target, 1, writeIdText(id, target, 1)), formatId(id));
  }));
});

Deno.test("sharedPrefix counts the bytes that two IDs begin with together", () => {
  const hex = (id: StreamId) => numberOf(id).toString(16).padStart(32, "0");
  fc.assert(fc.property(part, part, part, part, (ams, aseq, bms, bseq) => {
    const a = idOf(ams, aseq), b = idOf(bms, bseq);
    let bytes = 0;
    while (bytes < 16 && hex(a).startsWith(hex(b).slice(0, 2 * bytes + 2))) bytes++;
    assertEquals(sharedPrefix(a, b), bytes);
  }));
});
