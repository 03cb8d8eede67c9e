/** All databases of a server, and what they share. */

import { randomSeed } from "../base/hash.ts";
import type { Clock } from "../base/clock.ts";
import { Hold } from "../base/hold.ts";
import { AccessClock } from "./access_clock.ts";
import { Database } from "./database.ts";
import { TouchedObjects } from "./object_memory.ts";
import type { KeyspaceSnapshot } from "./snapshot.ts";
import { type KeyspaceObserver, SILENT_OBSERVER } from "./events.ts";
import { FunctionLibraries } from "./function_libraries.ts";

/** The databases, the counters that they share, and the state that look-ups depend on. */
export class Keyspace {
  readonly databases: readonly Database[];
  /** Belong to no database, and stay when those are flushed. */
  readonly libraries = new FunctionLibraries();
  readonly clock: Clock;
  readonly accessClock = new AccessClock();
  /** The objects that the running command was handed. */
  readonly touched = new TouchedObjects();
  /** Random for each server, so that nobody can choose keys that collide. */
  readonly seed = randomSeed();

  /** The time that commands see, in ms since the epoch: taken from the clock once per batch. */
  now: number;
  /** How many changes were ever made. */
  dirty = 0;
  /** Which classes of events are published (`EventClass` bits); 0: none. */
  eventClasses = 0;
  observer: KeyspaceObserver = SILENT_OBSERVER;

  /** The snapshot that is under way. */
  snapshot: KeyspaceSnapshot | null = null;

  /** Held while a file is loaded. Nothing is due then: what was deleted is in the file. */
  readonly loading = new Hold();
  /** Held while a key whose time has come is not removed, though nobody finds it. */
  readonly keepsExpired = new Hold();
  /** Set for a client whose reads must not count as uses (CLIENT NO-TOUCH, DEBUG). */
  leavesNoTrace = false;

  /** Look-ups for reading that found a key. */
  hits = 0;
  /** Look-ups for reading that found none. */
  misses = 0;
  /** Keys removed because their time had come. */
  expired = 0;

  constructor(clock: Clock, databases: number) {
    this.clock = clock;
    this.now = clock.now();
    this.accessClock.advance(this.now);
    this.databases = Array.from({ length: databases }, (_, index) => new Database(this, index));
  }

  /** Whether a key goes at once when its time has come. */
  get removesExpired(): boolean {
    return !this.keepsExpired.isHeld && !this.loading.isHeld;
  }

  /** Takes the time from the clock. */
  updateTime(): void {
    this.now = this.clock.now();
    this.accessClock.advance(this.now);
  }

  /** Removes every key of some databases, or of all; says how many there were. */
  clear(databases: readonly Database[] = this.databases): number {
    let removed = 0;
    for (const database of databases) removed += database.clear();
    this.observer.keysFlushed();
    return removed;
  }

  /** An estimate of the memory held by keys and values, in bytes. */
  get memoryBytes(): number {
    let { bytes } = this.libraries;
    for (const database of this.databases) bytes += database.memoryBytes;
    return bytes;
  }
}
