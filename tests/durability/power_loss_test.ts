/** The power fails while clients write: what each fsync policy promises is there afterwards. */

import { assert, assertEquals } from "@std/assert";
import { ManualClock } from "../../src/base/clock.ts";
import { FaultyFileSystem, type Survival } from "../support/faulty_file_system.ts";
import { amount, seedOf } from "../support/long_test.ts";
import { RawClient } from "../support/raw_client.ts";
import { Random } from "../support/random.ts";
import { startSimulated } from "./simulated_server.ts";
import { repeatUntilLost, untilLost, Writer } from "./writer.ts";

const CLIENTS = 8;
const ROUNDS = amount({ quick: 10, full: 30, long: 30 });
const SEED = 20_260_202;
const START = 1_700_000_000_000;

/** Some of what was not synced, as a disk may have happened to write it. */
function randomSurvival(random: Random): Survival {
  const bytes = random.pick([
    () => 0,
    (unsynced: number) => random.below(unsynced + 1),
    (unsynced: number) => unsynced,
  ]);
  return { bytes, names: random.below(2) === 0 };
}

async function connectAll(port: number, count: number): Promise<RawClient[]> {
  return await Promise.all(Array.from({ length: count }, () => RawClient.connect(port)));
}

/** One turn of the event loop, in which the server handles what has come in. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("a power cut loses nothing acknowledged when appendfsync is always", async () => {
  const seed = seedOf("power cuts under always", SEED);
  const random = new Random(seed);
  const files = new FaultyFileSystem();
  const directives = { appendfsync: "always" };
  const writers = Array.from(
    { length: CLIENTS },
    (_, i) => new Writer(`client${i}`, random.below(1e9)),
  );
  let acknowledged = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const label = `seed ${seed}, round ${round}`;
    const server = await startSimulated({ files, directives });
    const clients = await connectAll(server.port, CLIENTS);
    files.holdSyncs = random.below(2) === 0;
    files.cutPowerAt(random.below(200));
    let isOn = true;
    const work = writers.map((writer, i) => repeatUntilLost(() => writer.batch(clients[i])));
    const syncing = (async () => {
      while (isOn) {
        if (random.below(3) === 0) files.finishSyncs(1);
        await turn();
      }
    })();
    // Without the disk the server ends, which ends the clients.
    await Promise.all(work);
    isOn = false;
    await syncing;
    files.holdSyncs = false;
    files.finishSyncs();
    assertEquals(await server.ended, 1, label);
    for (const client of clients) await client.close();

    files.powerCycle(randomSurvival(random));
    await using restarted = await startSimulated({ files, directives });
    const client = await RawClient.connect(restarted.port);
    for (const writer of writers) {
      acknowledged += writer.acknowledgedAt.length;
      await writer.check(client, writer.acknowledgedAt.length, label);
    }
    await client.close();
  }
  assert(acknowledged > ROUNDS * CLIENTS, `only ${acknowledged} units were acknowledged`);
});

Deno.test("a power cut loses at most two seconds when appendfsync is everysec", async () => {
  const seed = seedOf("power cuts under everysec", SEED);
  const random = new Random(seed);
  const files = new FaultyFileSystem();
  const clock = new ManualClock(START);
  const directives = { appendfsync: "everysec" };
  const writers = Array.from(
    { length: CLIENTS },
    (_, i) => new Writer(`client${i}`, random.below(1e9), () => clock.now()),
  );
  let dueInAll = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const label = `seed ${seed}, round ${round}`;
    const server = await startSimulated({ files, directives, clock });
    const clients = await connectAll(server.port, CLIENTS);
    const batches = () => Promise.all(writers.map((writer, i) => writer.batch(clients[i])));
    let heldSince = Infinity;
    for (let step = random.below(30); step > 0; step--) {
      await batches();
      // A disk whose syncs take up to a second.
      const isOver = clock.now() - heldSince > 800 || random.below(3) === 0;
      if (isOver) files.finishSyncs();
      files.holdSyncs = random.below(2) === 0;
      await turn();
      const before = files.heldSyncs;
      clock.advance(1 + random.below(150));
      if (files.heldSyncs === 0) heldSince = Infinity;
      else if (before === 0) heldSince = clock.now();
    }
    const cutAt = clock.now();
    files.cutPowerAt(random.below(4));
    const last = writers.map((writer, i) => untilLost(writer.batch(clients[i])));
    for (let i = random.below(4); i > 0; i--) await turn();
    files.cutPowerAt(0);
    files.holdSyncs = false;
    files.finishSyncs();
    await server.stop();
    await Promise.all(last);
    for (const client of clients) await client.close();

    files.powerCycle(randomSurvival(random));
    await using restarted = await startSimulated({ files, directives, clock });
    const client = await RawClient.connect(restarted.port);
    for (const writer of writers) {
      const due = writer.acknowledgedAt.filter((time) => time <= cutAt - 2000).length;
      dueInAll += due;
      await writer.check(client, due, label);
    }
    await client.close();
  }
  assert(dueInAll > 0, "nothing was ever older than two seconds");
});
