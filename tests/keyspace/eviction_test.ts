import { assertEquals } from "@std/assert";
import { ManualClock } from "../../src/base/clock.ts";
import { Span, spanString } from "../../src/base/span.ts";
import { Configuration } from "../../src/config/mod.ts";
import { Encoding } from "../../src/data/value.ts";
import { type Database, NO_ROW } from "../../src/keyspace/database.ts";
import { Eviction } from "../../src/keyspace/eviction.ts";
import { Keyspace } from "../../src/keyspace/keyspace.ts";

/** A keyspace of which each key counts as one byte, and what was evicted from it, in order. */
function setUp(policy: string, limit: number) {
  const clock = new ManualClock(1_700_000_000_000);
  const keyspace = new Keyspace(clock, 2);
  const configuration = new Configuration("/");
  configuration.loadCommandLine([
    `maxmemory ${limit}`,
    `maxmemory-policy ${policy}`,
    "maxmemory-samples 64",
    "maxmemory-eviction-tenacity 100",
  ]);
  keyspace.accessClock.lfu = policy.endsWith("lfu");
  const [db] = keyspace.databases;
  const evicted: string[] = [];
  const eviction = new Eviction({
    keyspace,
    settings: configuration.settings,
    usedMemory: () => db.size,
    evicting: (_database, key) => evicted.push(spanString(key)),
  });
  return { clock, keyspace, db, eviction, evicted };
}

function set(db: Database, name: string): number {
  return db.setString(NO_ROW, Span.ofString(name), Span.ofString("v"), Encoding.Embstr);
}

Deno.test("Eviction removes nothing and fails when the policy is noeviction", () => {
  const { db, eviction, evicted } = setUp("noeviction", 1);
  set(db, "a");
  set(db, "b");
  assertEquals(eviction.makeRoom(), "failed");
  assertEquals([db.size, evicted], [2, []]);
});

// Victims are sampled, so which one goes is chance; that 64 samples miss a half of the keys is not.
const HALF = 100;
const EVICTED = 10;

Deno.test("Eviction removes keys that were not used for long when the policy is allkeys-lru", () => {
  const { clock, keyspace, db, eviction, evicted } = setUp("allkeys-lru", 2 * HALF - EVICTED);
  for (let i = 0; i < 2 * HALF; i++) set(db, `${i < HALF ? "used" : "idle"}:${i}`);
  clock.advance(60_000);
  keyspace.updateTime();
  for (let i = 0; i < HALF; i++) db.lookupRead(Span.ofString(`used:${i}`));
  assertEquals(eviction.makeRoom(), "ok");
  assertEquals([evicted.length, eviction.evicted], [EVICTED, EVICTED]);
  assertEquals(evicted.filter((name) => !name.startsWith("idle:")), []);
});

Deno.test("Eviction removes keys that expire soon, and none that do not, when the policy is volatile-ttl", () => {
  const { keyspace, db, eviction, evicted } = setUp("volatile-ttl", 2 * HALF - EVICTED + 1);
  set(db, "never");
  for (let i = 0; i < 2 * HALF; i++) {
    const soon = i < HALF;
    db.setExpiry(set(db, `${soon ? "soon" : "late"}:${i}`), keyspace.now + (soon ? 1000 : 9000));
  }
  assertEquals(eviction.makeRoom(), "ok");
  assertEquals(evicted.length, EVICTED);
  assertEquals(evicted.filter((name) => !name.startsWith("soon:")), []);
});

Deno.test("Eviction fails when the policy is volatile-ttl and no key expires", () => {
  const { db, eviction, evicted } = setUp("volatile-ttl", 1);
  set(db, "a");
  set(db, "b");
  assertEquals(eviction.makeRoom(), "failed");
  assertEquals([db.size, evicted], [2, []]);
});
