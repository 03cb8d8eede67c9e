/** What a node knows of the cluster, as texts and numbers: INFO, NODES, LINKS, REPLICAS and their like. */

import { ReplyError } from "../../base/errors.ts";
import { requireSafeInteger } from "../../base/numbers.ts";
import { Span } from "../../base/span.ts";
import { keySlot, SLOT_COUNT } from "../../keyspace/key_slot.ts";
import type { Frame } from "../../resp/frame.ts";
import type { ClusterLinkView } from "../views/cluster.ts";
import { type ClusterContext, requireCluster, requireNode } from "./cluster_context.ts";

const BAD_SLOT = new ReplyError("ERR Invalid slot");
const BAD_SLOT_OR_COUNT = new ReplyError("ERR Invalid slot or number of keys");
const NOT_A_PRIMARY = new ReplyError("ERR The specified node is not a master");

/** CLUSTER MYID */
export function myId(context: ClusterContext): void {
  context.reply.bulkString(requireCluster(context).myself.id);
}

/** CLUSTER INFO */
export function info(context: ClusterContext): void {
  const { info } = requireCluster(context);
  context.reply.verbatim(info.map(([name, value]) => `${name}:${value}\r\n`).join(""), "txt");
}

/** CLUSTER NODES */
export function nodes(context: ClusterContext): void {
  const cluster = requireCluster(context);
  const lines = Array.from(cluster.nodes, (node) => `${cluster.describe(node)}\n`);
  context.reply.verbatim(lines.join(""), "txt");
}

/** CLUSTER REPLICAS */
export function replicas(context: ClusterContext, args: Frame): void {
  const cluster = requireCluster(context), { reply } = context;
  const node = requireNode(cluster, args, 2);
  if (node.isReplica) throw NOT_A_PRIMARY;
  reply.array(node.replicas.length);
  for (const replica of node.replicas) reply.bulkString(cluster.describe(replica));
}

/** CLUSTER COUNT-FAILURE-REPORTS */
export function countFailureReports(context: ClusterContext, args: Frame): void {
  const cluster = requireCluster(context);
  context.reply.integer(cluster.countFailureReports(requireNode(cluster, args, 2)));
}

/** CLUSTER LINKS */
export function links(context: ClusterContext): void {
  const { links } = requireCluster(context), { reply } = context;
  reply.array(links.length);
  for (const link of links) {
    reply.map(6);
    for (const [name, value] of linkFields(link)) {
      reply.bulkString(name);
      if (typeof value === "number") reply.integer(value);
      else reply.bulkString(value);
    }
  }
}

function linkFields(
  { isInbound, node, createdAt, bufferedBytes }: ClusterLinkView,
): readonly (readonly [string, string | number])[] {
  return [
    ["direction", isInbound ? "from" : "to"],
    ["node", node],
    ["create-time", createdAt],
    ["events", bufferedBytes > 0 ? "rw" : "r"],
    ["send-buffer-allocated", bufferedBytes],
    ["send-buffer-used", bufferedBytes],
  ];
}

/** CLUSTER KEYSLOT */
export function slotOfKey(context: ClusterContext, args: Frame): void {
  requireCluster(context);
  context.reply.integer(keySlot(args.buffer, args.argStart(2), args.argEnd(2)));
}

/** CLUSTER COUNTKEYSINSLOT */
export function countKeysInSlot(context: ClusterContext, args: Frame): void {
  requireCluster(context);
  const slot = requireSafeInteger(args.span(2));
  if (slot < 0 || slot >= SLOT_COUNT) throw BAD_SLOT;
  context.reply.integer(context.keyspace.databases[0].countOfSlot(slot));
}

/** CLUSTER GETKEYSINSLOT */
export function getKeysInSlot(context: ClusterContext, args: Frame): void {
  requireCluster(context);
  const { reply, keyspace: { databases: [database] } } = context;
  const slot = requireSafeInteger(args.span(2)), most = requireSafeInteger(args.span(3));
  if (slot < 0 || slot >= SLOT_COUNT || most < 0) throw BAD_SLOT_OR_COUNT;
  const count = Math.min(most, database.countOfSlot(slot)), key = new Span();
  reply.array(count);
  if (count === 0) return;
  let left = count;
  for (const row of database.rowsOfSlot(slot)) {
    reply.bulk(database.keyOf(row, key));
    if (--left === 0) break;
  }
}
