import { assert, assertEquals, assertFalse, assertStrictEquals } from "@std/assert";
import { Task } from "../../src/cluster/agenda.ts";
import { ClusterNode, NodeFlag } from "../../src/cluster/cluster_node.ts";
import { ClusterState } from "../../src/cluster/cluster_state.ts";
import { ClusterStatus } from "../../src/cluster/cluster_status.ts";
import { SLOT_COUNT } from "../../src/keyspace/key_slot.ts";
import { settings } from "./cluster_settings.ts";

const id = (digit: string) => digit.repeat(40);

function primary(digit: string): ClusterNode {
  return new ClusterNode(id(digit), NodeFlag.Primary, 0);
}

function startState(over: Parameters<typeof settings>[0] = {}): ClusterState {
  const myself = new ClusterNode(id("a"), NodeFlag.Primary | NodeFlag.Myself, 0);
  return new ClusterState(myself, settings(over));
}

/** Three primaries, this one the first, with a third of the slots each. */
function startThree(over: Parameters<typeof settings>[0] = {}) {
  const state = startState(over);
  const b = primary("b"), c = primary("c");
  for (const node of [b, c]) state.add(node);
  const owners = [state.myself, b, c];
  for (let slot = 0; slot < SLOT_COUNT; slot++) state.assign(slot, owners[slot % 3]);
  return { state, b, c };
}

Deno.test("ClusterState gives a slot to one node at a time", () => {
  const { state, b } = startThree();
  state.assign(0, b);
  assertStrictEquals(state.owner(0), b);
  assertFalse(state.myself.slots.has(0));
  assert(b.slots.has(0));
  assert(state.unassign(0));
  assertFalse(state.unassign(0));
  assertEquals(state.countSlots().assigned, SLOT_COUNT - 1);
});

Deno.test("ClusterState counts slots by how their nodes are", () => {
  const { state, b, c } = startThree();
  b.flags |= NodeFlag.Pfail;
  c.flags |= NodeFlag.Fail;
  assertEquals(state.countSlots(), { assigned: 16384, ok: 5462, pfail: 5461, fail: 5461 });
});

Deno.test("ClusterState forgets all of a node that is removed", () => {
  const { state, b, c } = startThree();
  const replica = new ClusterNode(id("d"), NodeFlag.Replica, 0);
  state.add(replica);
  state.follow(replica, b);
  state.migrating.set(0, b);
  state.importing.set(1, b);
  c.failureReports.add(b.id, 0);
  state.remove(b);
  assertEquals(state.find(b.id), undefined);
  assertEquals(state.owner(1), null);
  assertEquals([state.migrating.size, state.importing.size], [0, 0]);
  assertEquals(replica.primary, null);
  assertEquals(state.countFailureReports(c, 0), 0);
});

Deno.test("ClusterState marks a primary as one to which replicas may come while it has some", () => {
  const { state, b, c } = startThree();
  const replica = new ClusterNode(id("d"), NodeFlag.Replica, 0);
  state.add(replica);
  state.follow(replica, b);
  assert(b.is(NodeFlag.MigrateTo));
  state.follow(replica, c);
  assertFalse(b.is(NodeFlag.MigrateTo));
  assertEquals(c.replicas, [replica]);
  const late = primary("e");
  state.add(late);
  state.assign(0, late);
  assert(late.is(NodeFlag.MigrateTo), "others have replicas");
});

Deno.test("ClusterState takes the slots from a primary that becomes a replica", () => {
  const { state, b } = startThree();
  state.agenda.take();
  state.migrating.set(0, b);
  state.becomeReplica(state.myself);
  state.follow(state.myself, b);
  assertEquals(state.myself.slots.size, 0);
  assertEquals(state.migrating.size, 0);
  assertStrictEquals(state.myPrimary, b);
  assertEquals(state.agenda.take() & (Task.Save | Task.Status), Task.Save | Task.Status);
  state.becomePrimary(state.myself);
  assertEquals(b.replicas, []);
  assertFalse(state.myself.is(NodeFlag.MigrateTo | NodeFlag.Replica));
});

Deno.test("ClusterState.bumpEpoch() gives this node the greatest epoch, once", () => {
  const { state, b } = startThree();
  b.configEpoch = 7n;
  state.currentEpoch = 5n;
  assert(state.bumpEpoch());
  assertEquals([state.myself.configEpoch, state.currentEpoch], [8n, 8n]);
  assertFalse(state.bumpEpoch());
  assertEquals(state.agenda.take() & Task.Sync, Task.Sync);
});

Deno.test("ClusterState counts failure reports for twice the node timeout", () => {
  const { state, b, c } = startThree({ "cluster-node-timeout": 1000 });
  assert(b.failureReports.add(c.id, 0));
  assertFalse(b.failureReports.add(c.id, 500));
  assertEquals(state.countFailureReports(b, 2500), 1);
  assertEquals(state.countFailureReports(b, 2501), 0);
});

Deno.test("ClusterState remembers for a minute which nodes it was told to forget", () => {
  const { forgotten } = startState();
  forgotten.add(id("b"), 1000);
  assert(forgotten.has(id("b"), 61_000));
  assertFalse(forgotten.has(id("b"), 61_001));
});

Deno.test("ClusterStatus is ok when all slots have nodes and a majority answers", () => {
  const { state, b, c } = startThree();
  const status = new ClusterStatus(state, settings());
  status.update(0);
  assertFalse(state.isOk, "it has just started");
  assert(status.update(2000));
  assert(state.isOk);
  assertEquals([state.size, state.quorum], [3, 2]);
  b.flags |= NodeFlag.Pfail;
  assertFalse(status.update(2001));
  c.flags |= NodeFlag.Pfail;
  assert(status.update(2002));
  assertFalse(state.isOk);
});

Deno.test("ClusterStatus lets a primary come back from a minority only after a while", () => {
  const { state, b, c } = startThree({ "cluster-node-timeout": 700 });
  const status = new ClusterStatus(state, settings({ "cluster-node-timeout": 700 }));
  status.update(0);
  status.update(2000);
  b.flags |= NodeFlag.Pfail;
  c.flags |= NodeFlag.Pfail;
  status.update(3000);
  b.flags &= ~NodeFlag.Pfail;
  assertFalse(status.update(3699));
  assert(status.update(3700));
  assert(state.isOk);
});

Deno.test("ClusterStatus fails where a slot has no node, or one that failed, if coverage is required", () => {
  for (const required of [true, false]) {
    const over = { "cluster-require-full-coverage": required };
    const { state, b } = startThree(over);
    const status = new ClusterStatus(state, settings(over));
    status.update(0);
    status.update(2000);
    state.unassign(5);
    status.update(2001);
    assertEquals(state.isOk, !required);
    state.assign(5, b);
    status.update(2002);
    assert(state.isOk);
    b.flags |= NodeFlag.Fail;
    status.update(2003);
    assertEquals(state.isOk, !required);
  }
});
