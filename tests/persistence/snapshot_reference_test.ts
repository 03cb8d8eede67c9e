/** The files of snapshots that were disturbed are what redis-server and its tools take for their own. */

import { assertEquals } from "@std/assert";
import { byteString } from "../../src/base/span.ts";
import { ALL_COMMANDS } from "../../src/commands/mod.ts";
import { digestKeyspace } from "../../src/keyspace/digest.ts";
import { CommandHarness } from "../support/command_harness.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { TempDir } from "../support/temp_dir.ts";
import { SAMPLES } from "./rdb_samples.ts";
import { Changes } from "./snapshot_commands.ts";
import { type Form, RunningSnapshot, SMALL, TINY } from "./snapshot_harness.ts";

const FAR = String(4_000_000_000_000);

/** Every type in every encoding, random keys, and a long string; some of them expire. */
function filled(): CommandHarness {
  const harness = new CommandHarness(ALL_COMMANDS);
  new Changes(1).run(harness, 300);
  harness.run("SELECT", "0");
  SAMPLES.forEach((sample, i) => {
    const key = `sample:${i}`;
    for (const command of sample.commands) {
      harness.run(...command.map((word) => word === "key" ? key : word));
    }
    if (i % 3 === 0) harness.run("PEXPIREAT", key, FAR);
  });
  harness.run("SET", "long", "ab".repeat(200_000));
  // What is due is not loaded by a primary.
  const now = Date.now();
  for (const database of harness.keyspace.databases) {
    for (let row = 0; row < database.size; row++) {
      if (database.expiryOf(row) >= 0 && database.expiryOf(row) < now) database.persist(row);
    }
  }
  return harness;
}

const NAMES: Readonly<Record<Form, string>> = { rdb: "dump.rdb", commands: "appendonly.aof" };

for (const form of ["rdb", "commands"] as const) {
  referenceTest(`redis-server loads what a snapshot as ${form} held when it began`, async () => {
    for (const limits of [TINY, SMALL]) {
      await using dir = await TempDir.create();
      const harness = filled();
      const digest = digestKeyspace(harness.keyspace);
      const snapshot = new RunningSnapshot(harness.keyspace, form, limits);
      const changes = new Changes(2);
      for (let slice = 0; slice < 40; slice++) {
        snapshot.advance(slice);
        changes.run(harness, 10);
        harness.run("SELECT", "0");
        harness.run("DEL", `sample:${slice}`);
      }
      assertEquals(digestKeyspace(snapshot.finish().keyspace), digest);
      const path = `${dir.path}/${NAMES[form]}`;
      Deno.writeFileSync(path, snapshot.bytes());
      const tool = form === "rdb" ? "redis-check-rdb" : "redis-check-aof";
      const { code, stdout } = await new Deno.Command(tool, { args: [path] }).output();
      assertEquals(code, 0, byteString(stdout));

      await using server = await startReference({
        dir: dir.path,
        directives: {
          "sanitize-dump-payload": "yes",
          appendonly: form === "rdb" ? "no" : "yes",
          "enable-debug-command": "yes",
        },
      });
      const client = await server.connect();
      assertEquals(await client.texts("DEBUG", "DIGEST"), [digest]);
      await client.close();
    }
  });
}
