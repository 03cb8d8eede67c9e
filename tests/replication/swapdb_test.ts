/** repl-diskless-load: what a replica serves while it loads, and what it has when loading fails. */

import { assert, assertEquals } from "@std/assert";
import { Relay } from "../support/relay.ts";
import { waitFor } from "../support/wait_for.ts";
import { Member, type Pairing, pairingTest, waitForSameData } from "./topology.ts";

const KEYS = 20_000;

interface Loading extends AsyncDisposable {
  readonly primary: Member;
  readonly replica: Member;
  readonly relay: Relay;
}

/** A replica with data of its primary, in the middle of a full sync through a slow link. */
async function startLoading(pairing: Pairing, load: string): Promise<Loading> {
  const stack = new AsyncDisposableStack();
  try {
    const primary = stack.use(await Member.start(pairing.primary, { "rdbcompression": "no" }));
    const replica = stack.use(
      await Member.start(pairing.replica, {
        "repl-diskless-load": load,
        "loading-process-events-interval-bytes": "100000",
      }),
    );
    const relay = stack.use(await Relay.start(primary.port));
    await primary.texts("SET", "old", "value");
    await replica.attachTo(relay.port);
    await waitForSameData(primary, replica);
    // The stream can't be continued, and the history is still the same one.
    await relay.refuse();
    await primary.texts("DEBUG", "POPULATE", String(KEYS), "key", "500");
    await primary.texts("DEL", "old");
    await primary.texts("CONFIG", "SET", "repl-backlog-size", "16kb");
    for (let i = 0; i < 40; i++) await primary.texts("SET", "filler", "x".repeat(1000));
    relay.throttle("toClient", 4_000_000);
    await relay.accept();
    await waitFor(
      "the data to come",
      () => (relay.links.at(-1)?.length("toClient") ?? 0) > 500_000,
    );
    return { primary, replica, relay, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

pairingTest("a replica serves its old data while it loads with swapdb", async (pairing) => {
  await using loading = await startLoading(pairing, "swapdb");
  const { primary, replica, relay } = loading;
  await replica.waitForInfo("async_loading", (now) => now === "1", "persistence");
  assertEquals(await replica.texts("GET", "old"), ["value"]);
  assertEquals(await replica.texts("DBSIZE"), ["1"]);
  assertEquals((await replica.control.call("SET", "k", "v")).text?.split(" ")[0], "READONLY");
  assertEquals((await replica.info()).get("master_sync_in_progress"), "1");
  relay.throttle("toClient", Infinity);
  await replica.waitForLink();
  await waitForSameData(primary, replica);
  assertEquals(await replica.texts("EXISTS", "old"), ["0"]);
  assertEquals(await replica.texts("DBSIZE"), [String(KEYS + 1)]);
});

pairingTest("a replica keeps its old data when loading with swapdb breaks off", async (pairing) => {
  await using loading = await startLoading(pairing, "swapdb");
  const { primary, replica, relay } = loading;
  await replica.waitForInfo("async_loading", (now) => now === "1", "persistence");
  await relay.refuse();
  await replica.waitForInfo("async_loading", (now) => now === "0", "persistence");
  assertEquals(await replica.texts("GET", "old"), ["value"]);
  relay.throttle("toClient", Infinity);
  await relay.accept();
  await replica.waitForLink();
  await waitForSameData(primary, replica);
});

pairingTest(
  "a replica whose data comes to a file serves its old data meanwhile",
  async (pairing) => {
    await using loading = await startLoading(pairing, "disabled");
    const { primary, replica, relay } = loading;
    assertEquals(await replica.texts("GET", "old"), ["value"]);
    assertEquals((await replica.info()).get("master_sync_in_progress"), "1");
    const [left] = [await replica.infoNumber("master_sync_read_bytes")];
    assert(left > 0);
    relay.throttle("toClient", Infinity);
    await replica.waitForLink();
    await waitForSameData(primary, replica);
  },
);

pairingTest(
  "a replica with data takes it to a file when it may load into an empty one only",
  async (pairing) => {
    await using loading = await startLoading(pairing, "on-empty-db");
    const { primary, replica, relay } = loading;
    assertEquals(await replica.texts("GET", "old"), ["value"]);
    relay.throttle("toClient", Infinity);
    await replica.waitForLink();
    await waitForSameData(primary, replica);
  },
);
