/** A node of a cluster: all that happens to it and that it does, without its sockets and its server. */

import { Task } from "./agenda.ts";
import type { ClusterHost } from "./cluster_host.ts";
import { closeLink, type ClusterNode, type NodeAddress, type NodeLink } from "./cluster_node.ts";
import type { ClusterParts } from "./cluster_parts.ts";
import type { ClusterSettings } from "./cluster_settings.ts";
import type { ClusterState } from "./cluster_state.ts";
import { ClusterStatus } from "./cluster_status.ts";
import { Election } from "./election.ts";
import { Failures } from "./failures.ts";
import { Gossip } from "./gossip.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Introductions } from "./introductions.ts";
import { ManualFailover } from "./manual_failover.ts";
import { MessageHandler } from "./message_handler.ts";
import { decodeMessage } from "./message_decoder.ts";
import { Messenger } from "./messenger.ts";
import { MyAddress } from "./my_address.ts";
import { MyRole } from "./my_role.ts";
import { writeNodesText } from "./node_lines.ts";
import { ReplicaMigration } from "./replica_migration.ts";
import { SlotClaims } from "./slot_claims.ts";
import { SlotMoves } from "./slot_moves.ts";
import { Voting } from "./voting.ts";

/** How a user has a replica take its primary's place: together with it, without it, or without anybody's consent. */
export type FailoverMode = "default" | "force" | "takeover";

/**
 * The node. It is told of messages, connections and time, and acts through its `ClusterHost` and through the links
 * that it is given. After whatever happened, `endTurn` is to be called before anything leaves: `agenda.onWork`
 * says when there is a need.
 */
export class Cluster {
  readonly state: ClusterState;
  readonly messenger: Messenger;
  /** What users do with slots. */
  readonly slots: SlotMoves;
  readonly #parts: ClusterParts;
  readonly #address: MyAddress;
  readonly #role: MyRole;
  readonly #introductions: Introductions;
  readonly #election: Election;
  readonly #migration: ReplicaMigration;
  readonly #heartbeat: Heartbeat;
  readonly #status: ClusterStatus;
  readonly #handler: MessageHandler;

  /** `connect`: see `ClusterParts`. */
  constructor(
    state: ClusterState,
    settings: ClusterSettings,
    host: ClusterHost,
    connect: ClusterParts["connect"],
  ) {
    const manualFailover = new ManualFailover(state, host);
    const messenger = new Messenger(state, settings, host, manualFailover);
    const parts = { state, settings, host, messenger, manualFailover, connect };
    const role = new MyRole(parts), failures = new Failures(parts);
    const introductions = new Introductions(parts, role);
    this.state = state;
    this.messenger = messenger;
    this.slots = new SlotMoves(parts, role);
    this.#parts = parts;
    this.#role = role;
    this.#introductions = introductions;
    this.#address = new MyAddress(state.myself, settings, host);
    this.#election = new Election(parts, role);
    this.#migration = new ReplicaMigration(parts, role);
    this.#heartbeat = new Heartbeat(parts, failures);
    this.#status = new ClusterStatus(state, settings);
    this.#handler = new MessageHandler({
      ...parts,
      ...{ introductions, failures },
      address: this.#address,
      gossip: new Gossip(parts, failures, introductions),
      claims: new SlotClaims(parts, role),
      election: this.#election,
      voting: new Voting(parts),
    });
    this.#address.update();
  }

  // What happens.

  /** The bytes of a message have come, as long as they claim to be. Throws `BadMessage`. */
  receive(link: NodeLink, bytes: Uint8Array): void {
    this.#handler.handle(link, decodeMessage(bytes));
  }

  /** A link that this node has begun to make is made. */
  connected(link: NodeLink): void {
    this.#heartbeat.connected(link);
  }

  /** A link is no more, or was not made. */
  disconnected(link: NodeLink): void {
    closeLink(link);
  }

  /** Time has passed: to be called every `HEARTBEAT_INTERVAL` ms. */
  tick(): void {
    const { state, manualFailover } = this.#parts, { myself } = state;
    if (this.#address.update()) state.agenda.add(Task.Save);
    this.#heartbeat.beat();
    this.#followPrimary();
    manualFailover.checkTime();
    if (myself.isReplica) {
      manualFailover.update();
      this.#election.update();
      this.#migration.update();
    }
    if (!state.isOk) state.agenda.add(Task.Status);
  }

  /** A replica that has just started follows its primary once it is known where that is. */
  #followPrimary(): void {
    const { state: { myself: { primary } }, host: { replication } } = this.#parts;
    if (primary === null || replication.isReplica || !primary.hasAddress) return;
    replication.follow(primary.ip, primary.port);
  }

  /** Does what there is to do once for all that has happened; what was said in between may leave after that. */
  endTurn(): void {
    const { state, host, manualFailover } = this.#parts;
    const tasks = state.agenda.take();
    if ((tasks & Task.ManualFailover) !== 0 && state.myself.isReplica) manualFailover.update();
    if ((tasks & (Task.ManualFailover | Task.Failover)) !== 0) this.#election.update();
    const added = state.agenda.take(), all = tasks | added;
    if ((all & Task.Status) !== 0) this.#updateStatus();
    if ((all & Task.Save) !== 0) host.save(writeNodesText(state), (all & Task.Sync) !== 0);
    // An election goes on step by step.
    state.agenda.add(added & Task.Failover);
  }

  #updateStatus(): void {
    const { state, host } = this.#parts;
    if (!this.#status.update(host.now())) return;
    host.log.warning(`Cluster state changed: ${state.isOk ? "ok" : "fail"}`);
  }

  // What users do. Whether they may is for those to say who know the commands.

  /** Takes the node at an address into the cluster; returns whether that is not under way already. */
  meet(address: NodeAddress): boolean {
    return this.#introductions.meet(address);
  }

  /** Forgets a node, and for a while takes it from nobody. */
  forget(node: ClusterNode): void {
    const { state, host, manualFailover } = this.#parts;
    state.forgotten.add(node.id, host.now());
    manualFailover.forget(node);
    state.remove(node);
    state.agenda.add(Task.Save | Task.Status);
  }

  /** Makes this node, which has no slots, a primary's replica. */
  replicate(primary: ClusterNode): void {
    this.#role.follow(primary);
    this.state.agenda.add(Task.Save | Task.Status);
  }

  /** Has this replica take its primary's place. */
  failover(mode: FailoverMode): void {
    const { state, manualFailover, messenger } = this.#parts, { primary } = state.myself;
    if (primary === null) return;
    if (mode === "takeover") {
      state.bumpEpoch();
      return this.#election.takeOver();
    }
    manualFailover.begin(mode === "default");
    if (mode === "default") messenger.startManualFailover(primary);
  }

  /** A directive has changed that says where this node is, or what it does. */
  settingsChanged(): void {
    this.#address.update();
    this.state.agenda.add(Task.Save);
  }

  /** Writes nodes.conf at once. Throws where that fails. */
  save(): void {
    this.#parts.host.save(writeNodesText(this.state), true);
  }

  /** This node, which is new, has its slots in an epoch that a user has chosen. */
  setConfigEpoch(epoch: bigint): void {
    const { state } = this;
    state.myself.configEpoch = epoch;
    if (state.currentEpoch < epoch) state.currentEpoch = epoch;
    state.agenda.add(Task.Save | Task.Status | Task.Sync);
  }

  /** Has this node forget the cluster; `isHard`: and who it was. Its data goes where it was a replica's. */
  reset(isHard: boolean): void {
    const { state, host, manualFailover } = this.#parts, { myself } = state;
    if (myself.isReplica) {
      this.#role.becomePrimary();
      host.keys.deleteAll();
    }
    manualFailover.reset();
    state.closeSlots();
    for (const node of [...state.nodes.values()]) {
      if (node !== myself) state.remove(node);
    }
    state.unassignAll(myself);
    if (isHard) {
      const old = myself.id;
      state.currentEpoch = state.lastVoteEpoch = myself.configEpoch = 0n;
      state.rename(myself, host.newId());
      host.log.notice(`Node hard reset: ${old} is now ${myself.id}`);
    }
    state.agenda.add(Task.Save | Task.Status | Task.Sync);
  }

  /** How many messages have come, by type. */
  get received(): readonly number[] {
    return this.#handler.received;
  }

  /** How many links were closed because too much waited to be sent. */
  get linksOverLimit(): number {
    return this.#heartbeat.linksOverLimit;
  }
}
