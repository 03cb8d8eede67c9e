/** The memory that counts against `maxmemory`, and what happens when there is too much of it. */

import { clearImmediate, setImmediate } from "node:timers";
import type { MemoryView } from "../commands/context.ts";
import type { Settings } from "../config/mod.ts";
import { Eviction } from "../keyspace/eviction.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { ChunkPool } from "../resp/chunk_pool.ts";
import type { Clients } from "./clients.ts";
import type { MemoryLimit } from "./dispatcher.ts";
import type { OutputGate } from "./gate.ts";
import type { Propagation } from "./propagation.ts";

/** What an empty server is taken to use, in bytes: about what an empty redis-server reports. */
const SERVER_OVERHEAD = 1024 * 1024;

/** What the memory limit works with. */
export interface MemoryParts {
  readonly keyspace: Keyspace;
  readonly settings: Readonly<Settings>;
  readonly propagation: Propagation;
  readonly gate: OutputGate;
  readonly clients: Clients;
  readonly chunks: ChunkPool;
  /** Bytes that wait to be handed to the append-only file. */
  readonly aofBuffer: () => number;
}

/** Keeps the data set within `maxmemory`. */
export class Memory implements MemoryLimit, MemoryView {
  readonly startup = SERVER_OVERHEAD;
  readonly eviction: Eviction;
  readonly #parts: MemoryParts;
  #peak = 0;
  #more: ReturnType<typeof setImmediate> | undefined;

  constructor(parts: MemoryParts) {
    this.#parts = parts;
    const { keyspace, settings, propagation } = parts;
    this.eviction = new Eviction({
      keyspace,
      settings,
      usedMemory: () => this.used,
      evicting: (database, key) => {
        const command = settings["lazyfree-lazy-eviction"] ? "UNLINK" : "DEL";
        propagation.also(database.index, command, key);
        propagation.flush();
      },
    });
  }

  /**
   * Bytes in use for data (`used_memory`). The heap of the runtime is not a part of it: that is in
   * `used_memory_rss`, as what the allocator keeps is with Redis.
   */
  get used(): number {
    return SERVER_OVERHEAD + this.#parts.keyspace.memoryBytes;
  }

  get clients(): number {
    let bytes = 0;
    for (const client of this.#parts.clients) bytes += client.memoryBytes;
    return bytes;
  }

  get aofBuffer(): number {
    return this.#parts.aofBuffer();
  }

  releaseUnused(): void {
    this.#parts.chunks.clear();
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

  enforce(): boolean {
    const { keyspace, settings, gate } = this.#parts;
    if (settings.maxmemory === 0 || keyspace.loading) return true;
    const result = this.eviction.makeRoom();
    if (result === "running") {
      this.#more ??= setImmediate(() => {
        this.#more = undefined;
        this.enforce();
      });
    }
    if (result !== "failed") gate.schedule();
    return result !== "failed";
  }

  /** Stops evicting. */
  stop(): void {
    clearImmediate(this.#more);
    this.#more = undefined;
  }
}
