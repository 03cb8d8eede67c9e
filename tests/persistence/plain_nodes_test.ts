/** Lists with plain nodes in files: written while they change, and exchanged with redis-server. */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { ALL_COMMANDS } from "../../src/commands/mod.ts";
import { Random } from "../support/random.ts";
import { CommandHarness } from "../support/command_harness.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import type { RawClient } from "../support/raw_client.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import type { Directives, ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { type Form, RunningSnapshot } from "./snapshot_harness.ts";

const THRESHOLD = 10;
const FORMS: readonly Form[] = ["rdb", "commands"];

/** Elements on both sides of the threshold, integers among them. */
const ELEMENTS = ["a", "b", "12", "x".repeat(9), "y".repeat(10), "z".repeat(400), "-1234567890123"];

function elements(random: Random, count: number): string[] {
  return Array.from({ length: count }, () => random.pick(ELEMENTS));
}

/** A command that changes the list of a key somewhere. */
function change(random: Random, key: string): string[] {
  const index = String(random.below(30) - 15);
  const [element, other] = elements(random, 2);
  return random.pick([
    ["LPUSH", key, element],
    ["RPUSH", key, element],
    ["LPOP", key],
    ["RPOP", key],
    ["LSET", key, index, element],
    ["LINSERT", key, "BEFORE", other, element],
    ["LINSERT", key, "AFTER", other, element],
    ["LREM", key, index, element],
  ]);
}

function startHarness(): CommandHarness {
  const harness = new CommandHarness(ALL_COMMANDS);
  harness.configuration.assign("list-max-listpack-size", 4);
  harness.configuration.assignDebug("quicklist-packed-threshold", THRESHOLD);
  return harness;
}

for (const form of FORMS) {
  Deno.test(`snapshot as ${form} holds plain nodes as they were when lists change meanwhile`, () => {
    for (let seed = 0; seed < 60; seed++) {
      const random = new Random(seed, 0);
      const { keyspace, run } = startHarness();
      for (const key of ["l1", "l2"]) run("RPUSH", key, ...elements(random, 60));
      const before = ["l1", "l2"].map((key) => run("DUMP", key));
      const contents = ["l1", "l2"].map((key) => run("LRANGE", key, "0", "-1"));
      const snapshot = new RunningSnapshot(keyspace, form);
      for (let i = 0; i < 80; i++) {
        run(...change(random, random.pick(["l1", "l2"])));
        if (i % 3 === 0) snapshot.advance();
      }
      assertNotEquals(["l1", "l2"].map((key) => run("DUMP", key)), before);
      const { run: runCopy } = snapshot.finish();
      assertEquals(["l1", "l2"].map((key) => runCopy("LRANGE", key, "0", "-1")), contents);
      // Commands tell nothing of nodes.
      if (form === "rdb") assertEquals(["l1", "l2"].map((key) => runCopy("DUMP", key)), before);
    }
  });
}

const DIRECTIVES: Directives = {
  "rdbcompression": "no",
  "enable-debug-command": "yes",
  "list-max-listpack-size": "4",
};
const KEYS = Array.from({ length: 20 }, (_, i) => `list:${i}`);

async function makeLists(client: RawClient): Promise<void> {
  const random = new Random(1, 0);
  await client.texts("DEBUG", "QUICKLIST-PACKED-THRESHOLD", String(THRESHOLD));
  for (const [i, key] of KEYS.entries()) {
    await client.texts("RPUSH", key, ...elements(random, i + 1));
    for (let changes = 0; changes < 10; changes++) await client.call(...change(random, key));
  }
}

/** What a server has, and saves. */
async function save(server: ServerProcess, fill: boolean): Promise<string[]> {
  const client = await server.connect();
  if (fill) await makeLists(client);
  const dumps = (await client.pipeline(KEYS.map((key) => ["DUMP", key]))).map(({ raw }) => raw);
  assertEquals(await client.texts("SAVE"), ["OK"]);
  await client.close();
  return dumps;
}

referenceTest(
  "lists with plain nodes go from redis-server to us and back in RDB files",
  async () => {
    await using directory = await TempDir.create("plain-");
    const options = { dir: directory.path, directives: DIRECTIVES };
    const read = async (start: typeof startReference, fill = false): Promise<string[]> => {
      await using server = await start(options);
      return await save(server, fill);
    };
    const expected = await read(startReference, true);
    // Of a plain node: its kind, its length, its bytes.
    assert(expected.some((payload) => payload.includes("\x01\x0a" + "y".repeat(10))));
    assertEquals(await read(startMiniredis), expected);
    assertEquals(await read(startReference), expected);
  },
);
