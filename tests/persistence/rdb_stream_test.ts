/** RDBs that are loaded as they come: what comes late changes nothing. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { ALL_COMMANDS } from "../../src/commands/mod.ts";
import { digestKeyspace } from "../../src/keyspace/digest.ts";
import { DenoFileSystem } from "../../src/persistence/file.ts";
import { PersistenceError } from "../../src/persistence/persistence_error.ts";
import {
  loadRdbStream,
  type RdbLoadSummary,
  type RdbStreamLoad,
} from "../../src/persistence/rdb_loader.ts";
import { saveRdb } from "../../src/persistence/rdb_saver.ts";
import { CommandHarness } from "../support/command_harness.ts";
import { Random } from "../support/random.ts";
import { TempDir } from "../support/temp_dir.ts";
import { SAMPLES } from "./rdb_samples.ts";

/** The bytes of an RDB with all kinds of values, and a string that is larger than what is read at once. */
async function createRdb(): Promise<{ bytes: Uint8Array; digest: string; keys: number }> {
  await using directory = await TempDir.create("rdb-stream-");
  const harness = new CommandHarness(ALL_COMMANDS);
  SAMPLES.forEach(({ commands }, i) => {
    for (const words of commands) {
      harness.run(...words.map((word) => word === "key" ? `k${i}` : word));
    }
  });
  const random = new Random(7);
  let noise = "";
  while (noise.length < 700_000) noise += String.fromCharCode(random.below(256));
  harness.run("SET", "noise", noise);
  const options = { compress: true, checksum: true, use: "none", aux: [["repl-id", "x"]] } as const;
  const keys = saveRdb(
    ...[new DenoFileSystem(), directory.path, "dump.rdb", "temp.rdb"] as const,
    ...[harness.keyspace, options] as const,
  );
  const bytes = await Deno.readFile(`${directory.path}/dump.rdb`);
  return { bytes, digest: digestKeyspace(harness.keyspace), keys };
}

function begin(size: number): { load: RdbStreamLoad; harness: CommandHarness } {
  const harness = new CommandHarness(ALL_COMMANDS);
  const load = loadRdbStream(size, "of a test", {
    keyspace: harness.keyspace,
    limits: harness.configuration.settings,
    checksum: true,
    expiredBefore: 0,
    log: { notice() {}, warning() {} },
  });
  return { load, harness };
}

/** Loads what `next` gives, piece by piece; null ends it. Says how often it went on. */
function drive(
  load: RdbStreamLoad,
  next: () => Uint8Array | null,
): { summary: RdbLoadSummary; turns: number } {
  const reading = load.run();
  for (let turns = 0;; turns++) {
    const step = reading.next();
    if (step.done === true) return { summary: step.value, turns };
    if (!load.isStarved) continue;
    const bytes = next();
    if (bytes === null) load.endStream();
    else load.feed(bytes);
  }
}

function pieces(bytes: Uint8Array, size: () => number): () => Uint8Array | null {
  let at = 0;
  return () => {
    if (at === bytes.length) return null;
    const piece = bytes.slice(at, at + size());
    at += piece.length;
    return piece;
  };
}

Deno.test("loadRdbStream loads the same whatever pieces it comes in, and leaves what follows", async () => {
  const { bytes, digest, keys } = await createRdb();
  const random = new Random(1);
  const sizes: [string, () => number][] = [
    ["all at once", () => Infinity],
    ["small pieces", () => 1 + random.below(40)],
    ["pieces of all sizes", () => 1 + random.below(100_000)],
  ];
  const behind = new TextEncoder().encode("what follows");
  const all = new Uint8Array([...bytes, ...behind]);
  for (const [how, size] of sizes) {
    for (const total of [Infinity, all.length]) {
      const { load, harness } = begin(total);
      const { summary } = drive(load, pieces(all, size));
      assertEquals(summary.keys, keys, how);
      assertEquals(summary.aux.get("repl-id"), "x", how);
      assertEquals(digestKeyspace(harness.keyspace), digest, how);
      const rest = new TextDecoder().decode(load.rest);
      assert("what follows".startsWith(rest), `${how}: ${rest}`);
    }
  }
});

Deno.test("loadRdbStream reads a long value no more often than it doubles", async () => {
  const { bytes } = await createRdb();
  const { load } = begin(Infinity);
  const began = performance.now();
  drive(load, pieces(bytes, () => 1000));
  const { load: atOnce } = begin(Infinity);
  const middle = performance.now();
  drive(atOnce, pieces(bytes, () => Infinity));
  const once = performance.now() - middle;
  assert(middle - began < 20 * once + 200, `${middle - began} ms and ${once} ms`);
});

Deno.test("loadRdbStream names what is wrong when an RDB ends early, wherever that is", async () => {
  const { bytes } = await createRdb();
  const random = new Random(3);
  for (let i = 0; i < 60; i++) {
    const cut = bytes.slice(0, random.below(bytes.length));
    for (const total of [Infinity, cut.length]) {
      const { load } = begin(total);
      assertThrows(() => drive(load, pieces(cut, () => 5000)), PersistenceError);
    }
  }
});

Deno.test("loadRdbStream takes no memory for what is only claimed", () => {
  const header = "REDIS0010";
  for (
    const claim of [
      "\0\x81\0\0\0\x7f\0\0\0\0",
      "\x01\x01k\x80\x7f\0\0\0",
      "\x02\x01k\x80\x7f\0\0\0",
    ]
  ) {
    const { load } = begin(Infinity);
    const bytes = Uint8Array.from(header + claim + "abc", (c) => c.charCodeAt(0));
    const before = Deno.memoryUsage().rss;
    assertThrows(() => drive(load, pieces(bytes, () => 7)), PersistenceError);
    assert(Deno.memoryUsage().rss - before < 50_000_000);
  }
});
