/** What the keyspace tells about itself, from the one place where keys change. */

import type { ByteRange } from "../base/span.ts";

/**
 * The classes of keyspace notifications, with the bits and letters of `notify-keyspace-events`
 * (https://redis.io/docs/latest/develop/pubsub/keyspace-notifications/).
 */
export const EventClass = {
  Keyspace: 1 << 0, // K
  Keyevent: 1 << 1, // E
  Generic: 1 << 2, // g
  String: 1 << 3, // $
  List: 1 << 4, // l
  Set: 1 << 5, // s
  Hash: 1 << 6, // h
  SortedSet: 1 << 7, // z
  Expired: 1 << 8, // x
  Evicted: 1 << 9, // e
  Stream: 1 << 10, // t
  KeyMiss: 1 << 11, // m
  Module: 1 << 13, // d
  New: 1 << 14, // n
} as const;

/** Who is told of changes to keys in `Database`s. One is installed by the server. */
export interface KeyspaceObserver<Database> {
  /** A key was added, changed or removed: WATCH and client-side caching depend on it. */
  keyChanged(database: Database, key: ByteRange): void;
  /** As `keyChanged`, for a key that no command removed: it has expired or was evicted. */
  keyLost(database: Database, key: ByteRange): void;
  /**
   * Every key of a database is about to go (FLUSHDB, FLUSHALL; `replacement` is null), or to be
   * replaced by those of another one (SWAPDB, once for each of the two). Called while the keys are
   * still there, so that it can be told which of them really change.
   */
  databaseChanged(database: Database, replacement: Database | null): void;
  /** Databases were emptied as a whole: once for each FLUSHDB and FLUSHALL. */
  keysFlushed(): void;
  /** A key that a client may be blocked on came into being, or it was a stream and is gone. */
  keyReady(database: Database, key: ByteRange): void;
  /** A keyspace event; called only for the classes that `Keyspace.eventClasses` asks for. */
  keyEvent(database: Database, eventClass: number, event: string, key: ByteRange): void;
  /** A key was removed because its time had come: to be propagated before the command that met it. */
  keyExpired(database: Database, key: ByteRange): void;
}

/** An observer that is told and does nothing: what a keyspace without a server has. */
export const SILENT_OBSERVER: KeyspaceObserver<unknown> = {
  keyChanged() {},
  keyLost() {},
  databaseChanged() {},
  keysFlushed() {},
  keyReady() {},
  keyEvent() {},
  keyExpired() {},
};
