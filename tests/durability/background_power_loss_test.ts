/** The power fails at every step of a rewrite and of a save: the directory loads, with what was promised. */

import { assert, assertEquals } from "@std/assert";
import { FaultyFileSystem, type Survival } from "../support/faulty_file_system.ts";
import { amount } from "../support/long_test.ts";
import { ConnectionClosed, RawClient } from "../support/raw_client.ts";
import { waitFor } from "../support/wait_for.ts";
import { startSimulated } from "./simulated_server.ts";

/** What may be left of unsynced things after a power cut: nothing, everything, or some of it. */
const SURVIVALS: readonly Survival[] = [
  {},
  { names: true },
  { bytes: (unsynced) => unsynced },
  { bytes: (unsynced) => unsynced >> 1, names: true },
];

/** Waits until nothing is done in the background. */
async function idle(client: RawClient): Promise<string> {
  let info = "";
  await waitFor("the work in the background to end", async () => {
    info = (await client.texts("INFO", "persistence"))[0];
    return /rdb_bgsave_in_progress:0[^]*aof_rewrite_in_progress:0/.test(info);
  });
  return info;
}

/** Runs a scenario again and again, the power failing one change later each time, until it does not. */
async function cutPowerEverywhere(
  run: (files: FaultyFileSystem, label: string) => Promise<void>,
  check: (files: FaultyFileSystem, label: string) => Promise<void>,
): Promise<void> {
  let cut = true;
  for (let steps = 0; cut; steps++) {
    const one = [SURVIVALS[steps % SURVIVALS.length]];
    const survivals = amount({ quick: one, full: one, long: SURVIVALS });
    for (const survival of survivals) {
      const label = `step ${steps}, surviving ${SURVIVALS.indexOf(survival)}`;
      const files = new FaultyFileSystem();
      files.cutPowerAt(steps);
      await run(files, label);
      cut = !files.hasPower;
      files.powerCycle(survival);
      await check(files, label);
    }
    assert(steps < 500, "the power fails for ever");
  }
}

for (const preamble of ["yes", "no"]) {
  Deno.test(`a power cut at any step of a rewrite loses nothing acknowledged under always (preamble ${preamble})`, async () => {
    const directives = { appendfsync: "always", "aof-use-rdb-preamble": preamble };
    let acknowledged: string[] = [];
    let finished = 0;
    await cutPowerEverywhere(async (files) => {
      acknowledged = [];
      let server: Awaited<ReturnType<typeof startSimulated>>;
      try {
        server = await startSimulated({ files, directives });
      } catch (error) {
        assert(!files.hasPower, String(error));
        return;
      }
      const client = await RawClient.connect(server.port);
      const write = async (key: string) => {
        await client.texts("RPUSH", key, "element");
        acknowledged.push(key);
      };
      try {
        await write("before");
        for (const round of ["first", "second"]) {
          const reply = await client.call("BGREWRITEAOF");
          if (reply.type === "-") assert(!files.hasPower, reply.text);
          await write(`${round}:meanwhile`);
          await idle(client);
          await write(`${round}:after`);
        }
        finished++;
      } catch (error) {
        // Under always a server without a disk ends.
        if (!(error instanceof ConnectionClosed)) throw error;
      }
      await client.close();
      await server.stop();
    }, async (files, label) => {
      for (let start = 0; start < 2; start++) {
        await using server = await startSimulated({ files, directives });
        const client = await RawClient.connect(server.port);
        for (const key of acknowledged) {
          // Once and not twice: in the base or behind it.
          assertEquals(await client.texts("LLEN", key), ["1"], `${label}: ${key}`);
        }
        await client.close();
      }
    });
    assert(finished > 0);
  });
}

Deno.test("a power cut at any step of a save leaves the old file or the new one", async () => {
  const directives = { appendonly: "no" };
  /** What a save was reported to have worked with. */
  let saved = 0, written = 0;
  await cutPowerEverywhere(async (files) => {
    saved = written = 0;
    await using server = await startSimulated({ files, directives });
    const client = await RawClient.connect(server.port);
    for (const command of ["SAVE", "BGSAVE", "BGSAVE", "SAVE"]) {
      written++;
      await client.texts("SET", "number", String(written));
      const reply = await client.call(command);
      const status = /rdb_last_bgsave_status:(\w+)/.exec(await idle(client))?.[1];
      if (reply.type !== "-" && status === "ok") saved = written;
    }
    await client.close();
  }, async (files, label) => {
    await using server = await startSimulated({ files, directives });
    const client = await RawClient.connect(server.port);
    const found = Number((await client.call("GET", "number")).text ?? 0);
    assert(found >= saved && found <= written, `${label}: ${found}, saved ${saved} of ${written}`);
    await client.close();
  });
  assertEquals(saved, 4);
});
