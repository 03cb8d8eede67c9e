/** DUMP: a value as bytes that RESTORE takes. */

import { NO_ROW } from "../../keyspace/database.ts";
import { createPayload } from "../../persistence/rdb_payload.ts";
import type { Frame } from "../../resp/frame.ts";
import { key, keyAt } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

function dump({ db, reply, settings }: CommandContext, args: Frame): void {
  const row = db.lookupRead(args.span(1));
  if (row === NO_ROW) {
    reply.null();
    return;
  }
  const compress = settings.rdbcompression;
  const payload = createPayload(db.store, db.load(row), compress);
  reply.bulkBytes(payload, 0, payload.length);
}

export const DUMP: CommandDeclaration = {
  name: "dump",
  summary: "Returns a value as bytes that RESTORE makes a key of",
  since: "2.6.0",
  group: "generic",
  complexity: "O(1) to find the key and O(N*M) to serialize it, N elements of M bytes.",
  arity: 2,
  flags: ["readonly"],
  categories: ["keyspace"],
  tips: ["nondeterministic_output"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key()],
  run: dump,
};
