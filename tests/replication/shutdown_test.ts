/** SHUTDOWN waits for replicas that lag, as long as shutdown-timeout says. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { waitFor } from "../support/wait_for.ts";
import {
  type Member,
  type Pairing,
  pairingTest,
  type Relayed,
  startRelayed,
  waitForSameOffset,
} from "./topology.ts";

/** A primary whose replica has not got its last write, as the relay holds it. */
async function startLagging(pairing: Pairing, shutdownTimeout: string): Promise<Relayed> {
  await using stack = new AsyncDisposableStack();
  const relayed = stack.use(
    await startRelayed(pairing, { "shutdown-timeout": shutdownTimeout }),
  );
  const { primary, replica, relay } = relayed;
  await waitForSameOffset(primary, replica);
  relay.hold("toClient");
  await primary.texts("SET", "last", "write");
  stack.move();
  return relayed;
}

/** Waits until the server holds its writers for the shutdown. */
async function waitUntilShuttingDown(primary: Member): Promise<void> {
  await waitFor("the shutdown to begin", () => /shutdown|shutting/i.test(primary.server.log));
}

pairingTest("SHUTDOWN waits until the replica has everything", async (pairing) => {
  await using lagging = await startLagging(pairing, "60");
  const { primary, replica, relay } = lagging;
  const client = await primary.server.connect();
  await client.send("SHUTDOWN", "NOSAVE");
  await primary.waitForInfo("shutdown_in_milliseconds", (left) => Number(left) > 0, "server");
  // Nothing more is written.
  const writer = await primary.server.connect();
  await writer.send("SET", "too", "late");
  await primary.waitForInfo("blocked_clients", (count) => Number(count) >= 1, "clients");
  assertEquals(await primary.texts("GET", "last"), ["write"]);
  relay.release();
  assertEquals((await primary.server.waitForExit()).code, 0);
  assertEquals(await replica.texts("GET", "last"), ["write"]);
  assertEquals(await replica.texts("EXISTS", "too"), ["0"]);
});

pairingTest("SHUTDOWN gives up on the replica when shutdown-timeout is over", async (pairing) => {
  await using lagging = await startLagging(pairing, "1");
  const { primary, replica } = lagging;
  const start = performance.now();
  await (await primary.server.connect()).send("SHUTDOWN", "NOSAVE");
  assertEquals((await primary.server.waitForExit()).code, 0);
  assert(performance.now() - start > 900);
  assertEquals(await replica.texts("EXISTS", "last"), ["0"]);
  assertStringIncludes(primary.server.log, "lag");
});

pairingTest("SHUTDOWN NOW does not wait for the replica", async (pairing) => {
  await using lagging = await startLagging(pairing, "600");
  const { primary } = lagging;
  await (await primary.server.connect()).send("SHUTDOWN", "NOSAVE", "NOW");
  assertEquals((await primary.server.waitForExit()).code, 0);
});

pairingTest("SIGTERM waits for the replica, too", async (pairing) => {
  await using lagging = await startLagging(pairing, "60");
  const { primary, replica, relay } = lagging;
  const ended = primary.server.kill("SIGTERM");
  await waitUntilShuttingDown(primary);
  await primary.waitForInfo("shutdown_in_milliseconds", (left) => Number(left) > 0, "server");
  relay.release();
  assertEquals((await ended).code, 0);
  assertEquals(await replica.texts("GET", "last"), ["write"]);
});

pairingTest("SHUTDOWN ABORT ends the waiting, and writers go on", async (pairing) => {
  await using lagging = await startLagging(pairing, "60");
  const { primary, replica, relay } = lagging;
  const asker = await primary.server.connect();
  const asked = asker.call("SHUTDOWN", "NOSAVE");
  await primary.waitForInfo("shutdown_in_milliseconds", (left) => Number(left) > 0, "server");
  const writer = await primary.server.connect();
  const writing = writer.call("SET", "after", "abort");
  assertEquals(await primary.texts("SHUTDOWN", "ABORT"), ["OK"]);
  assertEquals((await asked).text, "ERR Errors trying to SHUTDOWN. Check logs.");
  assertEquals((await writing).text, "OK");
  const none = await primary.control.call("SHUTDOWN", "ABORT");
  assertEquals(none.text, "ERR No shutdown in progress.");
  relay.release();
  await waitForSameOffset(primary, replica);
});

pairingTest("SHUTDOWN FORCE waits for the replica and ends whatever fails", async (pairing) => {
  await using lagging = await startLagging(pairing, "1");
  const { primary } = lagging;
  // Where the snapshot should be there is something that it can't replace.
  await Deno.mkdir(`${primary.server.dir}/dump.rdb`);
  const start = performance.now();
  await (await primary.server.connect()).send("SHUTDOWN", "SAVE", "FORCE");
  assertEquals((await primary.server.waitForExit()).code, 0);
  assert(performance.now() - start > 900);
});

pairingTest("SHUTDOWN does not wait where no replica lags", async (pairing) => {
  await using lagging = await startLagging(pairing, "600");
  const { primary, replica, relay } = lagging;
  relay.release();
  await waitForSameOffset(primary, replica);
  await waitFor(
    "the primary to know it",
    async () => (await primary.texts("WAIT", "1", "1000"))[0] === "1",
  );
  await waitForSameOffset(primary, replica);
  await (await primary.server.connect()).send("SHUTDOWN", "NOSAVE");
  assertEquals((await primary.server.waitForExit()).code, 0);
});
