/** Who serves what, as clients read it: CLUSTER SLOTS and CLUSTER SHARDS. */

import { SLOT_COUNT } from "../../keyspace/key_slot.ts";
import type { ClusterNodeView, ClusterView } from "../views/cluster.ts";
import { type ClusterContext, requireCluster } from "./cluster_context.ts";

/** What stands for an endpoint where the node has said no hostname. */
const NO_HOSTNAME = "?";

/** CLUSTER SLOTS */
export function slots(context: ClusterContext): void {
  const cluster = requireCluster(context), { owners } = cluster, { reply } = context;
  const mark = reply.deferArray();
  let count = 0, first = 0;
  for (let slot = 1; slot <= SLOT_COUNT; slot++) {
    const owner = owners[first];
    if (slot < SLOT_COUNT && owners[slot] === owner) continue;
    if (owner !== null) {
      count++;
      replyRange(context, cluster, first, slot - 1, owner);
    }
    first = slot;
  }
  reply.setDeferred(mark, count);
}

function replyRange(
  context: ClusterContext,
  cluster: ClusterView,
  first: number,
  last: number,
  owner: ClusterNodeView,
): void {
  const { reply } = context;
  const available = owner.replicas.filter((node) =>
    !node.hasFailed && cluster.offsetOf(node) !== 0
  );
  reply.array(3 + available.length);
  reply.integer(first);
  reply.integer(last);
  for (const node of [owner, ...available]) replyNode(context, node);
}

function replyNode({ reply, settings }: ClusterContext, node: ClusterNodeView): void {
  const type = settings["cluster-preferred-endpoint-type"], { ip, hostname, port, id } = node;
  reply.array(4);
  if (type === "unknown-endpoint") reply.null();
  else reply.bulkString(type === "ip" ? ip : hostname || NO_HOSTNAME);
  reply.integer(port);
  reply.bulkString(id);
  const others: [string, string][] = [];
  if (type !== "ip") others.push(["ip", ip]);
  if (type !== "hostname" && hostname !== "") others.push(["hostname", hostname]);
  reply.map(others.length);
  for (const [name, value] of others) {
    reply.bulkString(name);
    reply.bulkString(value);
  }
}

/** CLUSTER SHARDS */
export function shards(context: ClusterContext): void {
  const cluster = requireCluster(context), { reply } = context;
  const primaries = [...cluster.nodes].filter(({ isPrimary }) => isPrimary);
  reply.array(primaries.length);
  for (const primary of primaries) {
    const ranges = [...primary.slots.ranges()];
    reply.map(2);
    reply.bulkString("slots");
    reply.array(2 * ranges.length);
    for (const { first, last } of ranges) {
      reply.integer(first);
      reply.integer(last);
    }
    reply.bulkString("nodes");
    reply.array(1 + primary.replicas.length);
    for (const node of [primary, ...primary.replicas]) replyDetails(context, cluster, node);
  }
}

function replyDetails(
  { reply, settings }: ClusterContext,
  cluster: ClusterView,
  node: ClusterNodeView,
): void {
  const offset = cluster.offsetOf(node), { hasFailed, isReplica, hostname } = node;
  const health = hasFailed ? "fail" : isReplica && offset === 0 ? "loading" : "online";
  const fields: [string, string | number][] = [["id", node.id]];
  if (node.port !== 0) fields.push(["port", node.port]);
  fields.push(["ip", node.ip]);
  fields.push(["endpoint", preferredEndpoint(settings["cluster-preferred-endpoint-type"], node)]);
  if (hostname !== "") fields.push(["hostname", hostname]);
  fields.push(["role", isReplica ? "replica" : "master"]);
  fields.push(["replication-offset", offset], ["health", health]);
  reply.map(fields.length);
  for (const [name, value] of fields) {
    reply.bulkString(name);
    if (typeof value === "number") reply.integer(value);
    else reply.bulkString(value);
  }
}

/** What clients are told to connect to; empty: where they are connected to already. */
export function preferredEndpoint(
  type: "ip" | "hostname" | "unknown-endpoint",
  { ip, hostname }: Pick<ClusterNodeView, "ip" | "hostname">,
): string {
  if (type === "ip") return ip;
  return type === "hostname" ? hostname || NO_HOSTNAME : "";
}
