/** Which nodes a message tells of. */

import { type ClusterNode, NodeFlag } from "./cluster_node.ts";
import type { ClusterState } from "./cluster_state.ts";
import type { GossipEntry } from "./message.ts";

/** Messages tell of a tenth of the nodes: so a majority's reports come together in time. */
const SHARE = 10;
const LEAST = 3;

/**
 * Some nodes by chance, and all that do not answer: the news of these must get around. `below` gives a random
 * whole number below its argument.
 */
export function chooseGossip(
  { nodes }: ClusterState,
  below: (limit: number) => number,
): GossipEntry[] {
  const known: ClusterNode[] = [], failing: ClusterNode[] = [];
  for (const node of nodes.values()) {
    if (node.is(NodeFlag.Handshake | NodeFlag.NoAddress)) continue;
    if (node.isMaybeFailing) failing.push(node);
    else if (!node.isMyself && (node.link !== null || node.slots.size > 0)) known.push(node);
  }
  // The sender and the receiver are known to the receiver.
  const wanted = Math.min(Math.max(Math.floor(nodes.size / SHARE), LEAST), nodes.size - 2);
  return [...pick(known, wanted, below), ...failing].map(entryOf);
}

/** So many of the elements, in any order; changes the array. */
function pick<T>(elements: T[], count: number, below: (limit: number) => number): T[] {
  const end = Math.min(Math.max(count, 0), elements.length);
  for (let at = 0; at < end; at++) {
    const other = at + below(elements.length - at);
    [elements[at], elements[other]] = [elements[other], elements[at]];
  }
  return elements.slice(0, end);
}

function entryOf(node: ClusterNode): GossipEntry {
  const { ip, port, plainPort, busPort } = node;
  return {
    id: node.id,
    pingSent: Math.floor(node.pingSentAt / 1000),
    pongReceived: Math.floor(node.pongReceivedAt / 1000),
    address: { ip, port, plainPort, busPort },
    flags: node.flags,
  };
}
