/**
 * Making room when `maxmemory` is reached
 * (https://redis.io/docs/latest/develop/reference/eviction/).
 */

import { randomBelow } from "../base/sampling.ts";
import { copySpan, Span } from "../base/span.ts";
import type { Settings } from "../config/mod.ts";
import type { Database } from "./database.ts";
import { EventClass } from "./events.ts";
import type { Keyspace } from "./keyspace.ts";

/** What `maxmemory-policy` can be. */
export type EvictionPolicy = Settings["maxmemory-policy"];

/** The best candidates of earlier samples are kept, so that a few samples find good ones. */
const POOL_SIZE = 16;
/** How long one call may take at tenacity 0 to 10, in ms for each step of it. */
const MILLISECONDS_PER_TENACITY = 0.05;
/** The time is looked at after so many keys, as in Redis: a few are removed however long that takes. */
const KEYS_PER_LOOK = 16;

/** A key that may be evicted; the higher the score the sooner. */
interface Candidate {
  readonly database: Database;
  readonly key: Uint8Array;
  readonly score: number;
}

/** How it went. */
export type EvictionResult = "ok" | "running" | "failed";

/** What eviction works with. */
export interface EvictionHost {
  readonly keyspace: Keyspace;
  readonly settings: Readonly<Settings>;
  /** Bytes in use that count against `maxmemory`. */
  readonly usedMemory: () => number;
  /** Called before a key is removed, to be propagated. */
  readonly evicting: (database: Database, key: Span) => void;
}

/** Evicts keys by the configured policy. */
export class Eviction {
  /** Keys evicted so far. */
  evicted = 0;
  readonly #host: EvictionHost;
  #pool: Candidate[] = [];
  #nextDatabase = 0;

  constructor(host: EvictionHost) {
    this.#host = host;
  }

  /** Whether more memory is used than is allowed. */
  get isOverLimit(): boolean {
    const limit = this.#host.settings.maxmemory;
    return limit > 0 && this.#host.usedMemory() > limit;
  }

  /**
   * Removes keys until memory use is within the limit: `ok`. `running` when the time for one call is
   * over and there is more to remove, `failed` when there is nothing that the policy lets go.
   */
  makeRoom(): EvictionResult {
    if (!this.isOverLimit) return "ok";
    const { settings } = this.#host;
    const policy = settings["maxmemory-policy"];
    if (policy === "noeviction") return "failed";
    const deadline = performance.now() + timeLimit(settings["maxmemory-eviction-tenacity"]);
    for (let removed = 1; this.isOverLimit; removed++) {
      const victim = policy.endsWith("random") ? this.#pickRandom(policy) : this.#pickBest(policy);
      if (victim === undefined) return "failed";
      this.#evict(victim);
      if (removed % KEYS_PER_LOOK === 0 && performance.now() > deadline) {
        return this.isOverLimit ? "running" : "ok";
      }
    }
    return "ok";
  }

  #evict({ database, key }: Pick<Candidate, "database" | "key">): void {
    const span = Span.of(key);
    const row = database.peek(span);
    if (row < 0) return;
    this.#host.evicting(database, span);
    database.remove(row, "eviction");
    this.evicted++;
    database.notify(EventClass.Evicted, "evicted", span);
    this.#host.keyspace.observer.keyLost(database, span);
  }

  #pickRandom(policy: EvictionPolicy): Pick<Candidate, "database" | "key"> | undefined {
    const { databases } = this.#host.keyspace;
    for (let tries = 0; tries < databases.length; tries++) {
      const database = databases[this.#nextDatabase];
      this.#nextDatabase = (this.#nextDatabase + 1) % databases.length;
      const row = sampleRow(database, policy);
      if (row >= 0) return { database, key: copySpan(database.keyOf(row)) };
    }
    return undefined;
  }

  #pickBest(policy: EvictionPolicy): Candidate | undefined {
    const { keyspace, settings } = this.#host;
    for (const database of keyspace.databases) {
      const samples = Math.min(settings["maxmemory-samples"], candidateCount(database, policy));
      for (let i = 0; i < samples; i++) this.#consider(database, policy);
    }
    for (let best = this.#pool.pop(); best !== undefined; best = this.#pool.pop()) {
      if (best.database.has(Span.of(best.key))) return best;
    }
    return undefined;
  }

  /** Puts a sampled row into the pool, which is sorted with the best last, if it is good enough. */
  #consider(database: Database, policy: EvictionPolicy): void {
    const row = sampleRow(database, policy);
    const score = scoreOf(database, row, policy);
    const pool = this.#pool;
    if (pool.length === POOL_SIZE && score <= pool[0].score) return;
    const key = copySpan(database.keyOf(row));
    if (pool.some((other) => other.database === database && sameBytes(other.key, key))) return;
    if (pool.length === POOL_SIZE) pool.shift();
    let place = pool.length;
    while (place > 0 && pool[place - 1].score > score) place--;
    pool.splice(place, 0, { database, key, score });
  }

  /** Forgets the candidates: their scores belong to another policy. */
  reset(): void {
    this.#pool = [];
  }
}

function candidateCount(database: Database, policy: EvictionPolicy): number {
  return policy.startsWith("volatile") ? database.expiry.size : database.size;
}

function sampleRow(database: Database, policy: EvictionPolicy): number {
  const count = candidateCount(database, policy);
  if (count === 0) return -1;
  const place = randomBelow(count);
  return policy.startsWith("volatile") ? database.expiry.rowAt(place) : place;
}

function scoreOf(database: Database, row: number, policy: EvictionPolicy): number {
  if (policy === "volatile-ttl") return -database.expiryOf(row);
  const { accessClock } = database.keyspace;
  const word = database.accessOf(row);
  return policy.endsWith("lfu") ? 255 - accessClock.frequency(word) : accessClock.idleSeconds(word);
}

/** How long one call may take, in ms: grows faster above 10, without limit at 100, as in Redis. */
function timeLimit(tenacity: number): number {
  if (tenacity <= 10) return tenacity * MILLISECONDS_PER_TENACITY;
  if (tenacity < 100) return 0.5 * 1.15 ** (tenacity - 10);
  return Infinity;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
