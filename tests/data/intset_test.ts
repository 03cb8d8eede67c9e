import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { INT64_MAX, INT64_MIN, normalizeInteger } from "../../src/base/numbers.ts";
import { ByteStore } from "../../src/data/byte_store.ts";
import * as intset from "../../src/data/intset.ts";

/** An intset in a store of its own. */
class Intset {
  readonly store = new ByteStore();
  ref = intset.create(this.store);

  get buffer(): Uint8Array {
    return this.store.buffer(this.ref);
  }

  get base(): number {
    return this.store.offset(this.ref);
  }

  get bytes(): Uint8Array {
    return this.buffer.slice(this.base, this.base + this.store.length(this.ref));
  }

  search(value: number | bigint): number {
    return intset.search(this.buffer, this.base, value);
  }

  add(value: number | bigint): boolean {
    const index = this.search(value);
    if (index >= 0) return false;
    this.ref = intset.insert(this.store, this.ref, -1 - index, value);
    return true;
  }

  delete(value: number | bigint): boolean {
    const index = this.search(value);
    if (index < 0) return false;
    this.ref = intset.remove(this.store, this.ref, index);
    return true;
  }

  list(): (number | bigint)[] {
    const count = intset.length(this.buffer, this.base);
    return Array.from({ length: count }, (_, i) => intset.at(this.buffer, this.base, i));
  }
}

function of(...values: (number | bigint)[]): Intset {
  const made = new Intset();
  for (const value of values) made.add(value);
  return made;
}

Deno.test("intset bytes are those of Redis when integers of each width are added", () => {
  assertEquals([...of(5, -1).bytes], [2, 0, 0, 0, 2, 0, 0, 0, 0xff, 0xff, 5, 0]);
  assertEquals(
    [...of(5, 0x12345).bytes],
    [4, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0, 0x45, 0x23, 1, 0],
  );
  assertEquals(
    [...of(1, -(2 ** 40)).bytes],
    [8, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0, 0, 0, 0],
  );
});

Deno.test("intset keeps its width when its widest integer is removed", () => {
  const made = of(1, 2 ** 40);
  assertEquals(made.delete(2 ** 40), true);
  assertEquals([...made.bytes], [8, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
});

Deno.test("intset search tells where an integer would be inserted when it is not there", () => {
  const made = of(-10, 0, 10);
  assertEquals([-10, 0, 10].map((value) => made.search(value)), [0, 1, 2]);
  assertEquals([-11, -1, 5, 11].map((value) => made.search(value)), [-1, -2, -3, -4]);
  assertEquals([-(2 ** 33), 2 ** 33].map((value) => made.search(value)), [-1, -4]);
  assertEquals([INT64_MIN, INT64_MAX].map((value) => made.search(value)), [-1, -4]);
  assertEquals(new Intset().search(0), -1);
});

Deno.test("intset tells integers apart when doubles could not", () => {
  const exact = 2n ** 53n;
  const made = of(exact, exact + 1n, exact + 2n, -exact - 1n);
  assertEquals(made.list(), [-exact - 1n, exact, exact + 1n, exact + 2n]);
  assertEquals(made.search(exact + 1n), 2);
  assertEquals(made.search(exact + 3n), -5);
  assertEquals(made.search(-exact), -2);
});

Deno.test("intset gives its bytes back when integers are removed", () => {
  const made = new Intset();
  for (let i = 0; i < 2000; i++) made.add(i * 2 ** 20);
  for (let i = 0; i < 2000; i++) made.delete(i * 2 ** 20);
  assertEquals(made.list(), []);
  assert(made.store.allocatedBytes <= 64);
});

Deno.test("intset validate finds what is unsound", () => {
  const valid = (bytes: Iterable<number>) => {
    const array = Uint8Array.from([9, ...bytes, 9]);
    return intset.validate(array, 1, array.length - 1);
  };
  assert(valid(of(1, 2, 70000, -(2n ** 60n)).bytes));
  assert(!valid([]));
  assert(!valid([2, 0, 0, 0, 0, 0, 0]));
  assert(!valid([2, 0, 0, 0, 0, 0, 0, 0]));
  assert(!valid([3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0]));
  assert(!valid([2, 1, 0, 0, 1, 0, 0, 0, 1, 0]));
  assert(!valid([2, 0, 0, 0, 1, 0, 0, 0, 1]));
  assert(!valid([2, 0, 0, 0, 2, 0, 0, 0, 1, 0]));
});

Deno.test("intset isOrdered is false when an integer is less than the one before, or the same", () => {
  const ordered = (...words: number[]) => {
    const bytes = words.flatMap((word) => [word & 0xff, word >> 8 & 0xff]);
    return intset.isOrdered(
      Uint8Array.from([9, 2, 0, 0, 0, words.length, 0, 0, 0, ...bytes, 9]),
      1,
    );
  };
  assert(ordered(1));
  assert(ordered(-1, 1, 2));
  assert(!ordered(1, 1));
  assert(!ordered(1, -1));
  assert(!ordered(1, 2, 1));
});

const integers = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.integer({ min: -0x8002, max: 0x8002 }),
  fc.integer(),
  fc.bigInt(INT64_MIN, INT64_MAX).map(normalizeInteger),
);

Deno.test("intset holds what a Set holds, in order, after any changes", () => {
  fc.assert(fc.property(
    fc.array(fc.record({ adds: fc.boolean(), value: integers }), { maxLength: 80 }),
    (steps) => {
      const made = new Intset(), model = new Set<number | bigint>();
      for (const { adds, value } of steps) {
        if (adds) {
          assertEquals(made.add(value), !model.has(value));
          model.add(value);
        } else {
          assertEquals(made.delete(value), model.delete(value));
        }
      }
      const sorted = [...model].sort((a, b) => a < b ? -1 : 1);
      assertEquals(made.list(), sorted);
      sorted.forEach((value, index) => assertEquals(made.search(value), index));
      const { bytes } = made;
      if (sorted.length > 0) assert(intset.validate(bytes, 0, bytes.length));
    },
  ));
});
