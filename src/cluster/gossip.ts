/** What is made of what others say about nodes. */

import { closeLink, type ClusterNode, NodeFlag } from "./cluster_node.ts";
import type { ClusterParts } from "./cluster_parts.ts";
import type { Failures } from "./failures.ts";
import type { Introductions } from "./introductions.ts";
import type { GossipEntry } from "./message.ts";

/** So far ahead may another node's clock be, in ms. */
const CLOCK_TOLERANCE = 500;

/** Takes gossip in. */
export class Gossip {
  readonly #parts: ClusterParts;
  readonly #failures: Failures;
  readonly #introductions: Introductions;

  constructor(parts: ClusterParts, failures: Failures, introductions: Introductions) {
    this.#parts = parts;
    this.#failures = failures;
    this.#introductions = introductions;
  }

  /** A node says how it finds others. */
  heard(from: ClusterNode, entries: readonly GossipEntry[]): void {
    for (const entry of entries) {
      const node = this.#parts.state.find(entry.id);
      if (node === undefined) this.#introductions.heardOf(entry);
      else this.#about(node, from, entry);
    }
  }

  #about(node: ClusterNode, from: ClusterNode, entry: GossipEntry): void {
    const isFailing = (entry.flags & (NodeFlag.Fail | NodeFlag.Pfail)) !== 0;
    if (from.isPrimary && !node.isMyself) this.#report(node, from, isFailing);
    if (isFailing) return;
    this.#believeIsThere(node, entry);
    this.#followAddress(node, entry);
  }

  #report(node: ClusterNode, from: ClusterNode, isFailing: boolean): void {
    const { host: { log, now } } = this.#parts;
    if (isFailing) {
      if (node.failureReports.add(from.id, now())) {
        log.verbose(`Node ${from.id} reported node ${node.id} as not reachable.`);
      }
      this.#failures.judge(node);
    } else if (node.failureReports.delete(from.id)) {
      log.verbose(`Node ${from.id} reported node ${node.id} is back online.`);
    }
  }

  /** Where nobody has doubts, another node's PONG is as good as one: fewer need be asked for. */
  #believeIsThere(node: ClusterNode, { pongReceived }: GossipEntry): void {
    const { state, host } = this.#parts, now = host.now(), time = pongReceived * 1000;
    if (node.is(NodeFlag.Fail | NodeFlag.Pfail) || node.pingSentAt !== 0) return;
    if (state.countFailureReports(node, now) > 0) return;
    if (time <= now + CLOCK_TOLERANCE && time > node.pongReceivedAt) node.pongReceivedAt = time;
  }

  /** A node that does not answer here, but there, may have moved. */
  #followAddress(node: ClusterNode, { address, flags }: GossipEntry): void {
    const isLost = node.is(NodeFlag.Fail | NodeFlag.Pfail) && !node.isMyself;
    if (!isLost || (flags & NodeFlag.NoAddress) !== 0 || node.isAt(address)) return;
    closeLink(node.link);
    node.moveTo(address);
    node.flags &= ~NodeFlag.NoAddress;
  }
}
