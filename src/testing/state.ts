/** The data set of an embedded server as bytes, and put back from them. */

import { rdbLoadOptions, rdbSaveOptions } from "../durability/rdb_options.ts";
import { PersistenceError } from "../persistence/persistence_error.ts";
import { loadRdbStream } from "../persistence/rdb_loader.ts";
import { writeAtOnce } from "../persistence/rdb_saver.ts";
import type { Server } from "../server/server.ts";

/** What the bytes are called in messages. */
const NAME = "the snapshot";

/** Gathers what is written. */
class Pieces {
  readonly #pieces: Uint8Array[] = [];
  #size = 0;

  writeSync(bytes: Uint8Array): number {
    this.#pieces.push(bytes.slice());
    this.#size += bytes.length;
    return bytes.length;
  }

  join(): Uint8Array {
    const all = new Uint8Array(this.#size);
    let at = 0;
    for (const piece of this.#pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }
}

/** All data, and the function libraries, as an RDB file has them. */
export function snapshotOf(server: Server): Uint8Array {
  const pieces = new Pieces();
  writeAtOnce(pieces, server.keyspace, rdbSaveOptions(server, false));
  return pieces.join();
}

/**
 * Puts what an RDB file holds in place of all data. Throws `PersistenceError` for bytes that are no such file,
 * and then all is as it was; and where others follow the server's changes one by one.
 */
export function restoreInto(server: Server, rdb: Uint8Array): void {
  const { keyspace, replicas, primaryLink, persistence: { loader } } = server;
  if (server.appendOnlyState !== "off" || replicas.count > 0 || primaryLink.isReplica) {
    throw new PersistenceError(
      "a server with an append-only file, with replicas or with a primary can't take other data",
    );
  }
  const another = keyspace.createAnother();
  const options = { ...rdbLoadOptions(server, false), keyspace: another };
  const load = loadRdbStream(rdb.length, NAME, options);
  load.feed(rdb);
  load.endStream();
  loader.loadAtOnce(load);
  keyspace.takeFrom(another);
  keyspace.dirty++;
}
