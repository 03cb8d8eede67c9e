/** A server: everything below, wired together, with a beginning and an end. */

import { type Clock, SystemClock } from "../base/clock.ts";
import { ReplyError } from "../base/errors.ts";
import { type ByteRange, spanString } from "../base/span.ts";
import { ALL_COMMANDS } from "../commands/mod.ts";
import type { ServerView } from "../commands/context.ts";
import { CommandRegistry } from "../commands/registry.ts";
import { ConfigError, type Configuration } from "../config/mod.ts";
import { absolutePath, systemPath } from "../config/paths.ts";
import { ActiveExpiry } from "../keyspace/active_expiry.ts";
import { Keyspace } from "../keyspace/keyspace.ts";
import type { LatencyMonitor } from "../observe/latency_monitor.ts";
import { Log, silentSink } from "../observe/log.ts";
import type { Slowlog } from "../observe/slowlog.ts";
import { Statistics } from "../observe/statistics.ts";
import { DenoFileSystem, type FileSystem } from "../persistence/file.ts";
import { replaceFileSync } from "../persistence/replace_file.ts";
import { ChunkPool } from "../resp/chunk_pool.ts";
import { CommandDecoder } from "../resp/command_decoder.ts";
import { ReplyWriter } from "../resp/reply_writer.ts";
import { BlockedClients } from "./blocking.ts";
import { CallObservers } from "./call_observers.ts";
import { Client } from "./client.ts";
import { Clients } from "./clients.ts";
import { Connection } from "./connection.ts";
import { Cron } from "./cron.ts";
import { Debug } from "./debug.ts";
import { Dispatcher } from "./dispatcher.ts";
import { OutputGate } from "./gate.ts";
import { KeyspaceEvents } from "./keyspace_events.ts";
import { Lifecycle } from "./lifecycle.ts";
import { ListenError, Listeners } from "./listeners.ts";
import { Memory } from "./memory.ts";
import { Monitors } from "./monitors.ts";
import { Pause } from "./pause.ts";
import { Persistence } from "./persistence.ts";
import { Snapshots } from "./snapshots.ts";
import { removePidFile, writePidFile } from "./pid_file.ts";
import { Propagation } from "./propagation.ts";
import { PubSub } from "./pubsub.ts";
import { ServerInfo } from "./server_info.ts";
import { applySettings } from "./settings.ts";
import { Watches } from "./watches.ts";

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
}

const WRONG_PASSWORD = new ReplyError(
  "WRONGPASS invalid username-password pair or user is disabled.",
);
const TOO_MANY_CLIENTS = "-ERR max number of clients reached\r\n";
const PROTECTED =
  "-DENIED Redis is running in protected mode because protected mode is enabled and no password " +
  "is set for the default user. In this mode connections are only accepted from the loopback " +
  "interface.\r\n";

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
  readonly gate = new OutputGate();
  readonly pubsub = new PubSub();
  readonly lifecycle: Lifecycle;
  readonly info: ServerInfo;
  readonly persistence: Persistence;
  readonly snapshots: Snapshots;
  /** When the server started, in ms since the epoch. */
  readonly startedAt: number;
  readonly dispatcher: Dispatcher;
  readonly memory: Memory;
  readonly cron: Cron;
  readonly debug: Debug;
  readonly expiry: ActiveExpiry;
  readonly #files: FileSystem;
  readonly #listeners: Listeners;
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
    this.#files = files;
    this.keyspace = new Keyspace(clock, settings.databases);
    this.blocked = new BlockedClients(clock, this.keyspace);
    this.observers = new CallObservers(clock, settings);
    this.monitors = new Monitors(clock);
    this.pause = new Pause(clock, this.keyspace);
    this.clients = new Clients(this);
    this.keyspace.observer = new KeyspaceEvents(
      this.propagation,
      settings,
      this.blocked,
      this.#watches,
      this.pubsub,
    );
    this.registry = new CommandRegistry(ALL_COMMANDS);
    this.lifecycle = new Lifecycle(this);
    this.persistence = new Persistence(this, files);
    this.snapshots = new Snapshots(this, files);
    this.memory = new Memory({
      keyspace: this.keyspace,
      settings,
      propagation: this.propagation,
      gate: this.gate,
      clients: this.clients,
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
    });
    this.expiry = new ActiveExpiry(this.keyspace, this.statistics, () => {
      this.propagation.flush();
      // A stream that has expired is told to those who wait as its consumers.
      this.dispatcher.serveBlocked();
      this.gate.schedule();
    });
    const { expiry, keyspace, statistics, clients } = this;
    this.info = new ServerInfo(this);
    const { memory } = this;
    this.cron = new Cron({
      clock,
      settings,
      keyspace,
      expiry,
      statistics,
      clients,
      memory,
      log: this.log,
    });
    this.debug = new Debug(this.cron, this.info);
    this.#listeners = new Listeners((conn) => this.#accept(conn), clock, this.log);
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
      server.#renameCommands();
      applySettings(server);
      server.log.role = "M";
      server.#listen(options.freePort === true);
      server.#writePidFile();
      server.log.warning("Server initialized");
      await server.persistence.load();
      server.cron.start();
      server.#sayReady();
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
    this.lifecycle.begin({ save: "default", now: true, force: true });
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

  /** Whether the data set is still being loaded. */
  get isLoading(): boolean {
    return this.keyspace.loading;
  }

  /** Whether the append-only file is on. */
  get keepsAppendOnlyFile(): boolean {
    return this.persistence.aof.writer.active;
  }

  /** Runs no more commands; what was replied still leaves, and then the connections end. */
  stopServing(): void {
    for (const client of this.clients) client.closing = true;
  }

  /** Listens where `bind` and `port` say now. Throws `ListenError`; all is as before then. */
  moveListeners(): void {
    const { settings } = this.configuration;
    this.#listeners.move(settings.bind, settings.port, settings["tcp-backlog"]);
  }

  /** What CONFIG REWRITE does. Throws `ReplyError`. */
  rewriteConfiguration(): void {
    this.configuration.rewrite((path, text) => replaceFileSync(this.#files, path, text));
    this.log.warning("CONFIG REWRITE executed with success.");
  }

  /** What CONFIG RESETSTAT zeroes. */
  resetStatistics(): void {
    this.statistics.reset();
    this.memory.eviction.evicted = 0;
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
    await this.#listeners.close();
    this.gate.flush();
    const safe = await this.persistence.close();
    for (const client of [...this.clients]) client.transport?.close();
    if (this.#pidFile !== "") removePidFile(this.#files, this.#pidFile, this.log);
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

  #createClient(reply: ReplyWriter, transport?: Connection): Client {
    return new Client({
      id: transport ? this.clients.nextId() : 0,
      server: this,
      reply,
      transport,
      authenticate: (user, password) => this.#authenticate(user, password),
      isOpen: () => this.configuration.settings.requirepass === "",
      blocked: this.blocked,
      watches: this.#watches,
      pubsub: this.pubsub,
      monitors: this.monitors,
      pause: this.pause,
      execute: (client, frame) => this.dispatcher.execute(client, frame),
    });
  }

  #authenticate(user: string, password: ByteRange): void {
    const { requirepass } = this.configuration.settings;
    const fits = requirepass === "" || equalsInConstantTime(requirepass, spanString(password));
    if (user !== "default" || !fits) throw WRONG_PASSWORD;
  }

  #renameCommands(): void {
    for (const { from, to, place } of this.configuration.renamedCommands) {
      const reason = this.registry.rename(from, to);
      if (reason !== null) throw new ConfigError(place, "rename-command", reason);
    }
  }

  #listen(freePort: boolean): void {
    const { settings } = this.configuration;
    if (settings.port === 0 && settings.unixsocket === "" && !freePort) {
      throw new ListenError("Configured to not listen anywhere: give --port or --unixsocket");
    }
    if (settings.port !== 0 || freePort) {
      const wanted = freePort ? 0 : settings.port;
      const port = this.#listeners.listen(settings.bind, wanted, settings["tcp-backlog"]);
      this.configuration.assign("port", port);
    }
    this.log.notice(`Running mode=standalone, port=${settings.port}.`);
    if (settings.unixsocket !== "") {
      const path = systemPath(absolutePath(settings.unixsocket, settings.dir));
      this.#listeners.listenUnix(path, settings.unixsocketperm);
    }
  }

  #writePidFile(): void {
    const { pidfile, dir } = this.configuration.settings;
    if (pidfile === "") return;
    this.#pidFile = absolutePath(pidfile, dir);
    writePidFile(this.#files, this.#pidFile, this.log);
  }

  #sayReady(): void {
    const { settings } = this.configuration;
    if (settings.port !== 0) this.log.notice("Ready to accept connections");
    if (settings.unixsocket !== "") {
      this.log.notice(`The server is now ready to accept connections at ${settings.unixsocket}`);
    }
  }

  #accept(conn: Deno.Conn): void {
    const { settings } = this.configuration;
    this.statistics.connectionsReceived++;
    if (this.lifecycle.isEnding) {
      conn.close();
    } else if (this.clients.count >= settings.maxclients) {
      this.statistics.rejectedConnections++;
      this.#refuse(conn, TOO_MANY_CLIENTS);
    } else if (settings["protected-mode"] && settings.requirepass === "" && isRemote(conn)) {
      this.statistics.rejectedConnections++;
      this.#refuse(conn, PROTECTED);
    } else {
      this.#serve(conn);
    }
  }

  #serve(conn: Deno.Conn): void {
    const { settings } = this.configuration;
    const limits = {
      get maxBulkLength() {
        return settings["proto-max-bulk-len"];
      },
      get maxQueryBuffer() {
        return settings["client-query-buffer-limit"];
      },
      maxMultibulk: 0x7fffffff,
      inlineLimit: 64 * 1024,
      authenticated: settings.requirepass === "",
    };
    if (settings["tcp-keepalive"] > 0 && conn.localAddr.transport === "tcp") {
      // How often is the system's to say: Deno has no way to.
      (conn as Deno.TcpConn).setKeepAlive(true);
    }
    const { dispatcher, gate, statistics, log } = this;
    const decoder = new CommandDecoder(limits, this.#chunks);
    const connection = new Connection(conn, decoder, {
      dispatcher,
      gate,
      statistics,
      log,
      ended: (ended) => this.clients.remove(ended.client),
    });
    const client = this.#createClient(new ReplyWriter(this.#chunks), connection);
    this.clients.add(client);
    connection.serve(client);
  }

  /** Tells a peer why it is not served; it may not listen. */
  #refuse(conn: Deno.Conn, message: string): void {
    conn.write(new TextEncoder().encode(message))
      .catch((error) => this.log.verbose(`A refused connection was lost: ${String(error)}`))
      .finally(() => conn.close());
  }
}

function isRemote(conn: Deno.Conn): boolean {
  if (conn.remoteAddr.transport !== "tcp") return false;
  const { hostname } = conn.remoteAddr;
  return !(hostname.startsWith("127.") || hostname === "::1" || hostname.startsWith("::ffff:127."));
}

/** Takes as long for a wrong password as for the right one. */
function equalsInConstantTime(expected: string, given: string): boolean {
  let difference = expected.length ^ given.length;
  for (let i = 0; i < given.length; i++) {
    difference |= given.charCodeAt(i) ^ expected.charCodeAt(i % expected.length);
  }
  return difference === 0;
}
