/** HSCAN. */

import { Span } from "../../base/span.ts";
import * as hash from "../../data/hash_value.ts";
import { ListpackEntry } from "../../data/listpack.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt, pattern } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readScanOptions, replyEmptyScan, requireScanCursor } from "../scan_options.ts";
import { readHash } from "./access.ts";

function hscan(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const cursor = requireScanCursor(args.span(2));
  const value = readHash(db, args.span(1));
  // As in Redis, options are not even looked at where there is no hash.
  if (value === null) {
    replyEmptyScan(reply);
    return;
  }
  const options = readScanOptions(args, 3);
  const { store } = db;
  const entry = new ListpackEntry(), field = new Span();
  let shown = 0;
  reply.array(2);
  reply.bulkInteger(hash.nextCursor(value, cursor, options.count));
  const elements = reply.deferArray();
  hash.scan(store, value, cursor, options.count, (place) => {
    if (!options.matches(hash.fieldSpan(store, value, place, entry, field))) return;
    hash.sendField(store, value, place, reply);
    hash.sendContent(store, value, place, reply);
    shown++;
  });
  reply.setDeferred(elements, 2 * shown);
}

export const HSCAN: CommandDeclaration = {
  name: "hscan",
  summary: "Replies the fields of a hash and their values, some with each call",
  since: "2.8.0",
  group: "hash",
  complexity: "O(1) for a call, O(N) for a whole scan, N being the number of fields.",
  arity: -3,
  flags: ["readonly"],
  categories: ["hash"],
  tips: ["nondeterministic_output"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [
    key(),
    integer("cursor"),
    pattern("pattern", { token: "MATCH", optional: true }),
    integer("count", { token: "COUNT", optional: true }),
  ],
  run: hscan,
};
