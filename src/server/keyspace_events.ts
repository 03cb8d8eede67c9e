/** What follows from changes to keys outside of the keyspace: propagation of removals that nobody asked for. */

import type { ByteRange } from "../base/span.ts";
import type { Settings } from "../config/mod.ts";
import type { Database } from "../keyspace/database.ts";
import type { KeyspaceObserver } from "../keyspace/events.ts";
import type { BlockedClients } from "./blocking.ts";
import type { Propagation } from "./propagation.ts";
import type { Watches } from "./watches.ts";

/** The keyspace's observer in a server. */
export class KeyspaceEvents implements KeyspaceObserver {
  readonly #propagation: Propagation;
  readonly #settings: Readonly<Settings>;
  readonly #blocked: BlockedClients;
  readonly #watches: Watches;

  constructor(
    propagation: Propagation,
    settings: Readonly<Settings>,
    blocked: BlockedClients,
    watches: Watches,
  ) {
    this.#propagation = propagation;
    this.#settings = settings;
    this.#blocked = blocked;
    this.#watches = watches;
  }

  keyChanged(database: Database, key: ByteRange): void {
    this.#watches.keyChanged(database, key);
  }

  databaseChanged(database: Database, replacement: Database | null): void {
    this.#watches.databaseChanged(database, replacement);
    if (replacement !== null) this.#blocked.databaseReady(database);
  }

  keyReady(database: Database, key: ByteRange): void {
    this.#blocked.keyReady(database, key);
  }

  keyEvent(_database: Database, _eventClass: number, _event: string, _key: ByteRange): void {}

  keyExpired(database: Database, key: ByteRange): void {
    const command = this.#settings["lazyfree-lazy-expire"] ? "UNLINK" : "DEL";
    this.#propagation.also(database.index, command, key);
  }
}
