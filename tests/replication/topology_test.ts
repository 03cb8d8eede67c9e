import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { Relay } from "../support/relay.ts";
import {
  combinations,
  infoMap,
  Member,
  pairingTest,
  startChain,
  startPair,
  waitForSameData,
  waitForSameOffset,
} from "./topology.ts";

Deno.test("combinations has redis-server in every part, whatever miniredis can be", () => {
  assert(
    combinations(["primary"], ["primary", "replica"], ["replica"]).some((one) =>
      one.join() === "redis,redis,redis"
    ),
  );
});

Deno.test("infoMap splits INFO's lines at the first colon", () => {
  assertEquals([...infoMap("# Section\r\nrole:master\r\nslave0:ip=::1,port=1\r\n")], [
    ["role", "master"],
    ["slave0", "ip=::1,port=1"],
  ]);
});

pairingTest(
  "a replica has its primary's data and offset when the link is up",
  async (pairing) => {
    await using pair = await startPair(pairing);
    const { primary, replica } = pair;
    await primary.texts("SET", "zero", "0");
    await primary.texts("SELECT", "3");
    await primary.texts("RPUSH", "list", "a", "b");
    await primary.texts("SELECT", "0");
    await waitForSameData(primary, replica);
    assertEquals(await replica.texts("GET", "zero"), ["0"]);
    assertEquals((await replica.info()).get("role"), "slave");
    assertEquals(await primary.infoNumber("connected_slaves"), 1);
    assertNotEquals(await replica.digest(), "0".repeat(40));
  },
);

pairingTest(
  "a replica takes over data that is older than itself when it is attached",
  async ({ primary: one, replica: another }) => {
    await using primary = await Member.start(one);
    await using replica = await Member.start(another);
    await using relay = await Relay.start(primary.port);
    await primary.texts("DEBUG", "POPULATE", "5000");
    await replica.texts("SET", "own", "data that goes");
    await replica.attachTo(relay.port);
    await waitForSameData(primary, replica);
    assertEquals(await replica.texts("EXISTS", "own"), ["0"]);
    // The relay has seen the handshake and the data.
    const [link] = relay.links;
    assert(/psync/i.test(link.text("toServer")));
    assert(link.text("toClient").includes("REDIS0010"));
  },
);

pairingTest(
  "a chain's servers have the same data and offset",
  async ({ primary, replica }) => {
    await using chain = await startChain([primary, replica]);
    await chain[0].texts("SET", "k", "v");
    assert(await waitForSameOffset(chain[0], chain[1]) > 0);
  },
);
