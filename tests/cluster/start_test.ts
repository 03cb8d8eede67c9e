import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { startMiniredis } from "../support/miniredis_process.ts";
import { ConnectionClosed } from "../support/raw_client.ts";
import { TempDir } from "../support/temp_dir.ts";

const NODE = { "cluster-enabled": "yes" };

Deno.test("a node keeps nodes.conf from others, and is the same when it starts again", async () => {
  await using dir = await TempDir.create("node-");
  await using node = await startMiniredis({ dir: dir.path, directives: NODE });
  const refused = await assertRejects(() => startMiniredis({ dir: dir.path, directives: NODE }));
  assertMatch(String(refused), /nodes\.conf is already used by a different Redis Cluster node/);
  const client = await node.connect();
  const { raw: id } = await client.call("CLUSTER", "MYID");
  await client.call("CLUSTER", "ADDSLOTSRANGE", "0", "100");
  await node.kill("SIGKILL");
  await node.restart();
  const again = await node.connect();
  const { raw: sameId } = await again.call("CLUSTER", "MYID");
  assertMatch(sameId, new RegExp(id.trim().split("\r\n")[1]));
  assertMatch((await again.call("CLUSTER", "NODES")).raw, / 0-100\n/);
});

Deno.test("a node is not started where it could not be one", async () => {
  const cases: readonly (readonly [directives: Record<string, string>, reason: RegExp])[] = [
    [{ "replicaof": "127.0.0.1 1" }, /replicaof directive not allowed in cluster mode/],
    [{ "tls-cluster": "yes" }, /the cluster bus has no TLS/],
  ];
  for (const [directives, reason] of cases) {
    const error = await assertRejects(() =>
      startMiniredis({ directives: { ...NODE, ...directives } })
    );
    assertMatch(String(error), reason);
  }
});

Deno.test("a node with keys beyond database 0 is not started, one with keys takes their slots", async () => {
  await using dir = await TempDir.create("node-");
  const fill = async (database: string) => {
    await using server = await startMiniredis({ dir: dir.path });
    const client = await server.connect();
    await client.call("FLUSHALL");
    await client.call("SELECT", database);
    await client.call("SET", "a", "1");
    await client.call("SAVE");
  };
  await fill("1");
  const error = await assertRejects(() => startMiniredis({ dir: dir.path, directives: NODE }));
  assertMatch(String(error), /You can't have keys in a DB different than DB 0/);
  await fill("0");
  await using node = await startMiniredis({ dir: dir.path, directives: NODE });
  const client = await node.connect();
  assertMatch((await client.call("CLUSTER", "NODES")).raw, / connected 15495\n/);
  assertMatch((await client.call("CLUSTER", "COUNTKEYSINSLOT", "15495")).raw, /:1/);
});

Deno.test("a node that can't write nodes.conf ends, and tells nobody that it is done", async () => {
  await using dir = await TempDir.create("node-");
  await using node = await startMiniredis({ dir: dir.path, directives: NODE });
  const client = await node.connect();
  await Deno.mkdir(`${dir.path}/nodes.conf.tmp`);
  await assertRejects(() => client.call("CLUSTER", "ADDSLOTS", "5"), ConnectionClosed);
  const { code } = await node.waitForExit();
  assertEquals(code, 1);
  assertMatch(node.log, /Fatal: can't update cluster config file/);
});
