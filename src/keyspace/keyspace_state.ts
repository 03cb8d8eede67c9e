/** What all databases of a keyspace share: time, counters, and the states that look-ups depend on. */

import type { Clock } from "../base/clock.ts";
import { type ByteRange, SpanCopy } from "../base/span.ts";
import { randomSeed } from "../base/hash.ts";
import { Hold } from "../base/hold.ts";
import { AccessClock } from "./access_clock.ts";
import { type KeyspaceObserver, SILENT_OBSERVER } from "./events.ts";
import { LazyFreeing } from "./lazy_freeing.ts";
import { LookAhead } from "./look_ahead.ts";
import { TouchedObjects } from "./object_memory.ts";

/** The state of a keyspace beside its databases, which are `Database`s. */
export class KeyspaceState<Database> {
  readonly clock: Clock;
  readonly accessClock: AccessClock;
  /** The objects that the running command was handed. */
  readonly touched: TouchedObjects;
  /** Random for each server, so that nobody can choose keys that collide. */
  readonly seed: number;
  /** Whether it is known which keys each slot of a cluster has. */
  readonly chainsSlots: boolean;
  /** Knows hashes of keys in advance. */
  readonly lookAhead: LookAhead;

  /** The time that commands see, in ms since the epoch: taken from the clock once per batch. */
  now: number;
  /** How many changes were ever made. */
  dirty = 0;
  /** Which classes of events are published (`EventClass` bits); 0: none. */
  eventClasses = 0;
  observer: KeyspaceObserver<Database> = SILENT_OBSERVER;

  /** Held while a file is loaded. Nothing is due then: what was deleted is in the file. */
  readonly loading = new Hold();
  /** Held while other data is loaded that will take the place of this one, which is served meanwhile. */
  readonly loadingAside = new Hold();
  /** Held while a key whose time has come is not removed, though nobody finds it. */
  readonly keepsExpired = new Hold();
  /** Held while commands run that a primary has sent: no key's time has come before it says so. */
  readonly findsExpired = new Hold();
  /**
   * On a writable replica, is told of times to live that clients set. Who writes to a key whose time has come
   * removes it there, though others may not.
   */
  ownExpiries: { note(database: Database, key: ByteRange): void } | null = null;
  /** Held while a script runs, for which time does not go on. */
  readonly timeStands = new Hold();
  /**
   * Held while a command stands half-way, a script that takes its time: nothing but the script reads the
   * data as a whole, or changes it.
   */
  readonly halfway = new Hold();
  /** Set for a client whose reads must not count as uses (CLIENT NO-TOUCH, DEBUG). */
  leavesNoTrace = false;

  /** Look-ups for reading that found a key. */
  hits = 0;
  /** Look-ups for reading that found none. */
  misses = 0;
  /** Keys removed because their time had come. */
  expired = 0;
  readonly lazyFreeing = new LazyFreeing();
  /** Where a key is while others are told that it has expired. */
  readonly expiredKey = new SpanCopy();

  /** With what the databases of `sharing` have in common, so that they can be exchanged. */
  constructor(clock: Clock, sharing?: KeyspaceState<Database>, chainsSlots = false) {
    this.clock = clock;
    this.chainsSlots = sharing?.chainsSlots ?? chainsSlots;
    this.seed = sharing?.seed ?? randomSeed();
    this.lookAhead = new LookAhead(this.seed);
    this.accessClock = sharing?.accessClock ?? new AccessClock();
    this.touched = sharing?.touched ?? new TouchedObjects();
    this.now = clock.now();
    this.accessClock.advance(this.now);
  }

  /** Whether a key goes at once when its time has come. */
  get removesExpired(): boolean {
    return !this.keepsExpired.isHeld && !this.loading.isHeld;
  }

  /** Takes the time from the clock. */
  updateTime(): void {
    if (this.timeStands.isHeld) return;
    this.now = this.clock.now();
    this.accessClock.advance(this.now);
  }
}
