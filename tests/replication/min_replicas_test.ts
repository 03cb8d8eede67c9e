/** min-replicas-to-write and min-replicas-max-lag: writes are refused where too few replicas follow. */

import { assertEquals } from "@std/assert";
import { waitFor } from "../support/wait_for.ts";
import { Member, pairingTest, startRelayed } from "./topology.ts";

const REFUSAL = "NOREPLICAS Not enough good replicas to write.";

pairingTest("writes are refused until there are enough replicas", async (pairing) => {
  await using primary = await Member.start(pairing.primary, { "min-replicas-to-write": "1" });
  await using replica = await Member.start(pairing.replica);
  const refused = async (...args: string[]) => (await primary.control.call(...args)).text;
  assertEquals(await refused("SET", "k", "v"), REFUSAL);
  assertEquals(await primary.texts("GET", "k"), [""]);
  assertEquals(await primary.infoNumber("min_slaves_good_slaves"), 0);
  await replica.attachTo(primary.port);
  await waitFor("the replica to count", async () => await refused("SET", "k", "v") === "OK");
  assertEquals(await primary.infoNumber("min_slaves_good_slaves"), 1);
  assertEquals(await primary.texts("EVAL", "return redis.call('INCR', KEYS[1])", "1", "n"), ["1"]);
  await primary.texts("CONFIG", "SET", "min-replicas-to-write", "2");
  assertEquals(await refused("SET", "k", "w"), REFUSAL);
  await primary.texts("CONFIG", "SET", "min-replicas-to-write", "0");
  assertEquals(await refused("SET", "k", "w"), "OK");
});

pairingTest(
  "writes are refused when the replica lags, and taken when it is back",
  async (pairing) => {
    await using relayed = await startRelayed(pairing, {
      "min-replicas-to-write": "1",
      "min-replicas-max-lag": "2",
    });
    const { primary, relay } = relayed;
    const write = async () => (await primary.control.call("SET", "k", "v")).text;
    await waitFor("the replica to count", async () => await write() === "OK");
    // It acknowledges no more, and the connection is still there.
    relay.hold("toServer");
    await waitFor("the lag to be noticed", async () => await write() === REFUSAL);
    assertEquals(await primary.infoNumber("connected_slaves"), 1);
    const other = await primary.server.connect();
    assertEquals(
      (await other.call("EVAL", "return redis.call('SET', KEYS[1], 1)", "1", "k")).text?.split(
        " ",
      )[0],
      "NOREPLICAS",
    );
    relay.release();
    await waitFor(
      "the replica to count again",
      async () => (await other.call("SET", "k", "v")).text === "OK",
    );
  },
);
