import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { hashBytes, type HashFunction } from "../../src/base/hash.ts";
import { bytesOf, Span, spanString } from "../../src/base/span.ts";
import { ByteStore } from "../../src/data/byte_store.ts";
import { Float64Column, ValueColumn } from "../../src/data/columns.ts";
import { Table, type TableOptions } from "../../src/data/table.ts";

/** A table whose rows carry a number, a string and words that tell which key they belong to. */
class Fixture {
  readonly store = new ByteStore();
  readonly numbers = new Float64Column();
  readonly names = new ValueColumn<string>();
  readonly table: Table;
  readonly model = new Map<string, number>();
  #next = 1;

  constructor(options?: TableOptions) {
    const columns = [this.numbers, this.names];
    this.table = new Table(this.store, 12345, columns, { recordWords: 4, ...options });
  }

  find(key: string): number {
    const bytes = bytesOf(`<${key}>`);
    return this.table.find(bytes, 1, bytes.length - 1);
  }

  key(row: number): string {
    return spanString(this.table.keySpan(row, new Span()));
  }

  add(key: string): void {
    const bytes = bytesOf(key);
    const before = this.table.size;
    const row = this.table.findOrAdd(bytes, 0, bytes.length);
    assertEquals(this.table.added, !this.model.has(key));
    if (!this.table.added) return;
    assertEquals(row, before);
    assertEquals([this.numbers.get(row), this.names.get(row)], [0, undefined]);
    assertEquals(this.#words(row), [0, 0, 0]);
    this.#set(row, key);
  }

  remove(key: string): void {
    const row = this.find(key);
    assertEquals(row >= 0, this.model.delete(key));
    if (row >= 0) this.table.remove(row);
  }

  rename(from: string, to: string): void {
    const row = this.find(from);
    if (row < 0 || this.model.has(to)) return;
    const bytes = bytesOf(to);
    this.table.rename(row, bytes, 0, bytes.length);
    this.model.delete(from);
    this.#set(row, to);
  }

  #set(row: number, key: string): void {
    this.model.set(key, this.#next);
    for (let word = 1; word < 4; word++) this.table.records.set(row, word, this.#next * 4 + word);
    this.numbers.set(row, this.#next++);
    this.names.set(row, key);
  }

  #words(row: number): number[] {
    return [1, 2, 3].map((word) => this.table.records.get(row, word));
  }

  check(): void {
    assertEquals(this.table.size, this.model.size);
    for (const [key, number] of this.model) {
      const row = this.find(key);
      assert(row >= 0 && row < this.table.size, `row ${row} of ${key}`);
      assertEquals([this.key(row), this.numbers.get(row), this.names.get(row)], [key, number, key]);
      assertEquals(this.#words(row), [1, 2, 3].map((word) => number * 4 + word));
      assertEquals(this.table.hash(row), this.table.hashOf(bytesOf(key), 0, key.length));
    }
    if (this.model.size === 0) assertEquals(this.store.allocatedBytes, 0);
  }
}

const ALL_COLLIDE: HashFunction = () => 0x1234567;
const THREE_HASHES: HashFunction = (buffer, start, end, seed) =>
  [-1, 0, 0x40000000][(hashBytes(buffer, start, end, seed) >>> 0) % 3];
const SAME_TOP_BITS: HashFunction = (buffer, start, end, seed) =>
  hashBytes(buffer, start, end, seed) & 0xffff;
const SAME_BOTTOM_BITS: HashFunction = (buffer, start, end, seed) =>
  hashBytes(buffer, start, end, seed) & 0xffff0000;

const VARIANTS: Record<string, TableOptions> = {
  "one segment": {},
  "many segments": { fullSegmentSlots: 8 },
  "hashes that all collide": { fullSegmentSlots: 8, hash: ALL_COLLIDE },
  "three different hashes": { fullSegmentSlots: 8, hash: THREE_HASHES },
  "hashes that share their top bits": { fullSegmentSlots: 16, hash: SAME_TOP_BITS },
  "hashes that share their bottom bits": { fullSegmentSlots: 16, hash: SAME_BOTTOM_BITS },
};

const anyKey = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 0, max: 150 }).map((n) => `key:${n}`) },
  { weight: 1, arbitrary: fc.string({ maxLength: 80, unit: "binary-ascii" }) },
);
const anyCommand = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant("add" as const), key: anyKey }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("remove" as const), key: anyKey }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("rename" as const), key: anyKey, to: anyKey }),
  },
);

function apply(fixture: Fixture, command: typeof anyCommand extends fc.Arbitrary<infer T> ? T : 0) {
  if (command.type === "add") fixture.add(command.key);
  else if (command.type === "remove") fixture.remove(command.key);
  else fixture.rename(command.key, command.to);
}

for (const [name, options] of Object.entries(VARIANTS)) {
  Deno.test(`Table agrees with a Map when it has ${name}`, () => {
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 400, size: "max" }), (commands) => {
        const fixture = new Fixture(options);
        for (const command of commands) apply(fixture, command);
        fixture.check();
        for (const key of [...fixture.model.keys()]) fixture.remove(key);
        fixture.check();
      }),
      { numRuns: 60 },
    );
  });

  Deno.test(`Table scan finds what stays throughout once when it has ${name}`, () => {
    fc.assert(
      fc.property(
        fc.array(anyKey, { minLength: 1, maxLength: 150, size: "max" }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.array(anyCommand, { maxLength: 6 })), {
          minLength: 1,
          maxLength: 60,
        }),
        (keys, turns) => {
          const fixture = new Fixture(options);
          for (const key of keys) fixture.add(key);
          const stays = new Map(fixture.model);
          const visited = new Set<string>();
          let cursor = 0, turn = 0;
          do {
            const [count, commands] = turns[turn++ % turns.length];
            const { next, places } = fixture.table.scan(cursor, count);
            for (const row of places) {
              const key = fixture.key(row);
              assert(!stays.has(key) || !visited.has(key), `${key} came twice`);
              visited.add(key);
            }
            cursor = next;
            if (cursor !== 0) { for (const command of commands) apply(fixture, command); }
            for (const [key, number] of stays) {
              if (fixture.model.get(key) !== number) stays.delete(key);
            }
          } while (cursor !== 0);
          for (const key of stays.keys()) assert(visited.has(key), `${key} was missed`);
        },
      ),
      { numRuns: 40 },
    );
  });
}

Deno.test("Table holds 100,000 keys, and half of them, and none", () => {
  const fixture = new Fixture({ fullSegmentSlots: 1024 });
  for (let i = 0; i < 100_000; i++) fixture.add(`key:${i}`);
  fixture.check();
  for (let i = 0; i < 100_000; i += 2) fixture.remove(`key:${i}`);
  fixture.check();
  const most = fixture.table.memoryBytes;
  for (let i = 1; i < 99_990; i += 2) fixture.remove(`key:${i}`);
  fixture.check();
  assert(fixture.table.memoryBytes < most / 20, `${most} → ${fixture.table.memoryBytes}`);
  for (let i = 99_991; i < 100_000; i += 2) fixture.remove(`key:${i}`);
  fixture.check();
  assertEquals(fixture.table.memoryBytes, new Fixture().table.memoryBytes);
});

Deno.test("Table reserve makes room that is not made again when the keys come", () => {
  for (const rows of [1, 129, 800, 100_000]) {
    const fixture = new Fixture({ fullSegmentSlots: 1024 });
    fixture.table.reserve(rows);
    // A column has no pages before it has values.
    fixture.add("key:0");
    const { indexBytes } = fixture.table;
    for (let i = 1; i < rows; i++) fixture.add(`key:${i}`);
    fixture.check();
    if (rows <= 800) assertEquals(fixture.table.indexBytes, indexBytes);
    fixture.add("one more");
    fixture.check();
  }
});

Deno.test("Table memory stays in proportion when all hashes are the same", () => {
  const fixture = new Fixture({ fullSegmentSlots: 8, hash: ALL_COLLIDE });
  for (let i = 0; i < 2000; i++) fixture.add(`key:${i}`);
  fixture.check();
  assert(fixture.table.memoryBytes < 2000 * 120, `${fixture.table.memoryBytes} bytes`);
});

Deno.test("Table onMove tells which row became which when a row is removed", () => {
  const fixture = new Fixture();
  for (const key of ["a", "b", "c"]) fixture.add(key);
  const moves: [number, number][] = [];
  fixture.table.onMove = (from, to) => {
    assertEquals(fixture.key(to), "c");
    moves.push([from, to]);
  };
  fixture.remove("a");
  fixture.remove("b");
  fixture.remove("c");
  assertEquals(moves, [[2, 0]]);
});

Deno.test("Table rename takes bytes that lie in its own store", () => {
  const fixture = new Fixture();
  fixture.add("prefix:name");
  const span = fixture.table.keySpan(0, new Span());
  fixture.table.rename(0, span.buffer, span.start + 7, span.end);
  assertEquals(fixture.find("name"), 0);
  assertEquals(fixture.find("prefix:name"), -1);
});

/** The keys that a scan finds, whatever happens after each of its calls. */
function scanAll(
  fixture: Fixture,
  count: number,
  after: (calls: number) => void = () => {},
): string[] {
  const found: string[] = [];
  let cursor = 0, calls = 0;
  do {
    const { next, places } = fixture.table.scan(cursor, count);
    for (const row of places) found.push(fixture.key(row));
    after(++calls);
    cursor = next;
  } while (cursor !== 0);
  return found;
}

Deno.test("Table scan finds each row once when the table grows, splits and shrinks by much meanwhile", () => {
  for (const fullSegmentSlots of [8, 64, 16384]) {
    const fixture = new Fixture({ fullSegmentSlots });
    for (let i = 0; i < 1000; i++) fixture.add(`stays ${i}`);
    const found = scanAll(fixture, 10, (calls) => {
      if (calls === 20) { for (let i = 0; i < 30_000; i++) fixture.add(`new ${i}`); }
      // Segments become smaller than they were, and the directory stays.
      if (calls === 30) { for (let i = 0; i < 30_000; i++) fixture.remove(`new ${i}`); }
      if (calls === 40) { for (let i = 0; i < 5000; i++) fixture.add(`again ${i}`); }
    }).filter((key) => key.startsWith("stays"));
    assertEquals(found.length, 1000);
    assertEquals(new Set(found).size, 1000);
    fixture.check();
  }
});

Deno.test("Table scan finds no row again when others that are to come are removed", () => {
  const fixture = new Fixture();
  for (let i = 1; i <= 20; i++) fixture.add(`k${i}`);
  const first = fixture.table.scan(0, 10);
  const found = new Set(first.places.map((row) => fixture.key(row)));
  for (const key of [...fixture.model.keys()]) if (!found.has(key)) fixture.remove(key);
  const { next, places } = fixture.table.scan(first.next, 100);
  assertEquals([next, [...places]], [0, []]);
});

Deno.test("Table scan wants no more calls than there are elements, whatever the table once was", () => {
  const fixture = new Fixture({ fullSegmentSlots: 1024 });
  for (let i = 0; i < 100_000; i++) fixture.add(`${i}`);
  for (let i = 100; i < 100_000; i++) fixture.remove(`${i}`);
  let calls = 0;
  assertEquals(scanAll(fixture, 10, () => calls++).length, 100);
  assert(calls <= 100, `${calls} calls`);
});

Deno.test("Table scan takes any number for a cursor, and ends", () => {
  const fixture = new Fixture({ fullSegmentSlots: 8 });
  assertEquals(fixture.table.scan(0, 10), { next: 0, places: [] });
  for (let i = 0; i < 100; i++) fixture.add(`${i}`);
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 64n), fc.integer({ min: 1, max: 20 }), (from, count) => {
      let cursor = Number(from), calls = 0;
      do {
        cursor = fixture.table.scan(cursor, count).next;
        assert(Number.isSafeInteger(cursor) && cursor >= 0);
        assert(++calls < 1000, "the scan must end");
      } while (cursor !== 0);
    }),
  );
});

Deno.test("Table randomRow reaches every row, and is -1 when there is none", () => {
  const fixture = new Fixture();
  assertEquals(fixture.table.randomRow(Math.random), -1);
  for (const key of ["a", "b", "c"]) fixture.add(key);
  assertEquals([0, 0.34, 0.999999].map((n) => fixture.table.randomRow(() => n)), [0, 1, 2]);
});

Deno.test("Table clear frees its own keys and leaves those of others", () => {
  const store = new ByteStore();
  const one = new Table(store, 1), other = new Table(store, 2);
  for (let i = 0; i < 1000; i++) {
    const bytes = bytesOf(`key:${i}`);
    one.add(bytes, 0, bytes.length);
    other.add(bytes, 0, bytes.length);
  }
  const both = store.allocatedBytes;
  one.clear();
  assertEquals(one.size, 0);
  assertEquals(store.allocatedBytes, both / 2);
  const bytes = bytesOf("key:77");
  assertEquals(one.findSpan(Span.of(bytes)), -1);
  assertEquals(other.findSpan(Span.of(bytes)), 77);
  other.clear();
  assertEquals(store.allocatedBytes, 0);
});
