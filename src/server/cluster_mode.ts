/** The server as a node of a cluster: nodes.conf, the bus, and what the cluster needs of the rest. */

import type { Clock, Timer } from "../base/clock.ts";
import { randomBelow } from "../base/sampling.ts";
import { randomHex } from "../base/random_hex.ts";
import { copySpan, Span } from "../base/span.ts";
import type { Client } from "../clients/client.ts";
import type { Clients } from "../clients/clients.ts";
import type { PubSub } from "../clients/pubsub.ts";
import type { Socket } from "../clients/transport.ts";
import type { Waiting } from "../clients/waiting.ts";
import { Task } from "../cluster/agenda.ts";
import { Bus } from "../cluster/bus.ts";
import type { ClusterHost } from "../cluster/cluster_host.ts";
import type { ClusterState } from "../cluster/cluster_state.ts";
import { ClusterService } from "../cluster/cluster_service.ts";
import { adoptKeys, firstState } from "../cluster/first_state.ts";
import { CorruptNodesText } from "../cluster/node_lines.ts";
import { NodesFile, NodesFileInUse } from "../cluster/nodes_file.ts";
import { Redirections } from "../cluster/redirections.ts";
import type { CommandRegistry } from "../commands/registry.ts";
import { busPortOf, ConfigError, type Configuration } from "../config/mod.ts";
import { COMMAND_LINE } from "../config/errors.ts";
import type { Propagation } from "../execution/propagation.ts";
import type { Database } from "../keyspace/database.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import { keySlot } from "../keyspace/key_slot.ts";
import type { Log } from "../observe/log.ts";
import type { Statistics } from "../observe/statistics.ts";
import { fileErrorText, type FileSystem } from "../persistence/file.ts";
import { PersistenceError } from "../persistence/persistence_error.ts";
import type { ReplicationHistory } from "../replication/history.ts";
import type { PrimaryLink } from "../replication/link/primary_link.ts";
import type { ScriptRunner } from "../scripting/script_runner.ts";

/** How often clients that wait for keys are looked at, in ms. */
const LOOK_INTERVAL = 100;

/** The directives that say where the others find the node, and what it does as a replica. */
const ANNOUNCED = [
  ...["port", "cluster-announce-ip", "cluster-announce-hostname"] as const,
  ...["cluster-announce-port", "cluster-announce-bus-port", "cluster-announce-tls-port"] as const,
  "cluster-replica-no-failover" as const,
];

/** What the node needs of its server. */
export interface ClusterModeParts {
  readonly clock: Clock;
  readonly configuration: Configuration;
  readonly log: Log;
  readonly files: FileSystem;
  readonly registry: CommandRegistry;
  readonly keyspace: Keyspace;
  readonly propagation: Propagation;
  readonly clients: Clients;
  readonly waiting: Waiting;
  readonly pubsub: PubSub;
  readonly statistics: Statistics;
  readonly scriptRunner: ScriptRunner;
  readonly history: ReplicationHistory;
  readonly primaryLink: PrimaryLink;
  /** Nothing changes the data until what is returned is called. */
  pauseWrites(): () => void;
  /** The turn is to have an end. */
  schedule(): void;
  /** Connects to another node's bus. */
  connect(ip: string, port: number): Promise<Socket>;
  /** The server must end: what it has promised to other nodes can't be kept. */
  fail(): void;
}

/** The node. */
export class ClusterMode {
  readonly state: ClusterState;
  readonly service: ClusterService;
  readonly redirections: Redirections;
  readonly #parts: ClusterModeParts;
  readonly #file: NodesFile;
  readonly #database: Database;
  readonly #host: ClusterHost;
  #bus: Bus | null = null;
  #timer: Timer | undefined;
  #resumeWrites: () => void = () => {};
  #pauseEnd: Timer | undefined;
  /** Slots that another node has since the last turn, or nobody. */
  readonly #left = new Set<number>();

  /** Reads nodes.conf, and keeps others from using it. Throws `ConfigError` or `PersistenceError`. */
  constructor(parts: ClusterModeParts) {
    const { configuration: { settings }, keyspace, files, registry, scriptRunner } = parts;
    this.#parts = parts;
    this.#database = keyspace.databases[0];
    this.#host = this.#createHost();
    this.#file = openNodesFile(parts, files);
    try {
      this.state = firstState(this.#file, settings, this.#host);
    } catch (error) {
      this.#file.close();
      throw nodesFileError(error);
    }
    const { state } = this, database = this.#database;
    state.onUnassign = (slot) => {
      if (parts.pubsub.hasShardChannels) this.#left.add(slot);
    };
    const host = this.#host, bus = () => this.#bus;
    this.service = new ClusterService({ state, host, bus });
    this.redirections = new Redirections({
      ...{ state, settings, registry, database, script: scriptRunner },
    });
  }

  /** The data is loaded: from now on the node takes part in the cluster. Throws `PersistenceError`. */
  start(): void {
    const { keyspace, configuration: { settings }, clock, log } = this.#parts;
    if (keyspace.databases.some((database) => database.index > 0 && database.size > 0)) {
      throw new PersistenceError(
        "You can't have keys in a DB different than DB 0 when in Cluster mode. Exiting.",
      );
    }
    const host = this.#host, { state } = this;
    if (adoptKeys(state, host.keys, log)) state.agenda.add(Task.Save);
    this.#bus = new Bus({
      ...{ state, settings, host, clock },
      connect: (ip, port) => this.#parts.connect(ip, port),
      failed: (error) => {
        log.warning(`Fatal: can't update cluster config file: ${fileErrorText(error)}`);
        this.#parts.fail();
      },
    });
    for (const name of ANNOUNCED) {
      this.#parts.configuration.onChange(name, () => this.#bus?.cluster.settingsChanged());
    }
    this.#timer = clock.every(LOOK_INTERVAL, () => this.#look());
  }

  /** Another node has connected. Who comes too early tries again. */
  accept(socket: Socket): void {
    if (this.#bus === null) socket.close();
    else this.#bus.accept(socket);
  }

  /** Whether writes are held back for a replica that is about to take this node's place. */
  get isFailingOver(): boolean {
    return this.#pauseEnd !== undefined;
  }

  /** A turn ends: what has changed is saved before anybody is told. */
  turnEnds(): void {
    this.#bus?.endTurn();
    if (this.#left.size === 0) return;
    const left = new Set(this.#left);
    this.#left.clear();
    this.#parts.pubsub.leaveShardChannels((name) => {
      const { buffer, start, end } = Span.ofString(name);
      return left.has(keySlot(buffer, start, end));
    });
  }

  close(): void {
    this.#timer?.cancel();
    this.#endPause();
    this.#bus?.close();
    this.#file.close();
  }

  /** Clients that wait for keys which another node has now are sent there. */
  #look(): void {
    const { clients, waiting, statistics, keyspace } = this.#parts;
    if (waiting.count === 0 || keyspace.halfway.isHeld) return;
    for (const client of [...clients] as Client[]) {
      if (client.wait?.kind !== "keys") continue;
      const { command, frame } = client.wait;
      const error = this.redirections.checkWaiting(client, command, frame);
      if (error === null) continue;
      statistics.countError(error.code);
      command.statistics.failed++;
      client.reply.error(error.message);
      waiting.end(client);
    }
  }

  #createHost(): ClusterHost {
    const { clock, log, configuration: { settings }, primaryLink, history, pubsub } = this.#parts;
    const database = this.#database, parts = this.#parts;
    return {
      log,
      now: () => clock.now(),
      below: randomBelow,
      newId: () => randomHex(40),
      get ports() {
        return { port: settings.port, plainPort: 0, busPort: busPortOf(settings) };
      },
      replication: {
        get offset() {
          return primaryLink.isReplica && !primaryLink.isInHistory ? 0 : history.offset;
        },
        get isReplica() {
          return primaryLink.isReplica;
        },
        get dataAge() {
          const { heardAt, downSince, isLinkUp } = primaryLink;
          if (isLinkUp && heardAt !== null) return clock.now() - heardAt;
          return downSince === 0 ? Infinity : clock.now() - downSince;
        },
        follow: (ip, port) => primaryLink.follow(ip, port),
        becomePrimary: () => primaryLink.standAlone(),
      },
      keys: {
        has: (slot) => database.countOfSlot(slot) > 0,
        deleteSlot: (slot) => this.#deleteSlot(slot),
        deleteAll: () => void parts.keyspace.clear(),
      },
      pauseWrites: (until) => {
        this.#endPause();
        this.#resumeWrites = parts.pauseWrites();
        this.#pauseEnd = clock.at(until, () => this.#endPause());
      },
      resumeWrites: () => this.#endPause(),
      published: (channel, message, isSharded) => {
        if (isSharded) pubsub.publishToShard(Span.of(channel), Span.of(message));
        else pubsub.publish(Span.of(channel), Span.of(message));
        parts.schedule();
      },
      save: (text, isFinal) => this.#file.write(text, isFinal),
    };
  }

  #endPause(): void {
    this.#pauseEnd?.cancel();
    this.#pauseEnd = undefined;
    const resume = this.#resumeWrites;
    this.#resumeWrites = () => {};
    resume();
  }

  /** Removes the keys of a slot; they are gone for replicas and files, and nothing was deleted for those who listen. */
  #deleteSlot(slot: number): void {
    const database = this.#database, { propagation, keyspace, schedule } = this.#parts;
    const [first] = database.rowsOfSlot(slot);
    for (let row = first; row !== undefined; [row] = database.rowsOfSlot(slot)) {
      const key = Span.of(copySpan(database.keyOf(row)));
      database.remove(row);
      propagation.also(database.index, "DEL", key);
      keyspace.observer.keyChanged(database, key);
      keyspace.dirty++;
    }
    propagation.flush();
    schedule();
  }
}

function openNodesFile({ configuration }: ClusterModeParts, files: FileSystem): NodesFile {
  const { "cluster-config-file": name, dir } = configuration.settings;
  try {
    return NodesFile.open(files, dir, name);
  } catch (error) {
    if (!(error instanceof NodesFileInUse)) throw nodesFileError(error);
    const place = configuration.placeOf("cluster-config-file") ?? { file: COMMAND_LINE, line: 0 };
    throw new ConfigError(place, "cluster-config-file", error.message);
  }
}

function nodesFileError(error: unknown): Error {
  if (error instanceof CorruptNodesText) {
    return new PersistenceError(
      `Unrecoverable error: corrupted cluster config file (${error.message}).`,
    );
  }
  return new PersistenceError(`Can't use the cluster config file: ${fileErrorText(error)}`);
}
