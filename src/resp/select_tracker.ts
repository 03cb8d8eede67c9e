/** The database that a stream of commands is in: a file of the AOF, or what a replica is sent. */

import { bytesOf } from "../base/span.ts";

/** SELECT for each database, encoded once. */
const SELECTS = new Map<number, Uint8Array>();

/** Says where a stream of commands for several databases needs a SELECT. */
export class SelectTracker {
  #database = -1;

  /** The stream begins anew, for who knows nothing of what came before. */
  restart(): void {
    this.#database = -1;
  }

  /** The database that the stream is in; -1: it has not begun. */
  get database(): number {
    return this.#database;
  }

  /** What has to come before a command for `database`: a SELECT, or null as the stream is there already. */
  select(database: number): Uint8Array | null {
    if (database === this.#database) return null;
    this.#database = database;
    let select = SELECTS.get(database);
    if (select === undefined) SELECTS.set(database, select = encodeSelect(String(database)));
    return select;
  }
}

function encodeSelect(database: string): Uint8Array {
  return bytesOf(`*2\r\n$6\r\nSELECT\r\n$${database.length}\r\n${database}\r\n`);
}
