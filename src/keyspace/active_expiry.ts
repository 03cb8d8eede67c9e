/** Removes keys whose time has come and which nobody asks for. */

import { letOthersRun } from "../base/event_loop.ts";
import type { Database } from "./database.ts";
import type { Keyspace } from "./keyspace.ts";

/** Keys looked at before the share of due ones is considered, at effort 1. */
const KEYS_PER_LOOP = 20;
/** Below this percentage of due keys a database is left alone, at effort 1. */
const ACCEPTABLE_STALE_PERCENT = 10;
/** The cycle may use this percentage of the time, at effort 1. */
const TIME_PERCENT = 25;
/** The longest stretch without looking at the clients, in ms. */
const SLICE = 1;
/** If the turn of everybody else was shorter than this, they had nothing to do, in ms. */
const IDLE_TURN = 1;
/** A sweep looks at the time after so many keys. */
const KEYS_PER_LOOK = 64;
/** How much a cycle's share of due keys counts in the running average. */
const STALE_WEIGHT = 0.05;

/** What a cycle counts, for INFO. */
export interface ExpiryStatistics {
  activeExpireCycles: number;
  expireTimeCapReached: number;
  expiredStalePercent: number;
  /** Time spent, in ms. */
  expireCycleMilliseconds: number;
}

/** Who is told what the cycle does. */
export interface ExpiryEvents {
  /** A key was removed; each removal is propagated by itself. */
  removed(): void;
  /** The server was held up for `duration` ms. */
  sliceEnded(duration: number): void;
}

/**
 * What work is measured and put off with. It is not the server's clock: the budget is real time, even
 * where a test moves the clock by hand.
 */
export interface Pacing {
  /** A time in ms, from any beginning. */
  now(): number;
  /** Calls `run` when the clients have had their turn, if they had anything to do; the result takes that back. */
  defer(run: (wereIdle: boolean) => void): () => void;
}

const REAL_PACING: Pacing = {
  now: () => performance.now(),
  defer: (run) => {
    const began = performance.now();
    let isWanted = true;
    letOthersRun().then(() => {
      if (isWanted) run(performance.now() - began < IDLE_TURN);
    });
    return () => isWanted = false;
  },
};

/** A cycle under way. */
interface Cycle {
  /** `active-expire-effort`, counted from 0. */
  readonly effort: number;
  /** Time that it may still use, in ms. */
  budget: number;
  databasesLeft: number;
  /** Keys looked at, and those of them that were due. */
  seen: number;
  due: number;
}

/** What active expiry works with. */
export interface ActiveExpiryParts {
  readonly keyspace: Keyspace;
  readonly statistics: ExpiryStatistics;
  readonly events: ExpiryEvents;
  /** The real time and turns of the event loop, if not given. */
  readonly pacing?: Pacing;
}

/**
 * The active cycle, with Redis' effort budget (`active-expire-effort`): it walks the keys that have a
 * time to live, goes on while many of those it meets are due, and stops when its share of the time is
 * used. Unlike Redis, it spends that share in slices of about a millisecond, and what it does while the
 * clients are idle counts for nothing.
 */
export class ActiveExpiry {
  readonly #keyspace: Keyspace;
  readonly #statistics: ExpiryStatistics;
  readonly #events: ExpiryEvents;
  readonly #pacing: Pacing;
  /** Where the walk of each database is: it goes downwards, so what stays is never missed. */
  readonly #places: number[];
  /** The database to go on with. */
  #database = 0;
  #cycle: Cycle | null = null;
  #cancelSlice: (() => void) | null = null;

  constructor({ keyspace, statistics, events, pacing = REAL_PACING }: ActiveExpiryParts) {
    this.#keyspace = keyspace;
    this.#statistics = statistics;
    this.#events = events;
    this.#pacing = pacing;
    this.#places = keyspace.databases.map(() => 0);
  }

  /**
   * Begins a cycle; what does not fit into the first slice follows in later turns of the event loop. A
   * cycle that is still under way is ended. `effort` is `active-expire-effort` (1 to 10), `period` the
   * time between two cycles in ms.
   */
  startCycle(effort: number, period: number): void {
    // A database in which keys expire without end must not starve the others.
    if (this.#cycle !== null) this.#nextDatabase(this.#cycle);
    this.stop();
    this.#statistics.activeExpireCycles++;
    this.#cycle = {
      effort: effort - 1,
      budget: period * (TIME_PERCENT + 2 * (effort - 1)) / 100,
      databasesLeft: this.#keyspace.databases.length,
      seen: 0,
      due: 0,
    };
    this.#runSlice(this.#cycle, false);
  }

  /** Ends the cycle under way. */
  stop(): void {
    this.#cancelSlice?.();
    this.#cancelSlice = null;
    if (this.#cycle === null) return;
    const { seen, due } = this.#cycle;
    const percent = seen === 0 ? 0 : 100 * due / seen;
    const statistics = this.#statistics;
    statistics.expiredStalePercent += (percent - statistics.expiredStalePercent) * STALE_WEIGHT;
    this.#cycle = null;
  }

  /**
   * Removes every key whose time has come, at once, as far as that takes no longer than `budget` ms: for
   * when nobody has to wait for the end of it.
   */
  sweep(budget: number): void {
    const { databases, removesExpired } = this.#keyspace;
    if (!removesExpired) return;
    const began = this.#pacing.now();
    let used = 0, looks = 0;
    for (const database of databases) {
      const { expiry } = database;
      for (let place = expiry.size - 1; place >= 0 && used < budget; place--) {
        if (++looks % KEYS_PER_LOOK === 0) used = this.#pacing.now() - began;
        const row = expiry.rowAt(place);
        if (!database.isDue(row)) continue;
        database.removeExpired(row);
        this.#events.removed();
      }
    }
    used = this.#pacing.now() - began;
    this.#statistics.expireCycleMilliseconds += used;
    this.#events.sliceEnded(used);
  }

  #runSlice(cycle: Cycle, isFree: boolean): void {
    this.#cancelSlice = null;
    const { removesExpired, halfway } = this.#keyspace;
    if (!removesExpired || halfway.isHeld) {
      this.stop();
      return;
    }
    const began = this.#pacing.now();
    const allowed = Math.min(SLICE, cycle.budget);
    let used = 0;
    while (cycle.databasesLeft > 0 && used < allowed) {
      if (this.#isSettled(this.#keyspace.databases[this.#database], cycle)) {
        this.#nextDatabase(cycle);
      }
      used = this.#pacing.now() - began;
    }
    if (!isFree) cycle.budget -= used;
    this.#statistics.expireCycleMilliseconds += used;
    this.#events.sliceEnded(used);
    if (cycle.databasesLeft === 0) {
      this.stop();
    } else if (cycle.budget > 0) {
      this.#cancelSlice = this.#pacing.defer((wereIdle) => this.#runSlice(cycle, wereIdle));
    } else {
      this.#statistics.expireTimeCapReached++;
      this.#nextDatabase(cycle);
      this.stop();
    }
  }

  #nextDatabase(cycle: Cycle): void {
    this.#database = (this.#database + 1) % this.#keyspace.databases.length;
    cycle.databasesLeft--;
  }

  /** Looks at one loop's worth of keys; true when few enough of them were due. */
  #isSettled(database: Database, cycle: Cycle): boolean {
    const { expiry, index } = database;
    const { effort } = cycle;
    const most = KEYS_PER_LOOP + KEYS_PER_LOOP / 4 * effort;
    const seen = Math.min(most, expiry.size);
    if (seen === 0) return true;
    let due = 0;
    for (let i = 0; i < seen; i++) {
      let place = this.#places[index] - 1;
      if (place < 0 || place >= expiry.size) place = expiry.size - 1;
      this.#places[index] = place;
      const row = expiry.rowAt(place);
      if (!database.isDue(row)) continue;
      database.removeExpired(row);
      this.#events.removed();
      due++;
    }
    cycle.seen += seen;
    cycle.due += due;
    return 100 * due / seen <= ACCEPTABLE_STALE_PERCENT - effort || expiry.size === 0;
  }
}
