/** A server: everything below, wired together, with a beginning and an end. */

import { type Clock, SystemClock } from "../base/clock.ts";
import { ALL_COMMANDS } from "../commands/mod.ts";
import type { ReloadView, ServerView } from "../commands/context.ts";
import { CommandRegistry } from "../commands/registry.ts";
import { ConfigError, type Configuration } from "../config/mod.ts";
import { absolutePath } from "../config/paths.ts";
import { ActiveExpiry } from "../keyspace/active_expiry.ts";
import { Keyspace } from "../keyspace/keyspace.ts";
import type { LatencyMonitor } from "../observe/latency_monitor.ts";
import { Log, silentSink } from "../observe/log.ts";
import { renderMetrics } from "../observe/metrics.ts";
import type { Slowlog } from "../observe/slowlog.ts";
import { Statistics } from "../observe/statistics.ts";
import { DenoFileSystem, type FileSystem } from "../persistence/file.ts";
import type { AofState } from "../persistence/aof.ts";
import { replaceFileSync } from "../persistence/replace_file.ts";
import { ChunkPool } from "../resp/chunk_pool.ts";
import { ReplyWriter } from "../resp/reply_writer.ts";
import { Access } from "../execution/access.ts";
import type { AofRewrites } from "../durability/aof_rewrites.ts";
import { BackgroundJobs } from "../durability/background_jobs.ts";
import { BlockedClients } from "../clients/blocking.ts";
import { CallObservers } from "../execution/call_observers.ts";
import { Client } from "../clients/client.ts";
import { Clients } from "../clients/clients.ts";
import { Connections } from "../network/connections.ts";
import { Cron } from "./cron.ts";
import { Debug } from "./debug.ts";
import { Dispatcher } from "../execution/dispatcher.ts";
import { Acceptor } from "../network/acceptor.ts";
import { OutputGate } from "../clients/output_gate.ts";
import { KeyspaceEvents } from "../execution/keyspace_events.ts";
import { Lifecycle } from "../process/lifecycle.ts";
import { Memory } from "./memory.ts";
import { Migrations } from "../network/migrations.ts";
import { MetricsEndpoint } from "../network/metrics_endpoint.ts";
import { Monitors } from "../clients/monitors.ts";
import { Pause } from "../execution/pause.ts";
import { Persistence } from "../durability/persistence.ts";
import { Snapshots } from "../durability/snapshots.ts";
import { removePidFile, writePidFile } from "../process/pid_file.ts";
import { Propagation } from "../execution/propagation.ts";
import { PubSub } from "../clients/pubsub.ts";
import { ServerInfo } from "./server_info.ts";
import { applySettings } from "./settings.ts";
import { NO_SUPERVISOR, type Supervisor } from "../process/supervisor.ts";
import { Tracking } from "../clients/tracking.ts";
import type { ClientTransport } from "../clients/transport.ts";
import { Watches } from "../execution/watches.ts";

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
  /** Is told how the server fares; nobody, if not given. Closed with the server. */
  readonly supervisor?: Supervisor;
}

/**
 * A running server. `Server.start` listens at once and answers LOADING until the data on disk is
 * loaded; `stop` (or SHUTDOWN) ends it, `ended` tells when.
 */
export class Server implements ServerView {
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly log: Log;
  readonly keyspace: Keyspace;
  readonly registry: CommandRegistry;
  readonly propagation = new Propagation();
  readonly statistics = new Statistics();
  readonly blocked: BlockedClients;
  readonly clients: Clients;
  readonly observers: CallObservers;
  readonly monitors: Monitors;
  readonly pause: Pause;
  readonly access: Access;
  readonly gate = new OutputGate();
  readonly pubsub = new PubSub();
  readonly tracking: Tracking;
  readonly migrations: Migrations;
  readonly lifecycle: Lifecycle;
  readonly info: ServerInfo;
  readonly supervisor: Supervisor;
  readonly jobs: BackgroundJobs;
  readonly persistence: Persistence;
  readonly snapshots: Snapshots;
  /** When the server started, in ms since the epoch. */
  readonly startedAt: number;
  readonly dispatcher: Dispatcher;
  readonly connections: Connections;
  readonly memory: Memory;
  readonly cron: Cron;
  readonly debug: Debug;
  readonly expiry: ActiveExpiry;
  readonly #files: FileSystem;
  readonly #acceptor: Acceptor;
  readonly #metrics: MetricsEndpoint;
  /** The file with the process' id, once it was written. */
  #pidFile = "";
  readonly #chunks = new ChunkPool();
  readonly #watches = new Watches();

  private constructor(options: ServerOptions) {
    const { configuration, clock = new SystemClock(), files = new DenoFileSystem() } = options;
    const { settings } = configuration;
    this.configuration = configuration;
    this.clock = clock;
    this.log = options.log ?? new Log(clock, silentSink);
    this.startedAt = clock.now();
    this.supervisor = options.supervisor ?? NO_SUPERVISOR;
    this.#files = files;
    this.keyspace = new Keyspace(clock, settings.databases);
    this.blocked = new BlockedClients(clock, this.keyspace, this.statistics);
    this.observers = new CallObservers(clock, settings);
    this.monitors = new Monitors(clock);
    this.pause = new Pause(clock, this.keyspace);
    this.migrations = new Migrations(clock, this.pause);
    this.tracking = new Tracking({
      find: (id) => this.clients.find(id),
      schedule: () => this.gate.schedule(),
    });
    this.gate.turnEnds = () => this.tracking.broadcast();
    this.clients = new Clients(this);
    this.keyspace.observer = new KeyspaceEvents(
      this.propagation,
      settings,
      this.blocked,
      this.#watches,
      this.pubsub,
      this.tracking,
      this.clients,
    );
    this.registry = new CommandRegistry(ALL_COMMANDS);
    this.access = new Access({
      registry: this.registry,
      configuration,
      clock,
      log: this.log,
      files,
      clients: this.clients,
      pubsub: this.pubsub,
    });
    this.lifecycle = new Lifecycle(this);
    this.jobs = new BackgroundJobs({
      clock,
      get keyDelay() {
        return settings["rdb-key-save-delay"];
      },
      onChange: () => this.persistence.aof.writer.policyChanged(),
    });
    this.persistence = new Persistence(this, files);
    this.snapshots = new Snapshots(this, files);
    this.memory = new Memory({
      keyspace: this.keyspace,
      settings,
      propagation: this.propagation,
      gate: this.gate,
      clients: this.clients,
      tracking: this.tracking,
      latency: this.latency,
      chunks: this.#chunks,
      aofBuffer: () => this.persistence.aof.statistics.bufferLength,
    });
    this.dispatcher = new Dispatcher({
      registry: this.registry,
      keyspace: this.keyspace,
      propagation: this.propagation,
      statistics: this.statistics,
      log: this.log,
      writeGuard: this.persistence,
      blocked: this.blocked,
      memoryLimit: this.memory,
      observers: this.observers,
      monitors: this.monitors,
      pause: this.pause,
      access: this.access,
      tracking: this.tracking,
    });
    this.connections = new Connections({
      ...{ settings, dispatcher: this.dispatcher, gate: this.gate, statistics: this.statistics },
      ...{ log: this.log, chunks: this.#chunks, clients: this.clients },
      createClient: (transport) => this.#createClient(new ReplyWriter(this.#chunks), transport),
    });
    this.expiry = new ActiveExpiry(this.keyspace, this.statistics, {
      removed: () => {
        this.propagation.flush();
        // A stream that has expired is told to those who wait as its consumers.
        this.dispatcher.serveBlocked();
        this.gate.schedule();
      },
      sliceEnded: (duration) => this.latency.add("expire-cycle", duration),
    });
    const { expiry, keyspace, statistics, clients } = this;
    this.info = new ServerInfo(this);
    const { memory, tracking } = this;
    this.cron = new Cron({
      clock,
      settings,
      keyspace,
      expiry,
      statistics,
      clients,
      memory,
      tracking,
      persistence: this.persistence,
      log: this.log,
    });
    this.debug = new Debug(this.cron, this.info);
    this.#metrics = new MetricsEndpoint({
      clock,
      render: () =>
        renderMetrics({
          ...{ sections: this.info.sections, databases: settings.databases },
          ...{ slowlog: this.slowlog, latency: this.latency },
        }),
      unreadiness: () => this.info.unreadiness,
    });
    this.#acceptor = new Acceptor({
      ...{ configuration, clock, log: this.log, statistics, clients, lifecycle: this.lifecycle },
      isProtected: () => settings["protected-mode"] && this.access.users.default.needsNoPassword,
      serve: (conn) => this.connections.serve(conn),
      serveMetrics: (conn) => this.#metrics.serve(conn),
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
      server.#acceptor.listen(options.freePort === true);
      server.#writePidFile();
      server.log.warning("Server initialized");
      await server.persistence.load();
      // The end may have begun while the last piece was loaded.
      if (server.lifecycle.isEnding) await server.ended;
      else server.#becomeReady();
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

  /** Stops the server: what clients asked for is answered, and the data is safe on disk. */
  async stop(): Promise<void> {
    this.lifecycle.shutdown({ save: "default", now: true, force: true });
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
    return this.keyspace.loading;
  }

  get appendOnlyState(): AofState {
    return this.persistence.aof.state;
  }

  /** Runs no more commands; what was replied still leaves, and then the connections end. */
  stopServing(): void {
    for (const client of this.clients) client.closing = true;
  }

  /** What CONFIG SET has move. */
  get acceptor(): Pick<Acceptor, "move" | "renewCertificates"> {
    return this.#acceptor;
  }

  /** What CONFIG REWRITE does. Throws `ReplyError`. */
  rewriteConfiguration(everything = false): void {
    this.configuration.rewrite(
      (path, text) => replaceFileSync(this.#files, path, text),
      this.access.configuredLines,
      everything,
    );
    this.log.warning("CONFIG REWRITE executed with success.");
  }

  /** What CONFIG RESETSTAT zeroes. */
  resetStatistics(): void {
    this.statistics.reset();
    this.memory.resetStatistics();
    this.snapshots.resetStatistics();
    this.aofRewrites.resetStatistics();
    this.persistence.aof.writer.resetStatistics();
    this.keyspace.hits = this.keyspace.misses = this.keyspace.expired = 0;
    for (const command of this.registry) {
      command.statistics.reset();
      for (const subcommand of command.subcommands) subcommand.statistics.reset();
    }
  }

  /** Ends everything, in the order in which one thing needs another. False: data may not be safe. */
  async #close(): Promise<boolean> {
    this.cron.stop();
    this.memory.stop();
    this.pause.end();
    this.migrations.close();
    await this.#acceptor.close();
    this.#metrics.close();
    this.gate.flush();
    const safe = await this.persistence.close();
    for (const client of [...this.clients]) client.transport?.close();
    if (this.#pidFile !== "") removePidFile(this.#files, this.#pidFile, this.log);
    await this.supervisor.close();
    return safe;
  }

  /** Called by the lifecycle when the server is to end. */
  close(): Promise<boolean> {
    return this.#close();
  }

  /** A client of the server's own, which replays what is on disk. */
  createInternalClient(): Client {
    const client = this.#createClient(new ReplyWriter(this.#chunks));
    client.reply.muted = true;
    return client;
  }

  #createClient(reply: ReplyWriter, transport?: ClientTransport): Client {
    return new Client({
      id: transport ? this.clients.nextId() : 0,
      server: this,
      reply,
      transport,
      users: this.access.users,
      authenticate: (client, name, password) => this.access.authenticate(client, name, password),
      blocked: this.blocked,
      watches: this.#watches,
      pubsub: this.pubsub,
      monitors: this.monitors,
      pause: this.pause,
      tracking: this.tracking,
      execute: (client, frame) => this.dispatcher.execute(client, frame),
      resume: (client, command, frame, act) => this.dispatcher.resume(client, command, frame, act),
    });
  }

  /** From now on commands are served. */
  #becomeReady(): void {
    this.cron.start();
    this.#acceptor.sayReady();
    this.supervisor.status("Ready to accept connections");
    this.supervisor.ready();
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
    writePidFile(this.#files, this.#pidFile, this.log);
  }
}
