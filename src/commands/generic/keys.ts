/** KEYS, SCAN and RANDOMKEY: which keys there are. */

import { toLowerAscii } from "../../base/ascii.ts";
import { matchGlob } from "../../base/glob.ts";
import { type ByteRange, copySpan, Span, spanString } from "../../base/span.ts";
import { TYPE_NAMES } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, pattern, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readScanOptions, requireScanCursor } from "../scan_options.ts";

function keys({ db, reply }: CommandContext, args: Frame): void {
  const wanted = args.span(1), name = new Span();
  const all = args.is(1, "*");
  let shown = 0;
  const elements = reply.deferArray();
  for (let row = 0; row < db.size; row++) {
    if (!all && !matchGlob(wanted, db.keyOf(row, name))) continue;
    // Expired keys stay for those who ask for them by name, as in Redis.
    if (db.isDue(row)) continue;
    reply.bulk(db.keyOf(row, name));
    shown++;
  }
  reply.setDeferred(elements, shown);
}

export const KEYS: CommandDeclaration = {
  name: "keys",
  summary: "Replies all keys that match a pattern, and holds up everybody else meanwhile",
  since: "1.0.0",
  group: "generic",
  complexity: "O(N), N being the number of keys in the database.",
  arity: 2,
  flags: ["readonly"],
  categories: ["keyspace", "dangerous"],
  tips: ["request_policy:all_shards", "nondeterministic_output_order"],
  arguments: [pattern("pattern")],
  run: keys,
};

function scan(context: CommandContext, args: Frame): void {
  const { db, propagation, reply } = context;
  const cursor = requireScanCursor(args.span(1));
  const options = readScanOptions(args, 2, true);
  const type = options.type === null ? null : toLowerAscii(spanString(options.type));
  propagation.separate();
  const name = new Span();
  let shown = 0;
  reply.array(2);
  const { next, places } = db.scan(cursor, options.count);
  reply.bulkInteger(next);
  const elements = reply.deferArray();
  for (let row of places) {
    db.keyOf(row, name);
    if (!options.matches(name)) continue;
    if (type !== null) row = lookupForType(context, row, name);
    else if (db.expireIfDue(row)) continue;
    if (row === NO_ROW || type !== null && TYPE_NAMES[db.typeOf(row)] !== type) continue;
    reply.bulk(name);
    shown++;
  }
  reply.setDeferred(elements, shown);
}

/** The row, or `NO_ROW` once its time has come. To ask for the type counts as a look-up. */
function lookupForType({ db }: CommandContext, row: number, name: ByteRange): number {
  // The key goes with the row, so whoever is to be told of it needs a copy.
  return db.lookupUntouched(db.isDue(row) ? Span.of(copySpan(name)) : name);
}

export const SCAN: CommandDeclaration = {
  name: "scan",
  summary: "Replies the keys of the database, some with each call",
  since: "2.8.0",
  group: "generic",
  complexity: "O(1) for a call, O(N) for a whole scan, N being the number of keys.",
  arity: -2,
  flags: ["readonly"],
  categories: ["keyspace"],
  tips: ["nondeterministic_output", "request_policy:special"],
  arguments: [
    integer("cursor"),
    pattern("pattern", { token: "MATCH", optional: true }),
    integer("count", { token: "COUNT", optional: true }),
    string("type", { token: "TYPE", since: "6.0.0", optional: true }),
  ],
  history: [["6.0.0", "`TYPE` shows keys of one type only."]],
  run: scan,
};

function randomKey({ db, propagation, reply }: CommandContext): void {
  propagation.separate();
  const row = db.randomRow();
  if (row === NO_ROW) reply.null();
  else reply.bulk(db.keyOf(row));
}

export const RANDOMKEY: CommandDeclaration = {
  name: "randomkey",
  summary: "Replies a key chosen at random",
  since: "1.0.0",
  group: "generic",
  complexity: "O(1)",
  arity: 1,
  flags: ["readonly"],
  traits: ["quick"],
  categories: ["keyspace"],
  tips: ["request_policy:all_shards", "nondeterministic_output"],
  run: randomKey,
};
