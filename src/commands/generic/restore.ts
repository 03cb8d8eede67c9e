/** RESTORE and RESTORE-ASKING: make a key of what DUMP gave. */

import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { requireInteger } from "../../base/numbers.ts";
import type { ByteRange } from "../../base/span.ts";
import { addInt64 } from "../../data/stream_counter.ts";
import { isCompact, type Value } from "../../data/value.ts";
import { type Database, NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import { NO_EXPIRY } from "../../keyspace/expiry.ts";
import { internalErrorLine, RdbError } from "../../persistence/rdb_format.ts";
import { isPayload, readPayload } from "../../persistence/rdb_payload.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt, string, token } from "../arguments.ts";
import type { CommandContext, ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import type { ArgumentSpec } from "../description.ts";
import type { PropagatedArgument } from "../views/propagation.ts";

const FIRST_OPTION = 4;
const FREQUENCY_MAX = 255;

const KEY_EXISTS = new ReplyError("BUSYKEY Target key name already exists.");
const NOT_A_PAYLOAD = new ReplyError("ERR DUMP payload version or checksum are wrong");
const BAD_FORMAT = new ReplyError("ERR Bad data format");
const BAD_TTL = new ReplyError("ERR Invalid TTL value, must be >= 0");
const BAD_IDLE_TIME = new ReplyError("ERR Invalid IDLETIME value, must be >= 0");
const BAD_FREQUENCY = new ReplyError("ERR Invalid FREQ value, must be >= 0 and <= 255");

/** What a payload is checked by, and where the reason stands if it is refused. */
type RestoreContext = ServerContext<"debug" | "log">;

interface RestoreOptions {
  readonly replace: boolean;
  readonly absoluteTtl: boolean;
  /** Seconds since the last use. */
  readonly idle: number | undefined;
  readonly frequency: number | undefined;
}

function restore(context: RestoreContext, args: Frame): void {
  const { db, keyspace, reply, server } = context;
  const name = args.span(1);
  const options = requireOptions(args);
  if (!options.replace && db.lookupWrite(name) !== NO_ROW) throw KEY_EXISTS;
  const ttl = requireInteger(args.span(2));
  if (ttl < 0) throw BAD_TTL;
  const payload = args.span(3);
  if (!isPayload(payload, server.debug.skipsChecksums)) throw NOT_A_PAYLOAD;
  const value = requireValue(context, payload);

  const isRelative = ttl !== 0 && !options.absoluteTtl;
  const expiry = isRelative ? addInt64(ttl, keyspace.now) : ttl;
  if (expiry !== 0 && expiry <= keyspace.now && keyspace.removesExpired) {
    if (isCompact(value.encoding)) db.store.free(value.ref);
    removeOld(context, name);
    reply.ok();
    return;
  }
  place(db, name, value, expiry);
  setAccess(db, name, options);
  if (isRelative) propagateAbsolute(context, args, expiry);
  db.changed(name, EventClass.Generic, "restore");
  reply.ok();
}

function requireOptions(args: Frame): RestoreOptions {
  let replace = false, absoluteTtl = false;
  let idle: number | undefined, frequency: number | undefined;
  for (let i = FIRST_OPTION; i < args.argc; i++) {
    const hasMore = i + 1 < args.argc;
    if (args.is(i, "REPLACE")) replace = true;
    else if (args.is(i, "ABSTTL")) absoluteTtl = true;
    else if (args.is(i, "IDLETIME") && hasMore && frequency === undefined) {
      idle = Number(requireInteger(args.span(++i)));
      if (idle < 0) throw BAD_IDLE_TIME;
    } else if (args.is(i, "FREQ") && hasMore && idle === undefined) {
      frequency = Number(requireInteger(args.span(++i)));
      if (frequency < 0 || frequency > FREQUENCY_MAX) throw BAD_FREQUENCY;
    } else throw SYNTAX_ERROR;
  }
  return { replace, absoluteTtl, idle, frequency };
}

/** The value of a payload, in the store of the client's database. */
function requireValue(context: RestoreContext, payload: ByteRange): Value {
  const { db, server, settings } = context;
  try {
    const value = readPayload(payload, db.store, settings, mends(context));
    if (value !== null) return value;
  } catch (error) {
    if (!(error instanceof RdbError)) throw error;
    // In Redis' words, which name a line of its source as well.
    server.log.verbose(internalErrorLine(error.offset, error.problem));
  }
  throw BAD_FORMAT;
}

/** Whether what is wrong in a value and clear all the same is put right. */
function mends({ client, settings }: RestoreContext): boolean {
  switch (settings["sanitize-dump-payload"]) {
    case "no":
      return true;
    case "yes":
      return false;
    case "clients":
      return client.mustObey || client.user.skipsSanitizing;
  }
}

/** Removes the key in whose place something comes that has expired already. */
function removeOld({ db, propagation }: CommandContext, name: ByteRange): void {
  const row = db.peek(name);
  if (row === NO_ROW) return;
  db.remove(row);
  propagation.replace("DEL", name);
  db.changed(name, EventClass.Generic, "del");
}

function place(db: Database, name: ByteRange, value: Value, expiry: number | bigint): void {
  let row = db.peek(name);
  if (row === NO_ROW) {
    row = db.add(name, value);
  } else {
    db.replace(row, value);
    db.setAccess(row, db.keyspace.accessClock.initial());
    // To those who listen the old key is gone and this is another one.
    db.notify(EventClass.New, "new", name);
  }
  db.setExpiry(row, expiry === 0 ? NO_EXPIRY : expiry);
}

/** Sets the key's use as told, as far as the server keeps account of it in that way. */
function setAccess(db: Database, name: ByteRange, { idle, frequency }: RestoreOptions): void {
  const { accessClock } = db.keyspace;
  const row = db.peek(name);
  if (accessClock.lfu) {
    if (frequency !== undefined) db.setAccess(row, accessClock.wordOfFrequency(frequency));
  } else if (idle !== undefined) {
    db.setAccess(row, accessClock.wordOfIdle(idle));
  }
}

/** Others are told the time itself, as they hear of it later. */
function propagateAbsolute(
  { propagation }: CommandContext,
  args: Frame,
  expiry: number | bigint,
): void {
  const command: PropagatedArgument[] = [args.span(0), args.span(1), expiry];
  for (let i = 3; i < args.argc; i++) command.push(args.span(i));
  command.push("ABSTTL");
  propagation.replace(...command);
}

const RESTORE_ARGUMENTS: readonly ArgumentSpec[] = [
  key(),
  integer("ttl"),
  string("serialized-value"),
  token("REPLACE", { since: "3.0.0", optional: true }),
  token("ABSTTL", { since: "5.0.0", optional: true }),
  integer("seconds", { token: "IDLETIME", since: "5.0.0", optional: true }),
  integer("frequency", { token: "FREQ", since: "5.0.0", optional: true }),
];

const RESTORE_COMPLEXITY =
  "O(1) to add the key and O(N*M) to read the value, N elements of M bytes; " +
  "O(N*M*log(N)) for sorted sets.";

const RESTORE_HISTORY: CommandDeclaration["history"] = [
  ["3.0.0", "Knows `REPLACE`."],
  ["5.0.0", "Knows `ABSTTL`."],
  ["5.0.0", "Knows `IDLETIME` and `FREQ`."],
];

export const RESTORE: CommandDeclaration<RestoreContext> = {
  name: "restore",
  summary: "Makes a key of what DUMP gave",
  since: "2.6.0",
  group: "generic",
  complexity: RESTORE_COMPLEXITY,
  arity: -4,
  flags: ["write", "denyoom"],
  categories: ["keyspace", "dangerous"],
  keys: [keyAt(1, ["OW", "update"])],
  arguments: RESTORE_ARGUMENTS,
  history: RESTORE_HISTORY,
  run: restore,
};

export const RESTORE_ASKING: CommandDeclaration<RestoreContext> = {
  name: "restore-asking",
  summary: "RESTORE for a key of a slot that is being moved in a cluster; internal",
  since: "3.0.0",
  group: "server",
  complexity: RESTORE_COMPLEXITY,
  arity: -4,
  flags: ["write", "denyoom", "asking"],
  categories: ["keyspace", "dangerous"],
  keys: [keyAt(1, ["OW", "update"])],
  arguments: RESTORE_ARGUMENTS,
  history: RESTORE_HISTORY,
  systemCommand: true,
  run: restore,
};
