/** Nodes as lines of text: what CLUSTER NODES answers, and what nodes.conf keeps. */

import { splitArguments } from "../base/split_arguments.ts";
import { BUS_PORT_DISTANCE } from "../config/mod.ts";
import { SLOT_COUNT } from "../keyspace/key_slot.ts";
import { ClusterNode, isNodeId, NodeFlag } from "./cluster_node.ts";
import type { ClusterSettings } from "./cluster_settings.ts";
import { ClusterState } from "./cluster_state.ts";
import type { SlotRange } from "./slot_set.ts";

/** The names of flags, in the order in which they are written. */
const FLAG_NAMES: readonly (readonly [name: string, flag: number])[] = [
  ["myself", NodeFlag.Myself],
  ["master", NodeFlag.Primary],
  ["slave", NodeFlag.Replica],
  ["fail?", NodeFlag.Pfail],
  ["fail", NodeFlag.Fail],
  ["handshake", NodeFlag.Handshake],
  ["noaddr", NodeFlag.NoAddress],
  ["nofailover", NodeFlag.NoFailover],
];
const NO_FLAGS = "noflags";

/** A node's flags as Redis names them. */
export function flagsText(node: ClusterNode): string {
  const names = FLAG_NAMES.filter(([, flag]) => node.is(flag)).map(([name]) => name);
  return names.length === 0 ? NO_FLAGS : names.join(",");
}

/** A node's line, without an end; `plainPort`: with the port of those who come without TLS. */
export function nodeLine(state: ClusterState, node: ClusterNode, plainPort = false): string {
  const port = plainPort && node.plainPort > 0 ? node.plainPort : node.port;
  const hostname = node.hostname === "" ? "" : `,${node.hostname}`;
  const isLinked = node.isMyself || node.link !== null;
  const words = [
    node.id,
    `${node.ip}:${port}@${node.busPort}${hostname}`,
    flagsText(node),
    node.primary?.id ?? "-",
    node.pingSentAt,
    node.pongReceivedAt,
    (node.primary ?? node).configEpoch,
    isLinked ? "connected" : "disconnected",
    ...Array.from(node.slots.ranges(), rangeText),
  ];
  if (node.isMyself) words.push(...movingSlots(state));
  return words.join(" ");
}

function rangeText({ first, last }: SlotRange): string {
  return first === last ? `${first}` : `${first}-${last}`;
}

function movingSlots({ migrating, importing }: ClusterState): string[] {
  const texts: string[] = [];
  for (
    const slot of [...new Set([...migrating.keys(), ...importing.keys()])].sort((a, b) => a - b)
  ) {
    const to = migrating.get(slot), from = importing.get(slot);
    texts.push(to === undefined ? `[${slot}-<-${from?.id}]` : `[${slot}->-${to.id}]`);
  }
  return texts;
}

/** What nodes.conf is to keep. */
export function writeNodesText(state: ClusterState): string {
  const lines: string[] = [];
  for (const node of state.nodes.values()) {
    // Nobody knows yet whether there is such a node.
    if (!node.isInHandshake) lines.push(nodeLine(state, node));
  }
  const { currentEpoch, lastVoteEpoch } = state;
  lines.push(`vars currentEpoch ${currentEpoch} lastVoteEpoch ${lastVoteEpoch}`);
  return lines.map((line) => `${line}\n`).join("");
}

/** A nodes.conf that is none. */
export class CorruptNodesText extends Error {}

/** What nodes.conf keeps. Throws `CorruptNodesText`. */
export function readNodesText(
  text: string,
  settings: ClusterSettings,
  now: number,
): ClusterState {
  const lines = text.split("\n").map(splitArguments).filter((words) => words?.length !== 0);
  const nodes: NodeWords[] = [], variables: string[][] = [];
  for (const words of lines) {
    if (words === null) throw new CorruptNodesText("a quote is not closed");
    if (words[0] === "vars") variables.push(words);
    else nodes.push(new NodeWords(words));
  }
  const mine = nodes.find(({ flags }) => (flags & NodeFlag.Myself) !== 0);
  if (mine === undefined) throw new CorruptNodesText("no node is this one");
  const state = new ClusterState(new ClusterNode(mine.id, 0, now), settings);
  const nodeOf = (id: string) => {
    const node = state.find(id) ?? new ClusterNode(id, 0, now);
    state.add(node);
    return node;
  };
  for (const words of nodes) words.describe(nodeOf(words.id), now);
  for (const words of nodes) words.connect(state, nodeOf);
  for (const words of variables) readVariables(state, words);
  state.currentEpoch = state.maxEpoch;
  state.agenda.take();
  return state;
}

function readVariables(state: ClusterState, words: readonly string[]): void {
  if (words.length % 2 === 0) throw new CorruptNodesText("a variable has no value");
  for (let at = 1; at < words.length; at += 2) {
    if (words[at] === "currentEpoch") state.currentEpoch = readEpoch(words[at + 1]);
    else if (words[at] === "lastVoteEpoch") state.lastVoteEpoch = readEpoch(words[at + 1]);
  }
}

const EPOCH_END = 1n << 64n;

function readEpoch(word: string): bigint {
  const epoch = /^\d{1,20}$/.test(word) ? BigInt(word) : EPOCH_END;
  if (epoch >= EPOCH_END) throw new CorruptNodesText("an epoch is no number");
  return epoch;
}

function readId(word: string): string {
  if (!isNodeId(word)) throw new CorruptNodesText("an id is none");
  return word;
}

/** One node's line. */
class NodeWords {
  readonly id: string;
  readonly flags: number;
  readonly #words: readonly string[];

  constructor(words: readonly string[]) {
    if (words.length < 8) throw new CorruptNodesText("a line is too short");
    this.#words = words;
    this.id = readId(words[0]);
    this.flags = 0;
    for (const name of words[2].split(",")) {
      const found = FLAG_NAMES.find(([known]) => known === name);
      if (found === undefined && name !== NO_FLAGS) throw new CorruptNodesText("an unknown flag");
      this.flags |= found?.[1] ?? 0;
    }
  }

  /** What the line says of the node alone. */
  describe(node: ClusterNode, now: number): void {
    const [, address, , , ping, pong, epoch] = this.#words;
    readAddress(node, address);
    node.flags = this.flags;
    if (node.hasFailed) node.failedAt = now;
    // What was is long ago; that there was something is what matters.
    if (/^0*[1-9]/.test(ping)) node.pingSentAt = now;
    if (/^0*[1-9]/.test(pong)) node.pongReceivedAt = now;
    node.configEpoch = readEpoch(epoch);
  }

  /** What it says of the node and others. */
  connect(state: ClusterState, nodeOf: (id: string) => ClusterNode): void {
    const node = nodeOf(this.id), primary = this.#words[3];
    if (primary !== "-") state.follow(node, nodeOf(readId(primary)));
    for (const word of this.#words.slice(8)) {
      const moving = /^\[(\d{1,5})-([<>])-(.*)\]$/.exec(word);
      if (moving === null) {
        readSlots(state, node, word);
      } else if (node.isMyself) {
        const moves = moving[2] === ">" ? state.migrating : state.importing;
        moves.set(readSlot(moving[1]), nodeOf(readId(moving[3])));
      }
    }
  }
}

function readAddress(node: ClusterNode, word: string): void {
  const match = /^(.*):(\d{1,5})(?:@(\d{1,5}))?(?:,(.*))?$/.exec(word);
  if (match === null) throw new CorruptNodesText("an address is none");
  const [, ip, port, busPort, hostname] = match;
  node.ip = ip;
  node.port = Number(port);
  node.busPort = busPort === undefined ? node.port + BUS_PORT_DISTANCE : Number(busPort);
  node.hostname = hostname ?? "";
}

function readSlots(state: ClusterState, node: ClusterNode, word: string): void {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(word);
  if (match === null) throw new CorruptNodesText("a slot is none");
  const first = readSlot(match[1]), last = readSlot(match[2] ?? match[1]);
  for (let slot = first; slot <= last; slot++) state.assign(slot, node);
}

function readSlot(word: string): number {
  const slot = Number(word);
  if (slot >= SLOT_COUNT) throw new CorruptNodesText("there is no such slot");
  return slot;
}
