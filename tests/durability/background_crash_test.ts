/** kill -9 while snapshots and rewrites run behind many clients' writes: all that was acknowledged is there. */

import { assert, assertEquals } from "@std/assert";
import { amount, seedOf } from "../support/long_test.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import type { RawClient } from "../support/raw_client.ts";
import { TempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait_for.ts";
import { Random } from "../support/random.ts";
import { repeatUntilLost, Writer } from "./writer.ts";

const CLIENTS = 12;
const ROUNDS = amount({ quick: 3, full: 50, long: 100 });
const SEED = 20_260_505;
/** Keys beside those of the clients, so that a snapshot takes a while. */
const OTHER_KEYS = 400;
/** Units of the clients in a round. */
const MOST_UNITS = 3000;

/** What happens behind the writes, one thing after the other until the server goes away. */
async function disturb(client: RawClient, random: Random): Promise<void> {
  const command = random.pick([
    ["BGSAVE"],
    ["BGSAVE", "SCHEDULE"],
    ["BGREWRITEAOF"],
    ["BGREWRITEAOF"],
    ["CONFIG", "SET", "aof-use-rdb-preamble", random.pick(["yes", "no"])],
    ["CONFIG", "SET", "rdb-key-save-delay", random.pick(["0", "20", "100"])],
    ["CONFIG", "SET", "auto-aof-rewrite-percentage", random.pick(["0", "50"])],
    ["SAVE"],
  ]);
  // Some are refused, as something else is running.
  await client.call(...command);
  await new Promise((resolve) => setTimeout(resolve, random.below(30)));
}

Deno.test("kill -9 loses nothing acknowledged while the data is saved and rewritten in the background", async () => {
  const seed = seedOf("kill -9 of background work", SEED);
  const random = new Random(seed);
  const writers = Array.from(
    { length: CLIENTS },
    (_, i) => new Writer(`client${i}`, random.below(1e9)),
  );
  await using server = await startMiniredis({
    directives: {
      appendonly: "yes",
      "auto-aof-rewrite-min-size": "20kb",
      "enable-debug-command": "yes",
    },
  });
  const first = await server.connect();
  await first.texts("DEBUG", "POPULATE", String(OTHER_KEYS));
  // That leaves no trace in the file, being none of the commands that change data.
  await first.texts("BGREWRITEAOF");
  await rewritten(first);
  let acknowledged = 0, interrupted = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const label = `seed ${seed}, round ${round}`;
    const work: Promise<void>[] = [];
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    let left = 1 + random.below(MOST_UNITS);
    const onAcknowledged = () => {
      if (--left === 0) resolve();
    };
    for (const writer of writers) {
      const client = await server.connect();
      work.push(repeatUntilLost(() => writer.batch(client, onAcknowledged)));
    }
    const control = await server.connect();
    work.push(repeatUntilLost(() => disturb(control, random)));
    await Promise.race([enough, ...work]);
    await server.kill("SIGKILL");
    await Promise.all(work);
    if (hasTemporaryFile(server.dir)) interrupted++;
    await server.restart();
    const client = await server.connect();
    for (const writer of writers) {
      acknowledged += writer.acknowledgedAt.length;
      await writer.check(client, writer.acknowledgedAt.length, label);
    }
    const [size] = await client.texts("DBSIZE");
    assert(Number(size) >= OTHER_KEYS, `${label}: ${size} keys`);
    if (round % 10 === 0) await checkSnapshot(server.dir, label);
  }
  assert(acknowledged > ROUNDS * CLIENTS, `only ${acknowledged} units were acknowledged`);
  const wanted = amount({ quick: 0, full: 1, long: ROUNDS / 10 });
  assert(interrupted >= wanted, `only ${interrupted} were interrupted`);
});

/** Whether a server was killed while it wrote a snapshot or a base. */
function hasTemporaryFile(dir: string): boolean {
  let found = false;
  for (const { name } of Deno.readDirSync(dir)) {
    if (!name.startsWith("temp-")) continue;
    found = true;
    Deno.removeSync(`${dir}/${name}`);
  }
  return found ||
    [...Deno.readDirSync(`${dir}/appendonlydir`)].some(({ name }) => name.startsWith("temp-re"));
}

async function rewritten(client: RawClient): Promise<void> {
  await waitFor("the rewrite to end", async () => {
    const [info] = await client.texts("INFO", "persistence");
    return /aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0/.test(info);
  });
}

/** Starts a server on the `dump.rdb` that a killed one left, if there is one: it must be whole. */
async function checkSnapshot(dir: string, label: string): Promise<void> {
  await using copy = await TempDir.create("snapshot-");
  try {
    await Deno.copyFile(`${dir}/dump.rdb`, `${copy.path}/dump.rdb`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  await using server = await startMiniredis({ dir: copy.path });
  const [found] = await (await server.connect()).texts("EXISTS", "key:0", "key:1");
  assertEquals(found, "2", label);
}
