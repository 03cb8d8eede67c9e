/** Random commands of all types stream to a replica whose link is cut again and again. */

import { assertEquals } from "@std/assert";
import { amount, seedOf } from "../support/long_test.ts";
import { Random } from "../support/random.ts";
import { Relay } from "../support/relay.ts";
import { leaves } from "../support/reply.ts";
import { waitFor } from "../support/wait_for.ts";
import { RandomCommands } from "./random_commands.ts";
import { Member, pairingTest, waitForSameData } from "./topology.ts";

const COMMANDS = amount({ quick: 3000, full: 20_000, long: 200_000 });
const CUTS = 5;

/**
 * What groups there are on streams, which a digest does not cover: their names, entries that are pending and
 * last ids. How many entries were read is not replicated in every case.
 */
async function describeGroups({ control }: Member): Promise<string[]> {
  const described: string[] = [];
  for (const database of ["0", "1", "2", "3"]) {
    await control.texts("SELECT", database);
    for (const key of (await control.texts("KEYS", "*")).sort()) {
      const [type] = await control.texts("TYPE", key);
      if (type !== "stream") continue;
      const { children = [] } = await control.call("XINFO", "GROUPS", key);
      for (const group of children) {
        const fields = leaves(group);
        const of = (name: string) => fields[fields.indexOf(name) + 1];
        const [name, pending, last] = [of("name"), of("pending"), of("last-delivered-id")];
        described.push(`${database}:${key} ${name}: ${pending} pending, last ${last}`);
      }
    }
  }
  await control.texts("SELECT", "0");
  return described;
}

pairingTest(
  "a replica has its primary's data when random commands streamed over a link that was cut five times",
  async (pairing) => {
    const seed = seedOf("a random stream");
    const random = new Random(seed);
    await using primary = await Member.start(pairing.primary);
    await using replica = await Member.start(pairing.replica);
    await using relay = await Relay.start(primary.port);
    const commands = await RandomCommands.create(primary, replica, random);
    await replica.attachTo(relay.port);
    const client = await primary.server.connect();
    const share = Math.floor(COMMANDS / (CUTS + 1) / 2);
    for (let cut = 0; cut < CUTS; cut++) {
      await commands.play(client, share);
      if (cut % 2 === 0) {
        // While commands are on their way.
        const playing = commands.play(client, share);
        await relay.cut();
        await playing;
      } else {
        await relay.refuse();
        await commands.play(client, share);
        await relay.accept();
      }
      await waitFor("the replica to come back", () => relay.links.length === cut + 2);
      await replica.waitForLink();
    }
    await commands.play(client, 2 * share);
    // A transaction may be open, whose commands nobody has seen.
    await client.call("DISCARD");
    await waitForSameData(primary, replica);
    assertEquals(await describeGroups(replica), await describeGroups(primary));
    const list = ["FUNCTION", "LIST", "WITHCODE"];
    assertEquals(
      (await replica.texts(...list)).sort(),
      (await primary.texts(...list)).sort(),
    );
    const figures = await primary.info("stats");
    assertEquals(figures.get("sync_full"), "1");
    assertEquals(figures.get("sync_partial_ok"), String(CUTS));
  },
);

pairingTest(
  "a replica begins anew when the backlog does not go back to where it was",
  async (pairing) => {
    await using primary = await Member.start(pairing.primary, { "repl-backlog-size": "16kb" });
    await using replica = await Member.start(pairing.replica);
    await using relay = await Relay.start(primary.port);
    await replica.attachTo(relay.port);
    const before = await primary.infoNumber("sync_partial_err", "stats");
    await relay.refuse();
    for (let i = 0; i < 100; i++) await primary.texts("SET", `k${i}`, "x".repeat(1000));
    await relay.accept();
    await replica.waitForLink();
    await waitForSameData(primary, replica);
    const figures = await primary.info("stats");
    assertEquals(figures.get("sync_full"), "2");
    assertEquals(figures.get("sync_partial_ok"), "0");
    assertEquals(figures.get("sync_partial_err"), String(before + 1));
  },
);
