import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { ManualClock } from "../../src/base/clock.ts";
import {
  ActiveExpiry,
  type ExpiryStatistics,
  type Pacing,
} from "../../src/keyspace/active_expiry.ts";
import { Keyspace } from "../../src/keyspace/keyspace.ts";
import { waitFor } from "../support/wait_for.ts";
import { makeValue, spanOf, START } from "./keyspace_model.ts";

const PERIOD = 100;

/** A pacing in which every look at the time takes `cost` ms, and slices wait until they are called. */
class TestPacing implements Pacing {
  time = 0;
  cost = 0;
  deferred: ((wereIdle: boolean) => void) | null = null;
  /** Whether the clients have nothing to do. */
  areIdle = false;

  now(): number {
    return this.time += this.cost;
  }

  defer(run: (wereIdle: boolean) => void): () => void {
    this.deferred = run;
    return () => this.deferred = null;
  }

  /** Runs the slice that waits; false when there is none. */
  next(): boolean {
    const run = this.deferred;
    this.deferred = null;
    run?.(this.areIdle);
    return run !== null;
  }
}

class Fixture {
  readonly clock = new ManualClock(START);
  readonly keyspace = new Keyspace(this.clock, 4);
  readonly statistics: ExpiryStatistics = {
    activeExpireCycles: 0,
    expireTimeCapReached: 0,
    expiredStalePercent: 0,
    expireCycleMilliseconds: 0,
  };
  readonly pacing = new TestPacing();
  removals = 0;
  readonly slices: number[] = [];
  readonly expiry: ActiveExpiry;

  constructor() {
    const { keyspace, statistics, pacing } = this;
    const events = {
      removed: () => this.removals++,
      sliceEnded: (duration: number) => this.slices.push(duration),
    };
    this.expiry = new ActiveExpiry({ keyspace, statistics, events, pacing });
    // Keys that are added as due must not be due while they are added.
    this.keyspace.now = START;
  }

  /** Adds keys that are due (`lifetime` null: that live for ever, otherwise for so many ms). */
  fill(index: number, name: string, count: number, lifetime: number | null): void {
    const database = this.keyspace.databases[index];
    for (let i = 0; i < count; i++) {
      const row = database.set(spanOf(`${name}${i}`), makeValue(database, "v", false));
      if (lifetime !== null) database.setExpiry(row, START + lifetime);
    }
  }

  advance(ms: number): void {
    this.clock.advance(ms);
    this.keyspace.updateTime();
  }

  cycle(effort = 1): void {
    this.expiry.startCycle(effort, PERIOD);
  }

  sizes(): number[] {
    return this.keyspace.databases.map(({ size }) => size);
  }
}

Deno.test("ActiveExpiry removes what is due in every database and nothing else", () => {
  const test = new Fixture();
  for (const index of [0, 1, 3]) {
    test.fill(index, "due", 500, 5);
    test.fill(index, "later", 30, 60_000);
    test.fill(index, "forever", 100, null);
  }
  test.cycle();
  assertEquals(test.removals, 0);
  test.advance(6);
  for (let cycles = 0; cycles < 20; cycles++) test.cycle();
  assertEquals(test.sizes(), [130, 130, 0, 130]);
  assertEquals([test.removals, test.keyspace.expired], [1500, 1500]);
  assertEquals(test.statistics.activeExpireCycles, 21);
  assertEquals(test.statistics.expireTimeCapReached, 0);
});

Deno.test("ActiveExpiry leaves a database alone when few of the keys it meets are due", () => {
  const test = new Fixture();
  test.fill(0, "due", 1, 5);
  test.fill(0, "later", 10_000, 60_000);
  test.advance(6);
  let looks = 0;
  const { databases: [database] } = test.keyspace;
  const isDue = database.isDue.bind(database);
  database.isDue = (row) => {
    looks++;
    return isDue(row);
  };
  test.cycle();
  assertEquals(looks, 20);
  looks = 0;
  test.cycle(10);
  assertEquals(looks, 65);
});

Deno.test("ActiveExpiry meets every key in turn, however few of them are due", () => {
  const test = new Fixture();
  test.fill(0, "later", 500, 60_000);
  test.fill(0, "due", 10, 5);
  test.fill(0, "more", 500, 60_000);
  test.advance(6);
  for (let cycles = 0; cycles < 1010 / 20 + 1; cycles++) test.cycle();
  assertEquals(test.sizes()[0], 1000);
});

Deno.test("ActiveExpiry works in slices of a millisecond", () => {
  const test = new Fixture();
  test.fill(0, "due", 1000, 5);
  test.advance(6);
  test.pacing.cost = 0.25;
  test.cycle();
  // Four looks at the clock make a millisecond, each after one loop of 20 keys.
  assertEquals(test.removals, 80);
  assert(test.pacing.next());
  assertEquals(test.removals, 160);
});

Deno.test("ActiveExpiry uses no more than its share of the period, which effort raises", () => {
  for (const [effort, share] of [[1, 25], [5, 33], [10, 43]]) {
    const test = new Fixture();
    test.fill(0, "due", 20_000, 5);
    test.advance(6);
    test.pacing.cost = 0.5;
    test.cycle(effort);
    while (test.pacing.next());
    const { expireCycleMilliseconds: used, expireTimeCapReached } = test.statistics;
    assert(used >= share && used <= share + 1, `${used} ms at effort ${effort}`);
    assertEquals(expireTimeCapReached, 1);
    assert(test.removals < 20_000);
  }
});

Deno.test("ActiveExpiry serves the other databases when one takes all of its time", () => {
  const test = new Fixture();
  test.fill(0, "due", 100_000, 5);
  for (const index of [1, 2, 3]) test.fill(index, "due", 50, 5);
  test.advance(6);
  test.pacing.cost = 1;
  for (let cycles = 0; cycles < 5; cycles++) {
    test.cycle();
    while (test.pacing.next());
  }
  const [flooded, ...others] = test.sizes();
  assertEquals(others, [0, 0, 0]);
  assert(flooded > 90_000);
});

Deno.test("ActiveExpiry ends a cycle that is still under way when the next begins", () => {
  const test = new Fixture();
  test.fill(0, "due", 10_000, 5);
  test.advance(6);
  test.pacing.cost = 1;
  test.cycle();
  assert(test.pacing.deferred !== null);
  test.cycle();
  assertEquals(test.statistics.activeExpireCycles, 2);
  assertEquals(test.statistics.expireTimeCapReached, 0);
  test.expiry.stop();
  assertEquals(test.pacing.deferred, null);
});

Deno.test("ActiveExpiry goes beyond its share of the time while clients have nothing to do", () => {
  for (const areIdle of [false, true]) {
    const test = new Fixture();
    test.fill(0, "due", 20_000, 5);
    test.advance(6);
    Object.assign(test.pacing, { cost: 1, areIdle });
    test.cycle();
    while (test.pacing.next());
    assertEquals(test.sizes()[0] === 0, areIdle);
    assertEquals(test.statistics.expireTimeCapReached, areIdle ? 0 : 1);
  }
});

Deno.test("ActiveExpiry goes on with another database when a cycle did not come to its end", () => {
  const test = new Fixture();
  for (const index of [0, 1]) test.fill(index, "due", 1000, 5);
  test.advance(6);
  test.pacing.cost = 1;
  test.cycle();
  assert(test.sizes()[0] < 1000 && test.sizes()[1] === 1000);
  test.cycle();
  assert(test.sizes()[1] < 1000);
});

Deno.test("ActiveExpiry keeps an average of the share of keys that are due", () => {
  const test = new Fixture();
  test.fill(0, "due", 10, 5);
  test.fill(0, "later", 10, 60_000);
  test.advance(6);
  test.cycle();
  // Half of the 20 keys of the first loop were due, then none of the 10 that were left.
  assertAlmostEquals(test.statistics.expiredStalePercent, 100 * 10 / 30 * 0.05);
  test.cycle();
  assertAlmostEquals(test.statistics.expiredStalePercent, 100 * 10 / 30 * 0.05 * 0.95);
});

Deno.test("ActiveExpiry does nothing while a file is loaded or keys may not expire", () => {
  const test = new Fixture();
  test.fill(0, "due", 100, 5);
  test.advance(6);
  const release = test.keyspace.keepsExpired.hold();
  test.cycle();
  release();
  const loaded = test.keyspace.loading.hold();
  test.cycle();
  assertEquals(test.removals, 0);
  loaded();
  test.cycle();
  assertEquals(test.sizes()[0], 0);
});

Deno.test("ActiveExpiry goes on in later turns of the event loop by itself", async () => {
  const { keyspace, statistics, ...test } = new Fixture();
  const database = keyspace.databases[0];
  for (let i = 0; i < 30_000; i++) {
    const row = database.set(spanOf(`k${i}`), makeValue(database, "v", false));
    database.setExpiry(row, START + 5);
  }
  test.clock.advance(6);
  keyspace.updateTime();
  const expiry = new ActiveExpiry({
    keyspace,
    statistics,
    events: { removed() {}, sliceEnded() {} },
  });
  expiry.startCycle(10, 60_000);
  assert(database.size > 0, "one slice is not enough for all of them");
  await waitFor("all keys to be removed", () => database.size === 0);
});

Deno.test("ActiveExpiry sweep removes all that is due at once, and nothing else", () => {
  const test = new Fixture();
  for (const index of [0, 3]) {
    test.fill(index, "later", 1000, 60_000);
    test.fill(index, "due", 7, 5);
    test.fill(index, "more", 1000, 60_000);
    test.fill(index, "forever", 100, null);
  }
  test.expiry.sweep(100);
  assertEquals(test.removals, 0);
  test.advance(6);
  test.expiry.sweep(100);
  assertEquals(test.sizes(), [2100, 0, 0, 2100]);
  assertEquals([test.removals, test.keyspace.expired], [14, 14]);
});

Deno.test("ActiveExpiry sweep ends when its time is used, and removes nothing where nothing may expire", () => {
  const test = new Fixture();
  test.fill(0, "due", 1000, 5);
  test.fill(1, "due", 1000, 5);
  test.advance(6);
  const release = test.keyspace.keepsExpired.hold();
  test.expiry.sweep(100);
  assertEquals(test.removals, 0);
  release();
  test.pacing.cost = 1;
  // It looks at the time after every 64 keys.
  test.expiry.sweep(5);
  assertEquals(test.sizes(), [1000 - 5 * 64, 1000, 0, 0]);
});
