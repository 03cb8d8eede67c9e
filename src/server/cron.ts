/** What the server does by itself, `hz` times a second. */

import type { Timer } from "../base/clock.ts";
import type { Clock } from "../base/clock.ts";
import type { Settings } from "../config/mod.ts";
import { releaseFreedArrays } from "../data/freed_arrays.ts";
import type { ActiveExpiry } from "../keyspace/active_expiry.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { Statistics } from "../observe/statistics.ts";
import type { Clients } from "../clients/clients.ts";
import type { Memory } from "./memory.ts";
import type { PubSub } from "../clients/pubsub.ts";
import { ReplyBuffers } from "../clients/reply_buffers.ts";
import type { Tracking } from "../clients/tracking.ts";

/** Rates are sampled this often, in ms. */
const SAMPLE_INTERVAL = 100;
/** Work in the background that is due is begun this often, in ms. */
const BACKGROUND_INTERVAL = 100;
/** Clients that are idle, or don't read, are looked for this often, in ms. */
const CLIENTS_INTERVAL = 1000;
/** Replicas, and the link to a primary, are looked after this often, in ms. */
const REPLICATION_INTERVAL = 1000;
/** So many subscriptions of clients that are gone are removed in each tick: that takes about a millisecond. */
const SUBSCRIPTIONS_REMOVED = 2000;

/** What the cron works on. */
export interface CronParts {
  readonly clock: Clock;
  readonly settings: Readonly<Settings>;
  readonly keyspace: Keyspace;
  readonly expiry: ActiveExpiry;
  readonly statistics: Statistics;
  readonly clients: Clients;
  readonly memory: Memory;
  readonly tracking: Tracking;
  readonly pubsub: PubSub;
  readonly jobs: { beginNext(): void };
  /** Keys that a replica has to look after itself. */
  readonly ownExpiries: { removeDue(): number };
  readonly expired: () => void;
  readonly lifecycle: { shutDownIfAsked(): void };
  readonly replicas: { lookAfter(): void };
}

/**
 * Active expiry, rates, snapshots that are due, clients that have been idle for too long (`timeout`), and the
 * end that a signal asks for. While data is loaded, only that end is looked at; while a script takes its time
 * neither that nor anything about keys is.
 */
export class Cron {
  readonly #parts: CronParts;
  /** Whether keys are removed when their time has come. */
  expires = true;
  readonly replyBuffers: ReplyBuffers;
  /** Whether DEBUG has stopped it. */
  #isPaused = false;
  #timers: Timer[] = [];
  /** The one that follows `hz`. */
  #ticker: Timer | undefined;
  #sampledAt = 0;

  constructor(parts: CronParts) {
    this.#parts = parts;
    this.replyBuffers = new ReplyBuffers(parts);
  }

  /** Begins, once; data may still be loaded then. */
  start(): void {
    const { clock, jobs, replicas } = this.#parts;
    this.#sampledAt = clock.now();
    this.#startTicker();
    this.#timers = [
      this.#every(SAMPLE_INTERVAL, () => this.#sample()),
      this.#every(BACKGROUND_INTERVAL, () => jobs.beginNext()),
      this.#every(CLIENTS_INTERVAL, () => this.#lookAfterClients()),
      this.#every(REPLICATION_INTERVAL, () => replicas.lookAfter()),
    ];
  }

  /** Ends, for good. */
  stop(): void {
    this.#ticker?.cancel();
    this.#ticker = undefined;
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
    this.#parts.expiry.stop();
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  set isPaused(isPaused: boolean) {
    this.#isPaused = isPaused;
    if (isPaused) this.#parts.expiry.stop();
  }

  /** To be called when `hz` has changed. */
  hzChanged(): void {
    if (this.#ticker !== undefined) this.#startTicker();
  }

  #startTicker(): void {
    const { clock, settings } = this.#parts;
    const period = 1000 / settings.hz;
    this.#ticker?.cancel();
    this.#ticker = clock.every(period, () => this.#tick(period));
  }

  /** Calls `run` every `interval` ms, but not while the data set is not whole. */
  #every(interval: number, run: () => void): Timer {
    const { clock, keyspace } = this.#parts;
    return clock.every(interval, () => {
      if (!this.#isPaused && !keyspace.loading.isHeld) run();
    });
  }

  #tick(period: number): void {
    const { settings, tracking, pubsub, keyspace, lifecycle } = this.#parts;
    releaseFreedArrays();
    if (keyspace.loading.isHeld) return lifecycle.shutDownIfAsked();
    if (this.#isPaused) return;
    lifecycle.shutDownIfAsked();
    pubsub.removeSome(SUBSCRIPTIONS_REMOVED);
    tracking.limit(Number(settings["tracking-table-max-keys"]));
    this.replyBuffers.lookAfterSome(settings.hz);
    this.#expire(period);
  }

  #expire(period: number): void {
    const { keyspace, expiry, settings } = this.#parts;
    keyspace.updateTime();
    if (!this.expires || keyspace.halfway.isHeld) return;
    if (this.#parts.ownExpiries.removeDue() > 0) this.#parts.expired();
    expiry.startCycle(settings["active-expire-effort"], period);
  }

  #sample(): void {
    const { clock, statistics, memory } = this.#parts;
    memory.notePeak();
    memory.evictClients();
    const now = clock.now();
    statistics.sampleRates(now - this.#sampledAt);
    this.#sampledAt = now;
  }

  #lookAfterClients(): void {
    for (const client of this.#parts.clients) client.transport?.checkOutput("closed");
    this.#closeIdle();
  }

  #closeIdle(): void {
    const { clients, settings, clock } = this.#parts;
    if (settings.timeout === 0) return;
    const limit = clock.now() - settings.timeout * 1000;
    for (const client of clients) {
      // Who waits or listens is quiet for a reason.
      const exempt = client.mustObey || client.isWaiting || client.isSubscribed ||
        client.isMonitor || client.isReplica;
      if (!exempt && client.activeAt < limit) client.disconnect();
    }
  }
}
