/** FAILOVER: a primary hands over to a replica that has everything. */

import { assert, assertEquals } from "@std/assert";
import { referenceTest } from "../support/reference.ts";
import { waitFor } from "../support/wait_for.ts";
import {
  combinations,
  type Implementation,
  isReferenceAlone,
  Member,
  startMembers,
  startRelayed,
  waitForSameData,
  waitForSameOffset,
} from "./topology.ts";

/** Registers a test for each pair of which both can be primary and replica. */
function bothWays(
  name: string,
  run: (implementations: readonly Implementation[]) => Promise<void>,
): void {
  for (const pair of combinations(["primary", "replica"], ["primary", "replica"])) {
    if (isReferenceAlone(pair)) continue;
    referenceTest(`${name} (${pair.join(" → ")})`, () => run(pair));
  }
}

async function waitForRole(member: Member, role: "master" | "slave"): Promise<void> {
  await member.waitForInfo("role", (now) => now === role);
}

bothWays("FAILOVER exchanges the parts with a part of the stream", async (pair) => {
  await using members = await startMembers(pair);
  const [one, other] = members;
  await other.attachTo(one.port);
  await one.texts("SET", "k", "v");
  await waitForSameOffset(one, other);
  assertEquals(await one.texts("FAILOVER", "TO", "127.0.0.1", String(other.port)), ["OK"]);
  await waitForRole(other, "master");
  await waitForRole(one, "slave");
  await one.waitForLink();
  assertEquals((await one.info()).get("master_failover_state"), "no-failover");
  await other.texts("SET", "after", "failover");
  await waitForSameData(other, one);
  assertEquals(await other.infoNumber("sync_full", "stats"), 0);
  assertEquals(await other.infoNumber("sync_partial_ok", "stats"), 1);
});

bothWays("FAILOVER loses no write that was acknowledged while it went on", async (pair) => {
  await using members = await startMembers(pair);
  const [one, other] = members;
  await other.attachTo(one.port);
  const client = await one.server.connect();
  let acknowledged = 0;
  const writing = (async () => {
    for (;;) {
      const reply = await client.call("INCR", "counter");
      if (reply.type === "-") return reply.text!;
      acknowledged = Number(reply.text);
    }
  })();
  await waitFor("some writes", () => acknowledged > 50);
  assertEquals(await one.texts("FAILOVER"), ["OK"]);
  // Writers are held until it is decided, and then told that this is a replica.
  const refusal = await writing;
  assert(/^(READONLY|UNBLOCKED|MASTERDOWN)/.test(refusal), refusal);
  await waitForRole(other, "master");
  assertEquals(await other.texts("GET", "counter"), [String(acknowledged)]);
  await one.waitForLink();
  await waitForSameData(other, one);
});

bothWays("FAILOVER is given up at its TIMEOUT when the replica does not follow", async (pair) => {
  await using relayed = await startRelayed({ primary: pair[0], replica: pair[1] });
  const { primary: one, replica: other, relay } = relayed;
  await waitForSameOffset(one, other);
  relay.hold("toClient");
  await one.texts("SET", "k", "v");
  assertEquals(await one.texts("FAILOVER", "TIMEOUT", "300"), ["OK"]);
  assertEquals((await one.info()).get("master_failover_state"), "waiting-for-sync");
  const again = await one.control.call("FAILOVER");
  assertEquals(again.text, "ERR FAILOVER already in progress.");
  await one.waitForInfo("master_failover_state", (state) => state === "no-failover");
  assertEquals(await one.texts("SET", "k", "w"), ["OK"]);
  relay.release();
  await waitForSameData(one, other);
  assertEquals((await other.info()).get("role"), "slave");
});

bothWays("FAILOVER ABORT ends it, and writers go on", async (pair) => {
  await using relayed = await startRelayed({ primary: pair[0], replica: pair[1] });
  const { primary: one, replica: other, relay } = relayed;
  await waitForSameOffset(one, other);
  relay.hold("toClient");
  await one.texts("SET", "k", "v");
  await one.texts("FAILOVER");
  const client = await one.server.connect();
  const held = client.call("SET", "k", "w");
  await one.waitForInfo("blocked_clients", (count) => count === "1", "clients");
  // Readers are not held.
  assertEquals(await one.texts("GET", "k"), ["v"]);
  assertEquals(await one.texts("FAILOVER", "ABORT"), ["OK"]);
  assertEquals((await held).text, "OK");
  const none = await one.control.call("FAILOVER", "ABORT");
  assertEquals(none.text, "ERR No failover in progress.");
  relay.release();
  await waitForSameData(one, other);
});

bothWays("FAILOVER … FORCE goes on at its TIMEOUT without the replica's word", async (pair) => {
  await using relayed = await startRelayed({ primary: pair[0], replica: pair[1] });
  const { primary: one, replica: other, relay } = relayed;
  await waitForSameOffset(one, other);
  relay.hold("toServer");
  await one.texts("SET", "k", "v");
  const to = ["TO", "127.0.0.1", String(other.port)];
  assertEquals(await one.texts("FAILOVER", ...to, "FORCE", "TIMEOUT", "300"), ["OK"]);
  await waitForRole(other, "master");
  await one.waitForLink();
  await waitForSameData(other, one);
});

bothWays("FAILOVER TO somebody who is no replica is refused", async (pair) => {
  await using members = await startMembers(pair);
  const [one, other] = members;
  const text = async (...args: string[]) => (await one.control.call("FAILOVER", ...args)).text;
  assertEquals(await text(), "ERR FAILOVER requires connected replicas.");
  await other.attachTo(one.port);
  const nobody = "ERR FAILOVER target HOST and PORT is not a replica.";
  assertEquals(await text("TO", "127.0.0.1", "1"), nobody);
  assertEquals(
    await text("TO", "127.0.0.1", String(other.port), "FORCE"),
    "ERR FAILOVER with force option requires both a timeout and target HOST and IP.",
  );
  const refused = await other.control.call("FAILOVER");
  assertEquals(refused.text, "ERR FAILOVER is not valid when server is a replica.");
});

bothWays(
  "FAILOVER takes a chain's other replicas along with a part of the stream",
  async (pair) => {
    await using members = await startMembers([pair[0], pair[1], pair[1]]);
    const [one, other, third] = members;
    await other.attachTo(one.port);
    await third.attachTo(other.port);
    await one.texts("SET", "k", "v");
    await waitForSameData(one, other, third);
    const before = await other.infoNumber("sync_full", "stats");
    await one.texts("FAILOVER", "TO", "127.0.0.1", String(other.port));
    await waitForRole(other, "master");
    await one.waitForLink();
    await other.texts("SET", "k", "w");
    await third.waitForLink();
    await waitForSameData(other, one, third);
    assertEquals(await other.infoNumber("sync_full", "stats"), before);
  },
);
