/** Replicas and primaries that end at any moment and come back. */

import { assert, assertEquals } from "@std/assert";
import { amount, seedOf } from "../support/long_test.ts";
import { Random } from "../support/random.ts";
import { Relay } from "../support/relay.ts";
import { waitFor } from "../support/wait_for.ts";
import { repeatUntilLost, Writer } from "../durability/writer.ts";
import { Member, pairingTest, waitForSameData, waitForSameOffset } from "./topology.ts";

const ROUNDS = amount({ quick: 3, full: 20, long: 20 });
const KEYS = 20_000;

pairingTest(
  "a replica that is killed in the middle of a full sync has it all after its next start",
  async (pairing) => {
    await using primary = await Member.start(pairing.primary, { "rdbcompression": "no" });
    await using replica = await Member.start(pairing.replica);
    await using relay = await Relay.start(primary.port);
    await primary.texts("DEBUG", "POPULATE", String(KEYS), "key", "500");
    // What a throttled link has not let through yet is not there when the replica ends.
    relay.throttle("toClient", 4_000_000);
    await replica.replicateFrom(relay.port);
    await waitFor("some of the data", () => relay.forwarded("toClient") > 1_000_000);
    await replica.server.kill("SIGKILL");
    relay.throttle("toClient", Infinity);
    await replica.restart({ replicaof: `127.0.0.1 ${relay.port}` });
    await replica.waitForLink();
    await primary.texts("SET", "after", "v");
    await waitForSameData(primary, replica);
    assertEquals(await replica.texts("DBSIZE"), [String(KEYS + 1)]);
    await primary.waitForInfo("connected_slaves", (count) => count === "1");
  },
);

pairingTest(
  "a full sync begins again when its link is cut in the middle of it",
  async (pairing) => {
    await using primary = await Member.start(pairing.primary, { "rdbcompression": "no" });
    await using replica = await Member.start(pairing.replica);
    await using relay = await Relay.start(primary.port);
    await primary.texts("DEBUG", "POPULATE", String(KEYS), "key", "500");
    relay.throttle("toClient", 4_000_000);
    await replica.replicateFrom(relay.port);
    await waitFor("some of the data", () => relay.forwarded("toClient") > 1_000_000);
    relay.throttle("toClient", Infinity);
    await relay.cut();
    await replica.waitForLink();
    await waitForSameData(primary, replica);
    assertEquals(relay.links.length, 2);
  },
);

for (const saves of ["as an RDB", "as an AOF"]) {
  pairingTest(
    `a replica that was shut down goes on with a part of the stream, its data kept ${saves}`,
    async (pairing) => {
      const keeps = { "appendonly": saves === "as an AOF" ? "yes" : "no" };
      await using primary = await Member.start(pairing.primary);
      await using replica = await Member.start(pairing.replica, keeps);
      await using relay = await Relay.start(primary.port);
      await replica.attachTo(relay.port);
      await primary.texts("SET", "k", "v");
      await waitForSameOffset(primary, replica);
      const before = (await primary.info("stats")).get("sync_full");
      const isRdb = saves === "as an RDB";
      // A server that is not done with its first AOF refuses to end.
      await replica.waitForInfo("aof_rewrite_in_progress", (value) => value === "0", "persistence");
      await replica.control.send("SHUTDOWN", isRdb ? "SAVE" : "NOSAVE");
      await replica.server.waitForExit();
      await primary.texts("SET", "meanwhile", "v");
      await replica.restart({ replicaof: `127.0.0.1 ${relay.port}` });
      await replica.waitForLink();
      await waitForSameData(primary, replica);
      const figures = await primary.info("stats");
      // Of an AOF that is not rewritten, Redis does not know where in the stream it ends.
      const full = isRdb ? before : String(Number(before) + 1);
      assertEquals(figures.get("sync_full"), full);
    },
  );
}

pairingTest(
  "nothing that the primary has kept is lost when either end is killed under load",
  async (pairing) => {
    const seed = seedOf("kill -9 of either end", 20_260_102);
    const random = new Random(seed);
    const directives = { appendonly: "yes", appendfsync: "no" };
    await using primary = await Member.start(pairing.primary, directives);
    await using replica = await Member.start(pairing.replica, directives);
    await using relay = await Relay.start(primary.port);
    await replica.attachTo(relay.port);
    const writers = Array.from(
      { length: 4 },
      (_, i) => new Writer(`client${i}`, random.below(1e9)),
    );
    for (let round = 0; round < ROUNDS; round++) {
      const label = `seed ${seed}, round ${round}`;
      const victim = round % 2 === 0 ? primary : replica;
      let left = 1 + random.below(2000);
      let killed: Promise<unknown> | undefined;
      let isOver = false;
      const onAcknowledged = () => {
        if (--left <= 0) killed ??= victim.server.kill("SIGKILL").then(() => isOver = true);
      };
      await Promise.all(writers.map(async (writer) => {
        const client = await primary.server.connect();
        if (victim === primary) {
          return await repeatUntilLost(() => writer.batch(client, onAcknowledged));
        }
        while (!isOver) await writer.batch(client, onAcknowledged);
        await client.close();
      }));
      await killed;
      if (victim === primary) {
        await primary.restart();
        relay.target = primary.port;
        await relay.cut();
        for (const writer of writers) {
          await writer.check(primary.control, writer.acknowledgedAt.length, label);
        }
      } else {
        await replica.restart({ replicaof: `127.0.0.1 ${relay.port}` });
      }
      await replica.waitForLink();
      await waitForSameData(primary, replica);
    }
    for (const writer of writers) {
      await writer.check(replica.control, writer.acknowledgedAt.length, "in the end, the replica");
    }
    assert(await primary.infoNumber("connected_slaves") === 1);
  },
);
