import { assertEquals, assertMatch } from "@std/assert";
import { amount } from "../support/long_test.ts";
import { longReferenceTest } from "../support/reference.ts";
import { redisCli } from "../support/redis_cli.ts";
import { waitFor } from "../support/wait_for.ts";
import { ClusterOf, type Kind, startNode } from "./cluster_of.ts";

const KEYS = amount({ quick: 40, full: 5000, long: 20_000 });
const SLOTS = String(amount({ quick: 5, full: 200, long: 2000 }));

const MIXED: readonly Kind[] = ["ours", "real", "ours", "real", "ours", "real"];

async function fill(cluster: ClusterOf): Promise<void> {
  const lines = Array.from({ length: KEYS }, (_, i) => `SET key:${i} ${i}\n`).join("");
  const { output } = await redisCli(cluster.nodes[0].port, ["-c"], lines);
  assertEquals(output.match(/OK/g)?.length, KEYS);
}

async function expectAll(cluster: ClusterOf): Promise<void> {
  const lines = Array.from({ length: KEYS }, (_, i) => `GET key:${i}\n`).join("");
  const { output } = await redisCli(cluster.nodes[1].port, ["-c"], lines);
  const values = output.split("\n").filter((line) => /^\d+$/.test(line));
  assertEquals(values, Array.from({ length: KEYS }, (_, i) => String(i)));
}

longReferenceTest("redis-cli makes a cluster of six of our nodes", async () => {
  const kinds = Array<Kind>(6).fill("ours");
  await using cluster = await ClusterOf.create(kinds, 1);
  assertMatch(await cluster.manage("check", cluster.place()), /All 16384 slots covered/);
  await fill(cluster);
  await expectAll(cluster);
});

longReferenceTest("redis-cli manages a cluster of three of ours and three real nodes", async () => {
  await using cluster = await ClusterOf.create(MIXED, 1);
  await fill(cluster);
  const place = cluster.place();
  assertMatch(await cluster.manage("check", place), /All 16384 slots covered/);
  assertMatch(await cluster.manage("call", place, "PING"), /PONG/);
  // Slots go from ours to a real node, and from that one to ours.
  for (const [from, to] of [[0, 1], [1, 2]]) {
    await cluster.manage(
      ...["reshard", place, "--cluster-from", await cluster.id(from), "--cluster-to"],
      ...[await cluster.id(to), "--cluster-slots", SLOTS],
    );
    await cluster.agreed();
  }
  await expectAll(cluster);
  assertMatch(await cluster.manage("info", place), /keys in 3 masters/);
  // Those that one primary has more than another one are moved back.
  const moved = await cluster.manage("rebalance", place, "--cluster-threshold", "0.01");
  assertMatch(moved, /Moving \d+ slots from/);
  await cluster.agreed();
  await expectAll(cluster);

  // A node comes, gets slots by hand, and goes when it has none any more.
  const added = await startNode("ours");
  cluster.nodes.push(added);
  await cluster.manage("add-node", `127.0.0.1:${added.port}`, place);
  await cluster.agreed();
  const id = await cluster.id(6);
  const move = async (from: string, to: string) => {
    await cluster.manage(
      ...["reshard", place, "--cluster-from", from, "--cluster-to", to],
      ...["--cluster-slots", SLOTS],
    );
    await cluster.agreed();
  };
  await move(await cluster.id(1), id);
  await move(id, await cluster.id(1));
  await expectAll(cluster);
  await waitFor("a node that can go", async () => {
    const { code } = await redisCli(cluster.nodes[0].port, [
      ...["--cluster", "del-node", place, id],
    ]);
    return code === 0;
  });
  cluster.nodes.pop();
  await added[Symbol.asyncDispose]();
  await cluster.agreed();
});

longReferenceTest("redis-cli mends a cluster whose slot was left on its way", async () => {
  await using cluster = await ClusterOf.create(["ours", "real", "ours"], 0);
  await fill(cluster);
  const ids = await Promise.all([0, 1, 2].map((node) => cluster.id(node)));
  // The slot of key:1 is on its way from whoever has it to the next node.
  const slot = /\d+/.exec(await cluster.ask(0, "CLUSTER", "KEYSLOT", "key:1"))?.[0] ?? "";
  const lists = await Promise.all([0, 1, 2].map((node) => cluster.ask(node, "EXISTS", "key:1")));
  const from = lists.findIndex((reply) => reply.startsWith(":")), to = (from + 1) % 3;
  await cluster.ask(to, "CLUSTER", "SETSLOT", slot, "IMPORTING", ids[from]);
  await cluster.ask(from, "CLUSTER", "SETSLOT", slot, "MIGRATING", ids[to]);
  const { code } = await redisCli(cluster.nodes[0].port, ["--cluster", "check", cluster.place()]);
  assertEquals(code, 1);
  await cluster.manage("fix", cluster.place());
  await cluster.agreed();
  assertMatch(await cluster.manage("check", cluster.place()), /All 16384 slots covered/);
  await expectAll(cluster);
});
