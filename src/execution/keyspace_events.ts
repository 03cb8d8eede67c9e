/** What follows from changes to keys outside of the keyspace: propagation of removals that nobody asked for. */

import { type ByteRange, Span, spanString } from "../base/span.ts";
import type { Settings } from "../config/mod.ts";
import type { Database } from "../keyspace/database.ts";
import { EventClass, type KeyspaceObserver } from "../keyspace/events.ts";
import type { BlockedClients } from "../clients/blocking.ts";
import type { Propagation } from "./propagation.ts";
import type { PubSub } from "../clients/pubsub.ts";
import type { Tracker, Tracking } from "../clients/tracking.ts";
import type { Watches } from "./watches.ts";

/** The keyspace's observer in a server. */
export class KeyspaceEvents implements KeyspaceObserver<Database> {
  readonly #propagation: Propagation;
  readonly #settings: Readonly<Settings>;
  readonly #blocked: BlockedClients;
  readonly #watches: Watches;
  readonly #pubsub: PubSub;
  readonly #tracking: Tracking;
  readonly #clients: Iterable<Tracker>;

  constructor(
    propagation: Propagation,
    settings: Readonly<Settings>,
    blocked: BlockedClients,
    watches: Watches,
    pubsub: PubSub,
    tracking: Tracking,
    clients: Iterable<Tracker>,
  ) {
    this.#propagation = propagation;
    this.#settings = settings;
    this.#blocked = blocked;
    this.#watches = watches;
    this.#pubsub = pubsub;
    this.#tracking = tracking;
    this.#clients = clients;
  }

  keyChanged(database: Database, key: ByteRange): void {
    this.#watches.keyChanged(database, key);
    if (this.#tracking.isActive) this.#tracking.keyChanged(key);
  }

  keyLost(database: Database, key: ByteRange): void {
    this.#watches.keyChanged(database, key);
    if (this.#tracking.isActive) this.#tracking.keyLost(key);
  }

  databaseChanged(database: Database, replacement: Database | null): void {
    this.#watches.databaseChanged(database, replacement);
    if (replacement === null) this.#blocked.databaseCleared(database);
    else this.#blocked.databaseReady(database);
  }

  keysFlushed(): void {
    if (this.#tracking.isActive) this.#tracking.keysFlushed(this.#clients);
  }

  keyReady(database: Database, key: ByteRange): void {
    this.#blocked.keyReady(database, key);
  }

  keyEvent(database: Database, _eventClass: number, event: string, key: ByteRange): void {
    const { eventClasses } = database.keyspace;
    const message = Span.ofString(event);
    if ((eventClasses & EventClass.Keyspace) !== 0) {
      const channel = `__keyspace@${database.index}__:${spanString(key)}`;
      this.#pubsub.publish(Span.ofString(channel), message);
    }
    if ((eventClasses & EventClass.Keyevent) !== 0) {
      this.#pubsub.publish(Span.ofString(`__keyevent@${database.index}__:${event}`), key);
    }
  }

  keyExpired(database: Database, key: ByteRange): void {
    const command = this.#settings["lazyfree-lazy-expire"] ? "UNLINK" : "DEL";
    this.#propagation.also(database.index, command, key);
  }
}
