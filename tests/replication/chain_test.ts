/** Chains: a replica passes its primary's bytes on, and a part of the stream is enough when its upper end changes. */

import { assert, assertEquals } from "@std/assert";
import { referenceTest } from "../support/reference.ts";
import { Relay } from "../support/relay.ts";
import { StreamTap } from "./stream_tap.ts";
import { combinations, pairingTest, startChain, startPair, waitForSameData } from "./topology.ts";

const FILL = "for i = 1, 1000 do redis.call('SET', 'key:' .. i, 'value ' .. i) end";

for (const chain of combinations(["primary"], ["primary", "replica"], ["replica"])) {
  referenceTest(`a chain has the same data at every place (${chain.join(" → ")})`, async () => {
    await using members = await startChain(chain);
    const [top, middle, bottom] = members;
    await top.texts("EVAL", FILL, "0");
    await top.texts(
      "EVAL",
      "return redis.call('SET', KEYS[1], redis.call('TIME')[2])",
      "1",
      "time",
    );
    await top.texts("SELECT", "5");
    await top.texts("SADD", "set", "a", "b", "c");
    await top.texts("SPOP", "set");
    await top.texts("SELECT", "0");
    await waitForSameData(top, middle, bottom);
    assertEquals(await middle.infoNumber("connected_slaves"), 1);
    assertEquals(
      (await bottom.info()).get("master_replid"),
      (await top.info()).get("master_replid"),
    );
    const write = await bottom.control.call("SET", "k", "v");
    assertEquals(write.text, "READONLY You can't write against a read only replica.");
  });

  referenceTest(
    `a chain's lower part goes on with a part of the stream when its upper end is lost and found (${
      chain.join(" → ")
    })`,
    async () => {
      await using members = await startChain(chain);
      const [top, middle, bottom] = members;
      await using relay = await Relay.start(top.port);
      await middle.attachTo(relay.port);
      await bottom.waitForLink();
      const before = await top.infoNumber("sync_full", "stats");
      await relay.refuse();
      await top.texts("SET", "meanwhile", "1");
      await relay.accept();
      await middle.waitForLink();
      await waitForSameData(top, middle, bottom);
      assertEquals(await bottom.texts("GET", "meanwhile"), ["1"]);
      assertEquals(await top.infoNumber("sync_full", "stats"), before);
    },
  );

  referenceTest(
    `a replica's replica goes on with a part of the stream when the one in the middle is promoted (${
      chain.join(" → ")
    })`,
    async () => {
      await using members = await startChain(chain);
      const [top, middle, bottom] = members;
      await top.texts("SET", "k", "v");
      await waitForSameData(top, middle, bottom);
      const old = (await top.info()).get("master_replid");
      await middle.texts("REPLICAOF", "NO", "ONE");
      const now = await middle.info();
      assertEquals(now.get("master_replid2"), old);
      assert(now.get("master_replid") !== old);
      await bottom.waitForInfo("master_replid", (id) => id === now.get("master_replid"));
      await middle.texts("SET", "after", "promotion");
      await bottom.waitForLink();
      await waitForSameData(middle, bottom);
      assertEquals(await bottom.texts("GET", "after"), ["promotion"]);
      assertEquals(await middle.infoNumber("sync_full", "stats"), 1);
      // The old primary, which has seen nothing else, comes in below with a part of the stream, too.
      await top.attachTo(middle.port);
      await waitForSameData(middle, top, bottom);
      assertEquals(await middle.infoNumber("sync_full", "stats"), 1);
    },
  );
}

pairingTest(
  "a replica's own replicas get its primary's bytes, unchanged",
  async (pairing) => {
    await using pair = await startPair(pairing);
    const { primary, replica } = pair;
    await using upper = await StreamTap.attach(primary);
    await using lower = await StreamTap.attach(replica);
    await primary.texts("SET", "start", "of both");
    await Promise.all([upper.settle(), lower.settle()]);
    await Promise.all([upper.begin(), lower.begin()]);
    await primary.texts("MULTI");
    await primary.texts("INCR", "n");
    await primary.texts("SELECT", "3");
    await primary.texts("SET", "k", "v", "EX", "100");
    await primary.texts("EXEC");
    await primary.texts("SELECT", "0");
    await primary.texts(
      "EVAL",
      "redis.call('SET', KEYS[1], 1) redis.call('INCR', KEYS[1])",
      "1",
      "e",
    );
    await primary.texts("PUBLISH", "channel", "message");
    await waitForSameData(primary, replica);
    const expected = (await upper.end()).filter(({ args }) => args[0] !== "PING");
    assert(expected.length >= 8, JSON.stringify(expected));
    assertEquals((await lower.end()).filter(({ args }) => args[0] !== "PING"), expected);
    assertEquals(lower.offset, upper.offset);
  },
);
