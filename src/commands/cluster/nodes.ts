/** Which nodes there are, and what each is: MEET, FORGET, REPLICATE, FAILOVER, RESET, epochs. */

import { isIP } from "node:net";

import { NOT_AN_INTEGER, ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { parseInteger } from "../../base/numbers.ts";
import { BUS_PORT_DISTANCE } from "../../config/mod.ts";
import type { Frame } from "../../resp/frame.ts";
import type { FailoverMode } from "../views/cluster.ts";
import { subcommandSyntaxError } from "../help.ts";
import { type ClusterContext, requireCluster, requireNode } from "./cluster_context.ts";

const FORGET_MYSELF = new ReplyError("ERR I tried hard but I can't forget myself...");
const FORGET_PRIMARY = new ReplyError("ERR Can't forget my master!");
const REPLICATE_MYSELF = new ReplyError("ERR Can't replicate myself");
const REPLICATE_REPLICA = new ReplyError("ERR I can only replicate a master, not a replica.");
const NOT_EMPTY = new ReplyError(
  "ERR To set a master the node must be empty and without assigned slots.",
);
const IS_PRIMARY = new ReplyError("ERR You should send CLUSTER FAILOVER to a replica");
const NO_PRIMARY = new ReplyError("ERR I'm a replica but my master is unknown to me");
const PRIMARY_FAILED = new ReplyError(
  "ERR Master is down or failed, please use CLUSTER FAILOVER FORCE",
);
const RESET_WITH_KEYS = new ReplyError(
  "ERR CLUSTER RESET can't be called with master nodes containing keys",
);
const KNOWS_OTHERS = new ReplyError(
  "ERR The user can assign a config epoch only when the node does not know any other node.",
);
const HAS_EPOCH = new ReplyError("ERR Node config epoch is already non-zero");

/** CLUSTER MEET */
export function meet(context: ClusterContext, args: Frame): void {
  const cluster = requireCluster(context);
  const port = readPort(args, 3, "base");
  const busPort = args.argc === 5 ? readPort(args, 4, "bus") : port + BUS_PORT_DISTANCE;
  const ip = args.string(2);
  if (isIP(ip) === 0 || !isPort(port) || !isPort(busPort)) {
    throw new ReplyError(
      `ERR Invalid node address specified: ${args.shownText(2)}:${args.shownText(3)}`,
    );
  }
  cluster.meet(ip, port, busPort);
  context.reply.ok();
}

function isPort(port: number): boolean {
  return port > 0 && port < 65536;
}

function readPort(args: Frame, position: number, what: string): number {
  const port = parseInteger(args.buffer, args.argStart(position), args.argEnd(position));
  if (port !== undefined) return Number(port);
  throw new ReplyError(`ERR Invalid TCP ${what} port specified: ${args.shownText(position)}`);
}

/** CLUSTER FORGET */
export function forget(context: ClusterContext, args: Frame): void {
  const cluster = requireCluster(context), { myself } = cluster;
  const node = requireNode(cluster, args, 2);
  if (node === myself) throw FORGET_MYSELF;
  if (myself.isReplica && myself.primary === node) throw FORGET_PRIMARY;
  cluster.forget(node);
  context.reply.ok();
}

/** CLUSTER REPLICATE */
export function replicate(context: ClusterContext, args: Frame): void {
  const cluster = requireCluster(context), { myself } = cluster;
  const node = requireNode(cluster, args, 2);
  if (node === myself) throw REPLICATE_MYSELF;
  if (node.isReplica) throw REPLICATE_REPLICA;
  const isEmpty = myself.slots.size === 0 && context.keyspace.databases[0].size === 0;
  if (myself.isPrimary && !isEmpty) throw NOT_EMPTY;
  cluster.replicate(node);
  context.reply.ok();
}

/** CLUSTER FAILOVER */
export function failover(context: ClusterContext, args: Frame): void {
  const cluster = requireCluster(context), { myself } = cluster;
  let mode: FailoverMode = "default";
  if (args.argc === 3) {
    if (args.is(2, "FORCE")) mode = "force";
    else if (args.is(2, "TAKEOVER")) mode = "takeover";
    else throw SYNTAX_ERROR;
  } else if (args.argc > 3) throw subcommandSyntaxError(args);
  if (myself.isPrimary) throw IS_PRIMARY;
  if (myself.primary === null) throw NO_PRIMARY;
  const { hasFailed, link } = myself.primary;
  if ((hasFailed || link === null) && mode === "default") throw PRIMARY_FAILED;
  cluster.failover(mode);
  context.reply.ok();
}

/** CLUSTER RESET */
export function reset(context: ClusterContext, args: Frame): void {
  const cluster = requireCluster(context);
  let isHard = false;
  if (args.argc === 3) {
    isHard = args.is(2, "HARD");
    if (!isHard && !args.is(2, "SOFT")) throw SYNTAX_ERROR;
  } else if (args.argc > 3) throw subcommandSyntaxError(args);
  if (cluster.myself.isPrimary && context.db.size > 0) throw RESET_WITH_KEYS;
  cluster.reset(isHard);
  context.reply.ok();
}

/** CLUSTER SET-CONFIG-EPOCH */
export function setConfigEpoch(context: ClusterContext, args: Frame): void {
  const cluster = requireCluster(context);
  const epoch = parseInteger(args.buffer, args.argStart(2), args.argEnd(2));
  if (epoch === undefined) throw NOT_AN_INTEGER;
  if (epoch < 0) throw new ReplyError(`ERR Invalid config epoch specified: ${epoch}`);
  if (cluster.nodeCount > 1) throw KNOWS_OTHERS;
  if (cluster.myself.configEpoch !== 0n) throw HAS_EPOCH;
  cluster.setEpoch(BigInt(epoch));
  context.reply.ok();
}

/** CLUSTER BUMPEPOCH */
export function bumpEpoch(context: ClusterContext): void {
  const cluster = requireCluster(context);
  const word = cluster.bumpEpoch() ? "BUMPED" : "STILL";
  context.reply.simple(`${word} ${cluster.myself.configEpoch}`);
}

/** CLUSTER SAVECONFIG */
export function saveConfig(context: ClusterContext): void {
  requireCluster(context).save();
  context.reply.ok();
}
