/** Long stories of nodes and networks that fail. */

import { SLOT_COUNT } from "../../src/keyspace/key_slot.ts";
import { SlotSet, slotsOf } from "../../src/cluster/slot_set.ts";
import { Random } from "../support/random.ts";
import { SimulatedCluster, type SimulatedNode } from "./simulated_cluster.ts";

/** Who has had which slots in an epoch, at any time. */
class Claims {
  readonly #byEpoch = new Map<bigint, { node: SimulatedNode; slots: SlotSet }[]>();
  readonly #last = new Map<SimulatedNode, string>();

  /** Takes in what a node claims now; throws where another one has claimed any of it in the same epoch. */
  check(node: SimulatedNode): void {
    if (!node.isUp) return;
    const { myself } = node, { configEpoch, slots } = myself;
    const claim = `${myself.isPrimary} ${configEpoch} ${slots.size}`;
    if (this.#last.get(node) === claim) return;
    this.#last.set(node, claim);
    if (!myself.isPrimary || slots.size === 0) return;
    const claims = this.#byEpoch.get(configEpoch) ?? [];
    this.#byEpoch.set(configEpoch, claims);
    let mine = claims.find((one) => one.node === node)?.slots;
    if (mine === undefined) claims.push({ node, slots: mine = new SlotSet() });
    for (const slot of slots) mine.add(slot);
    for (const other of claims) {
      if (other.node === node) continue;
      for (const slot of slotsOf(other.slots.bytes)) {
        if (!slots.has(slot)) continue;
        throw new Error(
          `nodes ${node.index} and ${other.node.index} have slot ${slot} in epoch ${configEpoch}`,
        );
      }
    }
  }
}

type Trouble = (cluster: SimulatedCluster, random: Random) => void;

const anyNode = ({ nodes }: SimulatedCluster, random: Random) => random.pick(nodes);

const partition: Trouble = (cluster, random) => {
  const nodes = random.shuffle(cluster.nodes), at = random.between(1, nodes.length - 1);
  cluster.partition(nodes.slice(0, at), nodes.slice(at));
};

const TROUBLES: readonly Trouble[] = [
  partition,
  partition,
  (cluster) => cluster.heal(),
  (cluster) => cluster.heal(),
  (cluster, random) => cluster.cut(anyNode(cluster, random), anyNode(cluster, random)),
  (cluster, random) => anyNode(cluster, random).crash(),
  (cluster, random) => anyNode(cluster, random).crash(),
  // A primary, and it is about to write something.
  (cluster, random) => anyNode(cluster, random).files.cutPowerAt(random.below(8)),
  (cluster) => cluster.nodes.forEach((node) => node.start()),
  (cluster) => cluster.nodes.forEach((node) => node.start()),
  (cluster, random) => {
    anyNode(cluster, random).stoppedUntil = cluster.now + random.between(100, 5000);
  },
  (cluster, random) => {
    cluster.mostDelay = random.pick([1, 5, 50, 500, 1500]);
    cluster.lossRate = random.pick([0, 0, 0, 0.02, 0.2]);
    cluster.duplicationRate = random.pick([0, 0, 0.1]);
    cluster.reorders = random.chance(0.3);
  },
  (cluster, random) => anyNode(cluster, random).clockShift += random.between(-300, 300),
  (cluster, random) => {
    const mode = random.pick(["default", "default", "force"] as const);
    anyNode(cluster, random).act((node) => node.failover(mode));
  },
];

/** What users do without asking the others: for a while, two nodes can have one slot in the same epoch. */
const FORCED: readonly Trouble[] = [
  (cluster, random) => anyNode(cluster, random).act((node) => node.failover("takeover")),
  (cluster, random) =>
    anyNode(cluster, random).act(({ state }) => {
      if (state.myself.isPrimary) state.bumpEpoch();
    }),
  // As redis-cli ends the move of a slot: its new node says so, in a new epoch.
  (cluster, random) =>
    anyNode(cluster, random).act(({ slots, state: { myself, importing } }) => {
      const slot = random.below(SLOT_COUNT);
      if (!myself.isPrimary) return;
      importing.set(slot, myself);
      slots.give(slot, myself);
    }),
  (cluster, random) => {
    const loner = cluster.addLoner();
    anyNode(cluster, random).act((node) => void node.meet(loner.address));
  },
];

/** In ms of the simulation: how long all are given to agree. */
const AGREEMENT_LIMIT = 60_000;

/**
 * Runs the history number `stream` of a seed. Throws where it goes wrong, with the end of all logs. `isForced`: users
 * do what needs nobody's consent, too; then all that must hold is that the nodes agree in the end.
 */
export function runHistory(seed: number, stream: number, isForced = false): void {
  const random = new Random(seed, stream);
  const replicas = Array.from({ length: random.between(3, 5) }, () => random.between(0, 2));
  const cluster = new SimulatedCluster(random, {
    replicas,
    settings: {
      "cluster-node-timeout": random.pick([300, 1000, 1000, 2000]),
      "cluster-replica-validity-factor": random.pick([0, 10]),
      "cluster-allow-replica-migration": random.chance(0.7),
    },
  });
  const claims = new Claims();
  if (!isForced) cluster.turnEnded = (node) => claims.check(node);
  const troubles = isForced ? [...TROUBLES, ...FORCED] : TROUBLES;
  try {
    cluster.advance(random.between(1000, 4000));
    for (let steps = random.between(3, 12); steps > 0; steps--) {
      random.pick(troubles)(cluster, random);
      cluster.advance(random.between(0, random.chance(0.5) ? 500 : 6000));
    }
    cluster.heal();
    cluster.mostDelay = 5;
    cluster.lossRate = cluster.duplicationRate = 0;
    cluster.reorders = false;
    for (const node of cluster.nodes) {
      node.files.cutPowerAt(Infinity);
      node.clockShift = 0;
      node.stoppedUntil = 0;
      node.start();
    }
    // A MEET can get lost for good, and so can the answer; whoever sees that says it again.
    cluster.advance(5000);
    const [first] = cluster.nodes;
    for (const other of cluster.nodes) {
      const isKnown = first.state.find(other.id) && other.state.find(first.id);
      if (!isKnown) first.act((node) => void node.meet(other.address));
      if (!isKnown) other.act((node) => void node.meet(first.address));
    }
    cluster.advanceUntil(
      "agreement",
      () => cluster.up.length === cluster.nodes.length && cluster.disagreement() === undefined,
      AGREEMENT_LIMIT,
    );
  } catch (error) {
    throw new Error(
      `history ${stream} of seed ${seed}: ${cluster.disagreement()}\n${cluster.log.join("\n")}`,
      { cause: error },
    );
  }
}
