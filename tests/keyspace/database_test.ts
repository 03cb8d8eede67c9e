import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { ManualClock } from "../../src/base/clock.ts";
import { byteString, spanString } from "../../src/base/span.ts";
import { Encoding } from "../../src/data/value.ts";
import { type Database, NO_ROW } from "../../src/keyspace/database.ts";
import { NO_EXPIRY } from "../../src/keyspace/expiry.ts";
import { Keyspace } from "../../src/keyspace/keyspace.ts";
import { copyKey, moveKey } from "../../src/keyspace/transfer.ts";
import {
  KeyspaceModel,
  makeValue,
  RecordingObserver,
  spanOf,
  START,
  textOf,
} from "./keyspace_model.ts";

const KEYS = Array.from({ length: 12 }, (_, i) => `key:${i}`);
const key = fc.constantFrom(...KEYS);
const index = fc.constantFrom(0, 1);
const text = fc.oneof(
  fc.uint8Array({ maxLength: 20 }).map((bytes) => byteString(bytes)),
  fc.constant("x".repeat(5000)),
);
const lifetime = fc.oneof(fc.constant(null), fc.integer({ min: -50, max: 200 }));

/** A step of the model test: what it does to the databases and to the model beside them. */
type Step = (model: KeyspaceModel) => void;

const expiryAfter = (ms: number | null) => ms === null ? NO_EXPIRY : START + ms;

const set = fc.tuple(index, key, text, fc.boolean(), lifetime, fc.boolean()).map(
  ([at, name, value, isHash, ms, keep]): Step => (model) => {
    const database = model.database(at);
    const before = model.live(at, name);
    const row = database.set(spanOf(name), makeValue(database, value, isHash), keep);
    let expiry = keep && before ? before.expiry : NO_EXPIRY;
    if (ms !== null) database.setExpiry(row, expiry = expiryAfter(ms));
    model.models[at].set(name, { text: value, isHash, expiry });
  },
);
const setString = fc.tuple(index, key, text).map(([at, name, value]): Step => (model) => {
  const database = model.database(at), span = spanOf(name);
  const expiry = model.live(at, name)?.expiry ?? NO_EXPIRY;
  database.setString(database.lookupWrite(span), span, spanOf(value), Encoding.Raw);
  model.models[at].set(name, { text: value, isHash: false, expiry });
});
const remove = fc.tuple(index, key).map(([at, name]): Step => (model) => {
  const database = model.database(at);
  const row = database.lookupRead(spanOf(name));
  if (row !== NO_ROW) database.remove(row);
  model.models[at].delete(name);
});
const expire = fc.tuple(index, key, lifetime).map(([at, name, ms]): Step => (model) => {
  const database = model.database(at);
  const before = model.live(at, name);
  const row = database.lookupWrite(spanOf(name));
  if (row === NO_ROW || before === undefined) return;
  const expiry = expiryAfter(ms);
  if (ms === null) assertEquals(database.persist(row), before.expiry !== NO_EXPIRY);
  else database.setExpiry(row, expiry);
  model.models[at].set(name, { ...before, expiry });
});
const transfer = fc.tuple(index, key, index, key, fc.boolean()).map(
  ([from, name, to, newName, copies]): Step => (model) => {
    const value = model.live(from, name);
    if (value === undefined || from === to && name === newName) return;
    const act = copies ? copyKey : moveKey;
    act(model.database(from), spanOf(name), model.database(to), spanOf(newName));
    if (!copies) model.models[from].delete(name);
    model.models[to].set(newName, value);
  },
);
const advance = fc.integer({ min: 0, max: 60 }).map((ms): Step => (model) => model.advance(ms));
const random = index.map((at): Step => (model) => {
  const database = model.database(at);
  const row = database.randomRow();
  const live = KEYS.filter((name) => model.live(at, name) !== undefined);
  if (row === NO_ROW) assertEquals(live, []);
  else assert(live.includes(spanString(database.keyOf(row))));
});
const swap = fc.constant<Step>((model) => {
  model.database(0).swapWith(model.database(1));
  model.models.reverse();
});
const clear = index.map((at): Step => (model) => {
  model.database(at).clear();
  model.models[at].clear();
});

const step = fc.oneof(
  { weight: 8, arbitrary: set },
  { weight: 4, arbitrary: setString },
  { weight: 4, arbitrary: remove },
  { weight: 4, arbitrary: expire },
  { weight: 6, arbitrary: transfer },
  { weight: 6, arbitrary: advance },
  { weight: 1, arbitrary: random },
  { weight: 1, arbitrary: swap },
  { weight: 1, arbitrary: clear },
);

Deno.test("Database behaves as a map with times to live does", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      const model = new KeyspaceModel();
      for (const act of steps) act(model);
      model.check();
      model.advance(10_000);
      model.check();
      for (const at of [0, 1]) {
        const database = model.database(at);
        while (database.size > 0) database.remove(database.size - 1);
        assertEquals(database.store.allocatedBytes, 0);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("Database scan finds every key that stays whatever else happens meanwhile", () => {
  const change = fc.tuple(
    fc.constantFrom("add", "remove", "rename onto", "replace"),
    fc.nat(80),
    fc.nat(80),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.array(change, { maxLength: 5 }), { maxLength: 80 }),
      (stays, count, changes) => {
        const database = new Keyspace(new ManualClock(START), 1).databases[0];
        const put = (name: string) => database.set(spanOf(name), makeValue(database, "v", false));
        for (let i = 0; i < 60; i++) put(i < stays ? `stays:${i}` : `goes:${i}`);
        const found = new Set<string>();
        let cursor = 0, calls = 0;
        do {
          const { next, places } = database.scan(cursor, count);
          for (const row of places) {
            const name = spanString(database.keyOf(row));
            assert(!name.startsWith("stays") || !found.has(name), `${name} came twice`);
            found.add(name);
          }
          cursor = next;
          for (const [kind, a, b] of changes[calls] ?? []) apply(database, kind, a, b, stays, put);
          assert(++calls < 1000, "the scan must end");
        } while (cursor !== 0);
        for (let i = 0; i < stays; i++) assert(found.has(`stays:${i}`), `stays:${i}`);
      },
    ),
    { numRuns: 300 },
  );
});

/** One change which leaves every key that is called `stays:…` there. */
function apply(
  database: Database,
  kind: string,
  a: number,
  b: number,
  stays: number,
  put: (name: string) => void,
): void {
  const row = database.peek(spanOf(`goes:${a}`));
  if (kind === "add") put(`goes:${a}`);
  else if (kind === "replace") put(`stays:${b % stays}`);
  else if (row === NO_ROW) return;
  else if (kind === "remove") database.remove(row);
  else moveKey(database, spanOf(`goes:${a}`), database, spanOf(`stays:${b % stays}`));
}

Deno.test("Database keeps a row in its place when its value is replaced", () => {
  const { keyspace } = new KeyspaceModel();
  const database = keyspace.databases[0];
  for (const name of ["a", "b", "c"]) database.set(spanOf(name), makeValue(database, name, false));
  const row = database.peek(spanOf("b"));
  assertEquals(database.set(spanOf("b"), makeValue(database, "hash", true)), row);
  assertEquals(textOf(database, row), "hash");
  assertEquals(database.set(spanOf("b"), makeValue(database, "string", false)), row);
  assertEquals(textOf(database, row), "string");
});

Deno.test("Database removes an expired key at every kind of look-up and says so first", () => {
  const observer = new RecordingObserver();
  for (
    const look of ["peek", "lookupRead", "lookupWrite", "lookupUntouched", "peekCounted"] as const
  ) {
    const { keyspace, clock } = new KeyspaceModel();
    const database = keyspace.databases[0];
    const row = database.set(spanOf("k"), makeValue(database, "v", false));
    database.setExpiry(row, START + 10);
    keyspace.eventClasses = 0x7fffffff;
    keyspace.observer = observer;
    clock.advance(10);
    keyspace.updateTime();
    assertNotEquals(
      database[look](spanOf("k")),
      NO_ROW,
      "a key lives through its last millisecond",
    );
    assertEquals(observer.take(), []);
    clock.advance(1);
    keyspace.updateTime();
    assertEquals(database[look](spanOf("k")), NO_ROW);
    const miss = look === "lookupRead" || look === "lookupUntouched";
    assertEquals(observer.take(), [
      "expired 0 k",
      "event 0 expired k",
      "lost 0 k",
      ...(miss ? ["event 0 keymiss k"] : []),
    ]);
    assertEquals([keyspace.expired, database.size], [1, 0]);
  }
});

Deno.test("Database counts hits and misses of reads only", () => {
  const { keyspace } = new KeyspaceModel();
  const database = keyspace.databases[0];
  database.set(spanOf("k"), makeValue(database, "v", false));
  const counts = () => [keyspace.hits, keyspace.misses];
  for (const name of ["k", "none"]) {
    database.peek(spanOf(name));
    database.lookupWrite(spanOf(name));
  }
  assertEquals(counts(), [0, 0]);
  for (const name of ["k", "none", "none"]) {
    database.lookupRead(spanOf(name));
    database.lookupUntouched(spanOf(name));
    database.peekCounted(spanOf(name));
  }
  assertEquals(counts(), [3, 6]);
});

Deno.test("Database marks the use of a key only in look-ups that are a use", () => {
  const { keyspace, clock } = new KeyspaceModel();
  const database = keyspace.databases[0];
  const row = database.set(spanOf("k"), makeValue(database, "v", false));
  const idle = () => keyspace.accessClock.idleSeconds(database.accessOf(row));
  clock.advance(5000);
  keyspace.updateTime();
  database.peek(spanOf("k"));
  database.lookupUntouched(spanOf("k"));
  database.peekCounted(spanOf("k"));
  assertEquals(idle(), 5);
  keyspace.leavesNoTrace = true;
  database.lookupRead(spanOf("k"));
  assertEquals(idle(), 5);
  keyspace.leavesNoTrace = false;
  database.lookupRead(spanOf("k"));
  assertEquals(idle(), 0);
  clock.advance(3000);
  keyspace.updateTime();
  assertEquals(idle(), 3);
  database.lookupWrite(spanOf("k"));
  assertEquals(idle(), 0);
});

Deno.test("Database keeps the counter of uses when a value is replaced under LFU", () => {
  const { keyspace } = new KeyspaceModel();
  const { accessClock, databases: [database] } = keyspace;
  accessClock.lfu = true;
  accessClock.logFactor = 0;
  const row = database.set(spanOf("k"), makeValue(database, "v", false));
  assertEquals(accessClock.frequency(database.accessOf(row)), 5);
  database.replace(row, makeValue(database, "w", false));
  for (let uses = 1; uses <= 3; uses++) database.lookupRead(spanOf("k"));
  database.replace(row, makeValue(database, "hash", true));
  assertEquals(accessClock.frequency(database.accessOf(row)), 8);
});

Deno.test("Database finds no expired key where it may not remove them", () => {
  const { keyspace, clock } = new KeyspaceModel();
  const database = keyspace.databases[0];
  for (const name of ["a", "b"]) {
    database.setExpiry(database.set(spanOf(name), makeValue(database, "v", false)), START + 1);
  }
  keyspace.keepsExpired.hold();
  clock.advance(2);
  keyspace.updateTime();
  assertEquals(database.peek(spanOf("a")), NO_ROW);
  assertEquals(database.size, 2);
  assertNotEquals(database.randomRow(), NO_ROW, "any key, rather than looking for ever");
  assertEquals(database.size, 2);
});

Deno.test("Database lets nothing expire while a file is loaded", () => {
  const { keyspace, clock } = new KeyspaceModel();
  const database = keyspace.databases[0];
  database.setExpiry(database.set(spanOf("k"), makeValue(database, "v", false)), START - 1);
  const loaded = keyspace.loading.hold();
  clock.advance(1000);
  keyspace.updateTime();
  assert(database.has(spanOf("k")));
  loaded();
  assert(!database.has(spanOf("k")));
});

Deno.test("Database tells of clear and swapWith while the keys are still there", () => {
  const { keyspace } = new KeyspaceModel();
  const [zero, one] = keyspace.databases;
  const observer = keyspace.observer = new RecordingObserver();
  zero.set(spanOf("k"), makeValue(zero, "v", false));
  zero.swapWith(one);
  assertEquals(observer.take(), ["database 0 1 with 1 keys", "database 1 0 with 0 keys"]);
  assertEquals([zero.size, one.size], [0, 1]);
  assertEquals(one.clear(), 1);
  assertEquals(observer.take(), ["database 1 undefined with 1 keys"]);
  assertEquals(one.size, 0);
});
