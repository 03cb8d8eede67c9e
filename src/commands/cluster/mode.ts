/** What a connection says of how a node of a cluster is to serve it: ASKING, READONLY, READWRITE. */

import { type ClusterContext, requireCluster } from "./cluster_context.ts";

/** ASKING */
export function asking(context: ClusterContext): void {
  requireCluster(context);
  context.client.markAsking();
  context.reply.ok();
}

/** READONLY */
export function readOnly(context: ClusterContext): void {
  requireCluster(context);
  context.client.readsReplica = true;
  context.reply.ok();
}

/** READWRITE */
export function readWrite(context: ClusterContext): void {
  requireCluster(context);
  context.client.readsReplica = false;
  context.reply.ok();
}
