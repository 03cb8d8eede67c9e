/** A replica that can't keep up is cut off by its output limit, and comes back. */

import { assert, assertEquals } from "@std/assert";
import { waitFor } from "../support/wait_for.ts";
import { Member, pairingTest, startRelayed, waitForSameData } from "./topology.ts";

/** Beyond what the kernel's buffers of two connections and the relay take. */
const AMOUNT = 32 * 1024 * 1024;
const VALUE = "x".repeat(64 * 1024);

async function writeMuch(primary: Member): Promise<void> {
  for (let i = 0; i < AMOUNT / VALUE.length; i++) {
    await primary.texts("SET", `key ${i % 50}`, VALUE);
  }
}

pairingTest(
  "a replica that takes nothing is cut off by the hard output limit, and comes back",
  async (pairing) => {
    await using relayed = await startRelayed(pairing, {
      "client-output-buffer-limit": "replica 4mb 0 0",
      "repl-backlog-size": "1mb",
    });
    const { primary, replica, relay } = relayed;
    await using fast = await Member.start(pairing.replica);
    await fast.attachTo(primary.port);
    relay.hold("toClient");
    await writeMuch(primary);
    await primary.waitForInfo("connected_slaves", (count) => count === "1");
    // The other one has lost nothing.
    await waitForSameData(primary, fast);
    assertEquals(await primary.infoNumber("sync_full", "stats"), 2);
    relay.release();
    await waitFor("the replica to come again", () => relay.links.length >= 2);
    await replica.waitForLink();
    await waitForSameData(primary, replica, fast);
    assertEquals(await primary.infoNumber("sync_full", "stats"), 3);
  },
);

pairingTest(
  "a replica is cut off when it is above the soft output limit for too long",
  async (pairing) => {
    await using relayed = await startRelayed(pairing, {
      "client-output-buffer-limit": "replica 0 2mb 1",
      "repl-backlog-size": "64mb",
    });
    const { primary, replica, relay } = relayed;
    relay.hold("toClient");
    await writeMuch(primary);
    await primary.waitForInfo("connected_slaves", (count) => count === "0");
    relay.release();
    await replica.waitForLink();
    await waitForSameData(primary, replica);
    // All that it missed is in the backlog.
    assertEquals(await primary.infoNumber("sync_full", "stats"), 1);
    assertEquals(await primary.infoNumber("sync_partial_ok", "stats"), 1);
  },
);

pairingTest(
  "a replica whose backlog is larger than its output limit is not cut off by it",
  async (pairing) => {
    await using relayed = await startRelayed(pairing, {
      "client-output-buffer-limit": "replica 1mb 0 0",
      "repl-backlog-size": "64mb",
    });
    const { primary, replica, relay } = relayed;
    relay.hold("toClient");
    await writeMuch(primary);
    assertEquals(await primary.infoNumber("connected_slaves"), 1);
    assertEquals(relay.links.length, 1);
    relay.release();
    await waitForSameData(primary, replica);
    assertEquals(relay.links.length, 1);
  },
);

pairingTest(
  "a replica that says nothing is cut off by repl-timeout, and comes back",
  async (pairing) => {
    await using relayed = await startRelayed(pairing, {
      "repl-timeout": "2",
      "repl-ping-replica-period": "1",
    });
    const { primary, replica, relay } = relayed;
    relay.hold("toServer");
    await primary.waitForInfo("connected_slaves", (count) => count === "0");
    await primary.texts("SET", "meanwhile", "1");
    relay.release();
    await waitFor("the replica to come again", () => relay.links.length >= 2);
    await replica.waitForLink();
    await waitForSameData(primary, replica);
    assert(await primary.infoNumber("sync_partial_ok", "stats") >= 1);
  },
);
