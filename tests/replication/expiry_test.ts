/** A replica leaves expiry to its primary, and hides what has expired meanwhile. */

import { assert, assertEquals } from "@std/assert";
import { Relay } from "../support/relay.ts";
import { waitFor } from "../support/wait_for.ts";
import { StreamTap } from "./stream_tap.ts";
import { Member, pairingTest, startPair, waitForSameData } from "./topology.ts";

pairingTest(
  "a replica hides an expired key until its primary's DEL arrives",
  async (pairing) => {
    await using primary = await Member.start(pairing.primary);
    await using replica = await Member.start(pairing.replica);
    await using relay = await Relay.start(primary.port);
    await replica.attachTo(relay.port);
    await primary.texts("DEBUG", "SET-ACTIVE-EXPIRE", "0");
    await primary.texts("SET", "gone", "v", "PX", "200");
    await primary.texts("SET", "stays", "v");
    await primary.texts("HSET", "hash", "f", "v");
    await primary.texts("PEXPIRE", "hash", "200");
    await waitFor("the keys", async () => (await replica.texts("DBSIZE"))[0] === "3");
    await waitFor("the time", async () => (await replica.texts("PTTL", "hash"))[0] !== "-1");
    relay.hold("toClient");
    await waitFor(
      "the key to expire",
      async () => (await replica.texts("EXISTS", "gone", "hash"))[0] === "0",
    );
    assertEquals(await replica.texts("GET", "gone"), [""]);
    assertEquals(await replica.texts("HGETALL", "hash"), []);
    assertEquals(await replica.texts("TTL", "gone"), ["-2"]);
    assertEquals(await replica.texts("TYPE", "gone"), ["none"]);
    assertEquals(await replica.texts("KEYS", "*"), ["stays"]);
    assertEquals(await replica.texts("EVAL_RO", "return redis.call('GET', KEYS[1])", "1", "gone"), [
      "",
    ]);
    // It is still there.
    assertEquals(await replica.texts("DBSIZE"), ["3"]);
    assertEquals(await replica.infoNumber("expired_keys", "stats"), 0);
    await primary.texts("DEBUG", "SET-ACTIVE-EXPIRE", "1");
    await waitFor(
      "the primary to expire both",
      async () => (await primary.texts("DBSIZE"))[0] === "1",
    );
    assertEquals(await replica.texts("DBSIZE"), ["3"]);
    relay.release();
    await waitFor("the DEL to arrive", async () => (await replica.texts("DBSIZE"))[0] === "1");
    await waitForSameData(primary, replica);
    assertEquals(await replica.infoNumber("expired_keys", "stats"), 0);
  },
);

pairingTest(
  "a replica that is promoted expires what its primary had not",
  async (pairing) => {
    await using pair = await startPair(pairing);
    const { primary, replica } = pair;
    await primary.texts("DEBUG", "SET-ACTIVE-EXPIRE", "0");
    await primary.texts("SET", "gone", "v", "PX", "50");
    await waitForSameData(primary, replica);
    await waitFor(
      "the key to expire",
      async () => (await replica.texts("EXISTS", "gone"))[0] === "0",
    );
    assertEquals(await replica.texts("DBSIZE"), ["1"]);
    await replica.texts("REPLICAOF", "NO", "ONE");
    await waitFor("the key to go", async () => (await replica.texts("DBSIZE"))[0] === "0");
    assertEquals(await replica.infoNumber("expired_keys", "stats"), 1);
  },
);

pairingTest("a primary sends the DEL of a key that a reader meets", async (pairing) => {
  await using pair = await startPair(pairing);
  const { primary, replica } = pair;
  await using tap = await StreamTap.attach(primary);
  await primary.texts("DEBUG", "SET-ACTIVE-EXPIRE", "0");
  await primary.texts("SET", "k", "v", "PX", "1");
  await tap.begin();
  await waitFor("the key to expire", async () => (await primary.texts("GET", "k"))[0] === "");
  await primary.texts("SET", "next", "v", "EX", "100");
  const commands = (await tap.end()).map(({ args }) => args).filter(([name]) => name !== "PING");
  assertEquals(commands[0], ["DEL", "k"]);
  assertEquals(commands[1].slice(0, 4), ["SET", "next", "v", "PXAT"]);
  await waitForSameData(primary, replica);
});

pairingTest(
  "a replica that takes writes expires the keys that it made itself",
  async (pairing) => {
    await using pair = await startPair(pairing);
    const { replica } = pair;
    await replica.texts("CONFIG", "SET", "replica-read-only", "no");
    await replica.texts("SET", "own", "v", "PX", "1");
    await waitFor("the key to go", async () => (await replica.texts("DBSIZE"))[0] === "0");
    assert((await replica.texts("EXISTS", "own"))[0] === "0");
  },
);
