/** The replicas that follow this server: how they come, what they are sent, and when they are given up. */

import { ReplyError } from "../base/errors.ts";
import type { Client } from "../clients/client.ts";
import type { Clients } from "../clients/clients.ts";
import type { ClientView } from "../commands/views/client.ts";
import type {
  ReplicaLine,
  ReplicaSettings,
  ReplicasView,
  SyncRequest,
} from "../commands/views/replicas.ts";
import type { WaitLimit } from "../commands/views/blocking.ts";
import type { OutputGate } from "../clients/output_gate.ts";
import type { Waiting } from "../clients/waiting.ts";
import type { Statistics } from "../observe/statistics.ts";
import { bytesOf } from "../base/span.ts";
import { type Propagation, type PropagationSink, Target } from "../execution/propagation.ts";
import { SelectTracker } from "../resp/select_tracker.ts";
import { FullSyncs, type FullSyncServer } from "./full_syncs.ts";
import { Replica, type ReplicaOwner } from "./replica.ts";
import type { DownstreamControl, UpstreamState } from "./role.ts";
import type { ReplicationStream } from "./stream.ts";
import { ReplicaWaits } from "./replica_waits.ts";

const NO_PRIMARY = new ReplyError(
  "NOMASTERLINK Can't SYNC while not connected with my master",
);
const FAILING_OVER = new ReplyError("NOMASTERLINK Can't SYNC while failing over");
const PENDING_OUTPUT = new ReplyError("ERR SYNC and PSYNC are invalid with pending output");
const NEEDS_EOF = new ReplyError("ERR Filtered replica requires EOF capability");

const PING = bytesOf("*1\r\n$4\r\nPING\r\n");
const GET_ACK = bytesOf("*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n");

/** What serving replicas needs of the server. */
export interface ReplicasServer extends FullSyncServer {
  readonly stream: ReplicationStream;
  readonly clients: Clients;
  readonly propagation: Propagation;
  readonly gate: OutputGate;
  readonly statistics: Statistics;
  readonly waiting: Waiting;
}

/** All replicas of a server. */
export class Replicas implements ReplicasView, ReplicaOwner, DownstreamControl, PropagationSink {
  readonly #server: ReplicasServer;
  readonly #upstream: UpstreamState;
  readonly #replicas = new Set<Replica>();
  readonly #byClient = new Map<ClientView, Replica>();
  /** What clients have said that are no replicas yet. */
  readonly #settings = new WeakMap<ClientView, ReplicaSettings>();
  readonly #fullSyncs: FullSyncs;
  readonly #waits: ReplicaWaits;
  /** The database that the stream is in. */
  readonly #select = new SelectTracker();
  /** Since when there has been none, in ms since the epoch. */
  #noneSince: number;
  #pingedAt: number;
  /** Whether replicas are to be asked at the end of this turn how far they are. */
  #asks = false;
  /** Where the stream was when the last turn ended. */
  #toldUpTo = 0;
  /** Called when the number of those that follow closely may be another. */
  onChange: () => void = () => {};
  /** Whether a failover is under way: the data stays as it is, and nobody comes. */
  isFailingOver: () => boolean = () => false;

  constructor(server: ReplicasServer, upstream: UpstreamState) {
    this.#server = server;
    this.#upstream = upstream;
    this.#fullSyncs = new FullSyncs(
      server,
      server.stream,
      () => this.#replicas,
      () => this.#select.restart(),
    );
    this.#waits = new ReplicaWaits(server.waiting);
    this.#noneSince = this.#pingedAt = server.clock.now();
    // Without a backlog nobody is told anything, and nothing needs to be gathered.
    server.stream.onChange = (isActive) => {
      if (isActive) server.propagation.addSink(this, Target.Replicas);
      else server.propagation.removeSink(this);
    };
  }

  now(): number {
    return this.#server.clock.now();
  }

  /** How many there are. */
  get count(): number {
    return this.#replicas.size;
  }

  [Symbol.iterator](): IterableIterator<Replica> {
    return this.#replicas.values();
  }

  get offset(): number {
    this.#server.propagation.settle();
    return this.#server.stream.history.offset;
  }

  /** The database that the stream is in, for who resumes it; 0 where that is not known. */
  get streamDatabase(): number {
    return this.#select.database < 0 ? 0 : this.#select.database;
  }

  // --- The stream --------------------------------------------------------------------------------

  propagate(database: number, buffer: Uint8Array, start: number, end: number): void {
    const { stream } = this.#server;
    // What a replica passes on is what its primary sends, and nothing of its own.
    if (this.#upstream.isReplica || !stream.isActive) return;
    const select = this.#select.select(database);
    if (select !== null) stream.append(select, 0, select.length);
    stream.append(buffer, start, end);
    this.#server.gate.schedule();
  }

  /** A turn ends: what was added to the stream leaves with what clients are told. */
  turnEnds(): void {
    const { stream } = this.#server;
    if (this.#asks) {
      this.#asks = false;
      stream.append(GET_ACK, 0, GET_ACK.length);
    }
    if (stream.end === this.#toldUpTo) return;
    this.#toldUpTo = stream.end;
    for (const { client } of this.#replicas) client.transport?.feedGrew();
  }

  // --- How they come -----------------------------------------------------------------------------

  settingsOf(client: ClientView): ReplicaSettings {
    let settings = this.#settings.get(client);
    if (settings === undefined) {
      settings = {
        listeningPort: 0,
        address: "",
        capabilities: new Set(),
        rdbOnly: false,
        leavesOutKeys: false,
        leavesOutFunctions: false,
      };
      this.#settings.set(client, settings);
    }
    return settings;
  }

  sync(view: ClientView, request: SyncRequest): void {
    const { clients, log, statistics, stream, configuration } = this.#server;
    const client = clients.find(view.id);
    // It is one already: nothing is replied.
    if (client === undefined || this.#byClient.has(client)) return;
    if (this.isFailingOver()) throw FAILING_OVER;
    if (this.#upstream.isReplica && !this.#upstream.isLinkUp) throw NO_PRIMARY;
    const settings = this.settingsOf(client);
    if (settings.leavesOutKeys || settings.leavesOutFunctions) {
      if (!settings.capabilities.has("eof")) throw NEEDS_EOF;
    }
    if (client.reply.size > 0 || (client.transport?.outputBytes ?? 0) > 0) throw PENDING_OUTPUT;
    const replica = new Replica(client, settings, request.history === null, this);
    log.notice(`Replica ${replica.name} asks for synchronization`);
    const goesOn = request.history !== null && this.#canContinue(replica, request);
    if (request.history !== null && request.history !== "?" && !goesOn) {
      statistics.partialSyncsRefused++;
    }
    this.#replicas.add(replica);
    this.#byClient.set(client, replica);
    client.becomeReplica(replica.output);
    if (configuration.settings["repl-disable-tcp-nodelay"]) client.transport?.delaySmallWrites();
    if (goesOn) return this.#continue(replica, Number(request.offset));
    statistics.fullSyncs++;
    if (this.#replicas.size === 1 && !stream.isActive) {
      // Nothing of the history that others may know of is kept.
      stream.history.change();
      stream.activate();
      log.notice(
        `Replication backlog created, my new replication IDs are '${stream.history.id}' and ` +
          `'${stream.history.secondId}'`,
      );
    }
    this.#fullSyncs.request(replica);
  }

  /** Whether a replica can be sent what it lacks; the log says why not. */
  #canContinue(replica: Replica, { history, offset }: SyncRequest): boolean {
    const { log, stream } = this.#server;
    const ours = stream.history;
    const isSecond = history === ours.secondId && offset <= ours.secondOffset;
    if (history !== ours.id && !isSecond) {
      if (history === "?") log.notice(`Full resync requested by replica ${replica.name}`);
      else if (history !== ours.secondId) {
        log.notice(
          `Partial resynchronization not accepted: Replication ID mismatch (Replica asked for ` +
            `'${history}', my replication IDs are '${ours.id}' and '${ours.secondId}')`,
        );
      } else {
        log.notice(
          `Partial resynchronization not accepted: Requested offset for second ID was ${offset}, ` +
            `but I can reply up to ${ours.secondOffset}`,
        );
      }
      return false;
    }
    if (stream.has(Number(offset))) return true;
    log.notice(
      `Unable to partial resync with replica ${replica.name} for lack of backlog (Replica request ` +
        `was: ${offset}).`,
    );
    return false;
  }

  #continue(replica: Replica, offset: number): void {
    const { log, statistics, stream } = this.#server;
    statistics.partialSyncs++;
    replica.state = "online";
    replica.output.follow(stream.read(offset));
    const knowsIds = replica.settings.capabilities.has("psync2");
    replica.say(knowsIds ? `+CONTINUE ${stream.history.id}\r\n` : "+CONTINUE\r\n");
    replica.startStream();
    log.notice(
      `Partial resynchronization request from ${replica.name} accepted. Sending ` +
        `${stream.end - offset} bytes of backlog starting from offset ${offset}.`,
    );
    this.onChange();
  }

  // --- What becomes of them ----------------------------------------------------------------------

  payloadSent(replica: Replica): void {
    const { log } = this.#server;
    replica.acknowledgedAt = this.now();
    if (replica.settings.rdbOnly) {
      replica.state = "transmitted";
      log.notice(
        `RDB transfer completed, rdb only replica (${replica.name}) should be disconnected asap`,
      );
      replica.client.closeAfterReply();
      replica.client.transport?.feedGrew();
      return;
    }
    replica.state = "online";
    log.notice(`Synchronization with replica ${replica.name} succeeded`);
    // It finds the end of the data by what comes last: nothing may come behind it yet.
    if (replica.isStreamed) replica.startsOnAcknowledgement = true;
    else replica.startStream();
    this.onChange();
  }

  closed(replica: Replica): void {
    this.#byClient.delete(replica.client);
    if (!this.#replicas.delete(replica)) return;
    if (this.#replicas.size === 0) this.#noneSince = this.now();
    this.#server.log.notice(`Connection with replica ${replica.name} lost.`);
    this.onChange();
  }

  acknowledged(client: ClientView, offset: number | bigint): void {
    const replica = this.#byClient.get(client);
    if (replica === undefined) return;
    replica.acknowledged = Math.max(replica.acknowledged, Number(offset));
    replica.acknowledgedAt = this.now();
    if (replica.startsOnAcknowledgement && replica.state === "online") {
      replica.startsOnAcknowledgement = false;
      replica.startStream();
    }
    this.onChange();
    this.#waits.serve(this.#replicas);
  }

  disconnectAll(): void {
    for (const replica of [...this.#replicas]) replica.disconnect();
  }

  historyChanged(): void {
    this.#select.restart();
    this.#toldUpTo = 0;
  }

  // --- WAIT --------------------------------------------------------------------------------------

  countOf(client: ClientView): number {
    return this.#waits.countAt(this.#replicas, this.#changedUpTo(client));
  }

  /** How far the stream was when a client's last command had run. */
  #changedUpTo(client: ClientView): number {
    const { hasRunInBatch, changedUpTo } = client as Client;
    return hasRunInBatch ? this.offset : changedUpTo;
  }

  waitFor(client: ClientView, wanted: number | bigint, limit: WaitLimit): void {
    this.#waits.begin(client as Client, this.#changedUpTo(client), Number(wanted), limit);
    this.askHowFar();
  }

  /** Has replicas say how far they are, at the end of this turn. */
  askHowFar(): void {
    this.#asks = true;
    this.#server.gate.schedule();
  }

  get lines(): readonly ReplicaLine[] {
    return [...this.#replicas]
      .filter(({ state }) => state === "online")
      .map(({ address, port, acknowledged }) => ({ address, port, offset: acknowledged }));
  }

  /** How many follow closely enough to be counted on (`min-replicas-max-lag`). */
  get goodCount(): number {
    const { settings } = this.#server.configuration;
    const most = settings["min-replicas-max-lag"];
    let count = 0;
    for (const replica of this.#replicas) {
      if (replica.state === "online" && this.#lagOf(replica) <= most) count++;
    }
    return count;
  }

  /**
   * For how long nothing was heard of a replica, in whole seconds of the clock, as Redis counts them; 0 as long
   * as it has nothing to say.
   */
  #lagOf({ state, acknowledgedAt }: Replica): number {
    if (state !== "online") return 0;
    return Math.floor(this.now() / 1000) - Math.floor(acknowledgedAt / 1000);
  }

  /** Those that have not said that they have everything, each with what the log says of it. */
  get lagging(): readonly string[] {
    const { offset } = this;
    return [...this.#replicas].filter(({ acknowledged }) => acknowledged !== offset).map((one) => {
      const lag = this.#lagOf(one);
      return `Lagging replica ${one.name} reported offset ${offset - one.acknowledged} behind ` +
        `master, lag=${lag}, state=${one.shownState}.`;
    });
  }

  /** Their lines in INFO. */
  describe(): [string, string][] {
    const lines: [string, string][] = [];
    for (const replica of this.#replicas) {
      const { address, port, acknowledged, shownState } = replica;
      const lag = this.#lagOf(replica);
      lines.push([
        `slave${lines.length}`,
        `ip=${address},port=${port},state=${shownState},offset=${acknowledged},lag=${lag}`,
      ]);
    }
    return lines;
  }

  // --- By itself ---------------------------------------------------------------------------------

  /** To be called once a second. */
  lookAfter(): void {
    this.#ping();
    this.#keepAwake();
    this.#giveUp();
    this.#dropBacklog();
    this.#fullSyncs.beginIfDue();
    this.onChange();
  }

  #ping(): void {
    const { stream, gate, configuration: { settings } } = this.#server;
    if (this.#upstream.isReplica || this.#replicas.size === 0 || this.isFailingOver()) return;
    const now = this.now();
    if (now - this.#pingedAt < settings["repl-ping-replica-period"] * 1000) return;
    this.#pingedAt = now;
    stream.append(PING, 0, PING.length);
    gate.schedule();
  }

  /** Those who wait for a file hear something, so that they don't give up. */
  #keepAwake(): void {
    for (const replica of this.#replicas) {
      const waits = replica.state === "wait_bgsave_start" ||
        replica.state === "wait_bgsave_end" && !replica.isStreamed;
      if (waits) replica.say("\n");
    }
  }

  /** Disconnects those of whom nothing was heard for too long. */
  #giveUp(): void {
    const { log, configuration: { settings } } = this.#server;
    const limit = this.now() - settings["repl-timeout"] * 1000;
    for (const replica of [...this.#replicas]) {
      if (replica.state === "online") {
        if (replica.isOld || replica.acknowledgedAt >= limit) continue;
        log.warning(`Disconnecting timedout replica (streaming sync): ${replica.name}`);
      } else if (replica.state === "wait_bgsave_end" && replica.isStreamed) {
        if (replica.movedAt >= limit) continue;
        log.warning(`Disconnecting timedout replica (full sync): ${replica.name}`);
      } else continue;
      replica.disconnect();
    }
  }

  /** Without replicas the backlog is dropped after a while, and the history is another one then. */
  #dropBacklog(): void {
    const { stream, log, configuration: { settings } } = this.#server;
    const ttl = settings["repl-backlog-ttl"];
    if (this.#replicas.size > 0 || ttl === 0 || !stream.isActive || this.#upstream.isReplica) {
      return;
    }
    if (this.now() - this.#noneSince <= ttl * 1000) return;
    stream.history.change();
    stream.deactivate();
    log.notice(`Replication backlog freed after ${ttl} seconds without connected replicas.`);
  }
}
