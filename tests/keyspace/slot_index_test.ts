import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ManualClock } from "../../src/base/clock.ts";
import { Span, spanString } from "../../src/base/span.ts";
import { Encoding } from "../../src/data/value.ts";
import { type Database, NO_ROW } from "../../src/keyspace/database.ts";
import { Keyspace } from "../../src/keyspace/keyspace.ts";
import { keySlot, SLOT_COUNT } from "../../src/keyspace/key_slot.ts";
import { moveKey } from "../../src/keyspace/transfer.ts";

const START = 1_700_000_000_000;

function slotOf(key: string): number {
  const { buffer, start, end } = Span.ofString(key);
  return keySlot(buffer, start, end);
}

/** The keys of each slot that has any, found by looking at all keys. */
function walk(database: Database): Map<number, string[]> {
  const slots = new Map<number, string[]>();
  for (let row = 0; row < database.size; row++) {
    const key = spanString(database.keyOf(row)), slot = slotOf(key);
    slots.set(slot, [...slots.get(slot) ?? [], key].sort());
  }
  return slots;
}

/** The same, as the index has them. */
function indexed(database: Database): Map<number, string[]> {
  const slots = new Map<number, string[]>();
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    const keys = Array.from(database.rowsOfSlot(slot), (row) => spanString(database.keyOf(row)));
    assertEquals(keys.length, database.countOfSlot(slot));
    if (keys.length > 0) slots.set(slot, keys.sort());
  }
  return slots;
}

function assertSame(database: Database): void {
  const expected = [...walk(database)].sort(([a], [b]) => a - b);
  assertEquals([...indexed(database)], expected);
}

function set(database: Database, key: string): void {
  const text = Span.ofString(`value of ${key}`), span = Span.ofString(key);
  database.setString(database.lookupWrite(span), span, text, Encoding.Raw);
}

const keys = fc.integer({ min: 0, max: 60 }).map((n) =>
  n % 3 === 0 ? `{tag${n % 6}}${n}` : `k${n}`
);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constant("set" as const), key: keys, to: keys }) },
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant("remove" as const), key: keys, to: keys }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ what: fc.constant("rename" as const), key: keys, to: keys }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constantFrom("clear" as const, "exchange" as const, "expire" as const),
      key: keys,
      to: keys,
    }),
  },
);

Deno.test("the keys of each slot are those that a walk over all keys finds", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const clock = new ManualClock(START);
      const keyspace = new Keyspace(clock, 2, undefined, true);
      const [database] = keyspace.databases;
      for (const { what, key, to } of steps) {
        const span = Span.ofString(key);
        const row = database.lookupWrite(span);
        if (what === "set") set(database, key);
        else if (what === "remove" && row !== NO_ROW) database.remove(row);
        else if (what === "rename" && row !== NO_ROW && key !== to) {
          moveKey(database, span, database, Span.ofString(to));
        } else if (what === "clear") keyspace.clear();
        else if (what === "expire" && row !== NO_ROW) {
          database.setExpiry(row, keyspace.now + 1);
          clock.advance(10);
          keyspace.updateTime();
          database.peek(span);
        } else if (what === "exchange") {
          // As a full sync does that loads aside.
          const another = keyspace.createAnother();
          for (const name of [key, to, `${key}${to}`]) set(another.databases[0], name);
          keyspace.takeFrom(another);
        }
      }
      assertSame(database);
      assertEquals([...keyspace.databases[1].rowsOfSlot(5)], []);
    }),
    { numRuns: 100 },
  );
});

Deno.test("the keys of slots follow a table through its growth and its end", () => {
  const keyspace = new Keyspace(new ManualClock(START), 1, undefined, true);
  const [database] = keyspace.databases;
  for (let i = 0; i < 70_000; i++) set(database, `key:${i}`);
  assertSame(database);
  for (let i = 0; i < 70_000; i++) {
    if (i % 7 === 0) continue;
    database.remove(database.lookupWrite(Span.ofString(`key:${i}`)));
  }
  assertSame(database);
  keyspace.clear();
  assertSame(database);
});

Deno.test("nobody pays for slots who is in no cluster", () => {
  const keyspace = new Keyspace(new ManualClock(START), 1);
  const [database] = keyspace.databases;
  set(database, "a");
  assertEquals(database.countOfSlot(slotOf("a")), 0);
  assertEquals(database.contents.slots, null);
});
