/**
 * One damaged thing each: a payload of RESTORE, an RDB file, an AOF. It has to be refused with a message, or
 * taken and then be sound. A case depends on its seed and its number only.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { byteString } from "../../../src/base/span.ts";
import { ALL_COMMANDS } from "../../../src/commands/mod.ts";
import { CommandRegistry } from "../../../src/commands/registry.ts";
import { AppendOnlyFile } from "../../../src/persistence/aof.ts";
import type { AofReplay } from "../../../src/persistence/aof_loader.ts";
import { loadAtOnce } from "../../../src/persistence/file_load.ts";
import { PersistenceError } from "../../../src/persistence/persistence_error.ts";
import { loadRdb, type RdbLoadOptions } from "../../../src/persistence/rdb_loader.ts";
import { Random } from "../../support/random.ts";
import { CommandHarness, START } from "../../support/command_harness.ts";
import { cpuTimeOf } from "../../support/cpu_time.ts";
import { parseReply } from "../../support/reply.ts";
import { TestHost } from "../aof_harness.ts";
import { FaultyFileSystem } from "../../support/faulty_file_system.ts";
import { AllocationWatch } from "./allocation_watch.ts";
import { aofBytes, BODIES, randomAof, randomRdb, sealed, withChecksum } from "./corpus.ts";
import { damage } from "./damage.ts";
import { audit, changeInManyWays } from "./value_audit.ts";

/** What became of a case. */
export type Outcome = "taken" | "refused";

/** Kinds of cases by name: each runs one and throws where something is wrong. */
export const KINDS: Readonly<Record<string, (random: Random) => Outcome>> = {
  restore,
  rdb,
  aof,
};

/** What may be allocated for each byte that is there, and beside that. */
const MOST_PER_BYTE = 100;
const MOST_BESIDE = 64 << 20;

/** A case may take so long, in ms of CPU time. */
const LONGEST = 5000;

let watch: AllocationWatch | null = null;

/** Runs a case. Throws where something is wrong. */
export function runCase(kind: string, seed: number, number: number): Outcome {
  watch ??= new AllocationWatch();
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  let outcome: Outcome | undefined;
  const taken = cpuTimeOf(() => void (outcome = KINDS[kind](random)));
  assert(taken < LONGEST, `took ${taken} ms`);
  return outcome!;
}

/** Runs what reads `bytes` bytes, and looks at how much memory it asks for. */
function withinBounds<Result>(bytes: number, read: () => Result): Result {
  watch?.reset();
  try {
    return read();
  } finally {
    const asked = watch?.bytes ?? 0;
    assert(asked <= MOST_PER_BYTE * bytes + MOST_BESIDE, `${asked} bytes for ${bytes}`);
  }
}

function restore(random: Random): Outcome {
  const payload = byteString(sealed(damage(random, random.pick(BODIES))));
  const harness = new CommandHarness(ALL_COMMANDS);
  const reply = withinBounds(
    payload.length,
    () => harness.run("RESTORE", "key", "0", payload),
  );
  if (reply === "-ERR Bad data format\r\n") {
    assertEquals(
      harness.keyspace.databases[0].store.allocatedBytes,
      0,
      "bytes that were not freed",
    );
    return "refused";
  }
  assertEquals(reply, "+OK\r\n");
  checkKey(harness, "key");
  assertEquals(harness.keyspace.databases[0].store.allocatedBytes, 0, "bytes that were not freed");
  return "taken";
}

function rdb(random: Random): Outcome {
  const file = withChecksum(damage(random, randomRdb(random)));
  const harness = new CommandHarness(ALL_COMMANDS);
  const files = new FaultyFileSystem();
  files.put("dump.rdb", file);
  const open = files.openSync("dump.rdb", "read");
  try {
    withinBounds(
      file.length,
      () => loadAtOnce(loadRdb(open, "dump.rdb", loadOptions(harness, START))),
    );
  } catch (error) {
    if (!(error instanceof PersistenceError)) throw error;
    assertMatch(error.message, /RDB file dump\.rdb: .*\(at offset \d+\)$/s);
    return "refused";
  } finally {
    open.close();
  }
  checkAll(harness);
  return "taken";
}

function loadOptions(
  { keyspace, configuration }: CommandHarness,
  expiredBefore: number,
): RdbLoadOptions {
  const log = { notice() {}, warning() {} };
  return { keyspace, limits: configuration.settings, checksum: true, expiredBefore, log };
}

function aof(random: Random): Outcome {
  const contents = randomAof(random);
  const file = contents[random.pick(Object.keys(contents))];
  if (file.rdb !== null && random.below(4) > 0) file.rdb = damage(random, file.rdb);
  else file.text = damage(random, file.text);
  const files = new FaultyFileSystem();
  let total = 0;
  for (const [name, file] of Object.entries(contents)) {
    const bytes = aofBytes(file);
    files.put(`data/appendonlydir/${name}`, bytes);
    total += bytes.length;
  }
  const harness = new CommandHarness(ALL_COMMANDS);
  const { keyspace } = harness;
  const loaded = keyspace.loading.hold();
  try {
    const file = new AppendOnlyFile(new TestHost(files));
    withinBounds(total, () => loadAtOnce(file.load(replayInto(harness))));
  } catch (error) {
    if (!(error instanceof PersistenceError)) throw error;
    assertMatch(error.message, /appendonly\.aof|AOF file/);
    assertMatch(error.message, /offset \d+|, at line \d+\n|empty AOF manifest| length\. stat: /);
    return "refused";
  } finally {
    loaded();
    assertEquals(files.openFiles, 0);
  }
  checkAll(harness);
  return "taken";
}

const REGISTRY = new CommandRegistry(ALL_COMMANDS);

/** Runs what is replayed as a server does. */
function replayInto(harness: CommandHarness): AofReplay {
  return {
    startFile: () => void harness.run("SELECT", "0"),
    loadRdb: (file, name) => loadRdb(file, name, loadOptions(harness, 0)),
    goOn: () => false,
    apply(frame) {
      const command = REGISTRY.find(frame);
      if (command === undefined) return "unknown";
      if (!command.acceptsCount(frame.argc)) return "invalid";
      harness.run(...Array.from({ length: frame.argc }, (_, i) => frame.string(i)));
      return "ok";
    },
  };
}

function checkAll(harness: CommandHarness): void {
  for (const { index } of harness.keyspace.databases) {
    harness.run("SELECT", String(index));
    for (const key of keysOf(harness)) checkKey(harness, key);
  }
}

function keysOf(harness: CommandHarness): string[] {
  const { children = [] } = parseReply(harness.run("KEYS", "*"))?.reply ?? {};
  return children.map((child) => child.text ?? "");
}

/** Reads a key in every way, gives it on and takes it back, changes the copy and removes both. */
function checkKey(harness: CommandHarness, key: string): void {
  const { run } = harness;
  const { type, text } = audit(run, key);
  const payload = parseReply(run("DUMP", key))?.reply.text;
  if (payload === undefined) throw new Error("no DUMP");
  assertEquals(run("RESTORE", "again", "0", payload, "REPLACE"), "+OK\r\n", "its own payload");
  assertEquals(audit(run, "again").text, text, "after DUMP and RESTORE");
  assertEquals(run("COPY", key, "again", "REPLACE"), ":1\r\n");
  assertEquals(audit(run, "again").text, text, "after COPY");
  changeInManyWays(run, "again", type);
  changeInManyWays(run, key, type);
  run("DEL", key, "again");
}
