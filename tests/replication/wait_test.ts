/** WAIT, and what a write that waited is worth. */

import { assert, assertEquals } from "@std/assert";
import { Relay } from "../support/relay.ts";
import { waitFor } from "../support/wait_for.ts";
import { Member, pairingTest, startPair, waitForSameOffset } from "./topology.ts";

const LONG = "60000";

pairingTest("WAIT answers at once when the replica has acknowledged", async (pairing) => {
  await using pair = await startPair(pairing);
  const { primary } = pair;
  await primary.texts("SET", "k", "v");
  assertEquals(await primary.texts("WAIT", "1", LONG), ["1"]);
  assertEquals(await primary.texts("WAIT", "0", "0"), ["1"]);
  assertEquals(await primary.texts("WAIT", "1", LONG), ["1"]);
});

pairingTest("WAIT does not wait for the replicas' own time to acknowledge", async (pairing) => {
  await using pair = await startPair(pairing);
  const { primary } = pair;
  const start = performance.now();
  for (let i = 0; i < 40; i++) {
    await primary.texts("INCR", "n");
    assertEquals(await primary.texts("WAIT", "1", LONG), ["1"]);
  }
  // Replicas acknowledge by themselves once per second.
  const took = performance.now() - start;
  assert(took < 20_000, `${took} ms`);
});

pairingTest("WAIT answers how many have it when the time is over", async (pairing) => {
  await using primary = await Member.start(pairing.primary);
  await using near = await Member.start(pairing.replica);
  await using far = await Member.start(pairing.replica);
  await using relay = await Relay.start(primary.port);
  await near.attachTo(primary.port);
  await far.attachTo(relay.port);
  await waitForSameOffset(primary, near, far);
  relay.hold("toClient");
  await primary.texts("SET", "k", "v");
  const start = performance.now();
  assertEquals(await primary.texts("WAIT", "2", "300"), ["1"]);
  assert(performance.now() - start >= 299);
  // A client that waits does so alone.
  const other = await primary.server.connect();
  const waiting = other.call("WAIT", "2", LONG);
  assertEquals(await primary.texts("PING"), ["PONG"]);
  await primary.waitForInfo("blocked_clients", (count) => count === "0", "clients");
  // It has written nothing, so that it has nothing to wait for.
  assert(["1", "2"].includes((await waiting).text!));
  await other.texts("SET", "k", "w");
  const second = other.call("WAIT", "2", "0");
  await primary.waitForInfo("blocked_clients", (count) => count === "1", "clients");
  relay.release();
  assertEquals((await second).text, "2");
  assertEquals(await far.texts("GET", "k"), ["w"]);
});

pairingTest("WAIT goes on when it is sent through a pipeline", async (pairing) => {
  await using pair = await startPair(pairing);
  const { primary, replica } = pair;
  const replies = await primary.control.pipeline([
    ["SET", "a", "1"],
    ["WAIT", "1", LONG],
    ["SET", "b", "2"],
    ["WAIT", "1", LONG],
    ["PING"],
  ]);
  assertEquals(replies.map(({ text }) => text), ["OK", "1", "OK", "1", "PONG"]);
  assertEquals(await replica.texts("MGET", "a", "b"), ["1", "2"]);
});

pairingTest("WAIT in a transaction answers what is known", async (pairing) => {
  await using pair = await startPair(pairing);
  const { primary } = pair;
  await primary.texts("MULTI");
  await primary.texts("SET", "k", "v");
  await primary.texts("WAIT", "1", "0");
  const [ok, count] = await primary.texts("EXEC");
  // It asks for what the client wrote before, which is nothing.
  assertEquals([ok, count], ["OK", "1"]);
});

pairingTest("WAIT is refused by a replica", async (pairing) => {
  await using pair = await startPair(pairing);
  const { text } = await pair.replica.control.call("WAIT", "0", "0");
  assertEquals(
    text,
    "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a " +
      "replica is configured to be writable (which is not the default) writes to replicas are just " +
      "local and are not propagated.",
  );
});

pairingTest("a client that waits is let go when the primary becomes a replica", async (pairing) => {
  await using pair = await startPair(pairing);
  const { primary, replica } = pair;
  const client = await primary.server.connect();
  await client.texts("SET", "k", "v");
  const waiting = client.call("WAIT", "5", "0");
  await primary.waitForInfo("blocked_clients", (count) => count === "1", "clients");
  await replica.texts("REPLICAOF", "NO", "ONE");
  await primary.replicateFrom(replica.port);
  const reply = await waiting;
  assertEquals(
    reply.raw,
    "-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)\r\n",
  );
  await waitFor(
    "the old primary to follow",
    async () => (await primary.info()).get("master_link_status") === "up",
  );
});
