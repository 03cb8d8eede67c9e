import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { bytesOf, copySpan, Span } from "../../src/base/span.ts";
import { ByteStore, LONGEST_SMALL_BLOB } from "../../src/data/byte_store.ts";

function read(store: ByteStore, ref: number): Uint8Array {
  return copySpan(store.span(ref, new Span()));
}

function put(store: ByteStore, text: string): number {
  const bytes = bytesOf(text);
  return store.put(bytes, 0, bytes.length);
}

const anyLength = fc.oneof(
  fc.integer({ min: 0, max: 70 }),
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: LONGEST_SMALL_BLOB - 3, max: LONGEST_SMALL_BLOB + 3 }),
  fc.integer({ min: 0, max: 20_000 }),
);
const anyCommand = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant("put" as const), length: anyLength }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("free" as const), pick: fc.nat() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("resize" as const),
      pick: fc.nat(),
      length: anyLength,
      how: fc.constantFrom("plain", "greedy", "unset"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("overwrite" as const),
      pick: fc.nat(),
      length: anyLength,
    }),
  },
  {
    // The source is a part of the same or another blob of the store.
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("copy" as const),
      pick: fc.nat(),
      from: fc.nat(),
      start: fc.nat(),
      end: fc.nat(),
    }),
  },
);

Deno.test("ByteStore agrees with an array of blobs", () => {
  fc.assert(
    fc.property(fc.array(anyCommand, { maxLength: 250, size: "max" }), (commands) => {
      const store = new ByteStore();
      const model: { ref: number; bytes: Uint8Array }[] = [];
      let fill = 0;
      const make = (length: number) => new Uint8Array(length).map(() => fill++ * 31 >> 3);
      for (const command of commands) {
        if (command.type === "put") {
          const bytes = make(command.length);
          model.push({ ref: store.put(bytes, 0, bytes.length), bytes });
          continue;
        }
        if (model.length === 0) continue;
        const index = command.pick % model.length, blob = model[index];
        if (command.type === "free") {
          store.free(blob.ref);
          model.splice(index, 1);
        } else if (command.type === "resize") {
          const { how, length } = command, kept = Math.min(length, blob.bytes.length);
          blob.ref = how === "unset"
            ? store.resizeUnset(blob.ref, length)
            : store.resize(blob.ref, length, how === "greedy");
          const bytes = how === "unset" ? make(length) : new Uint8Array(length);
          bytes.set(blob.bytes.subarray(0, kept));
          if (how === "unset") {
            store.buffer(blob.ref).set(bytes.subarray(kept), store.offset(blob.ref) + kept);
          }
          blob.bytes = bytes;
        } else if (command.type === "overwrite") {
          blob.bytes = make(command.length);
          blob.ref = store.overwrite(blob.ref, blob.bytes, 0, command.length);
        } else {
          const source = model[command.from % model.length];
          const [start, end] = [command.start, command.end]
            .map((at) => at % (source.bytes.length + 1)).sort((a, b) => a - b);
          const bytes = source.bytes.slice(start, end);
          const at = store.offset(source.ref);
          blob.ref = store.overwrite(
            blob.ref,
            store.buffer(source.ref),
            at + start,
            at + end,
          );
          blob.bytes = bytes;
        }
      }
      let footprint = 0;
      for (const { ref, bytes } of model) {
        assert(ref > 0 && ref <= 0xffffffff && Number.isInteger(ref));
        assertEquals(store.length(ref), bytes.length);
        assertEquals(read(store, ref), bytes);
        assert(store.equals(ref, bytes, 0, bytes.length));
        assert(store.capacity(ref) >= bytes.length);
        footprint += store.footprint(ref);
      }
      assertEquals(new Set(model.map((blob) => blob.ref)).size, model.length);
      assertEquals(store.allocatedBytes, footprint);
      assert(store.reservedBytes >= footprint);
      for (const { ref } of model) store.free(ref);
      assertEquals(store.allocatedBytes, 0);
    }),
    { numRuns: 150 },
  );
});

Deno.test("ByteStore reads ref 0 as no bytes, and frees and resizes it", () => {
  const store = new ByteStore();
  assertEquals(store.length(0), 0);
  assertEquals(read(store, 0).length, 0);
  assert(store.equals(0, new Uint8Array(3), 1, 1));
  assert(!store.equals(0, new Uint8Array(3), 1, 2));
  store.free(0);
  assertEquals([store.capacity(0), store.footprint(0)], [0, 0]);
  assertEquals([store.allocatedBytes, store.reservedBytes], [0, 0]);
  const grown = store.resize(0, 5);
  assertEquals(read(store, grown), new Uint8Array(5));
  const written = store.overwrite(0, bytesOf("abc"), 0, 3);
  assertEquals(read(store, written), bytesOf("abc"));
  assertEquals(store.length(0), 0);
  assertNotEquals(store.put(bytesOf(""), 0, 0), 0);
});

Deno.test("ByteStore equals compares every byte and the length", () => {
  const store = new ByteStore();
  for (const length of [1, 17, 5000]) {
    const bytes = new Uint8Array(length).fill(1);
    const ref = store.put(bytes, 0, length);
    for (const at of [0, length >> 1, length - 1]) {
      bytes[at] ^= 1;
      assert(!store.equals(ref, bytes, 0, length));
      bytes[at] ^= 1;
    }
    assert(!store.equals(ref, bytes, 0, length - 1));
    assert(store.equals(ref, bytes, 0, length));
  }
});

Deno.test("ByteStore wastes at most an eighth on slots for blobs of 16 bytes or more", () => {
  const store = new ByteStore();
  for (let length = 16; length <= LONGEST_SMALL_BLOB; length++) {
    const ref = store.allocate(length);
    assert(store.footprint(ref) <= (length + 2) * 1.125 + 2, `${length}: ${store.footprint(ref)}`);
    store.free(ref);
  }
});

Deno.test("ByteStore takes nothing when new and little for one blob", () => {
  const store = new ByteStore();
  assertEquals(store.reservedBytes, 0);
  put(store, "x");
  assert(store.reservedBytes <= 1600, `${store.reservedBytes}`);
});

Deno.test("ByteStore gives slabs back when their blobs are freed, and reuses slots", () => {
  const store = new ByteStore();
  const text = "y".repeat(100);
  let refs = Array.from({ length: 20_000 }, () => put(store, text));
  const most = store.reservedBytes;
  assert(most < 20_000 * 104 + 300_000, `${most}`);
  // Every second blob: nothing can be given back, but all of it is used again.
  const kept = refs.filter((_, i) => i % 2 === 0);
  for (let i = 1; i < refs.length; i += 2) store.free(refs[i]);
  refs = kept.concat(kept.map(() => put(store, text)));
  assertEquals(store.reservedBytes, most);
  for (const ref of refs) assert(store.equals(ref, bytesOf(text), 0, text.length));
  for (const ref of refs) store.free(ref);
  assert(store.reservedBytes <= 257 * 1024, `${store.reservedBytes}`);
  assertEquals(store.allocatedBytes, 0);
});

Deno.test("ByteStore keeps its slab when one blob comes and goes", () => {
  const store = new ByteStore();
  const first = store.put(bytesOf("a"), 0, 1);
  const buffer = store.buffer(first);
  store.free(first);
  for (let i = 0; i < 10; i++) {
    const ref = store.put(bytesOf("b"), 0, 1);
    assert(store.buffer(ref) === buffer);
    store.free(ref);
  }
});

Deno.test("ByteStore resize moves seldom when it is greedy", () => {
  const store = new ByteStore();
  let ref = put(store, "a"), moves = 0;
  for (let length = 2; length <= 3_000_000; length += 1 + (length >> 6)) {
    const resized = store.resize(ref, length, true);
    if (resized !== ref) moves++;
    ref = resized;
  }
  assert(moves < 30, `${moves} moves`);
  assert(store.capacity(ref) <= store.length(ref) + 1024 * 1024);
  assertEquals(store.length(ref), store.span(ref, new Span()).length);
});

Deno.test("ByteStore resize gives memory back when a blob becomes much shorter", () => {
  const store = new ByteStore();
  const large = store.resize(put(store, "head" + "x".repeat(100_000)), 4);
  assertEquals(read(store, large), bytesOf("head"));
  assert(store.footprint(large) < 16);
  const small = store.resize(put(store, "head" + "x".repeat(1000)), 100);
  assert(store.footprint(small) < 120);
});

Deno.test("ByteStore resize zeroes what it adds, also in place", () => {
  const store = new ByteStore();
  for (const length of [20, 5000]) {
    let ref = store.put(new Uint8Array(length).fill(255), 0, length);
    ref = store.resize(ref, length - 5);
    ref = store.resize(ref, length);
    assertEquals([...read(store, ref).subarray(length - 6)], [255, 0, 0, 0, 0, 0]);
  }
});

Deno.test("ByteStore clear gives everything back and starts anew", () => {
  const store = new ByteStore();
  for (let i = 0; i < 1000; i++) put(store, "z".repeat(i * 7));
  store.clear();
  assertEquals([store.allocatedBytes, store.reservedBytes], [0, 0]);
  const ref = put(store, "again");
  assertEquals(read(store, ref), bytesOf("again"));
});

Deno.test("ByteStore resize leaves a blob where it is when the store keeps room", () => {
  for (const size of [4000, 100_000]) {
    const keeping = new ByteStore(true), other = new ByteStore();
    const kept = keeping.allocate(size), moved = other.allocate(size);
    assertEquals(keeping.resize(kept, 1), kept);
    assertEquals(keeping.resize(kept, size), kept);
    assert(other.capacity(other.resize(moved, 1)) < size);
  }
});
