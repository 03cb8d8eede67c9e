/** The link to the primary: made, kept and made again, as long as the server is a replica. */

import type { Timer } from "../../base/clock.ts";
import { ReplyError } from "../../base/errors.ts";
import type { Client } from "../../clients/client.ts";
import type {
  LinkState,
  PrimaryLinkView,
  PrimaryPlace,
} from "../../commands/views/primary_link.ts";
import type { ExpiredKey } from "../../durability/persistence.ts";
import type { RoleState } from "../../execution/admission_rules.ts";
import { OwnExpiries } from "../../keyspace/own_expiries.ts";
import type { RdbLoadSummary } from "../../persistence/rdb_loader.ts";
import type { UpstreamState } from "../role.ts";
import type { TransferProgress } from "./full_sync.ts";
import type { ResumptionPoint, SyncKind } from "./handshake.ts";
import { LinkAttempt } from "./link_attempt.ts";
import type { LinkedServer, PrimaryLinkParts } from "./linked_server.ts";
import { LinkError } from "./primary_socket.ts";
import { StreamError } from "./primary_stream.ts";
import { databaseIn, leadOn, resume } from "./saved_history.ts";

/** The link is looked after this often, in ms. */
const INTERVAL = 1000;

const UNBLOCKED = new ReplyError(
  "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
);

/** A replica's link to its primary. */
export class PrimaryLink implements PrimaryLinkView, UpstreamState, RoleState {
  /** The keys that a writable replica has to look after itself. */
  readonly ownExpiries = new OwnExpiries();
  readonly #server: LinkedServer;
  readonly #parts: PrimaryLinkParts;
  #primary: PrimaryPlace | null = null;
  #attempt: LinkAttempt | null = null;
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
    return this.#attempt?.stream?.pendingBytes ?? 0;
  }

  /** How far the transfer of all data is; null: there is none. */
  get transfer(): TransferProgress | null {
    return this.#attempt?.sync?.progress ?? null;
  }

  /** When the primary was last heard of, in ms since the epoch; null: there is no link. */
  get heardAt(): number | null {
    const attempt = this.#attempt;
    const isLinked = attempt?.state === "connected" || attempt?.state === "sync";
    return isLinked ? attempt.heardAt : null;
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
    const attempt = this.#attempt;
    if (attempt?.client == null || this.#isNameless) return;
    attempt.socket.sendCommand("REPLCONF", "ACK", String(this.#server.history.offset));
  }

  /**
   * What was loaded at the start is of a history that may be gone on with: by a replica where it was, by the
   * replicas of a primary, which are told of the keys that it has left out.
   */
  noteLoaded({ aux }: RdbLoadSummary, expired: readonly ExpiredKey[]): void {
    if (!this.isReplica) leadOn(this.#server, aux, expired);
    else if (resume(this.#server, aux)) this.#resumable = { database: databaseIn(aux) };
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
    const isSilent = clock.now() - attempt.heardAt > settings["repl-timeout"] * 1000;
    if (isSilent && attempt.sync?.hasAll !== true) return this.#giveUp(attempt);
    if (attempt.state === "connected") this.acknowledge();
    // The primary learns that this one is alive, while it loads what it was sent.
    else if (attempt.sync?.isLoading) attempt.socket.send(NEWLINE);
  }

  #giveUp(attempt: LinkAttempt): void {
    const { log } = this.#server;
    if (attempt.state === "connected") {
      log.warning("MASTER timeout: no data nor PING received...");
      attempt.socket.close();
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
  #drop(): LinkAttempt | null {
    const attempt = this.#attempt;
    this.#attempt = null;
    if (attempt === null) return null;
    attempt.end();
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
    const attempt = new LinkAttempt(this.#parts);
    this.#attempt = attempt;
    this.#server.log.notice("MASTER <-> REPLICA sync started");
    this.#run(attempt, primary);
  }

  /** Makes a link and keeps it; never rejects. */
  async #run(attempt: LinkAttempt, primary: PrimaryPlace): Promise<void> {
    try {
      await attempt.open(primary);
      const kind = await attempt.agree(() => this.#resumptionPoint);
      if (kind.kind === "partial") this.#goOn(attempt, kind.id);
      else await this.#takeAll(attempt, kind);
      await attempt.stream?.run();
    } catch (error) {
      if (attempt !== this.#attempt) return;
      if (!(error instanceof LinkError)) this.#fault(error);
      this.#failed(attempt, error);
    }
  }

  get #resumptionPoint(): ResumptionPoint | null {
    const { id, offset } = this.#server.history;
    return this.#resumable === null ? null : { id, offset };
  }

  /** Something is wrong here, not with the primary. */
  #fault(error: unknown): void {
    const details = error instanceof Error ? error.stack ?? error.message : String(error);
    this.#server.log.warning(
      `The link to the primary failed for a reason of the server's own: ${details}`,
    );
  }

  #failed(attempt: LinkAttempt, error: unknown): void {
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

  /** The primary sends what was missed. */
  #goOn(attempt: LinkAttempt, id: string | null): void {
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
  async #takeAll(
    attempt: LinkAttempt,
    kind: Exclude<SyncKind, { kind: "partial" }>,
  ): Promise<void> {
    const { history, stream, log, supervisor, persistence } = this.#server;
    const { downstream } = this.#parts;
    if (kind.kind === "nameless") this.#discardResumption();
    const isSameHistory = kind.kind === "full" && kind.id === history.id;
    const { aux } = await attempt.takeAll(() => this.#attach(), isSameHistory);
    this.#isNameless = kind.kind === "nameless";
    if (kind.kind === "full") history.adopt(kind.id, kind.offset);
    else history.change();
    stream.activate();
    downstream.historyChanged();
    this.#connected(attempt, databaseIn(aux));
    log.notice("MASTER <-> REPLICA sync: Finished with success");
    supervisor.status(
      "MASTER <-> REPLICA sync: Finished with success. Ready to accept connections in read-write mode.",
    );
    this.acknowledge();
    persistence.restartAfterSync();
  }

  /** The data is about to be the primary's. */
  #attach(): void {
    this.ownExpiries.clear();
    this.#discardResumption();
    this.#parts.downstream.disconnectAll();
    this.#server.stream.deactivate();
  }

  #connected(attempt: LinkAttempt, database: number): void {
    attempt.begin(database);
    this.#resumable = null;
    this.#downSince = 0;
    this.#parts.changed();
  }
}

const NEWLINE = Uint8Array.of(10);
