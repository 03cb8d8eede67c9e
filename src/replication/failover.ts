/** FAILOVER: a replica takes this server's place, without losing what was written. */

import type { Clock, Timer } from "../base/clock.ts";
import { ReplyError } from "../base/errors.ts";
import type { FailoverOptions, FailoverView } from "../commands/views/replicas.ts";
import type { Log } from "../observe/log.ts";
import type { Replica } from "./replica.ts";
import type { UpstreamState } from "./role.ts";

const ALREADY = new ReplyError("ERR FAILOVER already in progress.");
const IS_REPLICA = new ReplyError("ERR FAILOVER is not valid when server is a replica.");
const NO_REPLICAS = new ReplyError("ERR FAILOVER requires connected replicas.");
const NEEDS_BOTH = new ReplyError(
  "ERR FAILOVER with force option requires both a timeout and target HOST and IP.",
);
const NO_TARGET = new ReplyError("ERR FAILOVER target HOST and PORT is not a replica.");
const NOT_ONLINE = new ReplyError("ERR FAILOVER target replica is not online.");
const NOT_A_REPLICA = new ReplyError("ERR PSYNC FAILOVER can't be sent to a master.");
const OTHER_HISTORY = new ReplyError("ERR PSYNC FAILOVER replid must match my replid.");

/** It is looked this often whether a replica has everything, in ms. */
const LOOK_INTERVAL = 100;

/** How far it is. */
export type FailoverState = "no-failover" | "waiting-for-sync" | "failover-in-progress";

/** What a failover works with. */
export interface FailoverParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly upstream: UpstreamState;
  readonly replicas: Iterable<Replica> & {
    readonly count: number;
    readonly offset: number;
    askHowFar(): void;
  };
  readonly history: { readonly id: string };
  /** Nothing changes the data until what it returns is called. */
  readonly pauseWrites: () => () => void;
  /** Makes this server the replica of another one, which is asked to take over. */
  readonly follow: (host: string, port: number) => void;
  /** Makes it a primary. */
  readonly lead: () => void;
}

/** The one failover that may be under way. */
export class Failover implements FailoverView {
  readonly #parts: FailoverParts;
  #state: FailoverState = "no-failover";
  #options: FailoverOptions = { target: null, force: false, timeout: null };
  /** In ms since the epoch. */
  #endsAt = Infinity;
  #timer: Timer | undefined;
  #resume: () => void = () => {};

  constructor(parts: FailoverParts) {
    this.#parts = parts;
  }

  get state(): FailoverState {
    return this.#state;
  }

  get isUnderWay(): boolean {
    return this.#state !== "no-failover";
  }

  begin(options: FailoverOptions): void {
    const { upstream, replicas, clock, log } = this.#parts;
    if (this.#state !== "no-failover") throw ALREADY;
    if (upstream.isReplica) throw IS_REPLICA;
    if (replicas.count === 0) throw NO_REPLICAS;
    const { target, force, timeout } = options;
    if (force && (timeout === null || target === null)) throw NEEDS_BOTH;
    if (target !== null) {
      const replica = this.#find(target.host, target.port);
      if (replica === undefined) throw NO_TARGET;
      if (replica.state !== "online") throw NOT_ONLINE;
    }
    this.#options = options;
    this.#endsAt = timeout === null ? Infinity : clock.now() + timeout;
    this.#state = "waiting-for-sync";
    log.notice(
      target === null
        ? "FAILOVER requested."
        : `FAILOVER requested to ${target.host}:${target.port}.`,
    );
    this.#resume = this.#parts.pauseWrites();
    replicas.askHowFar();
    this.#timer = clock.every(LOOK_INTERVAL, () => this.look());
  }

  abort(): boolean {
    if (this.#state === "no-failover") return false;
    this.fail("Failover manually aborted");
    return true;
  }

  /** Gives it up, and says why in the log. */
  fail(why: string): void {
    if (this.#state === "no-failover") return;
    const wasUnderWay = this.#state === "failover-in-progress";
    this.#parts.log.notice(`Aborting failover: ${why}`);
    this.#end();
    if (wasUnderWay) this.#parts.lead();
  }

  /** The other server has taken over, or was not asked to do more than any primary. */
  done(): void {
    if (this.#state !== "no-failover") this.#end();
  }

  /** Looks whether a replica has everything, or time is up; to be called when one has acknowledged something. */
  look(): void {
    const { clock, replicas } = this.#parts;
    if (this.#state === "no-failover") return;
    const { target, force } = this.#options;
    if (clock.now() >= this.#endsAt) {
      if (!force || target === null || this.#state !== "waiting-for-sync") {
        return this.fail("Replica never caught up before timeout");
      }
      this.#parts.log.notice(
        `Failover to ${target.host}:${target.port} time out exceeded, failing over.`,
      );
      return this.#handOver(target.host, target.port);
    }
    if (this.#state !== "waiting-for-sync") return;
    for (const replica of replicas) {
      const { address, port, state, acknowledged } = replica;
      const isMeant = target === null || target.host === address && target.port === port;
      if (!isMeant || state !== "online" || acknowledged !== replicas.offset) continue;
      this.#parts.log.notice(`Failover target is synced, failing over.`);
      return this.#handOver(address, port);
    }
  }

  /** A primary asks this replica to take its place. Throws `ReplyError`. */
  takeOver(history: string): void {
    const { upstream, log, lead } = this.#parts;
    if (!upstream.isReplica) throw NOT_A_REPLICA;
    if (history !== this.#parts.history.id) throw OTHER_HISTORY;
    lead();
    log.notice("MASTER MODE enabled (failover request from the primary)");
  }

  #find(host: string, port: number): Replica | undefined {
    for (const replica of this.#parts.replicas) {
      if (replica.address === host && replica.port === port) return replica;
    }
    return undefined;
  }

  #handOver(host: string, port: number): void {
    this.#state = "failover-in-progress";
    this.#parts.follow(host, port);
  }

  #end(): void {
    this.#state = "no-failover";
    this.#endsAt = Infinity;
    this.#timer?.cancel();
    this.#resume();
    this.#resume = () => {};
  }
}
