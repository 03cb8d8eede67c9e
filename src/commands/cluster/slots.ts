/** Which node has which slots: ADDSLOTS, DELSLOTS, SETSLOT and their like. */

import { ReplyError } from "../../base/errors.ts";
import { SLOT_COUNT } from "../../keyspace/key_slot.ts";
import type { Frame } from "../../resp/frame.ts";
import {
  type ClusterContext,
  requireCluster,
  requireNode,
  requireSlot,
} from "./cluster_context.ts";
import type { ClusterNodeView, ClusterView } from "../views/cluster.ts";

const FIRST = 2;
const NOT_EMPTY = new ReplyError("ERR DB must be empty to perform CLUSTER FLUSHSLOTS.");
const ONLY_PRIMARIES = new ReplyError("ERR Please use SETSLOT only with masters.");
const NO_PRIMARY = new ReplyError("ERR Target node is not a master");
const BAD_ACTION = new ReplyError(
  "ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP",
);

/** Slots that are named one by one. */
function readSlots(args: Frame): number[] {
  const slots: number[] = [];
  for (let i = FIRST; i < args.argc; i++) slots.push(requireSlot(args, i));
  return slots;
}

/** Slots that are named as ranges. */
function readRanges({ command }: ClusterContext, args: Frame): number[] {
  if (args.argc % 2 === 1) {
    throw new ReplyError(`ERR wrong number of arguments for '${command.fullName}' command`);
  }
  const slots: number[] = [], isThere = new Set<number>();
  let double = -1;
  for (let i = FIRST; i < args.argc; i += 2) {
    const first = requireSlot(args, i), last = requireSlot(args, i + 1);
    if (first > last) {
      throw new ReplyError(
        `ERR start slot number ${first} is greater than end slot number ${last}`,
      );
    }
    // All ranges are looked at before any slot is; each slot twice would be too much to keep.
    for (let slot = first; slot <= last; slot++) {
      if (!isThere.has(slot)) slots.push(slot);
      else if (double < 0) double = slot;
      isThere.add(slot);
    }
  }
  return double < 0 ? slots : [...slots, double];
}

/** Throws where one of the slots is not as it has to be, or stands there twice. */
function checkSlots(
  { owners }: ClusterView,
  slots: readonly number[],
  isRight: (owner: ClusterNodeView | null) => boolean,
  otherwise: string,
): void {
  const isThere = new Set<number>();
  for (const slot of slots) {
    if (!isRight(owners[slot])) throw new ReplyError(`ERR Slot ${slot} is already ${otherwise}`);
    if (isThere.has(slot)) throw new ReplyError(`ERR Slot ${slot} specified multiple times`);
    isThere.add(slot);
  }
}

function add(cluster: ClusterView, slots: readonly number[]): void {
  checkSlots(cluster, slots, (owner) => owner === null, "busy");
  cluster.addSlots(slots);
}

function remove(cluster: ClusterView, slots: readonly number[]): void {
  checkSlots(cluster, slots, (owner) => owner !== null, "unassigned");
  cluster.deleteSlots(slots);
}

/** CLUSTER ADDSLOTS */
export function addSlots(context: ClusterContext, args: Frame): void {
  add(requireCluster(context), readSlots(args));
  context.reply.ok();
}

/** CLUSTER ADDSLOTSRANGE */
export function addSlotRanges(context: ClusterContext, args: Frame): void {
  add(requireCluster(context), readRanges(context, args));
  context.reply.ok();
}

/** CLUSTER DELSLOTS */
export function deleteSlots(context: ClusterContext, args: Frame): void {
  remove(requireCluster(context), readSlots(args));
  context.reply.ok();
}

/** CLUSTER DELSLOTSRANGE */
export function deleteSlotRanges(context: ClusterContext, args: Frame): void {
  remove(requireCluster(context), readRanges(context, args));
  context.reply.ok();
}

/** CLUSTER FLUSHSLOTS */
export function flushSlots(context: ClusterContext): void {
  const cluster = requireCluster(context), { owners, myself } = cluster;
  if (context.keyspace.databases[0].size > 0) throw NOT_EMPTY;
  const mine: number[] = [];
  for (let slot = 0; slot < SLOT_COUNT; slot++) if (owners[slot] === myself) mine.push(slot);
  cluster.deleteSlots(mine);
  context.reply.ok();
}

/** CLUSTER SETSLOT */
export function setSlot(context: ClusterContext, args: Frame): void {
  const cluster = requireCluster(context);
  if (cluster.myself.isReplica) throw ONLY_PRIMARIES;
  const slot = requireSlot(args, FIRST);
  const isMine = cluster.owners[slot] === cluster.myself;
  if (args.is(3, "MIGRATING") && args.argc === 5) {
    if (!isMine) throw new ReplyError(`ERR I'm not the owner of hash slot ${slot}`);
    cluster.migrate(slot, requirePrimary(cluster, args, "ERR I don't know about node"));
  } else if (args.is(3, "IMPORTING") && args.argc === 5) {
    if (isMine) throw new ReplyError(`ERR I'm already the owner of hash slot ${slot}`);
    cluster.import(slot, requirePrimary(cluster, args, "ERR I don't know about node"));
  } else if (args.is(3, "STABLE") && args.argc === 4) {
    cluster.stabilize(slot);
  } else if (args.is(3, "NODE") && args.argc === 5) {
    const node = requirePrimary(cluster, args);
    const [database] = context.keyspace.databases;
    if (isMine && node !== cluster.myself && database.countOfSlot(slot) > 0) {
      throw new ReplyError(
        `ERR Can't assign hashslot ${slot} to a different node while I still hold keys for this hash slot.`,
      );
    }
    cluster.giveSlot(slot, node);
  } else {
    throw BAD_ACTION;
  }
  context.reply.ok();
}

function requirePrimary(cluster: ClusterView, args: Frame, unknown?: string): ClusterNodeView {
  const node = requireNode(cluster, args, 4, unknown);
  if (node.isReplica) throw NO_PRIMARY;
  return node;
}
