/** RDB files: what is saved is loaded, by us, by redis-server and by redis-check-rdb; damage is named. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { byteString } from "../../src/base/span.ts";
import { ALL_COMMANDS } from "../../src/commands/mod.ts";
import { DenoFileSystem } from "../../src/persistence/file.ts";
import { PersistenceError } from "../../src/persistence/persistence_error.ts";
import { loadInSlices } from "../../src/persistence/file_load.ts";
import {
  loadRdb,
  openRdb,
  type RdbLoadOptions,
  type RdbLoadSummary,
} from "../../src/persistence/rdb_loader.ts";
import { type RdbSaveOptions, saveRdb } from "../../src/persistence/rdb_saver.ts";
import { CommandHarness, START } from "../support/command_harness.ts";
import type { RawClient } from "../support/raw_client.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { TempDir } from "../support/temp_dir.ts";
import { readingCalls, SAMPLES } from "./rdb_samples.ts";

const NAME = "dump.rdb";
const FILES = new DenoFileSystem();
const FAR = String(4_000_000_000_000);

function save(
  harness: CommandHarness,
  directory: string,
  changes: Partial<RdbSaveOptions> = {},
): number {
  return saveRdb(FILES, directory, NAME, "temp-1.rdb", harness.keyspace, {
    compress: true,
    checksum: true,
    use: "none",
    aux: [["redis-ver", "7.0.15"], ["ctime", "1700000000"]],
    ...changes,
  });
}

async function load(
  harness: CommandHarness,
  directory: string,
  changes: Partial<RdbLoadOptions> & { slice?: number } = {},
): Promise<RdbLoadSummary | null> {
  const file = openRdb(FILES, directory, NAME);
  if (file === null) return null;
  const loading = loadRdb(file, NAME, {
    keyspace: harness.keyspace,
    limits: harness.configuration.settings,
    checksum: true,
    expiredBefore: START,
    log: { notice() {}, warning() {} },
    ...changes,
  });
  try {
    return await loadInSlices(loading, { slice: changes.slice, progress() {} });
  } finally {
    file.close();
  }
}

/** All samples, in database 0, and one key in database 3; every third key expires. */
function fillingCommands(): string[][] {
  const commands: string[][] = [];
  SAMPLES.forEach((sample, i) => {
    const key = `sample:${i}`;
    for (const command of sample.commands) {
      commands.push(command.map((word) => word === "key" ? key : word));
    }
    if (i % 3 === 0) commands.push(["PEXPIREAT", key, FAR]);
  });
  return [...commands, ["SELECT", "3"], ["SET", "other", "database"], ["SELECT", "0"]];
}

function filled(): CommandHarness {
  const harness = new CommandHarness(ALL_COMMANDS);
  for (const command of fillingCommands()) {
    const reply = harness.run(...command);
    assert(!reply.startsWith("-"), `${command[0]}: ${reply}`);
  }
  return harness;
}

type Call = (...args: string[]) => Promise<string>;

/** All that can be read of the keys that `fillingCommands` makes, as raw replies. */
async function listing(call: Call): Promise<string[]> {
  const texts = [await call("DBSIZE")];
  for (const i of SAMPLES.keys()) {
    const key = `sample:${i}`;
    const type = (await call("TYPE", key)).slice(1, -2);
    texts.push(type, await call("OBJECT", "ENCODING", key), await call("PEXPIRETIME", key));
    for (const command of readingCalls(type, key)) {
      const reply = await call(...command);
      const unordered = type === "set" || type === "hash";
      texts.push(unordered ? reply.split("\r\n").sort().join(" ") : reply);
    }
  }
  await call("SELECT", "3");
  texts.push(await call("GET", "other"));
  await call("SELECT", "0");
  return texts;
}

function callOf(harness: CommandHarness): Call {
  return (...args) => Promise.resolve(harness.run(...args));
}

function callOfClient(client: RawClient): Call {
  return async (...args) => (await client.call(...args)).raw;
}

Deno.test("loadRdb gives back what saveRdb wrote, whatever the options", async () => {
  await using dir = await TempDir.create();
  const source = filled();
  for (const compress of [true, false]) {
    for (const checksum of [true, false]) {
      assertEquals(save(source, dir.path, { compress, checksum }), SAMPLES.length + 1);
      const target = new CommandHarness(ALL_COMMANDS);
      const summary = await load(target, dir.path, { slice: 0 });
      assertEquals(summary?.keys, SAMPLES.length + 1);
      assertEquals(summary?.aux.get("redis-ver"), "7.0.15");
      assertEquals(await listing(callOf(target)), await listing(callOf(source)));
      assertEquals([...Deno.readDirSync(dir.path)].map((entry) => entry.name), [NAME]);
    }
  }
});

Deno.test("openRdb says null when there is no file", async () => {
  await using dir = await TempDir.create();
  assertEquals(await load(new CommandHarness(ALL_COMMANDS), dir.path), null);
  // The directory is none.
  assertEquals(openRdb(new DenoFileSystem(), dir.path, ""), null);
});

Deno.test("loadRdb leaves out keys that have expired, unless it is to keep them", async () => {
  await using dir = await TempDir.create();
  const source = new CommandHarness(ALL_COMMANDS);
  source.run("SET", "short", "v", "PX", "5");
  source.run("SET", "long", "v", "PX", "5000");
  save(source, dir.path);
  for (const [expiredBefore, keys, expired] of [[START + 100, 1, 1], [0, 2, 0]]) {
    const target = new CommandHarness(ALL_COMMANDS);
    const summary = await load(target, dir.path, { expiredBefore });
    assertEquals([summary?.keys, summary?.expired], [keys, expired]);
    assertEquals(target.keyspace.databases[0].size, keys);
    assertEquals(target.expiryOf("long"), START + 5000);
  }
});

Deno.test("loadRdb restores how keys were used when the file tells", async () => {
  await using dir = await TempDir.create();
  for (const [use, idle] of [["idle", 100], ["none", 0]] as const) {
    const source = new CommandHarness(ALL_COMMANDS);
    source.run("SET", "key", "value");
    source.clock.advance(100_000);
    source.run("PING");
    save(source, dir.path, { use });
    const target = new CommandHarness(ALL_COMMANDS);
    target.run("PING");
    await load(target, dir.path);
    assertEquals(target.run("OBJECT", "IDLETIME", "key"), `:${idle}\r\n`);
  }
});

Deno.test("loadRdb names file and offset when a byte is changed or the end is missing", async () => {
  await using dir = await TempDir.create();
  save(filled(), dir.path);
  const path = `${dir.path}/${NAME}`;
  const sound = Deno.readFileSync(path);
  const refuse = async (bytes: Uint8Array, text: string) => {
    Deno.writeFileSync(path, bytes);
    const target = new CommandHarness(ALL_COMMANDS);
    const error = await assertRejects(() => load(target, dir.path), PersistenceError, text);
    assertStringIncludes(error.message, `RDB file ${NAME}: `);
    assert(/\(at offset \d+\)$/.test(error.message), error.message);
  };
  await refuse(new TextEncoder().encode("REDIX0010"), "Wrong signature");
  await refuse(new TextEncoder().encode("REDIS0011"), "Can't handle RDB format version 0011");
  await refuse(sound.with(sound.length - 1, sound[sound.length - 1] ^ 1), "Wrong checksum");
  for (const length of [0, 5, 9, 40, sound.length >> 1, sound.length - 9, sound.length - 1]) {
    await refuse(sound.subarray(0, length), "");
  }
});

referenceTest("redis-check-rdb and redis-server take our files, and we take theirs", async () => {
  await using ours = await TempDir.create();
  const source = filled();
  save(source, ours.path, { use: "idle" });
  const { code, stdout } = await new Deno.Command("redis-check-rdb", {
    args: [`${ours.path}/${NAME}`],
  }).output();
  assertEquals(code, 0, byteString(stdout));
  const expected = await listing(callOf(source));
  {
    await using server = await startReference({
      dir: ours.path,
      directives: { "sanitize-dump-payload": "yes" },
    });
    const client = await server.connect();
    assertEquals(await listing(callOfClient(client)), expected);
    await client.close();
  }
  await using reference = await startReference({
    directives: { "maxmemory-policy": "allkeys-lru" },
  });
  const client = await reference.connect();
  for (const reply of await client.pipeline(fillingCommands())) {
    assert(reply.type !== "-", reply.raw);
  }
  assertEquals(await client.texts("SAVE"), ["OK"]);
  const target = new CommandHarness(ALL_COMMANDS);
  const summary = await load(target, reference.dir);
  assertEquals(summary?.keys, SAMPLES.length + 1);
  assertEquals(await listing(callOf(target)), await listing(callOfClient(client)));
  await client.close();
});
