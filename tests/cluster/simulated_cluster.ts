/**
 * Nodes on a network that a test has in its hands: time, delays, losses, partitions, power cuts and whatever is
 * chosen by chance are the simulation's. The same seed gives the same history.
 */

import { Cluster } from "../../src/cluster/cluster.ts";
import type { ClusterHost } from "../../src/cluster/cluster_host.ts";
import type { ClusterNode, NodeAddress, NodeLink } from "../../src/cluster/cluster_node.ts";
import type { ClusterSettings } from "../../src/cluster/cluster_settings.ts";
import { HEARTBEAT_INTERVAL } from "../../src/cluster/heartbeat.ts";
import { readNodesText } from "../../src/cluster/node_lines.ts";
import { NodesFile } from "../../src/cluster/nodes_file.ts";
import { SLOT_COUNT } from "../../src/keyspace/key_slot.ts";
import { FaultyFileSystem, PowerLoss } from "../support/faulty_file_system.ts";
import type { Random } from "../support/random.ts";
import { settings } from "./cluster_settings.ts";

const START = 1_700_000_000_000;
const BUS_PORT = 10_000;
const DIR = "data", FILE = "nodes.conf";

interface Event {
  readonly time: number;
  readonly order: number;
  readonly run: () => void;
}

/** What happens when: the earliest first, and in the order in which it was planned. */
class Agenda {
  readonly #heap: Event[] = [];
  #order = 0;

  add(time: number, run: () => void): void {
    const heap = this.#heap;
    heap.push({ time, order: this.#order++, run });
    for (let at = heap.length - 1; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!isEarlier(heap[at], heap[parent])) break;
      [heap[at], heap[parent]] = [heap[parent], heap[at]];
      at = parent;
    }
  }

  /** The next one that happens by `time`, which is taken out. */
  take(time: number): Event | undefined {
    const heap = this.#heap;
    if (heap.length === 0 || heap[0].time > time) return undefined;
    const first = heap[0], last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      for (let at = 0;;) {
        let least = at;
        for (const child of [2 * at + 1, 2 * at + 2]) {
          if (child < heap.length && isEarlier(heap[child], heap[least])) least = child;
        }
        if (least === at) break;
        [heap[at], heap[least]] = [heap[least], heap[at]];
        at = least;
      }
    }
    return first;
  }
}

function isEarlier(a: Event, b: Event): boolean {
  return a.time < b.time || a.time === b.time && a.order < b.order;
}

/** One end of a connection. */
class End implements NodeLink {
  node: ClusterNode | null = null;
  peer: End | null = null;
  isClosed = false;
  /** What the turn has to say, and what waits for the connection. */
  readonly queue: Uint8Array[] = [];
  /** When the last message that is on its way arrives. */
  lastArrival = 0;
  readonly createdAt: number;

  constructor(
    readonly owner: SimulatedNode,
    readonly other: SimulatedNode,
    readonly isInbound: boolean,
  ) {
    this.createdAt = owner.now();
  }

  get remoteIp(): string {
    return this.other.ip;
  }

  get localIp(): string {
    return this.owner.ip;
  }

  get bufferedBytes(): number {
    return this.queue.length;
  }

  send(message: Uint8Array): void {
    this.queue.push(message);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.owner.ends.delete(this);
    const { peer } = this, { network } = this.owner;
    if (peer === null) return;
    network.later(network.delay(), () => {
      if (!network.isCut(this.owner, this.other)) peer.lost();
    });
  }

  /** The other end is no more. */
  lost(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.owner.ends.delete(this);
    this.owner.act((cluster) => cluster.disconnected(this));
  }
}

/** A node with its disk. It is up or down. */
export class SimulatedNode {
  readonly files = new FaultyFileSystem();
  readonly ends = new Set<End>();
  cluster: Cluster | null = null;
  /** How far its data is. */
  offset = 0;
  /** Whom it follows. */
  primary: SimulatedNode | null = null;
  /** When it last heard of its primary. */
  heardAt = -Infinity;
  pausedUntil = 0;
  /** It does nothing before this time, as a process does that is stopped. */
  stoppedUntil = 0;
  /** Its clock is so many ms ahead. */
  clockShift = 0;
  /** Slots that had keys and were taken away. */
  deletions = 0;
  #generation = 0;
  #file: NodesFile | null = null;

  constructor(
    readonly network: SimulatedCluster,
    readonly id: string,
    readonly index: number,
    readonly settings: ClusterSettings,
  ) {
    this.files.put(`${DIR}/unused`, "");
  }

  get ip(): string {
    return `10.0.0.${this.index + 1}`;
  }

  get port(): number {
    return 1 + this.index;
  }

  get busPort(): number {
    return BUS_PORT + this.port;
  }

  get address(): NodeAddress {
    return { ip: this.ip, port: this.port, plainPort: 0, busPort: this.busPort };
  }

  get isUp(): boolean {
    return this.cluster !== null;
  }

  get myself(): ClusterNode {
    return this.state.myself;
  }

  get state(): Cluster["state"] {
    if (this.cluster === null) throw new Error(`node ${this.index} is down`);
    return this.cluster.state;
  }

  now(): number {
    return this.network.now + this.clockShift;
  }

  /** Starts it from what its disk has. */
  start(): void {
    if (this.isUp) return;
    this.#file = NodesFile.open(this.files, DIR, FILE);
    const state = readNodesText(this.#file.read(), this.settings, this.now());
    this.primary = null;
    this.heardAt = -Infinity;
    this.pausedUntil = 0;
    this.cluster = new Cluster(
      state,
      this.settings,
      this.#host(),
      (address) => this.network.connect(this, address),
    );
    const generation = ++this.#generation;
    const tick = () => {
      if (generation !== this.#generation) return;
      this.act((cluster) => cluster.tick());
      this.network.later(HEARTBEAT_INTERVAL, tick);
    };
    this.network.later(this.network.random.below(HEARTBEAT_INTERVAL), tick);
  }

  /** The power fails: what was not synced is gone, or not. */
  crash(): void {
    if (!this.isUp) return;
    this.cluster = null;
    this.#generation++;
    for (const end of [...this.ends]) end.close();
    const { random } = this.network;
    this.files.powerCycle({ names: random.chance(0.5) });
  }

  /** Something happens to it, and its turn ends. */
  act(what: (cluster: Cluster) => void): void {
    const { cluster, network } = this;
    if (cluster === null) return;
    if (this.stoppedUntil > network.now) {
      network.at(this.stoppedUntil, () => this.act(what));
      return;
    }
    try {
      what(cluster);
      // Several messages may come in one turn.
      if (network.random.chance(0.3)) return network.later(0, () => this.act(() => {}));
      cluster.endTurn();
    } catch (error) {
      if (!(error instanceof PowerLoss)) throw error;
      return this.crash();
    }
    for (const end of this.ends) network.flush(end);
    network.turnEnded(this);
  }

  #host(): ClusterHost {
    // deno-lint-ignore no-this-alias -- the host's members belong to two objects
    const node = this, { network } = this;
    return {
      replication: {
        get offset() {
          return node.offset;
        },
        get isReplica() {
          return node.primary !== null;
        },
        get dataAge() {
          return network.now - node.heardAt;
        },
        follow: (ip) => {
          const primary = network.nodes.find((other) => other.ip === ip) ?? null;
          if (primary !== node.primary) node.heardAt = -Infinity;
          node.primary = primary;
        },
        becomePrimary: () => node.primary = null,
      },
      keys: {
        has: (slot) => slot % 7 === 0,
        deleteSlot: () => node.deletions++,
        deleteAll: () => node.offset = 0,
      },
      log: {
        debug: () => {},
        verbose: () => {},
        notice: (text) => network.note(node, text),
        warning: (text) => network.note(node, text),
      },
      ports: { port: node.port, plainPort: 0, busPort: node.busPort },
      now: () => node.now(),
      below: (limit) => network.random.below(limit),
      newId: () => network.newId(),
      pauseWrites: (until) => node.pausedUntil = until,
      resumeWrites: () => node.pausedUntil = 0,
      published: () => {},
      save: (text, isFinal) => node.#file?.write(text, isFinal),
    };
  }
}

/** How a simulated cluster begins. */
export interface Shape {
  /** How many replicas each primary has. */
  readonly replicas: readonly number[];
  readonly settings?: Partial<ClusterSettings>;
}

/** The nodes and their network. */
export class SimulatedCluster {
  now = START;
  readonly nodes: SimulatedNode[] = [];
  readonly random: Random;
  /** Messages take between these times, in ms. */
  leastDelay = 0;
  mostDelay = 5;
  lossRate = 0;
  duplicationRate = 0;
  /** Messages overtake each other on their way. */
  reorders = false;
  /** Pairs of nodes that don't reach each other. */
  readonly #cuts = new Set<string>();
  readonly #events = new Agenda();
  /** What the nodes have logged, the last lines. */
  readonly log: string[] = [];
  /** Is called at the end of each node's turn. */
  turnEnded: (node: SimulatedNode) => void = () => {};
  readonly #dataLag: number;

  constructor(random: Random, shape: Shape) {
    this.random = random;
    this.#dataLag = random.between(0, 200);
    const values = settings({ "cluster-node-timeout": 1000, ...shape.settings });
    const primaries: SimulatedNode[] = [], lines: string[] = [];
    const addNode = () => {
      const node = new SimulatedNode(this, this.newId(), this.nodes.length, values);
      this.nodes.push(node);
      return node;
    };
    const count = shape.replicas.length;
    for (let i = 0; i < count; i++) primaries.push(addNode());
    for (const [i, primary] of primaries.entries()) {
      const first = Math.ceil(i * SLOT_COUNT / count);
      const last = Math.ceil((i + 1) * SLOT_COUNT / count) - 1;
      lines.push(`${nodeWords(primary, "master", "-")} 0 1 ${i + 1} connected ${first}-${last}`);
      for (let j = 0; j < shape.replicas[i]; j++) {
        lines.push(`${nodeWords(addNode(), "slave", primary.id)} 0 1 0 connected`);
      }
    }
    lines.push(`vars currentEpoch ${count} lastVoteEpoch 0\n`);
    for (const node of this.nodes) {
      const mine = (line: string) =>
        line.startsWith(node.id) ? line.replace(/master|slave/, "myself,$&") : line;
      node.files.put(`${DIR}/${FILE}`, lines.map(mine).join("\n"));
      node.start();
    }
    const copyData = () => {
      for (const node of this.nodes) this.#replicate(node);
      this.later(50, copyData);
    };
    copyData();
  }

  /** A node that knows no other. */
  addLoner(): SimulatedNode {
    const { settings: values } = this.nodes[0];
    const node = new SimulatedNode(this, this.newId(), this.nodes.length, values);
    const words = nodeWords(node, "myself,master", "-");
    node.files.put(
      `${DIR}/${FILE}`,
      `${words} 0 0 0 connected\nvars currentEpoch 0 lastVoteEpoch 0\n`,
    );
    this.nodes.push(node);
    node.start();
    return node;
  }

  newId(): string {
    return Array.from({ length: 40 }, () => this.random.below(16).toString(16)).join("");
  }

  // Time.

  at(time: number, run: () => void): void {
    this.#events.add(time, run);
  }

  later(delay: number, run: () => void): void {
    this.at(this.now + delay, run);
  }

  /** Lets time pass. */
  advance(ms: number): void {
    const end = this.now + ms;
    for (let event = this.#events.take(end); event; event = this.#events.take(end)) {
      this.now = event.time;
      event.run();
    }
    this.now = end;
  }

  /** Lets time pass until something is the case; throws where that is not so after `limit` ms. */
  advanceUntil(what: string, isSo: () => boolean, limit: number): number {
    const start = this.now;
    while (!isSo()) {
      if (this.now - start > limit) throw new Error(`in vain waited for ${what}`);
      this.advance(100);
    }
    return this.now - start;
  }

  // Network.

  delay(): number {
    return this.random.between(this.leastDelay, this.mostDelay);
  }

  isCut(a: SimulatedNode, b: SimulatedNode): boolean {
    return this.#cuts.has(pairOf(a, b));
  }

  /** Nodes of different groups don't reach each other from now on; those of none reach all. */
  partition(...groups: readonly (readonly SimulatedNode[])[]): void {
    for (const [i, group] of groups.entries()) {
      for (const other of groups.slice(i + 1).flat()) {
        for (const node of group) this.cut(node, other);
      }
    }
  }

  cut(a: SimulatedNode, b: SimulatedNode): void {
    this.#cuts.add(pairOf(a, b));
  }

  /** Everybody reaches everybody. */
  heal(): void {
    this.#cuts.clear();
  }

  connect(node: SimulatedNode, { ip, busPort }: NodeAddress): NodeLink {
    const other = this.nodes.find((one) => one.ip === ip && one.busPort === busPort);
    const end = new End(node, other ?? node, false);
    node.ends.add(end);
    this.later(this.delay(), () => this.#accept(end, other));
    return end;
  }

  #accept(end: End, other: SimulatedNode | undefined): void {
    if (end.isClosed) return;
    if (other !== undefined && this.isCut(end.owner, other)) {
      // Nobody answers; at some time the system gives up.
      this.later(3000, () => end.peer === null && end.lost());
      return;
    }
    if (!other?.isUp) return end.lost();
    const peer = new End(other, end.owner, true);
    other.ends.add(peer);
    peer.peer = end;
    end.peer = peer;
    end.owner.act((cluster) => cluster.connected(end));
  }

  /** Sends what a turn has left. */
  flush(end: End): void {
    if (end.peer === null) return;
    for (const bytes of end.queue.splice(0)) {
      if (this.random.chance(this.lossRate)) continue;
      this.#transport(end, bytes);
      if (this.random.chance(this.duplicationRate)) this.#transport(end, bytes);
    }
  }

  #transport(end: End, bytes: Uint8Array): void {
    let arrival = this.now + this.delay();
    if (!this.reorders) arrival = Math.max(arrival, end.lastArrival);
    end.lastArrival = arrival;
    this.at(arrival, () => this.#arrive(end, bytes));
  }

  #arrive(end: End, bytes: Uint8Array): void {
    const { peer, owner, other } = end;
    if (peer === null || end.isClosed) return;
    if (this.isCut(owner, other)) {
      // It is sent again and again, or lost with the connection.
      if (this.random.chance(0.7)) this.later(500, () => this.#arrive(end, bytes));
      return;
    }
    // The other side knows nothing of this connection, and says so.
    if (peer.isClosed) return this.later(this.delay(), () => end.lost());
    other.act((cluster) => {
      if (!peer.isClosed) cluster.receive(peer, bytes);
    });
  }

  // Data.

  #replicate(node: SimulatedNode): void {
    if (!node.isUp || node.stoppedUntil > this.now) return;
    const { primary } = node;
    if (primary === null) {
      if (node.state.isOk && node.pausedUntil <= node.now()) node.offset += this.random.below(3);
      return;
    }
    if (!primary.isUp || primary.stoppedUntil > this.now || this.isCut(node, primary)) return;
    const { offset } = primary;
    this.later(this.#dataLag, () => {
      if (!node.isUp || node.primary !== primary) return;
      node.offset = offset;
      node.heardAt = this.now;
    });
  }

  // Looking.

  note(node: SimulatedNode, text: string): void {
    this.log.push(`${((this.now - START) / 1000).toFixed(3)} node ${node.index}: ${text}`);
    if (this.log.length > 300) this.log.splice(0, 100);
  }

  get up(): SimulatedNode[] {
    return this.nodes.filter((node) => node.isUp);
  }

  /** Why the nodes that are up don't agree; undefined: they do. */
  disagreement(): string | undefined {
    const views = this.up.map((node) => viewOf(node));
    for (const [i, { index, state }] of this.up.entries()) {
      if (!state.isOk) return `node ${index} finds the cluster unusable:\n${views[i]}`;
    }
    const odd = views.findIndex((view) => view !== views[0]);
    return odd < 0
      ? undefined
      : `${views[0]}\n--- but node ${this.up[odd].index} ---\n${views[odd]}`;
  }
}

/** What a node believes of all nodes. */
function viewOf({ state, network }: SimulatedNode): string {
  const lines = Array.from(state.nodes.values(), (node) => {
    const index = network.nodes.findIndex(({ id }) => id === node.id);
    const slots = Array.from(node.slots.ranges(), ({ first, last }) => `${first}-${last}`);
    const role = node.isPrimary ? `primary ${node.configEpoch}` : `replica of ${node.primary?.id}`;
    const failing = node.is(4 | 8) ? " failing" : "";
    return `node ${index} ${node.id} ${role} ${slots}${failing}`;
  });
  return lines.sort().join("\n");
}

function nodeWords(node: SimulatedNode, flags: string, primary: string): string {
  return `${node.id} ${node.ip}:${node.port}@${node.busPort} ${flags} ${primary}`;
}

function pairOf(a: SimulatedNode, b: SimulatedNode): string {
  return a.index < b.index ? `${a.index}-${b.index}` : `${b.index}-${a.index}`;
}
