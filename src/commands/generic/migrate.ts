/** MIGRATE: moves keys to another server. */

import type { CallKeys } from "../../access/call_keys.ts";
import { type KeyFlag, keyFlagBits } from "../../access/key_flags.ts";
import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { requireSafeInteger } from "../../base/numbers.ts";
import { bytesOf, Span } from "../../base/span.ts";
import { type Database, NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import { NO_EXPIRY } from "../../keyspace/expiry.ts";
import { createPayload } from "../../persistence/rdb_payload.ts";
import { Frame } from "../../resp/frame.ts";
import { block, integer, key, keyAt, oneOf, string, token } from "../arguments.ts";
import type { CommandContext, ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import type { MigrationOutcome } from "../views/migrate_sockets.ts";

const KEY = 3;
const FIRST_OPTION = 6;
/** In ms, where none is given that makes sense. */
const USUAL_TIMEOUT = 1000;

const KEY_AND_KEYS = new ReplyError(
  "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string",
);
const MAY_NOT_WAIT = new ReplyError(
  "ERR MIGRATE has to wait for the other server, which is not possible in a transaction or a script",
);

interface MigrateOptions {
  readonly copy: boolean;
  readonly replace: boolean;
  readonly credentials: readonly string[] | null;
  /** Which arguments are keys. */
  readonly keys: { readonly first: number; readonly last: number };
}

function migrate(context: ServerContext<"migrateSockets">, args: Frame): void {
  const { client, db, reply, server } = context;
  const options = readOptions(args);
  const timeout = requireSafeInteger(args.span(5));
  const database = requireSafeInteger(args.span(4));
  const keys: Span[] = [], commands: Uint8Array[] = [];
  for (let i = options.keys.first; i <= options.keys.last; i++) {
    const row = db.lookupRead(args.span(i));
    if (row === NO_ROW) continue;
    const name = args.copy(i);
    keys.push(Span.of(name));
    commands.push(encodeRestore(context, row, name, options.replace));
  }
  if (keys.length === 0) {
    reply.simple("NOKEY");
    return;
  }
  if (!client.mayWait) throw MAY_NOT_WAIT;
  const target = {
    host: args.string(1),
    port: args.string(2),
    database,
    credentials: options.credentials,
    timeout: timeout > 0 ? timeout : USUAL_TIMEOUT,
  };
  const resume = client.waitElsewhere();
  server.migrateSockets.send(target, commands, !options.copy, (outcome) => {
    resume(() => finish(context, db, keys, options.copy, outcome));
  });
}

function readOptions(args: Frame): MigrateOptions {
  let copy = false, replace = false;
  let credentials: string[] | null = null;
  for (let i = FIRST_OPTION; i < args.argc; i++) {
    const left = args.argc - i - 1;
    if (args.is(i, "COPY")) copy = true;
    else if (args.is(i, "REPLACE")) replace = true;
    else if (args.is(i, "AUTH") && left > 0) credentials = [args.string(++i)];
    else if (args.is(i, "AUTH2") && left > 1) {
      credentials = [args.string(i + 1), args.string(i + 2)];
      i += 2;
    } else if (args.is(i, "KEYS")) {
      if (args.argLength(KEY) !== 0) throw KEY_AND_KEYS;
      return { copy, replace, credentials, keys: { first: i + 1, last: args.argc - 1 } };
    } else throw SYNTAX_ERROR;
  }
  return { copy, replace, credentials, keys: { first: KEY, last: KEY } };
}

/** The command that makes the key elsewhere. */
function encodeRestore(
  { db, keyspace, settings }: CommandContext,
  row: number,
  name: Uint8Array,
  replace: boolean,
): Uint8Array {
  const expiry = db.expiryOf(row);
  const ttl = expiry === NO_EXPIRY ? 0 : Math.max(1, expiry - keyspace.now);
  const compress = settings.rdbcompression;
  const command = [
    bytesOf(settings["cluster-enabled"] ? "RESTORE-ASKING" : "RESTORE"),
    name,
    bytesOf(String(ttl)),
    createPayload(db.store, db.load(row), compress),
  ];
  if (replace) command.push(bytesOf("REPLACE"));
  return Frame.fromBytes(command).encoded();
}

/** Removes what the target has taken, and tells the client how it went. */
function finish(
  { propagation, reply }: CommandContext,
  db: Database,
  keys: readonly Span[],
  copied: boolean,
  { accepted, error, failure }: MigrationOutcome,
): void {
  const moved = copied ? [] : keys.filter((_, i) => accepted[i]);
  for (const name of moved) {
    const row = db.peek(name);
    if (row === NO_ROW) continue;
    db.remove(row);
    db.changed(name, EventClass.Generic, "del");
  }
  if (moved.length > 0) propagation.replace("DEL", ...moved);
  if (error !== null) throw new ReplyError(`ERR Target instance replied with error: ${error}`);
  if (failure === "connecting") {
    throw new ReplyError("IOERR error or timeout connecting to the client");
  }
  if (failure !== null) {
    throw new ReplyError(`IOERR error or timeout ${failure} to target instance`);
  }
  reply.ok();
}

const KEY_FLAGS: readonly KeyFlag[] = ["RW", "access", "delete"];
const MOVED = keyFlagBits(KEY_FLAGS);

function findMigrateKeys(args: Frame, keys: CallKeys): void {
  let first = KEY, last = KEY;
  for (let i = FIRST_OPTION; i < args.argc; i++) {
    if (args.is(i, "AUTH")) i++;
    else if (args.is(i, "AUTH2")) i += 2;
    else if (args.is(i, "KEYS")) {
      if (args.argLength(KEY) !== 0) return;
      first = i + 1;
      last = args.argc - 1;
      break;
    }
  }
  keys.add(first, last, 1, MOVED);
}

export const MIGRATE: CommandDeclaration<ServerContext<"migrateSockets">> = {
  name: "migrate",
  summary: "Moves keys to another server",
  since: "2.6.0",
  group: "generic",
  complexity: "What DUMP and DEL take here and RESTORE there, and O(N) to send N bytes.",
  arity: -6,
  flags: ["write", "movablekeys"],
  traits: ["moves_keys"],
  categories: ["keyspace", "dangerous"],
  tips: ["nondeterministic_output"],
  keys: [
    keyAt(KEY, KEY_FLAGS),
    {
      flags: [...KEY_FLAGS, "incomplete"],
      begin: { type: "keyword", keyword: "KEYS", startFrom: -2 },
      find: { type: "range", lastKey: -1, step: 1, limit: 0 },
    },
  ],
  findKeys: findMigrateKeys,
  arguments: [
    string("host"),
    integer("port"),
    oneOf("key_or_empty_string", [key("key"), token("", { name: "empty_string" })]),
    integer("destination-db"),
    integer("timeout"),
    token("COPY", { since: "3.0.0", optional: true }),
    token("REPLACE", { since: "3.0.0", optional: true }),
    oneOf("authentication", [
      string("password", { token: "AUTH", since: "4.0.7", optional: true }),
      block("username_password", [string("username"), string("password")], {
        token: "AUTH2",
        since: "6.0.0",
        optional: true,
      }),
    ], { optional: true }),
    key("key", {
      keySpecIndex: 1,
      token: "KEYS",
      since: "3.0.6",
      optional: true,
      multiple: true,
    }),
  ],
  history: [
    ["3.0.0", "Knows `COPY` and `REPLACE`."],
    ["3.0.6", "Knows `KEYS`."],
    ["4.0.7", "Knows `AUTH`."],
    ["6.0.0", "Knows `AUTH2`."],
  ],
  secrets: findMigrateSecrets,
  run: migrate,
};

/** Positions of the password, and of the user's name, in a call. */
function findMigrateSecrets(args: Frame): number[] {
  for (let i = FIRST_OPTION; i < args.argc; i++) {
    if (args.is(i, "AUTH")) return [i + 1];
    if (args.is(i, "AUTH2")) return [i + 1, i + 2];
    if (args.is(i, "KEYS")) return [];
  }
  return [];
}
