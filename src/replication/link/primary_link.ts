/** The link to the primary: made, kept and made again, as long as the server is a replica. */

import type { Timer } from "../../base/clock.ts";
import { ReplyError } from "../../base/errors.ts";
import { Span } from "../../base/span.ts";
import type { Client } from "../../clients/client.ts";
import type { Clients } from "../../clients/clients.ts";
import type { ClientTransport, Socket } from "../../clients/transport.ts";
import type { Waiting } from "../../clients/waiting.ts";
import type {
  LinkState,
  PrimaryLinkView,
  PrimaryPlace,
} from "../../commands/views/primary_link.ts";
import type { ExpiredKey } from "../../durability/persistence.ts";
import type { Propagation } from "../../execution/propagation.ts";
import type { RoleState } from "../../execution/admission_rules.ts";
import { OwnExpiries } from "../../keyspace/own_expiries.ts";
import type { RdbLoadSummary } from "../../persistence/rdb_loader.ts";
import type { Statistics } from "../../observe/statistics.ts";
import type { ReplicationHistory } from "../history.ts";
import type { DownstreamControl, UpstreamState } from "../role.ts";
import type { ReplicationStream } from "../stream.ts";
import { FullSync, type SyncedServer, type TransferProgress } from "./full_sync.ts";
import { shakeHands, type SyncKind } from "./handshake.ts";
import { LinkError, PrimarySocket } from "./primary_socket.ts";
import { PrimaryStream, type PrimaryStreamParts, StreamError } from "./primary_stream.ts";
import { PrimaryTransport } from "./primary_transport.ts";

/** Connects to other servers. */
export interface Connector {
  /** Rejects where that can't be done; `host` is a name or an address. */
  connect(host: string, port: number): Promise<Socket>;
}

/** What a primary that hands over to another server does about its link to that. */
export interface FailoverControl {
  /** What PSYNC says in addition; null: nothing, there is no failover. */
  psyncOption(): string | null;
  /** The other server has answered PSYNC. */
  psyncAnswered(accepted: boolean): void;
}

/** What the link needs of the server. */
export interface LinkedServer
  extends SyncedServer, Pick<PrimaryStreamParts, "dispatcher" | "gate" | "statistics"> {
  readonly clients: Clients;
  readonly waiting: Waiting;
  readonly statistics: Statistics;
  readonly history: ReplicationHistory;
  readonly stream: ReplicationStream;
  readonly persistence: SyncedServer["persistence"] & {
    /** Why writes can't be made safe now, or null. */
    readonly refusal: ReplyError | null;
    /** Writes an append-only file again, where there is to be one. */
    restartAfterSync(): void;
  };
  readonly propagation: Propagation;
  readonly lifecycle: { abort(): void };
  readonly supervisor: { status(text: string): void };
  /** Makes the client that runs what the primary sends. */
  createPrimaryClient(transport: ClientTransport): Client;
}

/** What else the link is made with. */
export interface PrimaryLinkParts {
  readonly server: LinkedServer;
  readonly connector: Connector;
  readonly downstream: DownstreamControl;
  readonly failover?: FailoverControl;
  /** Is told when the server's part in replication, or the state of the link, is another one. */
  readonly changed: () => void;
}

/** The link is looked after this often, in ms. */
const INTERVAL = 1000;

const UNBLOCKED = new ReplyError(
  "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
);

/** One connection, from the attempt to make it to its end. */
interface Attempt {
  readonly controller: AbortController;
  state: Exclude<LinkState, "none" | "connect">;
  /** Null until there is a connection. */
  socket: PrimarySocket | null;
  sync: FullSync | null;
  client: Client | null;
  /** When it began, in ms since the epoch. */
  readonly beganAt: number;
}

/** A replica's link to its primary. */
export class PrimaryLink implements PrimaryLinkView, UpstreamState, RoleState {
  /** The keys that a writable replica has to look after itself. */
  readonly ownExpiries = new OwnExpiries();
  readonly #server: LinkedServer;
  readonly #parts: PrimaryLinkParts;
  #primary: PrimaryPlace | null = null;
  #attempt: Attempt | null = null;
  /** The database that the stream was in when its link was lost; null: it can't be gone on with. */
  #resumable: { readonly database: number } | null = null;
  /** Since when there is no link, in ms since the epoch; 0: there never was one, or there is. */
  #downSince = 0;
  #timer: Timer | undefined;
  #releaseExpired: (() => void) | null = null;
  #isClosed = false;

  constructor(parts: PrimaryLinkParts) {
    this.#parts = parts;
    this.#server = parts.server;
  }

  // --- What others ask -----------------------------------------------------------------------------

  get primary(): PrimaryPlace | null {
    return this.#primary;
  }

  get isReplica(): boolean {
    return this.#primary !== null;
  }

  get isLinkUp(): boolean {
    return this.#attempt?.state === "connected";
  }

  get streamDatabase(): number {
    return this.#attempt?.client?.db.index ?? this.#resumable?.database ?? 0;
  }

  /** Whether it is known how far the data set is in the history of a primary. */
  get isInHistory(): boolean {
    return this.#resumable !== null || this.#attempt?.client != null;
  }

  get isReadOnly(): boolean {
    return this.isReplica && this.#server.configuration.settings["replica-read-only"];
  }

  /** Whether `maxmemory` is the primary's to look after. */
  get ignoresMaxmemory(): boolean {
    return this.isReplica && this.#server.configuration.settings["replica-ignore-maxmemory"];
  }

  get isStale(): boolean {
    const { settings } = this.#server.configuration;
    return this.isReplica && !this.isLinkUp && !settings["replica-serve-stale-data"];
  }

  get state(): LinkState {
    if (this.#primary === null) return "none";
    return this.#attempt?.state ?? "connect";
  }

  get appliedOffset(): number {
    return this.#attempt?.client == null ? -1 : this.#server.history.offset;
  }

  /** How many bytes of the stream came, and are not applied yet. */
  get pendingBytes(): number {
    const transport = this.#attempt?.client?.transport;
    return transport instanceof PrimaryTransport ? transport.stream?.pendingBytes ?? 0 : 0;
  }

  /** How far the transfer of all data is; null: there is none. */
  get transfer(): TransferProgress | null {
    return this.#attempt?.sync?.progress ?? null;
  }

  /** When the primary was last heard of, in ms since the epoch; null: there is no link. */
  get heardAt(): number | null {
    const { socket = null, state } = this.#attempt ?? {};
    return socket !== null && (state === "connected" || state === "sync") ? socket.activeAt : null;
  }

  /** Since when there is no link, in ms since the epoch; 0: there never was one, or there is. */
  get downSince(): number {
    return this.#downSince;
  }

  // --- What others have it do ----------------------------------------------------------------------

  /** The data that is on disk is loaded, as what the server is: from now on a replica has a link. */
  start(): void {
    const { clock } = this.#server;
    this.#timer = clock.every(INTERVAL, () => this.#lookAfter());
    if (this.#primary !== null) this.#connect();
  }

  /** Takes what the configuration says at first: whose replica this server is. */
  configure(): void {
    const { configuration: { settings }, log } = this.#server;
    this.#primary = settings.replicaof;
    if (this.#primary !== null) log.role = "S";
    this.#changed();
  }

  /** The server ends. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#drop();
  }

  follow(host: string, port: number): void {
    const { log } = this.#server;
    const wasPrimary = !this.isReplica;
    this.#lose();
    this.#endWaits();
    this.#setPrimary({ host, port });
    if (wasPrimary) {
      log.notice(
        "Before turning into a replica, using my own master parameters to synthesize a cached master: I " +
          "may be able to synchronize with the new master with just a partial transfer.",
      );
      this.#resumable = { database: 0 };
      this.#parts.downstream.historyChanged();
    }
    log.notice(`Connecting to MASTER ${host}:${port}`);
    this.#connect();
  }

  standAlone(): void {
    const { history, persistence } = this.#server;
    if (this.#primary === null) return;
    this.#setPrimary(null);
    this.#lose();
    this.#discardResumption();
    history.continueAs();
    this.#parts.downstream.disconnectAll();
    this.#parts.downstream.historyChanged();
    this.#downSince = 0;
    persistence.restartAfterSync();
    this.#changed();
  }

  acknowledge(): void {
    const { client, socket } = this.#attempt ?? {};
    if (client == null || socket == null || this.#isNameless) return;
    socket.sendCommand("REPLCONF", "ACK", String(this.#server.history.offset));
  }

  // --- Its parts -----------------------------------------------------------------------------------

  /** Whether the primary tells nothing of its history, so that nothing can be gone on with. */
  #isNameless = false;

  #setPrimary(primary: PrimaryPlace | null): void {
    const { configuration, log } = this.#server;
    this.#primary = primary;
    configuration.assign("replicaof", primary);
    log.role = primary === null ? "M" : "S";
    this.#changed();
  }

  /** Has everything follow what the server is now. */
  #changed(): void {
    const { keyspace, configuration: { settings } } = this.#server;
    if (this.isReplica) this.#releaseExpired ??= keyspace.keepsExpired.hold();
    else {
      this.#releaseExpired?.();
      this.#releaseExpired = null;
    }
    if (!this.isReplica) this.ownExpiries.clear();
    const isWritable = this.isReplica && !settings["replica-read-only"];
    keyspace.ownExpiries = isWritable ? this.ownExpiries : null;
    this.#parts.changed();
  }

  /** To be called when a directive has changed that says what a replica does. */
  settingsChanged(): void {
    this.#changed();
  }

  /** Clients that wait for what a replica never gives them end. */
  #endWaits(): void {
    const { clients, waiting, statistics } = this.#server;
    for (const client of [...clients]) {
      if (client.wait === null || client.wait.kind === "pause") continue;
      if (client.wait.kind !== "keys" && client.wait.kind !== "replicas") continue;
      statistics.countError(UNBLOCKED.code);
      client.reply.error(UNBLOCKED.message);
      client.closeAfterReply();
      waiting.end(client);
    }
  }

  /** Once a second: gives up what takes too long, tries again, and tells the primary how far this one is. */
  #lookAfter(): void {
    const { clock, log, configuration: { settings } } = this.#server;
    const primary = this.#primary, attempt = this.#attempt;
    if (primary === null) return;
    if (attempt === null) {
      log.notice(`Connecting to MASTER ${primary.host}:${primary.port}`);
      return this.#connect();
    }
    const heardAt = attempt.socket?.activeAt ?? attempt.beganAt;
    const isSilent = clock.now() - heardAt > settings["repl-timeout"] * 1000;
    if (isSilent && attempt.sync?.hasAll !== true) return this.#giveUp(attempt);
    if (attempt.state === "connected") this.acknowledge();
    // The primary learns that this one is alive, while it loads what it was sent.
    else if (attempt.sync?.isLoading) attempt.socket?.send(NEWLINE);
  }

  #giveUp(attempt: Attempt): void {
    const { log } = this.#server;
    if (attempt.state === "connected") {
      log.warning("MASTER timeout: no data nor PING received...");
      attempt.socket?.close();
      return;
    }
    log.warning(
      attempt.state === "sync"
        ? "Timeout receiving bulk data from MASTER... If the problem persists try to set the " +
          "'repl-timeout' parameter in redis.conf to a larger value."
        : "Timeout connecting to the MASTER...",
    );
    this.#drop();
    this.#reconnect("after failure");
  }

  /** Connects again at once. */
  #reconnect(why = ""): void {
    const primary = this.#primary;
    if (primary === null || this.#isClosed) return;
    const place = `${primary.host}:${primary.port}`;
    this.#server.log.notice(`Reconnecting to MASTER ${place}${why === "" ? "" : ` ${why}`}`);
    this.#connect();
  }

  /** Ends the connection that there is, if any; says which. */
  #drop(): Attempt | null {
    const attempt = this.#attempt;
    this.#attempt = null;
    if (attempt === null) return null;
    attempt.controller.abort(new LinkError("The link to the primary was given up"));
    attempt.client?.transport?.close();
    attempt.socket?.close();
    return attempt;
  }

  /** Ends the link, or what was done to make one; what is known of the stream is kept. */
  #lose(): void {
    const attempt = this.#drop();
    if (attempt?.client != null) this.#ended(attempt.client, true);
  }

  /** There is no link any more. */
  #ended(client: Client, isResumable: boolean): void {
    const { log, clients, clock } = this.#server;
    log.warning("Connection with master lost.");
    if (isResumable && !this.#isNameless) {
      log.notice("Caching the disconnected master state.");
      this.#resumable = { database: client.db.index };
    } else {
      this.#resumable = null;
    }
    clients.remove(client);
    this.#downSince = clock.now();
    this.#parts.changed();
  }

  #discardResumption(): void {
    if (this.#resumable === null) return;
    this.#server.log.notice("Discarding previously cached master state.");
    this.#resumable = null;
  }

  #connect(): void {
    const primary = this.#primary;
    if (primary === null || this.#isClosed) return;
    const attempt: Attempt = {
      controller: new AbortController(),
      state: "connecting",
      socket: null,
      sync: null,
      client: null,
      beganAt: this.#server.clock.now(),
    };
    this.#attempt = attempt;
    this.#server.log.notice("MASTER <-> REPLICA sync started");
    this.#run(attempt, primary);
  }

  /** Makes a link and keeps it; never rejects. */
  async #run(attempt: Attempt, primary: PrimaryPlace): Promise<void> {
    try {
      await this.#open(attempt, primary);
      const kind = await this.#agree(attempt);
      if (kind.kind === "partial") this.#goOn(attempt, kind.id);
      else await this.#takeAll(attempt, kind);
      await this.#applyStream(attempt);
    } catch (error) {
      if (attempt !== this.#attempt) return attempt.socket?.close();
      if (!(error instanceof LinkError)) this.#fault(error);
      this.#failed(attempt, error);
    }
  }

  /** Something is wrong here, not with the primary. */
  #fault(error: unknown): void {
    const details = error instanceof Error ? error.stack ?? error.message : String(error);
    this.#server.log.warning(
      `The link to the primary failed for a reason of the server's own: ${details}`,
    );
  }

  #failed(attempt: Attempt, error: unknown): void {
    const { log } = this.#server;
    const isResumable = error instanceof LinkError && !(error instanceof StreamError);
    const { state, client } = attempt;
    this.#drop();
    if (error instanceof LinkError && (client === null || !isResumable)) {
      for (const line of error.message.split("\n")) if (line !== "") log.warning(line);
    }
    if (client !== null) {
      this.#ended(client, isResumable);
      this.#reconnect();
    } else {
      this.#parts.changed();
      // What fails before any data has come is tried again in the next second.
      if (state === "sync") this.#reconnect("after failure");
    }
  }

  async #open(attempt: Attempt, { host, port }: PrimaryPlace): Promise<void> {
    const { clock, statistics, log } = this.#server;
    let conn: Socket;
    try {
      conn = await this.#parts.connector.connect(host, port);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new LinkError(`Error condition on socket for SYNC: ${reason}`);
    }
    if (attempt !== this.#attempt) {
      conn.close();
      throw new LinkError("");
    }
    attempt.socket = new PrimarySocket(
      conn,
      clock,
      (count) => statistics.netReplicationInputBytes += count,
    );
    log.notice("Non blocking connect for SYNC fired the event.");
  }

  async #agree(attempt: Attempt): Promise<SyncKind> {
    const { log, history, configuration: { settings } } = this.#server;
    const { failover } = this.#parts;
    const option = failover?.psyncOption() ?? null;
    attempt.state = "handshake";
    const kind = await shakeHands({
      socket: socketOf(attempt),
      ...{ settings, log },
      resumption: () =>
        this.#resumable === null ? null : { id: history.id, offset: history.offset },
      psyncOption: () => option,
    });
    this.#requireCurrent(attempt);
    if (option !== null) failover?.psyncAnswered(kind.kind !== "nameless");
    if (kind.kind === "nameless") this.#discardResumption();
    return kind;
  }

  #requireCurrent(attempt: Attempt): void {
    if (attempt !== this.#attempt) throw new LinkError("");
  }

  /** The primary sends what was missed. */
  #goOn(attempt: Attempt, id: string | null): void {
    const { log, history, stream, supervisor } = this.#server;
    const { downstream } = this.#parts;
    if (this.#resumable === null) {
      throw new LinkError("The primary goes on where nothing has begun");
    }
    if (id !== null && id !== history.id) {
      log.warning(`Master replication ID changed to ${id}`);
      history.continueAs(id);
      downstream.disconnectAll();
    }
    stream.activate();
    log.notice("MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.");
    supervisor.status(
      "MASTER <-> REPLICA sync: Partial Resynchronization accepted. Ready to accept connections in " +
        "read-write mode.",
    );
    this.#isNameless = false;
    this.#connected(attempt, this.#resumable.database);
  }

  /** The primary sends all data. */
  async #takeAll(attempt: Attempt, kind: Exclude<SyncKind, { kind: "partial" }>): Promise<void> {
    const { history, stream, log, supervisor, persistence } = this.#server;
    const { downstream } = this.#parts;
    attempt.state = "sync";
    this.#parts.changed();
    attempt.sync = new FullSync(this.#server, {
      socket: socketOf(attempt),
      isSameHistory: kind.kind === "full" && kind.id === history.id,
      signal: attempt.controller.signal,
      attach: () => {
        this.ownExpiries.clear();
        this.#resumable = null;
        downstream.disconnectAll();
        stream.deactivate();
      },
    });
    const { aux } = await attempt.sync.run();
    this.#requireCurrent(attempt);
    attempt.sync = null;
    this.#isNameless = kind.kind === "nameless";
    if (kind.kind === "full") history.adopt(kind.id, kind.offset);
    else history.change();
    stream.activate();
    downstream.historyChanged();
    this.#connected(attempt, Number(aux.get("repl-stream-db") ?? 0));
    log.notice("MASTER <-> REPLICA sync: Finished with success");
    supervisor.status(
      "MASTER <-> REPLICA sync: Finished with success. Ready to accept connections in read-write mode.",
    );
    this.acknowledge();
    persistence.restartAfterSync();
  }

  #connected(attempt: Attempt, database: number): void {
    const { clients, keyspace } = this.#server;
    const socket = socketOf(attempt), transport = new PrimaryTransport(socket);
    const client = this.#server.createPrimaryClient(transport);
    client.reply.muted = true;
    client.select(database in keyspace.databases ? database : 0);
    clients.add(client);
    attempt.client = client;
    attempt.state = "connected";
    transport.stream = this.#createStream(socket, client);
    this.#resumable = null;
    this.#downSince = 0;
    this.#parts.changed();
  }

  #createStream(socket: PrimarySocket, client: Client): PrimaryStream {
    const { dispatcher, gate, keyspace, stream, statistics, log, clock } = this.#server;
    const { configuration: { settings }, persistence } = this.#server;
    return new PrimaryStream({
      ...{ socket, client, dispatcher, gate, keyspace, stream, settings, statistics, log },
      diskRefusal: () => persistence.refusal,
      received: (count) => statistics.netReplicationInputBytes += count,
      panic: (message) => this.#panic(message),
      now: () => clock.now(),
    });
  }

  async #applyStream(attempt: Attempt): Promise<void> {
    const { client } = attempt;
    if (!(client?.transport instanceof PrimaryTransport)) throw new Error("there is no link");
    await client.transport.stream?.run();
  }

  #panic(message: string): void {
    const { log, lifecycle } = this.#server;
    log.warning("!!! Software Failure. Press left mouse button to continue");
    log.warning(`Guru Meditation: ${message}`);
    lifecycle.abort();
  }

  /**
   * What was loaded at the start is of a history that may be gone on with: by a replica where it was, by the
   * replicas of a primary, which are told of the keys that it has left out.
   */
  noteLoaded({ aux }: RdbLoadSummary, expired: readonly ExpiredKey[]): void {
    const { history, stream } = this.#server;
    const id = aux.get("repl-id"), offset = Number(aux.get("repl-offset") ?? -1);
    if (id === undefined || !HISTORY.test(id) || !Number.isSafeInteger(offset) || offset < 0) {
      return;
    }
    if (this.isReplica) {
      history.adopt(id, offset);
      stream.activate();
      this.#resumable = { database: Number(aux.get("repl-stream-db") ?? 0) };
      return;
    }
    history.offset += offset;
    history.continues(id, offset + 1);
    stream.activate();
    this.#tellExpired(expired);
  }

  #tellExpired(expired: readonly ExpiredKey[]): void {
    const { propagation, configuration: { settings } } = this.#server;
    const command = settings["lazyfree-lazy-expire"] ? "UNLINK" : "DEL";
    for (const { database, key } of expired) {
      propagation.also(database, command, Span.of(key));
      propagation.flush();
    }
  }
}

/** How a history is named. */
const HISTORY = /^[^\0]{40}$/;
const NEWLINE = Uint8Array.of(10);

function socketOf({ socket }: Attempt): PrimarySocket {
  if (socket === null) throw new Error("there is no connection");
  return socket;
}
