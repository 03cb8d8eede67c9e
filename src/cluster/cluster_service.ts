/** The node as commands see it: what they are told, and what they have it do. */

import { type ByteRange, copySpan } from "../base/span.ts";
import type { ClusterLinkView, ClusterView, FailoverMode } from "../commands/views/cluster.ts";
import type { Bus } from "./bus.ts";
import type { ClusterHost } from "./cluster_host.ts";
import type { ClusterNode } from "./cluster_node.ts";
import type { ClusterState } from "./cluster_state.ts";
import { MESSAGE_NAMES } from "./message.ts";
import { nodeLine } from "./node_lines.ts";
import type { SlotMoves } from "./slot_moves.ts";

/** What the service works with. */
export interface ClusterServiceParts {
  readonly state: ClusterState;
  readonly host: Pick<ClusterHost, "now" | "log" | "replication">;
  /** The connections to the others; null: the data is still being loaded. */
  readonly bus: () => Bus | null;
}

/** What the log says of failovers that users ask for. */
const FAILOVER_LINES: Readonly<Record<FailoverMode, string>> = {
  default: "Manual failover user request accepted.",
  force: "Forced failover user request accepted.",
  takeover: "Taking over the master (user request).",
};

/** How many connections each node has with each other one. */
const LINKS_PER_NODE = 2;

/** See `ClusterView`. */
export class ClusterService implements ClusterView<ClusterNode> {
  readonly #parts: ClusterServiceParts;
  readonly #state: ClusterState;

  constructor(parts: ClusterServiceParts) {
    this.#parts = parts;
    this.#state = parts.state;
  }

  /** The bus; commands that need it are not served before there is one. */
  get #bus(): Bus {
    const bus = this.#parts.bus();
    if (bus === null) throw new Error("the bus is not there yet");
    return bus;
  }

  // --- What it tells -----------------------------------------------------------------------------

  get myself(): ClusterNode {
    return this.#state.myself;
  }

  get nodes(): Iterable<ClusterNode> {
    return this.#state.nodes.values();
  }

  get nodeCount(): number {
    return this.#state.nodes.size;
  }

  find(id: string): ClusterNode | undefined {
    return this.#state.find(id);
  }

  get owners(): readonly (ClusterNode | null)[] {
    return this.#state.owners;
  }

  offsetOf(node: ClusterNode): number {
    return node.isMyself ? this.#parts.host.replication.offset : node.offset;
  }

  describe(node: ClusterNode): string {
    return nodeLine(this.#state, node);
  }

  get links(): readonly ClusterLinkView[] {
    const links: ClusterLinkView[] = [];
    for (const { id, link, inboundLink } of this.#state.nodes.values()) {
      for (const one of [link, inboundLink]) {
        if (one === null) continue;
        const { isInbound, createdAt, bufferedBytes } = one;
        links.push({ isInbound, node: id, createdAt, bufferedBytes });
      }
    }
    return links;
  }

  /** `cluster_connections` of INFO. */
  get linkCount(): number {
    return (this.nodeCount - 1) * LINKS_PER_NODE;
  }

  /** `mem_cluster_links` of INFO, in bytes. */
  get linkBytes(): number {
    return this.#parts.bus()?.bytes ?? 0;
  }

  get info(): readonly (readonly [string, string | number | bigint])[] {
    const state = this.#state, { assigned, ok, pfail, fail } = state.countSlots();
    const { cluster } = this.#bus, { sent } = cluster.messenger, { received } = cluster;
    return [
      ["cluster_state", state.isOk ? "ok" : "fail"],
      ["cluster_slots_assigned", assigned],
      ["cluster_slots_ok", ok],
      ["cluster_slots_pfail", pfail],
      ["cluster_slots_fail", fail],
      ["cluster_known_nodes", state.nodes.size],
      ["cluster_size", state.size],
      ["cluster_current_epoch", state.currentEpoch],
      ["cluster_my_epoch", state.myEpoch],
      ...messageCounts(sent, "sent"),
      ...messageCounts(received, "received"),
      ["total_cluster_links_buffer_limit_exceeded", cluster.linksOverLimit],
    ];
  }

  /** The same for the metrics, which are numbers. */
  get metrics(): readonly (readonly [string, number])[] {
    return this.info.map(([name, value]) => [name, Number(value === "ok" ? 1 : value) || 0]);
  }

  countFailureReports(node: ClusterNode): number {
    return this.#state.countFailureReports(node, this.#parts.host.now());
  }

  // --- Slots -------------------------------------------------------------------------------------

  addSlots(slots: readonly number[]): void {
    this.#slots.add(slots);
  }

  deleteSlots(slots: readonly number[]): void {
    this.#slots.remove(slots);
  }

  migrate(slot: number, to: ClusterNode): void {
    this.#slots.beginMigrating(slot, to);
  }

  import(slot: number, from: ClusterNode): void {
    this.#slots.beginImporting(slot, from);
  }

  stabilize(slot: number): void {
    this.#slots.stop(slot);
  }

  giveSlot(slot: number, to: ClusterNode): void {
    this.#slots.give(slot, to);
  }

  get #slots(): SlotMoves {
    return this.#bus.cluster.slots;
  }

  // --- Nodes -------------------------------------------------------------------------------------

  meet(ip: string, port: number, busPort: number): void {
    this.#bus.cluster.meet({ ip: plainIp(ip), port, plainPort: 0, busPort });
  }

  forget(node: ClusterNode): void {
    this.#bus.cluster.forget(node);
  }

  replicate(primary: ClusterNode): void {
    this.#bus.cluster.replicate(primary);
  }

  failover(mode: FailoverMode): void {
    this.#parts.host.log.warning(FAILOVER_LINES[mode]);
    this.#bus.cluster.failover(mode);
  }

  reset(isHard: boolean): void {
    this.#bus.cluster.reset(isHard);
  }

  bumpEpoch(): boolean {
    return this.#state.bumpEpoch();
  }

  setEpoch(epoch: bigint): void {
    this.#bus.cluster.setConfigEpoch(epoch);
    this.#parts.host.log.warning(`configEpoch set to ${epoch} via CLUSTER SET-CONFIG-EPOCH`);
  }

  save(): void {
    this.#bus.cluster.save();
  }

  // --- Messages of clients -----------------------------------------------------------------------

  publish(channel: ByteRange, message: ByteRange, isSharded: boolean): void {
    const bus = this.#parts.bus();
    if (bus === null || this.nodeCount === 1) return;
    bus.cluster.messenger.publish(copySpan(channel), copySpan(message), isSharded);
  }
}

/** How many messages of each type there were, where there were any, and of all. */
function messageCounts(counts: readonly number[], direction: string): [string, number][] {
  const fields: [string, number][] = [];
  let sum = 0;
  for (const [type, count] of counts.entries()) {
    sum += count;
    if (count > 0) {
      fields.push([`cluster_stats_messages_${MESSAGE_NAMES[type]}_${direction}`, count]);
    }
  }
  return [...fields, [`cluster_stats_messages_${direction}`, sum]];
}

/** An address as everybody writes it, so that a node that is known by another spelling is found. */
function plainIp(ip: string): string {
  return ip.includes(":") ? new URL(`http://[${ip}]`).hostname.slice(1, -1) : ip;
}
