import { assert, assertEquals, assertFalse } from "@std/assert";
import { Task } from "../../src/cluster/agenda.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import type { ClusterNode } from "../../src/cluster/cluster_node.ts";
import { Random } from "../support/random.ts";
import { type Shape, SimulatedCluster } from "./simulated_cluster.ts";

function start(shape: Shape, seed = 1): SimulatedCluster {
  const cluster = new SimulatedCluster(new Random(seed), shape);
  agree(cluster);
  return cluster;
}

function agree(cluster: SimulatedCluster, limit = 30_000): void {
  try {
    cluster.advanceUntil("agreement", () => cluster.disagreement() === undefined, limit);
  } catch (error) {
    throw new Error(`${cluster.disagreement()}\n${cluster.log.join("\n")}`, { cause: error });
  }
}

function known({ state }: Pick<Cluster, "state">, id: string): ClusterNode {
  const node = state.find(id);
  if (node === undefined) throw new Error(`${id} is not known`);
  return node;
}

Deno.test("a cluster that starts comes to be usable", () => {
  const cluster = start({ replicas: [1, 1, 1] });
  assertEquals(cluster.up.length, 6);
});

Deno.test("a primary that is down is replaced by its replica, and follows it when it is back", () => {
  const cluster = start({ replicas: [1, 0, 0] });
  const [a, b, c, replica] = cluster.nodes;
  a.crash();
  const took = cluster.advanceUntil("failover", () => replica.myself.isPrimary, 10_000);
  assert(took >= 1500, `after ${took} ms`);
  cluster.advance(500);
  assertEquals([b, c].map(({ state }) => state.owner(0)?.id), [replica.id, replica.id]);
  a.start();
  agree(cluster);
  assertEquals(a.myself.primary?.id, replica.id);
  assertEquals(replica.state.myself.configEpoch, 4n);
});

Deno.test("nothing is replaced without a majority", () => {
  const cluster = start({ replicas: [1, 0, 0] });
  const [a, b, c, replica] = cluster.nodes;
  cluster.partition([a, c], [b, replica]);
  cluster.advance(20_000);
  assertFalse(replica.myself.isPrimary);
  assertFalse(b.state.isOk, "it is with a minority");
  assertFalse(replica.state.isOk);
});

Deno.test("the replica with the most data takes the primary's place", () => {
  const cluster = start({ replicas: [3, 0, 0] });
  const [a, , , ...replicas] = cluster.nodes;
  a.crash();
  cluster.advance(500);
  for (const [i, node] of replicas.entries()) node.offset = 1000 + i;
  cluster.advanceUntil("failover", () => replicas.some(({ myself }) => myself.isPrimary), 10_000);
  assert(replicas[2].myself.isPrimary);
});

Deno.test("a replica whose data is too old does not try", () => {
  const over = { "cluster-replica-validity-factor": 1, "repl-ping-replica-period": 1 };
  const cluster = start({ replicas: [1, 0, 0], settings: over });
  const [a, , , replica] = cluster.nodes;
  cluster.cut(a, replica);
  cluster.advance(10_000);
  a.crash();
  cluster.advance(20_000);
  assertFalse(replica.myself.isPrimary);
  assert(cluster.log.some((line) => line.includes("Disconnected from master for longer")));
});

Deno.test("a replica that must not does not try by itself, but when it is asked", () => {
  const cluster = start({
    replicas: [1, 0, 0],
    settings: { "cluster-replica-no-failover": true },
  });
  const [a, , , replica] = cluster.nodes;
  a.crash();
  cluster.advance(20_000);
  assertFalse(replica.myself.isPrimary);
  replica.act((node) => node.failover("force"));
  cluster.advanceUntil("failover", () => replica.myself.isPrimary, 3000);
});

Deno.test("a manual failover waits for the primary's last changes, and loses none", () => {
  const cluster = start({ replicas: [1, 0, 0] });
  const [a, , , replica] = cluster.nodes;
  cluster.advance(1000);
  replica.act((node) => node.failover("default"));
  cluster.advanceUntil("pause", () => a.pausedUntil > cluster.now, 1000);
  const { offset } = a;
  cluster.advanceUntil("failover", () => replica.myself.isPrimary, 5000);
  assert(replica.offset >= offset);
  agree(cluster);
  assertEquals(a.myself.primary?.id, replica.id);
  assertEquals(a.pausedUntil, 0, "it takes writes again: those of a replica");
});

Deno.test("manual failovers can follow each other at once", () => {
  const cluster = start({ replicas: [1, 0, 0] });
  const [a, , , b] = cluster.nodes;
  for (const [node, other] of [[b, a], [a, b], [b, a]]) {
    // Primaries vote for one of the nodes after twice the node timeout again.
    cluster.advance(2500);
    node.act((one) => one.failover("default"));
    cluster.advanceUntil("failover", () => node.myself.isPrimary, 3000);
    agree(cluster);
    assertEquals(other.myself.primary?.id, node.id);
  }
  assertEquals(b.myself.configEpoch, 6n);
});

Deno.test("a manual failover is given up after 5 s where the primary is not there", () => {
  const cluster = start({ replicas: [1, 0, 0] });
  const [a, , , replica] = cluster.nodes;
  cluster.cut(a, replica);
  replica.act((node) => node.failover("default"));
  cluster.advance(5200);
  assertFalse(replica.myself.isPrimary);
  assert(cluster.log.some((line) => line.endsWith("Manual failover timed out.")));
});

Deno.test("a takeover needs nobody", () => {
  const cluster = start({ replicas: [1, 0, 0] });
  const [a, b, c, replica] = cluster.nodes;
  cluster.partition([a, b, c], [replica]);
  replica.act((node) => node.failover("takeover"));
  assert(replica.myself.isPrimary);
  cluster.advance(5000);
  cluster.heal();
  agree(cluster);
  assertEquals(a.myself.primary?.id, replica.id);
});

Deno.test("a replica goes to a primary that has lost its own", () => {
  const cluster = start({ replicas: [2, 1, 1] });
  const [, b, , x, y, replicaOfB] = cluster.nodes;
  replicaOfB.crash();
  const moved = () => [x, y].some(({ myself }) => myself.primary?.id === b.id);
  const took = cluster.advanceUntil("migration", moved, 15_000);
  assert(took > 5000, `after ${took} ms`);
  const first = [x, y].sort((one, other) => one.id < other.id ? -1 : 1)[0];
  assertEquals(first.myself.primary?.id, b.id, "that with the smaller id goes");
  const kept = [x, y].filter(({ myself }) => myself.primary?.id === cluster.nodes[0].id);
  assertEquals(kept.length, 1);
});

Deno.test("no replica goes where that is not allowed, or its own primary would have too few", () => {
  const few = { "cluster-migration-barrier": 2 },
    none = { "cluster-allow-replica-migration": false };
  for (const over of [few, none]) {
    const cluster = start({ replicas: [2, 1, 1], settings: over });
    const [a, , , x, y, replicaOfB] = cluster.nodes;
    replicaOfB.crash();
    cluster.advance(15_000);
    assertEquals([x, y].map(({ myself }) => myself.primary?.id), [a.id, a.id]);
  }
});

Deno.test("two primaries with one epoch come to have different ones", () => {
  const cluster = start({ replicas: [0, 0, 0] });
  for (const node of cluster.nodes) {
    node.act(({ state }) => state.currentEpoch = state.myself.configEpoch = 9n);
  }
  cluster.advance(5000);
  agree(cluster);
  const epochs = cluster.nodes.map(({ myself }) => myself.configEpoch);
  assertEquals(new Set(epochs).size, 3, epochs.join());
});

Deno.test("a node that was met knows all, and all know it", () => {
  const cluster = start({ replicas: [1, 0, 0] });
  const loner = cluster.addLoner();
  cluster.nodes[0].act((node) => assert(node.meet(loner.address)));
  cluster.nodes[0].act((node) => assertFalse(node.meet(loner.address), "it is under way"));
  agree(cluster);
  for (const { state } of cluster.nodes) assertEquals(state.nodes.size, 5);
});

Deno.test("a node that is not there is given up", () => {
  const cluster = start({ replicas: [0, 0, 0] });
  const address = { ip: "10.9.9.9", port: 1, plainPort: 0, busPort: 2 };
  cluster.nodes[0].act((node) => assert(node.meet(address)));
  assertEquals(cluster.nodes[0].state.nodes.size, 4);
  cluster.advance(1500);
  assertEquals(cluster.nodes[0].state.nodes.size, 3);
});

Deno.test("a node that is forgotten by all stays away, though it does not know", () => {
  const cluster = start({ replicas: [0, 0, 0] });
  const loner = cluster.addLoner();
  cluster.nodes[0].act((node) => assert(node.meet(loner.address)));
  agree(cluster);
  for (const node of cluster.nodes.slice(0, 3)) {
    node.act((one) => {
      one.forget(known(one, loner.id));
    });
  }
  cluster.advance(30_000);
  for (const { state } of cluster.nodes.slice(0, 3)) assertEquals(state.nodes.size, 3);
});

Deno.test("a node that has moved is found again", () => {
  const cluster = start({ replicas: [1, 0, 0] });
  const [a, b] = cluster.nodes;
  a.act((node) => known(node, b.id).ip = "10.7.7.7");
  for (const node of [a, b]) for (const end of [...node.ends]) end.close();
  cluster.advance(5000);
  assertEquals(a.state.find(b.id)?.ip, b.ip);
  agree(cluster);
});

Deno.test("a node that is reset knows nobody, and has another name if that is asked for", () => {
  const cluster = start({ replicas: [1, 0, 0] });
  const [, , , replica] = cluster.nodes;
  replica.act((node) => node.reset(false));
  assertEquals([replica.myself.id, replica.state.nodes.size], [replica.id, 1]);
  assert(replica.myself.isPrimary);
  replica.act((node) => node.reset(true));
  assert(replica.myself.id !== replica.id);
  assertEquals(replica.state.currentEpoch, 0n);
});

Deno.test("a slot that a user moves is followed by all", () => {
  const cluster = start({ replicas: [1, 0, 0] });
  const [a, b, , replica] = cluster.nodes;
  // As redis-cli has it: first where it comes from and goes to, then who has it.
  b.act(({ slots, state }) => slots.beginImporting(7, known({ state }, a.id)));
  a.act(({ slots, state }) => slots.beginMigrating(7, known({ state }, b.id)));
  assertEquals([a, b].map(({ state }) => state.migrating.size + state.importing.size), [1, 1]);
  b.act(({ slots, state }) => slots.give(7, state.myself));
  assertEquals([b.state.importing.size, b.myself.configEpoch], [0, 4n]);
  cluster.advance(300);
  assertEquals(a.state.owner(7)?.id, b.id, "it hears of it at once");
  a.act(({ slots }) => slots.stop(7));
  cluster.advance(3000);
  agree(cluster);
  for (const { state } of [a, replica]) assertEquals(state.owner(7)?.id, b.id);
  assertEquals(a.deletions, 1, "its keys are gone");
});

Deno.test("a primary that has given its last slot away follows who has it", () => {
  for (const allowed of [true, false]) {
    const over = { "cluster-allow-replica-migration": allowed };
    const cluster = start({ replicas: [0, 0, 0], settings: over });
    const [a, b] = cluster.nodes;
    a.act(({ slots, state }) => {
      slots.remove([...state.myself.slots].filter((slot) => slot !== 1));
      slots.give(1, known({ state }, b.id));
    });
    assertEquals(a.myself.primary?.id, allowed ? b.id : undefined);
  }
});

Deno.test("what users do with slots is on disk when the turn has ended", () => {
  const cluster = start({ replicas: [0, 0, 0] });
  const [a, b] = cluster.nodes;
  a.act(({ slots, state }) => {
    slots.remove([0, 1]);
    slots.add([1]);
    slots.beginMigrating(2, known({ state }, b.id));
  });
  b.act((node) => {
    node.slots.remove([6000]);
    node.setConfigEpoch(9n);
  });
  cluster.advance(1);
  for (const node of [a, b]) {
    node.crash();
    node.start();
  }
  assertEquals([0, 1, 2].map((slot) => a.state.owner(slot)?.id), [undefined, a.id, a.id]);
  assertEquals(a.state.migrating.get(2)?.id, b.id);
  assertEquals([b.state.owner(6000), b.myself.configEpoch], [null, 9n]);
});

Deno.test("a slot that its owner has given up is left to whoever claims it, with any epoch", () => {
  const cluster = start({ replicas: [0, 0, 0] });
  const [a, b, c] = cluster.nodes;
  // B takes slot 0 from A, which hears of it and begins a new epoch; C hears of that first.
  cluster.cut(b, c);
  b.act(({ state }) => {
    state.assign(0, state.myself);
    state.agenda.add(Task.Save | Task.Sync);
  });
  cluster.advanceUntil("the slot to be given up", () => a.state.owner(0)?.id === b.id, 3000);
  a.act(({ state }) => state.bumpEpoch());
  cluster.advanceUntil(
    "the new epoch",
    () => c.state.find(a.id)?.configEpoch === a.myself.configEpoch,
    3000,
  );
  cluster.heal();
  agree(cluster);
  assertEquals(c.state.owner(0)?.id, b.id);
});

Deno.test("a primary that a majority has not heard of does not vote", () => {
  const cluster = start({ replicas: [1, 0, 0] });
  const [a, b, c, replica] = cluster.nodes;
  cluster.partition([a, b], [c, replica]);
  cluster.advance(3000);
  replica.act((node) => node.failover("force"));
  cluster.advance(1000);
  assert(cluster.log.some((line) => line.includes("node 2: Failover auth denied")));
  assertEquals(c.state.lastVoteEpoch, 0n);
  cluster.heal();
  cluster.advance(5000);
  replica.act((node) => node.failover("force"));
  cluster.advanceUntil("failover", () => replica.myself.isPrimary, 3000);
  assertEquals(c.state.lastVoteEpoch, replica.myself.configEpoch);
});

Deno.test("who has voted votes for nobody else before it knows what came of it", () => {
  const cluster = start({ replicas: [1, 1, 0] });
  const [a, b, c, replicaOfA, replicaOfB] = cluster.nodes;
  b.crash();
  // The candidate goes as soon as it has a vote: whether it has won, nobody knows.
  cluster.turnEnded = () => {
    if (a.state.lastVoteEpoch > 0n) replicaOfB.crash();
  };
  cluster.advanceUntil("the first vote", () => !replicaOfB.isUp, 10_000);
  cluster.turnEnded = () => {};
  const epoch = a.state.lastVoteEpoch;
  replicaOfA.act((node) => node.failover("force"));
  cluster.advance(1000);
  assertFalse(replicaOfA.myself.isPrimary);
  assertEquals(a.state.lastVoteEpoch, epoch);
  cluster.advance(1500);
  replicaOfA.act((node) => node.failover("force"));
  cluster.advanceUntil("failover", () => replicaOfA.myself.isPrimary, 3000);
  assert(c.state.lastVoteEpoch > epoch);
});
