/** Our bus in a cluster of real nodes. */

import { amount } from "../support/long_test.ts";
import { skippedTest } from "../support/required_test.ts";
import { assert, assertEquals } from "@std/assert";
import { bytesOf } from "../../src/base/span.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import type { ServerProcess } from "../support/server_process.ts";
import { freePort } from "../support/free_port.ts";
import { waitFor } from "../support/wait_for.ts";
import { BusNode } from "./bus_node.ts";
import type { RawClient } from "../support/raw_client.ts";

interface RealNode {
  readonly server: ServerProcess;
  readonly client: RawClient;
  readonly busPort: number;
  readonly id: string;
}

async function startReal(stack: AsyncDisposableStack): Promise<RealNode> {
  const busPort = freePort();
  const server = stack.use(
    await startReference({
      directives: {
        "cluster-enabled": "yes",
        "cluster-node-timeout": "600",
        "cluster-port": `${busPort}`,
        "repl-diskless-sync-delay": "0",
      },
    }),
  );
  const client = await server.connect();
  const [id] = await client.texts("CLUSTER", "MYID");
  return { server, client, busPort, id };
}

async function nodesOf({ client }: RealNode): Promise<string> {
  return (await client.call("CLUSTER", "NODES")).text ?? "";
}

/** What a text of nodes says of one of them. */
function lineOf(text: string, id: string): string {
  return text.split("\n").find((line) => line.startsWith(id)) ?? "";
}

/** Two real primaries and one of ours, which have a third of the slots each, in one cluster. */
async function startMixed(stack: AsyncDisposableStack) {
  const [a, b] = await Promise.all([startReal(stack), startReal(stack)]);
  const ours = stack.use(await BusNode.start({ "cluster-node-timeout": 600 }));
  for (const [i, range] of [["0", "5000"], ["5001", "10000"]].entries()) {
    const { client } = [a, b][i];
    await client.call("CLUSTER", "ADDSLOTSRANGE", ...range);
    await client.call("CLUSTER", "SET-CONFIG-EPOCH", `${i + 1}`);
  }
  ours.assign(10001, 16383, 3n);
  // One is met by us, the other one meets us.
  ours.cluster.meet({
    ...{ ip: "127.0.0.1", port: a.server.port, plainPort: 0 },
    busPort: a.busPort,
  });
  const place = ["127.0.0.1", `${ours.port}`, `${ours.busPort}`];
  assertEquals((await b.client.call("CLUSTER", "MEET", ...place)).text, "OK");
  await waitFor("all to find the cluster usable", async () => {
    for (const { client } of [a, b]) {
      const { text } = await client.call("CLUSTER", "INFO");
      if (!/state:ok[^]*known_nodes:3\r\ncluster_size:3/.test(text ?? "")) return false;
    }
    return ours.cluster.state.isOk;
  });
  return { a, b, ours };
}

/** Without what each node sees differently: itself and times. */
function comparable(text: string): string[] {
  return text.trim().split("\n").map((line) => {
    const [id, place, flags, primary, , , ...rest] = line.split(" ");
    return [id, place, flags.replace("myself,", ""), primary, ...rest].join(" ");
  }).sort();
}

referenceTest("one of ours is a node like any other among real ones", async (t) => {
  await using stack = new AsyncDisposableStack();
  const { a, b, ours } = await startMixed(stack);
  const { state } = ours.cluster;

  await t.step("all say the same of all", async () => {
    await waitFor("the same view", async () => {
      const views = [await nodesOf(a), await nodesOf(b), ours.nodes].map(comparable);
      return views.every((view) => view.join() === views[0].join()) &&
        !views[0].join().includes("disconnected");
    });
    assert(lineOf(await nodesOf(a), ours.id).includes(" master - 0 "));
    assert(lineOf(ours.nodes, a.id).endsWith(" connected 0-5000"));
  });

  await t.step("slots that move are followed", async () => {
    assertEquals((await b.client.call("CLUSTER", "SETSLOT", "16000", "NODE", b.id)).text, "OK");
    assertEquals((await b.client.call("CLUSTER", "BUMPEPOCH")).text?.split(" ")[0], "BUMPED");
    await waitFor("slot 16000 to leave", () => state.owner(16000)?.id === b.id);
    state.assign(42, state.myself);
    assert(state.bumpEpoch());
    await waitFor("slot 42 to come", async () => {
      return / 42( |$)/.test(lineOf(await nodesOf(a), ours.id)) &&
        / 42( |$)/.test(lineOf(await nodesOf(b), ours.id));
    });
  });

  await t.step("what is published gets around", async () => {
    const subscriber = await a.server.connect();
    await subscriber.send("SUBSCRIBE", "news");
    await subscriber.read();
    await a.client.call("PUBLISH", "news", "from Redis");
    await subscriber.read();
    await waitFor("the publication", () => ours.published.length > 0);
    assertEquals(ours.published, ["news: from Redis"]);
    const long = "x".repeat(3_000_000);
    for (const text of ["from ours", long]) {
      ours.cluster.messenger.publish(bytesOf("news"), bytesOf(text), false);
      assert((await subscriber.read()).raw.includes(text));
    }
    await a.client.call("PUBLISH", "news", long);
    await waitFor("a long publication", () => ours.published.length > 1);
    assertEquals(ours.published[1].length, "news: ".length + long.length);
  });

  await t.step("real nodes find that it has failed", async () => {
    ours.bus.close();
    await waitFor(
      "the failure",
      async () =>
        / master,fail /.test(lineOf(await nodesOf(a), ours.id)) &&
        / master,fail /.test(lineOf(await nodesOf(b), ours.id)),
    );
  });
});

referenceTest(
  "ours and real nodes find together that a node has failed, and where it is back",
  async () => {
    await using stack = new AsyncDisposableStack();
    const { a, b, ours } = await startMixed(stack);
    await b.server.kill("SIGKILL");
    await waitFor("the failure", async () =>
      / master,fail /.test(lineOf(ours.nodes, b.id)) &&
      / master,fail /.test(lineOf(await nodesOf(a), b.id)));
    assert(!ours.cluster.state.isOk);
    // It comes back elsewhere.
    await b.server.restart({ "cluster-port": `${freePort()}` });
    await waitFor("all to be well", async () => {
      return ours.cluster.state.isOk &&
        / master - 0 /.test(lineOf(await nodesOf(a), b.id));
    });
    assert(lineOf(ours.nodes, b.id).includes(` 127.0.0.1:${b.server.port}@`));
  },
);

/**
 * Registers a test of an election that is a real replica's to begin: on a loaded machine it gives up where its
 * data has become too old, and then it never tries again.
 */
function electionTest(name: string, run: () => Promise<void>): void {
  if (amount({ quick: false, full: false, long: true })) referenceTest(name, run);
  else skippedTest("a real replica gives up on a loaded machine; test:long runs it", name, run);
}

electionTest("a real replica takes the place of its real primary with our vote", async () => {
  await using stack = new AsyncDisposableStack();
  const { a, b, ours } = await startMixed(stack);
  const replica = await startReal(stack);
  await replica.client.call("CLUSTER", "MEET", "127.0.0.1", `${a.server.port}`, `${a.busPort}`);
  await waitFor("a replica", async () => {
    return (await replica.client.call("CLUSTER", "REPLICATE", a.id)).text === "OK";
  });
  await waitFor("its data", async () => {
    return /master_link_status:up/.test((await replica.client.call("INFO")).text ?? "");
  });
  await waitFor("news of it", () => lineOf(ours.nodes, replica.id).includes(` slave ${a.id} `));
  await a.server.kill("SIGKILL");
  await waitFor("the failover", async () => {
    const views = [ours.nodes, await nodesOf(b)];
    return views.every((view) => lineOf(view, replica.id).includes(" master - "));
  });
  assert(ours.log.some((line) => line.includes("Failover auth granted")));
  assert(lineOf(ours.nodes, replica.id).endsWith(" 0-5000"));
});

for (const isManual of [false, true]) {
  const when = isManual ? "when told" : "when it has failed";
  referenceTest(`ours takes the place of a real primary ${when}, with real votes`, async () => {
    await using stack = new AsyncDisposableStack();
    const { a, b, ours } = await startMixed(stack);
    const replica = stack.use(await BusNode.start({ "cluster-node-timeout": 600 }));
    const c = await startReal(stack);
    const place = ["127.0.0.1", `${replica.port}`, `${replica.busPort}`];
    await a.client.call("CLUSTER", "MEET", ...place);
    await a.client.call("CLUSTER", "MEET", "127.0.0.1", `${c.server.port}`, `${c.busPort}`);
    const { state } = replica.cluster;
    await waitFor("all to know each other", () => {
      return state.isOk && state.nodes.size === 5 && ours.cluster.state.nodes.size === 5;
    });
    const primary = state.find(a.id);
    if (primary === undefined) throw new Error("the primary is not known");
    replica.cluster.replicate(primary);
    assertEquals(replica.follows, `127.0.0.1:${a.server.port}`);
    await waitFor(
      "news of it",
      async () =>
        lineOf(await nodesOf(b), replica.id).includes(` slave ${a.id} `) &&
        lineOf(await nodesOf(a), replica.id).includes(` slave ${a.id} `),
    );
    if (isManual) {
      // Nothing is copied here, so it has all that there is.
      replica.offset = Number(
        /master_repl_offset:(\d+)/.exec((await a.client.call("INFO")).text ?? "")?.[1],
      );
      replica.cluster.failover("default");
    } else {
      await a.server.kill("SIGKILL");
    }
    await waitFor("the failover", async () => {
      const views = [ours.nodes, await nodesOf(b)];
      return views.every((view) => / master - .* 0-5000$/.test(lineOf(view, replica.id)));
    });
    assertEquals(replica.follows, null);
    if (isManual) {
      await waitFor("the old primary to follow", async () => {
        return lineOf(await nodesOf(b), a.id).includes(` slave ${replica.id} `);
      });
    }
  });
}
