/** The memory that counts against `maxmemory`, and what happens when there is too much of it. */

import { letOthersRun } from "../base/event_loop.ts";
import type { MemoryView } from "../commands/views/server.ts";
import type { Settings } from "../config/mod.ts";
import { Eviction, type EvictionResult } from "../keyspace/eviction.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import { collectGarbage } from "../observe/process.ts";
import type { LatencyMonitor } from "../observe/latency_monitor.ts";
import type { Log } from "../observe/log.ts";
import type { Statistics } from "../observe/statistics.ts";
import type { ChunkPool } from "../resp/chunk_pool.ts";
import { type ClientEvictionParts, evictClients } from "../clients/client_eviction.ts";
import type { ClientMemory } from "../clients/client_memory.ts";
import type { Clients } from "../clients/clients.ts";
import type { MemoryLimits } from "../execution/admission_rules.ts";
import type { Propagation } from "../execution/propagation.ts";
import type { Session } from "../execution/session.ts";
import type { PubSub } from "../clients/pubsub.ts";
import type { Tracking } from "../clients/tracking.ts";

/** What an empty server is taken to use, in bytes: about what an empty redis-server reports. */
const SERVER_OVERHEAD = 1024 * 1024;

/** What the memory limit works with. */
export interface MemoryParts {
  readonly keyspace: Keyspace;
  readonly settings: Readonly<Settings>;
  readonly propagation: Propagation;
  readonly gate: { schedule(): void };
  readonly statistics: Statistics;
  readonly log: Log;
  readonly clients: Clients;
  readonly tracking: Tracking;
  readonly pubsub: PubSub;
  readonly clientMemory: ClientMemory;
  readonly pause: { readonly isActive: boolean };
  readonly primaryLink: { readonly ignoresMaxmemory: boolean };
  readonly latency: LatencyMonitor;
  readonly chunks: ChunkPool;
  /** Bytes that wait to be handed to the append-only file. */
  readonly aofBuffer: () => number;
  /** What replicas are sent. */
  readonly stream: { readonly memoryBytes: number; readonly backlogMemory: number };
}

/** Keeps the data set within `maxmemory`. */
export class Memory implements MemoryLimits, MemoryView {
  readonly startup = SERVER_OVERHEAD;
  readonly eviction: Eviction;
  readonly #parts: MemoryParts;
  /** Made once: it is needed before each command. */
  readonly #clientEviction: ClientEvictionParts;
  #peak = 0;
  /** Since when more is in use than allowed, in ms since the epoch; null: it is not. */
  #exceededSince: number | null = null;
  /** How long more was in use before, in ms. */
  #exceededBefore = 0;
  #roomFor: Session | null = null;
  #isFull = false;
  #isMoreWanted = false;

  constructor(parts: MemoryParts) {
    this.#parts = parts;
    this.#clientEviction = { ...parts, memory: parts.clientMemory };
    const { keyspace, settings, propagation } = parts;
    this.eviction = new Eviction({
      keyspace,
      settings,
      usedMemory: () => this.#counted,
      evicting: (database, key) => {
        const command = settings["lazyfree-lazy-eviction"] ? "UNLINK" : "DEL";
        propagation.also(database.index, command, key);
        propagation.flush();
      },
    });
  }

  /**
   * Bytes in use for data, for clients and for what is to be written (`used_memory`). The heap of the runtime is not a part of it: that is in
   * `used_memory_rss`, as what the allocator keeps is with Redis.
   */
  get used(): number {
    return this.#counted + this.aofBuffer + this.replicas;
  }

  /** What counts against `maxmemory`: not what has to be written to the append-only file, or sent to replicas. */
  get #counted(): number {
    const { keyspace, tracking, pubsub, clientMemory } = this.#parts;
    const data = keyspace.memoryBytes + keyspace.libraries.bytes;
    return SERVER_OVERHEAD + data + tracking.memoryBytes + pubsub.memoryBytes +
      clientMemory.total + this.backlog;
  }

  get clients(): number {
    return this.#parts.clientMemory.total;
  }

  get backlog(): number {
    return this.#parts.stream.backlogMemory;
  }

  get replicas(): number {
    const { memoryBytes, backlogMemory } = this.#parts.stream;
    return memoryBytes - backlogMemory;
  }

  get aofBuffer(): number {
    return this.#parts.aofBuffer();
  }

  releaseUnused(): void {
    this.#parts.chunks.clear();
    collectGarbage();
  }

  /** The most that was ever in use, as far as somebody looked. */
  get peak(): number {
    this.notePeak();
    return this.#peak;
  }

  /** To be called now and then. */
  notePeak(): void {
    this.#peak = Math.max(this.#peak, this.used);
  }

  get isFull(): boolean {
    return this.#parts.settings.maxmemory > 0 && this.#isFull;
  }

  get roomFor(): Session | null {
    return this.#roomFor;
  }

  makeRoomFor(session: Session): boolean {
    this.#roomFor = session;
    this.#isFull = !this.enforce();
    this.#roomFor = null;
    return !this.#isFull;
  }

  evictClients(): void {
    evictClients(this.#clientEviction);
  }

  /** Evicts where too much memory is in use; false where that is not possible. */
  enforce(): boolean {
    const { keyspace, settings, gate, pause, primaryLink } = this.#parts;
    // While clients are paused, or a script takes its time, the data stays as it is: nothing is evicted.
    if (pause.isActive || keyspace.halfway.isHeld) return true;
    if (settings.maxmemory === 0 || keyspace.loading.isHeld || primaryLink.ignoresMaxmemory) {
      this.#noteExceeded(false);
      return true;
    }
    const result = this.#makeRoom();
    this.#noteExceeded(result !== "ok");
    if (result === "running") this.#enforceSoon();
    if (result !== "failed") gate.schedule();
    return result !== "failed";
  }

  /** `maxmemory` is another one: what is too much now goes without waiting for a command. */
  limitChanged(): void {
    if (this.#parts.settings.maxmemory === 0) this.#noteExceeded(false);
    else this.#enforceSoon();
  }

  #enforceSoon(): void {
    if (this.#isMoreWanted) return;
    this.#isMoreWanted = true;
    letOthersRun().then(() => {
      if (!this.#isMoreWanted) return;
      this.#isMoreWanted = false;
      this.enforce();
    });
  }

  #makeRoom(): EvictionResult {
    const { eviction } = this;
    if (!eviction.isOverLimit) return "ok";
    const began = performance.now();
    const result = eviction.makeRoom();
    this.#parts.latency.add("eviction-cycle", performance.now() - began);
    return result;
  }

  /** For how long more was in use than allowed, in ms: this time, and altogether. */
  get exceededTime(): { readonly current: number; readonly total: number } {
    const since = this.#exceededSince, now = this.#parts.keyspace.clock.now();
    const current = since === null ? 0 : now - since;
    return { current, total: this.#exceededBefore + current };
  }

  /** Zeroes what is counted. */
  resetStatistics(): void {
    this.eviction.evicted = 0;
    this.#exceededBefore = 0;
    this.#exceededSince = null;
  }

  #noteExceeded(isExceeded: boolean): void {
    if (isExceeded === (this.#exceededSince !== null)) return;
    const { total } = this.exceededTime;
    this.#exceededBefore = total;
    this.#exceededSince = isExceeded ? this.#parts.keyspace.clock.now() : null;
  }

  /** Stops evicting. */
  stop(): void {
    this.#isMoreWanted = false;
  }
}
