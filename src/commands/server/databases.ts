/** DBSIZE, FLUSHDB, FLUSHALL and SWAPDB: databases as a whole. */

import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { requireIntegerBetween } from "../../base/numbers.ts";
import type { ByteRange } from "../../base/span.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, oneOf, token } from "../arguments.ts";
import type { CommandContext, ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

const INT_MIN = -2147483648;
const INT_MAX = 2147483647;

const NO_SUCH_DATABASE = new ReplyError("ERR DB index is out of range");
const INVALID_FIRST = new ReplyError("ERR invalid first DB index");
const INVALID_SECOND = new ReplyError("ERR invalid second DB index");

function dbSize({ db, reply }: CommandContext): void {
  reply.integer(db.size);
}

export const DBSIZE: CommandDeclaration = {
  name: "dbsize",
  summary: "Counts the keys of the selected database",
  since: "1.0.0",
  group: "server",
  complexity: "O(1)",
  arity: 1,
  flags: ["readonly", "fast"],
  traits: ["quick"],
  categories: ["keyspace"],
  tips: ["request_policy:all_shards", "response_policy:agg_sum"],
  run: dbSize,
};

/**
 * Whether a FLUSH command asks for ASYNC, which is counted and nothing else: a database is let go as a whole,
 * whatever its size.
 */
function isAsync({ settings }: CommandContext, args: Frame): boolean {
  if (args.argc === 1) return settings["lazyfree-lazy-user-flush"];
  if (args.argc > 2 || !args.is(1, "ASYNC") && !args.is(1, "SYNC")) throw SYNTAX_ERROR;
  return args.is(1, "ASYNC");
}

/** Ends both: they are propagated even when there was no key here, as there may be some elsewhere. */
function finishFlush({ keyspace, propagation, reply }: CommandContext, removed: number): void {
  keyspace.dirty += removed;
  propagation.force();
  reply.ok();
}

function flushDb(context: CommandContext, args: Frame): void {
  finishFlush(context, context.keyspace.clear([context.db], isAsync(context, args)));
}

export const FLUSHDB: CommandDeclaration = {
  name: "flushdb",
  summary: "Removes every key of the selected database",
  since: "1.0.0",
  group: "server",
  complexity: "O(N) at most, N being the number of keys; here all of them are let go at once.",
  arity: -1,
  flags: ["write"],
  categories: ["keyspace", "dangerous"],
  tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
  arguments: [
    oneOf("async", [token("ASYNC", { since: "4.0.0" }), token("SYNC", { since: "6.2.0" })], {
      optional: true,
    }),
  ],
  history: [
    ["4.0.0", "`ASYNC` frees memory in the background."],
    ["6.2.0", "`SYNC` frees it at once, whatever the configuration says."],
  ],
  run: flushDb,
};

function flushAll(context: ServerContext<"rdbSaves">, args: Frame): void {
  const { keyspace } = context;
  finishFlush(context, keyspace.clear(keyspace.databases, isAsync(context, args)));
  context.server.rdbSaves.flushed();
}

export const FLUSHALL: CommandDeclaration<ServerContext> = {
  name: "flushall",
  summary: "Removes every key of every database",
  since: "1.0.0",
  group: "server",
  complexity: "O(N), N being the number of databases.",
  arity: -1,
  flags: ["write"],
  categories: ["keyspace", "dangerous"],
  tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
  arguments: [
    oneOf("async", [token("ASYNC", { since: "4.0.0" }), token("SYNC", { since: "6.2.0" })], {
      optional: true,
    }),
  ],
  history: [
    ["4.0.0", "`ASYNC` frees memory in the background."],
    ["6.2.0", "`SYNC` frees it at once, whatever the configuration says."],
  ],
  run: flushAll,
};

function requireIndex(argument: ByteRange, error: ReplyError): number {
  return requireIntegerBetween(argument, INT_MIN, INT_MAX, error);
}

const ONE_DATABASE = new ReplyError("ERR SWAPDB is not allowed in cluster mode");

function swapDb({ keyspace, reply, settings }: CommandContext, args: Frame): void {
  if (settings["cluster-enabled"]) throw ONE_DATABASE;
  const first = requireIndex(args.span(1), INVALID_FIRST);
  const second = requireIndex(args.span(2), INVALID_SECOND);
  const one = keyspace.databases[first], other = keyspace.databases[second];
  if (one === undefined || other === undefined) throw NO_SUCH_DATABASE;
  if (one !== other) one.swapWith(other);
  keyspace.dirty++;
  reply.ok();
}

export const SWAPDB: CommandDeclaration = {
  name: "swapdb",
  summary: "Exchanges the contents of two databases, under the eyes of their clients",
  since: "4.0.0",
  group: "server",
  complexity: "O(N), N being the number of clients that watch or wait for keys of the two.",
  arity: 3,
  flags: ["write", "fast"],
  categories: ["keyspace", "dangerous"],
  arguments: [integer("index1"), integer("index2")],
  run: swapDb,
};

/** The commands of this file. */
export const DATABASE_COMMANDS: readonly CommandDeclaration<ServerContext>[] = [
  DBSIZE,
  FLUSHALL,
  FLUSHDB,
  SWAPDB,
];
