/** Snapshots are what the keyspace held when they began, whatever happens to it while they are written. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Span } from "../../src/base/span.ts";
import { ALL_COMMANDS } from "../../src/commands/mod.ts";
import { digestKeyspace } from "../../src/keyspace/digest.ts";
import { Eviction } from "../../src/keyspace/eviction.ts";
import { saveRdb } from "../../src/persistence/rdb_saver.ts";
import { CommandHarness } from "../support/command_harness.ts";
import { Random } from "../support/random.ts";
import { element } from "../differential/random/values.ts";
import { amount } from "../support/long_test.ts";
import { FaultyFileSystem } from "../support/faulty_file_system.ts";
import {
  Changes,
  groupOf,
  LIBRARIES,
  loadLibrary,
  WRITE_COMMANDS,
  writeCommandsOf,
} from "./snapshot_commands.ts";
import {
  describe,
  type Form,
  loadFile,
  RDB_OPTIONS,
  RunningSnapshot,
  SMALL,
  TINY,
} from "./snapshot_harness.ts";

const FORMS: readonly Form[] = ["rdb", "commands"];
const RUNS = amount({ quick: 20, full: 150, long: 500 });
const LONG_TEXT = "x".repeat(100);
/** How often each command is to change something. */
const WANTED_CHANGES = amount({ quick: 1, full: 5, long: 20 });

for (const form of FORMS) {
  for (const [size, limits] of Object.entries({ tiny: TINY, small: SMALL })) {
    Deno.test(`snapshot as ${form} holds what there was when commands run between its slices (${size})`, () => {
      const slice = fc.record({ steps: fc.nat(12), commands: fc.nat(12) });
      fc.assert(
        fc.property(
          fc.integer(),
          fc.nat(250),
          fc.array(slice, { maxLength: 30 }),
          (seed, filling, slices) => {
            const harness = new CommandHarness(ALL_COMMANDS);
            const changes = new Changes(seed);
            changes.run(harness, filling);
            const before = describe(harness.keyspace, form),
              digest = digestKeyspace(harness.keyspace);
            const snapshot = new RunningSnapshot(harness.keyspace, form, limits);
            for (const { steps, commands } of slices) {
              snapshot.advance(steps);
              changes.run(harness, commands);
            }
            const copy = snapshot.finish();
            assertEquals(describe(copy.keyspace, form), before);
            assertEquals(digestKeyspace(copy.keyspace), digest);
            assertEquals(snapshot.writer.writtenKeys, snapshot.writer.totalKeys);
            assertEquals(snapshot.writer.totalKeys, Object.keys(before).length);
          },
        ),
        { numRuns: RUNS },
      );
    });
  }
}

const RANDOM = new Random(7);
/** Such as random commands name, so that they find them. */
const ELEMENTS = Array.from({ length: 60 }, () => element(RANDOM));
/** Of the nodes of lists of five, every second one is left with one of them. */
const THINNED = [...ELEMENTS.keys()].filter((i) => Math.floor(i / 5) % 2 === 1 && i % 5 > 0);

/** An ID such as random commands name. */
function idOf(i: number): string {
  return `${Math.floor(i / 3) + 1}-${i % 3}`;
}

/** Keys with large values, and the commands that change them. */
const LARGE_VALUES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  list: [
    ["CONFIG", "SET", "list-max-listpack-size", "5"],
    ...["l1", "l2", "l3"].map((key) => ["RPUSH", key, ...ELEMENTS]),
    ...THINNED.map((i) => ["LSET", "l2", String(i), "thin"]),
    ["LREM", "l2", "0", "thin"],
  ],
  hash: ["h1", "h2"].map((key) => ["HSET", key, ...ELEMENTS.flatMap((name) => [name, LONG_TEXT])]),
  set: ["e1", "e2"].map((key) => ["SADD", key, ...ELEMENTS]),
  "sorted-set": [
    ["CONFIG", "SET", "zset-max-listpack-entries", "5"],
    ...["z1", "z2"].map((key) => [
      "ZADD",
      key,
      ...ELEMENTS.flatMap((member, i) => [String(i % 13), member]),
    ]),
  ],
  stream: [
    ["CONFIG", "SET", "stream-node-max-entries", "5"],
    ...["x1", "x2"].flatMap((key) => [
      ...ELEMENTS.map((value, i) => ["XADD", key, idOf(i), "field", value]),
      ["XGROUP", "CREATE", key, "g1", "0"],
      ["XGROUP", "CREATE", key, "g2", "3-0"],
      ["XREADGROUP", "GROUP", "g1", "c1", "COUNT", "20", "STREAMS", key, ">"],
      ["XREADGROUP", "GROUP", "g1", "c2", "COUNT", "20", "STREAMS", key, ">"],
      ["XREADGROUP", "GROUP", "g2", "c1", "COUNT", "30", "STREAMS", key, ">"],
    ]),
  ],
};

for (const form of FORMS) {
  Deno.test(`snapshot as ${form} holds large values that change while they are written`, () => {
    const slice = fc.record({ steps: fc.nat(30), commands: fc.nat(5) });
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(LARGE_VALUES)),
        fc.integer(),
        fc.array(slice, { minLength: 5, maxLength: 20 }),
        (group, seed, slices) => {
          const harness = new CommandHarness(ALL_COMMANDS);
          for (const command of LARGE_VALUES[group]) {
            assert(!harness.run(...command).startsWith("-"));
          }
          const changes = new Changes(seed, writeCommandsOf(group));
          const before = describe(harness.keyspace, form);
          const snapshot = new RunningSnapshot(harness.keyspace, form);
          for (const { steps, commands } of slices) {
            snapshot.advance(steps);
            changes.run(harness, commands);
            // Deliveries to whom they were delivered before, at another time.
            harness.clock.advance(1);
            harness.run("XCLAIM", "x1", "g1", "c1", "0", idOf(commands));
            harness.run("XREADGROUP", "GROUP", "g1", "c2", "COUNT", "3", "STREAMS", "x1", idOf(24));
          }
          assertEquals(describe(snapshot.finish().keyspace, form), before);
        },
      ),
      { numRuns: RUNS },
    );
  });
}

Deno.test("snapshot holds what there was before any command that writes", () => {
  const unchanging = WRITE_COMMANDS.filter((name) => {
    const form = FORMS[WRITE_COMMANDS.indexOf(name) % FORMS.length];
    let changes = 0;
    for (let seed = 0; seed < 200 && changes < WANTED_CHANGES; seed++) {
      changes += disturb(name, seed, form);
    }
    return changes === 0;
  });
  assertEquals(unchanging, []);
});

/** Runs one command again and again while a snapshot is written; returns how often it changed something. */
function disturb(name: string, seed: number, form: Form): number {
  const harness = new CommandHarness(ALL_COMMANDS);
  new Changes(seed).run(harness, 80);
  harness.run("SELECT", "0");
  for (const command of LARGE_VALUES[groupOf(name)] ?? []) harness.run(...command);
  for (const library of LIBRARIES) loadLibrary(harness, library, 0);
  const before = describe(harness.keyspace, form);
  const snapshot = new RunningSnapshot(harness.keyspace, form, seed % 2 === 0 ? TINY : SMALL);
  const calls = new Changes(seed, [name]);
  let changes = 0;
  for (let slice = 0; slice < 10; slice++) {
    snapshot.advance(slice);
    changes += calls.run(harness, 5);
  }
  assertEquals(describe(snapshot.finish().keyspace, form), before, name);
  return changes;
}

Deno.test("snapshot holds large values of which much is changed before their turn and in it", () => {
  const COUNT = 3000;
  const pieces = (piece: (i: number) => string[], from = 0, to = COUNT) =>
    Array.from({ length: to - from }, (_, i) => piece(from + i)).flat();
  const field = (i: number) => [`${i}${LONG_TEXT}`, `${i * i}${LONG_TEXT}`];
  const scored = (i: number) => [String(i % 100), `${i}${LONG_TEXT}`];
  for (const form of FORMS) {
    const { keyspace, run } = new CommandHarness(ALL_COMMANDS);
    run("SADD", "first", ...ELEMENTS);
    run("HSET", "h", ...pieces(field));
    run("ZADD", "z", ...pieces(scored));
    run("SADD", "s", ...pieces((i) => [field(i)[0]]));
    const before = describe(keyspace, form);
    const snapshot = new RunningSnapshot(keyspace, form, {
      ...SMALL,
      work: 10_000,
    }, { ...RDB_OPTIONS, compress: false });
    run("HSET", "h", ...pieces((i) => [field(i)[0], "changed"], 0, 2000));
    run("ZADD", "z", ...pieces((i) => ["5.5", scored(i)[1]], 0, 2000));
    run("SREM", "s", ...pieces((i) => [field(i)[0]], 0, 2000));
    for (let i = 2000; i < COUNT && !snapshot.advance(); i++) {
      run("HDEL", "h", field(i)[0]);
      run("ZREM", "z", scored(i)[1]);
      run("SPOP", "s");
    }
    assertEquals(describe(snapshot.finish().keyspace, form), before);
  }
});

Deno.test("snapshot holds what is pending for consumers, however much it is", () => {
  const COUNT = 6000;
  for (const form of FORMS) {
    const { keyspace, run, clock } = new CommandHarness(ALL_COMMANDS);
    for (let i = 1; i <= COUNT; i++) run("XADD", "x", `0-${i}`, "field", "value");
    run("XGROUP", "CREATE", "x", "g", "0");
    run("XREADGROUP", "GROUP", "g", "many", "COUNT", "5000", "STREAMS", "x", ">");
    run("XREADGROUP", "GROUP", "g", "few", "COUNT", "5", "STREAMS", "x", ">");
    run("XGROUP", "CREATECONSUMER", "x", "g", "none");
    const before = describe(keyspace, form);
    const snapshot = new RunningSnapshot(keyspace, form, SMALL);
    for (let i = 1; i < COUNT && !snapshot.advance(); i++) {
      clock.advance(1);
      if (i % 3 === 0) run("XACK", "x", "g", `0-${COUNT - i}`);
      else run("XCLAIM", "x", "g", i % 2 === 0 ? "few" : "many", "0", `0-${COUNT - 7 * (i % 800)}`);
      if (i === 1000) run("XGROUP", "DELCONSUMER", "x", "g", "many");
      if (i === 3000) run("XGROUP", "DESTROY", "x", "g");
    }
    assertEquals(describe(snapshot.finish().keyspace, form), before);
  }
});

Deno.test("snapshot holds the nodes of a list that are split and joined", () => {
  const { keyspace, run } = new CommandHarness(ALL_COMMANDS);
  run("CONFIG", "SET", "list-max-listpack-size", "5");
  run("RPUSH", "l", ...Array.from({ length: 60 }, (_, i) => `element:${i}`));
  for (const i of THINNED) run("LSET", "l", String(i), "thin");
  run("LREM", "l", "0", "thin");
  const before = describe(keyspace);
  const snapshot = new RunningSnapshot(keyspace);
  // Each cuts a full node in two, of which one joins the node of one element behind it.
  for (let i = 3; i < 60; i += 10) run("LINSERT", "l", "BEFORE", `element:${i}`, "new");
  assertEquals(describe(snapshot.finish().keyspace), before);
});

Deno.test("snapshot that was given up leaves nothing for the next one", () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(40), fc.nat(30), (seed, steps, commands) => {
      const harness = new CommandHarness(ALL_COMMANDS);
      const changes = new Changes(seed);
      changes.run(harness, 150);
      const first = new RunningSnapshot(harness.keyspace);
      assertThrows(() => new RunningSnapshot(harness.keyspace), Error, "another snapshot");
      first.advance(steps);
      changes.run(harness, commands);
      first.advance(steps);
      first.writer.end();
      changes.run(harness, commands);

      const before = describe(harness.keyspace);
      const second = new RunningSnapshot(harness.keyspace);
      second.advance(steps);
      changes.run(harness, commands);
      assertEquals(describe(second.finish().keyspace), before);
    }),
    { numRuns: RUNS },
  );
});

Deno.test("snapshot is not disturbed by one that is written at once meanwhile", () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(60), (seed, steps) => {
      const harness = new CommandHarness(ALL_COMMANDS);
      const changes = new Changes(seed);
      changes.run(harness, 150);
      const before = describe(harness.keyspace);
      const snapshot = new RunningSnapshot(harness.keyspace);
      snapshot.advance(steps);
      changes.run(harness, 20);

      const files = new FaultyFileSystem();
      const now = describe(harness.keyspace);
      saveRdb(files, ".", "dump.rdb", "temp.rdb", harness.keyspace, RDB_OPTIONS);
      changes.run(harness, 20);
      assertEquals(describe(loadFile(files, "dump.rdb").keyspace), now);
      assertEquals(describe(snapshot.finish().keyspace), before);
    }),
    { numRuns: RUNS },
  );
});

Deno.test("snapshot holds keys that expire or had expired, with the times at which they do", () => {
  for (const form of FORMS) {
    const harness = new CommandHarness(ALL_COMMANDS);
    const { run, keyspace, clock } = harness;
    for (let i = 0; i < 60; i++) {
      run("SET", `s${i}`, "text", "PX", String(10 * i + 1));
      run("HSET", `h${i}`, "f", "x".repeat(100));
      run("PEXPIRE", `h${i}`, String(10 * i + 1));
    }
    clock.advance(100);
    const before = describe(keyspace, form);
    assertEquals(Object.keys(before).length, 120);
    const snapshot = new RunningSnapshot(keyspace, form);
    for (let i = 0; i < 60; i++) {
      snapshot.advance(1);
      clock.advance(10);
      keyspace.updateTime();
      // Found, and removed.
      run("EXISTS", `s${i}`, `h${i}`);
      if (i % 2 === 0) run("PERSIST", `s${i + 20}`);
      run("PEXPIRE", `h${i + 20}`, "100000");
    }
    assert(keyspace.expired > 30);
    assertEquals(describe(snapshot.finish().keyspace, form), before);
  }
});

Deno.test("snapshot holds keys that are evicted meanwhile", () => {
  const { keyspace, configuration, run } = new CommandHarness(ALL_COMMANDS);
  for (let i = 0; i < 100; i++) run("RPUSH", `l${i}`, "x".repeat(i * 100));
  const before = describe(keyspace);
  const snapshot = new RunningSnapshot(keyspace);
  configuration.apply(["maxmemory-policy", "allkeys-random", "maxmemory", "1"]);
  const eviction = new Eviction({
    keyspace,
    settings: configuration.settings,
    usedMemory: () => keyspace.databases[0].size,
    evicting() {},
  });
  snapshot.advance(10);
  while (keyspace.databases[0].size > 1) eviction.makeRoom();
  assertEquals(describe(snapshot.finish().keyspace), before);
});

const LONG = "y".repeat(100_000) + Array.from({ length: 30_000 }, (_, i) => i % 251).join("");

Deno.test("snapshot holds long strings that are changed, overwritten and moved meanwhile", () => {
  const disturbances: readonly (readonly string[])[] = [
    ["APPEND", "k", "end"],
    ["SETRANGE", "k", "5000", "other"],
    ["SETBIT", "k", "80000", "1"],
    ["BITFIELD", "k", "SET", "u8", "9000", "5"],
    ["SET", "k", "z".repeat(LONG.length)],
    ["GETSET", "k", "short"],
    ["DEL", "k"],
    ["RENAME", "k", "other"],
    ["MOVE", "k", "1"],
    ["FLUSHALL"],
    ["GETRANGE", "k", "0", "5"],
  ];
  for (const form of FORMS) {
    for (const compress of [true, false]) {
      for (const steps of [0, 1, 2, 4]) {
        for (const disturbance of disturbances) {
          const { keyspace, run } = new CommandHarness(ALL_COMMANDS);
          run("SET", "before", LONG);
          run("SET", "k", LONG, "PX", "100000");
          const before = describe(keyspace);
          const options = { ...RDB_OPTIONS, compress };
          const snapshot = new RunningSnapshot(keyspace, form, SMALL, options);
          snapshot.advance(steps);
          for (let i = 0; i < 3; i++) {
            run(...disturbance);
            snapshot.advance();
          }
          // What was moved is changed where it is now.
          run("SETRANGE", "other", "0", "changed");
          run("SELECT", "1");
          run("SETRANGE", "k", "0", "changed");
          assertEquals(describe(snapshot.finish().keyspace), before, disturbance[0]);
        }
      }
    }
  }
});

Deno.test("snapshot tells how keys were used when it began", () => {
  for (const use of ["idle", "frequency"] as const) {
    const harness = new CommandHarness(ALL_COMMANDS);
    const { keyspace, clock, run } = harness;
    keyspace.accessClock.lfu = use === "frequency";
    for (let i = 0; i < 20; i++) run("SET", `k${i}`, "v");
    for (let i = 0; i < 20; i++) {
      clock.advance(5000);
      keyspace.updateTime();
      run("GET", `k${i}`);
    }
    const before = Array.from({ length: 20 }, (_, i) => usageOf(harness, `k${i}`, use));
    const snapshot = new RunningSnapshot(keyspace, "rdb", TINY, { ...RDB_OPTIONS, use });
    for (let i = 0; i < 20; i++) {
      snapshot.advance(i % 2);
      clock.advance(90_000);
      keyspace.updateTime();
      run("GET", `k${i}`);
    }
    const copy = snapshot.finish((copied) => {
      copied.keyspace.accessClock.lfu = keyspace.accessClock.lfu;
    });
    const after = Array.from({ length: 20 }, (_, i) => usageOf(copy, `k${i}`, use));
    assertEquals(after, before);
  }
});

/** The idle time in seconds, or the counter of uses, of a key. */
function usageOf({ keyspace }: CommandHarness, key: string, use: "idle" | "frequency"): number {
  const [db] = keyspace.databases;
  const word = db.accessOf(db.peek(Span.ofString(key)));
  const { accessClock } = keyspace;
  return use === "idle" ? accessClock.idleSeconds(word) : accessClock.frequency(word);
}
