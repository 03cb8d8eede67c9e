/** What follows from changes to keys outside of the keyspace: propagation of removals that nobody asked for. */

import type { ByteRange } from "../base/span.ts";
import type { Settings } from "../config/mod.ts";
import type { Database } from "../keyspace/database.ts";
import type { KeyspaceObserver } from "../keyspace/events.ts";
import type { Propagation } from "./propagation.ts";

/** The keyspace's observer in a server. */
export class KeyspaceEvents implements KeyspaceObserver {
  readonly #propagation: Propagation;
  readonly #settings: Readonly<Settings>;

  constructor(propagation: Propagation, settings: Readonly<Settings>) {
    this.#propagation = propagation;
    this.#settings = settings;
  }

  keyChanged(_database: Database, _key: ByteRange): void {}

  databaseChanged(_database: Database): void {}

  keyReady(_database: Database, _key: ByteRange): void {}

  keyEvent(_database: Database, _eventClass: number, _event: string, _key: ByteRange): void {}

  keyExpired(database: Database, key: ByteRange): void {
    const command = this.#settings["lazyfree-lazy-expire"] ? "UNLINK" : "DEL";
    this.#propagation.also(database.index, command, key);
  }
}
