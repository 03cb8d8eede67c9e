/** A server: everything below, wired together, with a beginning and an end. */

import { type Clock, SystemClock } from "../base/clock.ts";
import { DescriptorReserve } from "../base/descriptor_reserve.ts";
import type { Hold } from "../base/hold.ts";
import { ALL_COMMANDS } from "../commands/mod.ts";
import type { ReloadView } from "../commands/views/persistence.ts";
import type { ServerView } from "../commands/views/server.ts";
import type { CommandRegistry } from "../commands/registry.ts";
import { ConfigError, type Configuration, modeOf } from "../config/mod.ts";
import { COMMAND_LINE } from "../config/errors.ts";
import { absolutePath } from "../config/paths.ts";
import { ActiveExpiry } from "../keyspace/active_expiry.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { LatencyMonitor } from "../observe/latency_monitor.ts";
import { Log, silentSink } from "../observe/log.ts";
import { renderMetrics } from "../observe/metrics.ts";
import type { Slowlog } from "../observe/slowlog.ts";
import type { Statistics } from "../observe/statistics.ts";
import { DenoFileSystem, fileErrorText, type FileSystem } from "../persistence/file.ts";
import type { AofState } from "../persistence/aof.ts";
import { replaceFileSync } from "../persistence/replace_file.ts";
import { ChunkPool } from "../resp/chunk_pool.ts";
import { ReplyWriter } from "../resp/reply_writer.ts";
import type { Access } from "../execution/access.ts";
import type { AofRewrites } from "../durability/aof_rewrites.ts";
import { BackgroundJobs } from "../durability/background_jobs.ts";
import type { CommandReplay } from "../durability/data_loader.ts";
import type { CallObservers } from "../execution/call_observers.ts";
import type { Client } from "../clients/client.ts";
import type { Clients } from "../clients/clients.ts";
import type { ClientTransport } from "../clients/transport.ts";
import { Connections } from "../network/connections.ts";
import type { Waiting } from "../clients/waiting.ts";
import { ClusterMode } from "./cluster_mode.ts";
import type { ClusterService } from "../cluster/cluster_service.ts";
import { Core } from "./core.ts";
import { Cron } from "./cron.ts";
import { Debug } from "./debug.ts";
import { CLIENT, PRIMARY, REPLAY, REPLAY_AT_ONCE } from "../execution/caller.ts";
import type { CommandRunner, Dispatcher } from "../execution/dispatcher.ts";
import { Acceptor } from "../network/acceptor.ts";
import { OutputGate } from "../clients/output_gate.ts";
import { Lifecycle } from "../process/lifecycle.ts";
import { logo } from "../process/logo.ts";
import { Memory } from "./memory.ts";
import { MigrateSockets } from "../network/migrate_sockets.ts";
import { MetricsEndpoint } from "../network/metrics_endpoint.ts";
import { Outgoing } from "../network/outgoing.ts";
import type { Pause } from "../execution/pause.ts";
import { Persistence } from "../durability/persistence.ts";
import { RdbSaves } from "../durability/rdb_saves.ts";
import { removePidFile, writePidFile } from "../process/pid_file.ts";
import type { Propagation } from "../execution/propagation.ts";
import type { PubSub } from "../clients/pubsub.ts";
import { ReplicationHistory } from "../replication/history.ts";
import { PrimaryLink } from "../replication/link/primary_link.ts";
import { Failover } from "../replication/failover.ts";
import { Replicas } from "../replication/replicas.ts";
import { overflowPlace } from "../replication/overflow_file.ts";
import { historyAux } from "../replication/link/saved_history.ts";
import { ReplicationStream } from "../replication/stream.ts";
import { ServerInfo } from "./server_info.ts";
import { applySettings } from "./settings.ts";
import { NO_SUPERVISOR, type Supervisor } from "../process/supervisor.ts";
import type { Functions } from "../scripting/functions.ts";
import type { ScriptRunner } from "../scripting/script_runner.ts";
import { warmUp } from "../process/warm_up.ts";
import type { Scripts } from "../scripting/scripts.ts";
import type { Tracking } from "../clients/tracking.ts";

/** As long a server looks for keys whose time has come before it serves, in ms. */
const LONGEST_SWEEP = 500;

const REPLICAOF_IN_CLUSTER = "replicaof directive not allowed in cluster mode";

/** So long, in ms, those who waited for the server to start come first. */
const WARM_UP_DELAY = 100;

/** What a server can be given instead of its own. */
export interface ServerOptions {
  readonly configuration: Configuration;
  readonly clock?: Clock;
  readonly log?: Log;
  readonly files?: FileSystem;
  /** Listens on a free port in place of the configured one. */
  readonly freePort?: boolean;
  /** Is given the server before it loads its data, so that it can be stopped meanwhile. */
  readonly created?: (server: Server) => void;
  /** Descriptors for the server's own files, held while it runs; none, if not given. */
  readonly descriptors?: DescriptorReserve;
  /** Whether what clients often begin with is run before they come, for an own process alone. */
  readonly warmsUp?: boolean;
  /** Whether the log shows the logo in place of a line; as `always-show-logo` says, if not given. */
  readonly showsLogo?: boolean;
  /** What DEBUG PANIC does; it is refused, if not given. */
  readonly panic?: (error: Error) => void;
  /** Is told how the server fares; nobody, if not given. Closed with the server. */
  readonly supervisor?: Supervisor;
  /** Stands between the connections and the dispatcher; nothing, if not given. */
  readonly intercept?: (
    dispatcher: CommandRunner<Client>,
    registry: CommandRegistry,
  ) => CommandRunner<Client>;
}

/**
 * A running server. `Server.start` listens at once and answers LOADING until the data on disk is
 * loaded; `stop` (or SHUTDOWN) ends it, `ended` tells when.
 */
export class Server implements ServerView {
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly log: Log;
  readonly core: Core;
  readonly keyspace: Keyspace;
  readonly registry: CommandRegistry;
  readonly propagation: Propagation;
  readonly statistics: Statistics;
  readonly clients: Clients;
  readonly waiting: Waiting;
  readonly observers: CallObservers;
  readonly pause: Pause;
  readonly access: Access;
  readonly gate = new OutputGate();
  readonly pubsub: PubSub;
  readonly diskTrouble: Hold;
  readonly scriptRunner: ScriptRunner;
  readonly scripts: Scripts;
  readonly functions: Functions;
  readonly tracking: Tracking;
  readonly migrateSockets: MigrateSockets;
  readonly lifecycle: Lifecycle;
  readonly history = new ReplicationHistory();
  /** The changes, as replicas are sent them. */
  readonly stream: ReplicationStream;
  /** The link to the primary of a replica. */
  readonly primaryLink: PrimaryLink;
  readonly replicas: Replicas;
  readonly failover: Failover;
  readonly info: ServerInfo;
  readonly supervisor: Supervisor;
  readonly jobs: BackgroundJobs;
  readonly persistence: Persistence;
  readonly rdbSaves: RdbSaves;
  /** When the server started, in ms since the epoch. */
  readonly startedAt: number;
  readonly dispatcher: Dispatcher<Client>;
  readonly connections: Connections;
  readonly memory: Memory;
  readonly cron: Cron;
  readonly debug: Debug;
  readonly expiry: ActiveExpiry;
  readonly files: FileSystem;
  readonly descriptors: DescriptorReserve;
  readonly #holdDescriptors: () => void;
  readonly #warmsUp: boolean;
  /** Ends the process as an error does that nobody catches; null where that is not for the server to do. */
  readonly panic: ((error: Error) => void) | null;
  readonly #acceptor: Acceptor;
  readonly #metrics: MetricsEndpoint;
  /** The file with the process' id, once it was written. */
  #pidFile = "";
  readonly #chunks = new ChunkPool();
  /** The server as a node of a cluster; null: it is none. */
  #cluster: ClusterMode | null = null;

  private constructor(options: ServerOptions) {
    const { configuration, clock = new SystemClock(), descriptors } = options;
    const { files = new DenoFileSystem(descriptors) } = options;
    const { settings } = configuration;
    const log = options.log ?? new Log(clock, silentSink);
    this.configuration = configuration;
    this.clock = clock;
    this.log = log;
    this.startedAt = clock.now();
    this.supervisor = options.supervisor ?? NO_SUPERVISOR;
    this.panic = options.panic ?? null;
    this.files = files;
    this.descriptors = descriptors ?? new DescriptorReserve();
    this.#warmsUp = options.warmsUp === true;
    this.#holdDescriptors = () => void descriptors?.hold();
    const core = this.core = new Core({
      ...{ clock, configuration, log, files, declarations: ALL_COMMANDS, server: this },
      memory: () => this.memory,
      disk: () => this.persistence,
      role: () => this.primaryLink,
      redirections: () => this.#requireCluster().redirections,
      output: this.gate,
    });
    this.stream = new ReplicationStream(
      this.history,
      () => settings["repl-backlog-size"],
      () => overflowPlace(files, settings, "repl"),
    );
    this.stream.onFailure = (error) => {
      log.warning(
        `What a slow replica is still to be sent stays in memory: ${fileErrorText(error)}`,
      );
    };
    this.keyspace = core.keyspace;
    this.registry = core.registry;
    this.propagation = core.propagation;
    this.statistics = core.statistics;
    this.clients = core.clients;
    this.waiting = core.waiting;
    this.observers = core.observers;
    this.pause = core.pause;
    this.access = core.access;
    this.pubsub = core.pubsub;
    this.diskTrouble = core.diskTrouble;
    this.scriptRunner = core.scriptRunner;
    this.scripts = core.scripts;
    this.functions = core.functions;
    this.tracking = core.tracking;
    this.dispatcher = core.dispatcher;
    this.migrateSockets = new MigrateSockets({
      ...{ clock, pause: this.pause, descriptors: this.descriptors },
    });
    this.gate.turnEnds = () => {
      this.#cluster?.turnEnds();
      this.replicas.turnEnds();
      // Half of what a script changes is not to be told.
      if (!core.halfDone.isActive) this.tracking.broadcast();
    };
    this.lifecycle = new Lifecycle(this);
    this.jobs = new BackgroundJobs({
      clock,
      get keyDelay() {
        return settings["rdb-key-save-delay"];
      },
      log: this.log,
      loading: this.keyspace.loading,
      halfway: this.keyspace.halfway,
      onChange: () => this.persistence.aof.writer.policyChanged(),
    });
    this.persistence = new Persistence(this);
    this.rdbSaves = new RdbSaves(this);
    this.primaryLink = new PrimaryLink({
      server: this,
      connector: new Outgoing(settings, this.descriptors),
      downstream: {
        disconnectAll: () => this.replicas.disconnectAll(),
        historyChanged: () => this.replicas.historyChanged(),
      },
      failover: {
        psyncOption: () => this.failover.state === "failover-in-progress" ? "FAILOVER" : null,
        psyncAnswered: (accepted) => {
          if (accepted) this.failover.done();
          else this.failover.fail("Failover target rejected psync request");
        },
      },
      changed: () => core.roleChanged(this.primaryLink),
    });
    this.replicas = new Replicas(this, this.primaryLink);
    core.goodReplicas.counter = () => this.replicas.goodCount;
    this.failover = new Failover({
      ...{ clock, log, upstream: this.primaryLink, replicas: this.replicas },
      history: this.history,
      pauseWrites: () => this.pauseWrites(),
      follow: (host, port) => this.primaryLink.follow(host, port),
      lead: () => this.primaryLink.standAlone(),
    });
    this.replicas.onChange = () => this.failover.look();
    this.replicas.isFailingOver = () =>
      this.failover.isUnderWay || this.#cluster?.isFailingOver === true;
    const { keyspace, statistics, clients, tracking, propagation, gate, latency, pause } = this;
    const memory = this.memory = new Memory({
      ...{
        keyspace,
        settings,
        propagation,
        gate,
        clients,
        tracking,
        latency,
        statistics,
        log,
        pause,
      },
      primaryLink: this.primaryLink,
      ...{ pubsub: this.pubsub, clientMemory: core.clientMemory },
      chunks: this.#chunks,
      stream: this.stream,
      aofBuffer: () => this.persistence.aof.statistics.bufferLength,
    });
    const dispatcher = options.intercept?.(this.dispatcher, this.registry) ?? this.dispatcher;
    const chunks = this.#chunks;
    this.connections = new Connections({
      ...{ settings, dispatcher, gate, statistics, log, chunks, clients, changes: this.history },
      createClient: (transport) =>
        core.createClient({
          id: clients.nextId(),
          caller: CLIENT,
          reply: new ReplyWriter(chunks),
          transport,
        }),
    });
    const expired = () => {
      propagation.flush();
      // A stream that has expired is told to those who wait as its consumers.
      this.dispatcher.serveReady();
      gate.schedule();
    };
    const expiry = this.expiry = new ActiveExpiry({
      keyspace,
      statistics,
      events: {
        removed: expired,
        sliceEnded: (duration) => latency.add("expire-cycle", duration),
      },
    });
    this.info = new ServerInfo(this);
    this.cron = new Cron({
      ...{ clock, settings, keyspace, expiry, statistics, clients, memory, tracking },
      ...{ jobs: this.jobs, lifecycle: this.lifecycle, pubsub: this.pubsub },
      ...{ ownExpiries: this.primaryLink.ownExpiries, expired },
      replicas: this.replicas,
    });
    this.debug = new Debug(this);
    this.#metrics = new MetricsEndpoint({
      clock,
      render: () =>
        renderMetrics({
          ...{ sections: this.info.sections, databases: settings.databases },
          ...{ slowlog: this.slowlog, latency },
          cluster: this.isLoading ? [] : this.cluster?.metrics ?? [],
        }),
      unreadiness: () => this.info.unreadiness,
    });
    this.#acceptor = new Acceptor({
      ...{ configuration, clock, log, statistics, clients, lifecycle: this.lifecycle },
      descriptors: this.descriptors,
      isProtected: () => settings["protected-mode"] && this.access.users.default.needsNoPassword,
      serve: (conn) => this.connections.serve(conn),
      serveMetrics: (conn, onlyHealth) => this.#metrics.serve(conn, onlyHealth),
      serveNode: (conn) => this.#requireCluster().accept(conn),
    });
  }

  /**
   * Starts a server and loads its data. Throws `ListenError` where it cannot listen, `ConfigError` where
   * the configuration cannot be done, and what `AppendOnlyFile.load` throws; nothing is left running then.
   * A server that is shut down while it loads its data has ended when it is returned.
   */
  static async start(options: ServerOptions): Promise<Server> {
    const server = new Server(options);
    options.created?.(server);
    try {
      server.access.loadConfigured();
      server.#renameCommands();
      applySettings(server);
      server.log.role = "M";
      server.#joinCluster();
      server.primaryLink.configure();
      await server.#acceptor.listen(options.freePort === true);
      // A signal may have come meanwhile.
      if (server.lifecycle.isEnding) {
        await server.ended;
        return server;
      }
      server.#holdDescriptors();
      server.#sayMode(options.showsLogo);
      server.#writePidFile();
      server.log.warning("Server initialized");
      server.cron.start();
      await server.persistence.load();
      // The end may have begun while the last piece was loaded.
      if (server.lifecycle.isEnding) await server.ended;
      else {
        server.#cluster?.start();
        server.#becomeReady();
        server.primaryLink.start();
      }
      return server;
    } catch (error) {
      if (server.lifecycle.isEnding) {
        await server.ended;
        return server;
      }
      await server.#close();
      throw error;
    }
  }

  /** The TCP port that clients connect to; 0: none. */
  get port(): number {
    return this.configuration.settings.port;
  }

  /** Ends when the server has ended; the value is the process' exit code. */
  get ended(): Promise<number> {
    return this.lifecycle.ended;
  }

  /**
   * Stops the server: what clients asked for is answered, and the data is safe on disk. A script that takes
   * its time is killed; one that has written is given up, and the data is on disk as it last was.
   */
  async stop(): Promise<void> {
    const { core: { halfDone }, scriptRunner, dispatcher } = this;
    while (halfDone.waitsFor !== null) await halfDone.waitsFor;
    while (halfDone.isActive && scriptRunner.end()) dispatcher.goOn();
    const save = halfDone.isActive ? "nosave" : "default";
    this.lifecycle.shutdown({ save, now: true, force: true });
    await this.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  get slowlog(): Slowlog {
    return this.observers.slowlog;
  }

  get latency(): LatencyMonitor {
    return this.observers.latency;
  }

  get aofRewrites(): AofRewrites {
    return this.persistence.rewrites;
  }

  get reload(): ReloadView {
    return this.persistence;
  }

  /** Whether the data set is still being loaded. */
  get isLoading(): boolean {
    return this.keyspace.loading.isHeld;
  }

  /** Whether a command stands half-way: a script that takes its time. */
  get isHalfway(): boolean {
    return this.keyspace.halfway.isHeld;
  }

  get appendOnlyState(): AofState {
    return this.persistence.aof.state;
  }

  /** Runs no more commands; what was replied still leaves, and then the connections end. */
  stopServing(): void {
    for (const client of this.clients) client.closing = true;
  }

  /** Nothing changes the data until what is returned is called. */
  pauseWrites(): () => void {
    return this.pause.hold();
  }

  /** What CONFIG SET has move. */
  get acceptor(): Pick<Acceptor, "move" | "renewCertificates" | "suspend" | "resume"> {
    return this.#acceptor;
  }

  /** What CONFIG REWRITE does. Throws `ReplyError`. */
  rewriteConfiguration(everything = false): void {
    this.configuration.rewrite(
      (path, text) => replaceFileSync(this.files, path, text),
      this.access.configuredLines,
      everything,
    );
    this.log.warning("CONFIG REWRITE executed with success.");
  }

  /** What CONFIG RESETSTAT zeroes. */
  resetStatistics(): void {
    this.statistics.reset();
    this.memory.resetStatistics();
    this.rdbSaves.resetStatistics();
    this.aofRewrites.resetStatistics();
    this.persistence.aof.writer.resetStatistics();
    this.keyspace.hits = this.keyspace.misses = this.keyspace.expired = 0;
    this.keyspace.lazyFreeing.objects = 0;
    for (const command of this.registry.all()) command.statistics.reset();
  }

  /** Ends everything, in the order in which one thing needs another. False: data may not be safe. */
  async #close(): Promise<boolean> {
    this.core.halfDone.abandon();
    this.#cluster?.close();
    this.primaryLink.close();
    this.cron.stop();
    this.memory.stop();
    this.pause.end();
    this.migrateSockets.close();
    await this.#acceptor.close();
    this.#metrics.close();
    this.gate.flush();
    const safe = await this.persistence.close();
    for (const client of [...this.clients]) client.transport?.close();
    this.descriptors.release();
    if (this.#pidFile !== "") removePidFile(this.files, this.#pidFile, this.log);
    await this.supervisor.close();
    return safe;
  }

  /** Called by the lifecycle when the server is to end. */
  close(): Promise<boolean> {
    return this.#close();
  }

  /** What a file says of the history that the data is from: names and values. */
  get historyAux(): readonly (readonly [string, string])[] {
    const { history, primaryLink, replicas, stream } = this;
    const isKnown = primaryLink.isReplica ? primaryLink.isInHistory : stream.isActive;
    if (!isKnown) return [];
    return historyAux(history, (primaryLink.isReplica ? primaryLink : replicas).streamDatabase);
  }

  /** Runs what the primary sends. */
  createPrimaryClient(transport: ClientTransport): Client {
    const reply = new ReplyWriter(this.#chunks);
    return this.core.createClient({ id: this.clients.nextId(), caller: PRIMARY, reply, transport });
  }

  /** Runs commands that are on disk. */
  createReplay(isAtOnce: boolean): CommandReplay {
    const reply = new ReplyWriter(this.#chunks);
    reply.muted = true;
    const caller = isAtOnce ? REPLAY_AT_ONCE : REPLAY;
    const client = this.core.createClient({ id: 0, caller, reply });
    return {
      startFile: () => client.select(0),
      execute: (frame) => this.dispatcher.execute(client, frame),
      goOn: () => this.dispatcher.goOn(),
    };
  }

  /** The cluster whose node the server is. */
  get cluster(): ClusterService | null {
    return this.#cluster?.service ?? null;
  }

  /** Becomes the node that it was, or a new one, where the configuration says so. Throws `ConfigError`. */
  #joinCluster(): void {
    const { configuration: { settings }, descriptors } = this;
    if (!settings["cluster-enabled"]) return;
    if (settings.replicaof !== null) {
      const place = this.configuration.placeOf("replicaof") ?? { file: COMMAND_LINE, line: 0 };
      throw new ConfigError(place, "replicaof", REPLICAOF_IN_CLUSTER);
    }
    const { clock, log, files, registry, keyspace, propagation, clients, waiting, pubsub } = this;
    const { configuration, statistics, scriptRunner, history, primaryLink, gate } = this;
    const nodes = new Outgoing({ ...settings, "tls-replication": false }, descriptors);
    this.#cluster = new ClusterMode({
      ...{ clock, log, files, registry, keyspace, propagation, clients, waiting, pubsub },
      ...{ configuration, statistics, scriptRunner, history, primaryLink },
      pauseWrites: () => this.pauseWrites(),
      schedule: () => gate.schedule(),
      connect: (ip, port) => nodes.connect(ip, port),
      fail: () => {
        // Nobody is told that what was not saved is done.
        for (const client of [...clients]) client.disconnect();
        this.lifecycle.abort();
      },
    });
  }

  #requireCluster(): ClusterMode {
    if (this.#cluster === null) throw new Error("the server is in no cluster");
    return this.#cluster;
  }

  /** From now on commands are served. */
  #becomeReady(): void {
    // What a file has brought back, as it was needed for what follows in it, is not to be counted.
    this.keyspace.updateTime();
    this.expiry.sweep(LONGEST_SWEEP);
    this.#acceptor.sayReady();
    this.supervisor.status("Ready to accept connections");
    this.supervisor.ready();
    if (this.#warmsUp) this.clock.after(WARM_UP_DELAY, () => warmUp(this));
  }

  /** Says what kind of server has begun to listen. */
  #sayMode(showsLogo = this.configuration.settings["always-show-logo"]): void {
    const { log, configuration: { settings } } = this;
    const port = settings.port || settings["tls-port"], mode = modeOf(settings);
    if (showsLogo) log.raw("notice", logo({ port, pid: Deno.pid, mode }));
    else log.notice(`Running mode=${mode}, port=${port}.`);
  }

  #renameCommands(): void {
    for (const { from, to, place } of this.configuration.renamedCommands) {
      const reason = this.registry.rename(from, to);
      if (reason !== null) throw new ConfigError(place, "rename-command", reason);
    }
  }

  #writePidFile(): void {
    const { pidfile, dir } = this.configuration.settings;
    if (pidfile === "") return;
    this.#pidFile = absolutePath(pidfile, dir);
    writePidFile(this.files, this.#pidFile, this.log);
  }
}
