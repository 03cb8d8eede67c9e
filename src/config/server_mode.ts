/** Whether a server is a node of a cluster, and where the others reach it. */

import type { Settings } from "./directives.ts";

/** From a node's port to that of its bus, where nothing else is said. */
export const BUS_PORT_DISTANCE = 10_000;

/** The port of the bus. */
export function busPortOf(
  { port, "cluster-port": busPort }: Pick<Settings, "port" | "cluster-port">,
): number {
  return busPort || port + BUS_PORT_DISTANCE;
}

/** What kind of server one is, as INFO, HELLO and the log call it. */
export function modeOf(
  { "cluster-enabled": isInCluster }: Pick<Settings, "cluster-enabled">,
): "cluster" | "standalone" {
  return isInCluster ? "cluster" : "standalone";
}
