/** The whole data set as the commands that build it up: what a base file in AOF format holds. */

import { Span } from "../base/span.ts";
import { ValueType } from "../data/value.ts";
import { NO_EXPIRY } from "../keyspace/expiry.ts";
import type { Database } from "../keyspace/database.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { DumpedCommand } from "./aof.ts";

/** Yields commands that give another server the same data. */
export function* dumpKeyspace(keyspace: Keyspace): Iterable<DumpedCommand> {
  for (const database of keyspace.databases) {
    for (let row = 0; row < database.size; row++) {
      if (!database.isDue(row)) yield* dumpRow(database, row);
    }
  }
}

function* dumpRow(database: Database, row: number): Iterable<DumpedCommand> {
  const key = database.keyOf(row, new Span());
  const command = (...args: DumpedCommand["args"]): DumpedCommand => ({
    database: database.index,
    args,
  });
  switch (database.typeOf(row)) {
    case ValueType.String:
      yield command("SET", key, database.bytesOf(row, new Span()));
      break;
    default:
      throw new Error("a type that cannot be dumped yet");
  }
  const expiry = database.exactExpiryOf(row);
  if (expiry !== NO_EXPIRY) yield command("PEXPIREAT", key, String(expiry));
}
