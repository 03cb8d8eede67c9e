/** What follows from changes to keys outside of the keyspace: propagation of removals that nobody asked for. */

import { type ByteRange, Span, spanString } from "../base/span.ts";
import type { Settings } from "../config/mod.ts";
import type { Database } from "../keyspace/database.ts";
import { EventClass, type KeyspaceObserver } from "../keyspace/events.ts";
import type { Propagation } from "./propagation.ts";
import type { Watches } from "./watches.ts";

/** Who waits for keys. */
export interface KeyReadiness {
  /** A key came into being, or has something new for those who wait for it. */
  keyReady(database: Database, key: ByteRange): void;
  /** All keys of a database may be others than before. */
  databaseReady(database: Database): void;
  /** All keys of a database are about to go. */
  databaseCleared(database: Database): void;
}

/** Who is told that what they have read has changed. */
export interface KeyReaders {
  /** Whether there is anybody. */
  readonly isActive: boolean;
  /** The running command has changed a key. */
  keyChanged(key: ByteRange): void;
  /** A key has expired or was evicted. */
  keyLost(key: ByteRange): void;
  /** Databases were emptied. */
  keysFlushed(): void;
}

/** Where messages about keys are published. */
export interface KeyEventChannel {
  /** Whether nobody would hear a message. */
  readonly isSilent: boolean;
  publish(channel: ByteRange, message: ByteRange): number;
}

/** What hears of changes to keys. */
export interface KeyspaceEventsParts {
  readonly propagation: Propagation;
  readonly settings: Readonly<Settings>;
  readonly watches: Watches;
  readonly waits: KeyReadiness;
  readonly readers: KeyReaders;
  readonly channel: KeyEventChannel;
}

/** The keyspace's observer in a server. */
export class KeyspaceEvents implements KeyspaceObserver<Database> {
  readonly #propagation: Propagation;
  readonly #settings: Readonly<Settings>;
  readonly #watches: Watches;
  readonly #waits: KeyReadiness;
  readonly #readers: KeyReaders;
  readonly #channel: KeyEventChannel;

  constructor(parts: KeyspaceEventsParts) {
    this.#propagation = parts.propagation;
    this.#settings = parts.settings;
    this.#watches = parts.watches;
    this.#waits = parts.waits;
    this.#readers = parts.readers;
    this.#channel = parts.channel;
  }

  keyChanged(database: Database, key: ByteRange): void {
    this.#watches.keyChanged(database, key);
    if (this.#readers.isActive) this.#readers.keyChanged(key);
  }

  keyLost(database: Database, key: ByteRange): void {
    this.#watches.keyChanged(database, key);
    if (this.#readers.isActive) this.#readers.keyLost(key);
  }

  databaseChanged(database: Database, replacement: Database | null): void {
    this.#watches.databaseChanged(database, replacement);
    if (replacement === null) this.#waits.databaseCleared(database);
    else this.#waits.databaseReady(database);
  }

  keysFlushed(): void {
    if (this.#readers.isActive) this.#readers.keysFlushed();
  }

  keyReady(database: Database, key: ByteRange): void {
    this.#waits.keyReady(database, key);
  }

  keyEvent(database: Database, _eventClass: number, event: string, key: ByteRange): void {
    if (this.#channel.isSilent) return;
    const { eventClasses } = database.keyspace;
    const message = Span.ofString(event);
    if ((eventClasses & EventClass.Keyspace) !== 0) {
      const channel = `__keyspace@${database.index}__:${spanString(key)}`;
      this.#channel.publish(Span.ofString(channel), message);
    }
    if ((eventClasses & EventClass.Keyevent) !== 0) {
      this.#channel.publish(Span.ofString(`__keyevent@${database.index}__:${event}`), key);
    }
  }

  keyExpired(database: Database, key: ByteRange): void {
    const command = this.#settings["lazyfree-lazy-expire"] ? "UNLINK" : "DEL";
    this.#propagation.also(database.index, command, key);
  }
}
