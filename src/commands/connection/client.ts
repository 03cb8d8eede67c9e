/** CLIENT: what a connection is called, who else is connected, and who is to go. */

import { toUpperAscii } from "../../base/ascii.ts";
import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import {
  addChecked,
  parseSafeInteger,
  requireInteger,
  requireSafeInteger,
} from "../../base/numbers.ts";
import type { ByteRange } from "../../base/span.ts";
import type { Frame } from "../../resp/frame.ts";
import { block, integer, oneOf, string, token } from "../arguments.ts";
import type { CommandContext, ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { helpSubcommand, subcommandSyntaxError } from "../help.ts";
import type { AccessView } from "../views/access.ts";
import type { UnblockReason } from "../views/blocking.ts";
import type { ClientView, ReplyMode } from "../views/client.ts";
import type { ClientFilter, ClientType, PauseMode } from "../views/clients.ts";
import { requireClientName } from "./client_name.ts";
import { CLIENT_TRACKING_SUBCOMMANDS } from "./client_tracking.ts";

const INVALID_ID = new ReplyError("ERR Invalid client ID");
const ID_NOT_POSITIVE = new ReplyError("ERR client-id should be greater than 0");
const UNKNOWN_REASON = new ReplyError(
  "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR",
);
const UNKNOWN_PAUSE = new ReplyError("ERR CLIENT PAUSE mode must be WRITE or ALL");
const INVALID_TIMEOUT = new ReplyError("ERR timeout is not an integer or out of range");
const NEGATIVE_TIMEOUT = new ReplyError("ERR timeout is negative");
const REPLY_MODES: readonly ReplyMode[] = ["on", "off", "skip"];
const NO_SUCH_CLIENT = new ReplyError("ERR No such client");

function id({ client, reply }: CommandContext): void {
  reply.integer(client.id);
}

function getName({ client, reply }: CommandContext): void {
  if (client.name === "") reply.null();
  else reply.bulkString(client.name);
}

function setName({ client, reply }: CommandContext, args: Frame): void {
  client.name = requireClientName(args.string(2));
  reply.ok();
}

function info({ client, reply }: CommandContext): void {
  reply.verbatim(client.describe() + "\n", "txt");
}

function list({ server, reply }: ServerContext<"clients">, args: Frame): void {
  const lines = server.clients.select(readListFilter(args)).map((client) => client.describe());
  reply.verbatim(lines.map((line) => line + "\n").join(""), "txt");
}

function readListFilter(args: Frame): ClientFilter {
  if (args.argc === 2) return {};
  if (args.argc === 4 && args.is(2, "TYPE")) return { type: requireType(args, 3) };
  if (args.argc < 4 || !args.is(2, "ID")) throw SYNTAX_ERROR;
  const ids: number[] = [];
  for (let i = 3; i < args.argc; i++) ids.push(requireId(args.span(i), INVALID_ID));
  return { ids };
}

function requireType(args: Frame, i: number): ClientType {
  if (args.is(i, "NORMAL")) return "normal";
  if (args.is(i, "MASTER")) return "master";
  if (args.is(i, "REPLICA") || args.is(i, "SLAVE")) return "replica";
  if (args.is(i, "PUBSUB")) return "pubsub";
  throw new ReplyError(`ERR Unknown client type '${args.shownText(i)}'`);
}

function requireId(argument: ByteRange, error: ReplyError): number {
  const value = parseSafeInteger(argument.buffer, argument.start, argument.end);
  if (value === undefined) throw error;
  return value;
}

function replyMode({ client, reply }: CommandContext, args: Frame): void {
  const mode = REPLY_MODES.find((mode) => args.is(2, toUpperAscii(mode)));
  if (mode === undefined) throw SYNTAX_ERROR;
  client.setReplyMode(mode);
  if (mode === "on") reply.ok();
}

function noEvict({ client, reply }: CommandContext, args: Frame): void {
  if (args.is(2, "ON")) client.noEvict = true;
  else if (args.is(2, "OFF")) client.noEvict = false;
  else throw SYNTAX_ERROR;
  reply.ok();
}

function kill(context: ServerContext<"access" | "clients">, args: Frame): void {
  const { reply, server } = context;
  if (args.argc === 3) {
    // The oldest form names one address and, unlike the filters, wants it to be there.
    const [victim] = server.clients.select({ address: args.string(2) });
    if (victim === undefined) throw NO_SUCH_CLIENT;
    reply.ok();
    end(context, victim);
    return;
  }
  const victims = server.clients.select(readKillFilter(context, args));
  reply.integer(victims.length);
  for (const victim of victims) end(context, victim);
}

/** Closes a client, but lets the caller read the reply first. */
function end({ client, server }: ServerContext<"clients">, victim: ClientView): void {
  if (victim === client) client.closeAfterReply();
  else server.clients.kill(victim);
}

function readKillFilter({ client, server }: ServerContext<"access">, args: Frame): ClientFilter {
  const filter: { -readonly [K in keyof ClientFilter]: ClientFilter[K] } = { except: client };
  for (let i = 2; i < args.argc; i += 2) {
    const value = i + 1;
    if (value >= args.argc) throw SYNTAX_ERROR;
    if (args.is(i, "ID")) {
      const wanted = requireId(args.span(value), ID_NOT_POSITIVE);
      if (wanted < 1) throw ID_NOT_POSITIVE;
      filter.ids = [wanted];
    } else if (args.is(i, "TYPE")) {
      filter.type = requireType(args, value);
    } else if (args.is(i, "ADDR")) {
      filter.address = args.string(value);
    } else if (args.is(i, "LADDR")) {
      filter.localAddress = args.string(value);
    } else if (args.is(i, "USER")) {
      filter.user = requireUser(server.access, args.string(value));
    } else if (args.is(i, "SKIPME")) {
      if (args.is(value, "YES")) filter.except = client;
      else if (args.is(value, "NO")) filter.except = undefined;
      else throw SYNTAX_ERROR;
    } else {
      throw SYNTAX_ERROR;
    }
  }
  return filter;
}

function requireUser({ users }: AccessView, name: string): string {
  if (users.get(name) === undefined) throw new ReplyError(`ERR No such user '${name}'`);
  return name;
}

function pause(context: ServerContext<"pause">, args: Frame): void {
  const { clock, reply, server } = context;
  let mode: PauseMode = "all";
  if (args.argc === 4) {
    if (args.is(3, "WRITE")) mode = "write";
    else if (!args.is(3, "ALL")) throw UNKNOWN_PAUSE;
  } else if (args.argc !== 3) {
    throw subcommandSyntaxError(args);
  }
  const timeout = requireInteger(args.span(2), INVALID_TIMEOUT);
  if (timeout < 0) throw NEGATIVE_TIMEOUT;
  const now = clock.now();
  // As in Redis, an end past the largest number has passed.
  const end = addChecked(now, timeout);
  server.pause.begin(mode, end === null ? now : Number(end));
  reply.ok();
}

function unpause({ server, reply }: ServerContext<"pause">): void {
  server.pause.end();
  reply.ok();
}

function unblock(context: ServerContext<"clients">, args: Frame): void {
  const { server, reply, command } = context;
  let reason: UnblockReason = "timeout";
  if (args.argc === 4) {
    if (args.is(3, "ERROR")) reason = "error";
    else if (!args.is(3, "TIMEOUT")) throw UNKNOWN_REASON;
  } else if (args.argc !== 3) {
    throw subcommandSyntaxError(args);
  }
  const id = requireSafeInteger(args.span(2));
  const wasBlocked = server.clients.unblock(id, reason);
  // Redis counts the error as one of this command, too.
  if (wasBlocked && reason === "error") command.statistics.failed++;
  reply.integer(wasBlocked ? 1 : 0);
}

const CONNECTION = {
  since: "2.4.0",
  group: "connection",
  traits: ["keeps_caching"],
  categories: ["connection"],
} as const;

/** What most sub-commands have in common. */
const SESSION = {
  ...CONNECTION,
  complexity: "O(1)",
  flags: ["noscript", "loading", "stale"],
} as const;
const ADMIN = { ...CONNECTION, flags: ["admin", "noscript", "loading", "stale"] } as const;

export const CLIENT: CommandDeclaration<ServerContext> = {
  name: "client",
  summary: "Holds the commands about connections",
  since: "2.4.0",
  group: "connection",
  complexity: "Depends on the sub-command",
  arity: -2,
  flags: [],
  subcommands: [
    {
      ...ADMIN,
      name: "pause",
      summary: "Has clients wait, with all commands or those that change something",
      since: "2.9.50",
      complexity: "O(1)",
      arity: -3,
      arguments: [
        integer("timeout"),
        oneOf("mode", [token("WRITE"), token("ALL")], { since: "6.2.0", optional: true }),
      ],
      history: [["6.2.0", "`mode`, with which reads go on."]],
      run: pause,
    },
    {
      ...ADMIN,
      name: "unpause",
      summary: "Ends the wait that CLIENT PAUSE began",
      since: "6.2.0",
      complexity: "O(N) with N clients that wait",
      arity: 2,
      run: unpause,
    },
    {
      ...SESSION,
      name: "reply",
      summary: "Turns the replies to this connection on or off",
      since: "3.2.0",
      arity: 3,
      arguments: [oneOf("on_off_skip", [token("ON"), token("OFF"), token("SKIP")])],
      run: replyMode,
    },
    {
      ...ADMIN,
      name: "list",
      summary: "Lists the connected clients, a line each",
      complexity: "O(N) with N clients",
      arity: -2,
      tips: ["nondeterministic_output"],
      arguments: [
        oneOf("normal_master_replica_pubsub", [
          token("NORMAL"),
          token("MASTER"),
          token("REPLICA"),
          token("PUBSUB"),
        ], { token: "TYPE", since: "5.0.0", optional: true }),
        block("id", [integer("client-id", { multiple: true })], {
          token: "ID",
          since: "6.2.0",
          optional: true,
        }),
      ],
      history: [
        ["2.8.12", "The field `id`, which is never used twice."],
        ["5.0.0", "The filter `TYPE`."],
        ["6.0.0", "The field `user`."],
        ["6.2.0", "The fields `argv-mem`, `tot-mem`, `laddr` and `redir`, and the filter `ID`."],
        ["7.0.0", "The fields `resp`, `multi-mem`, `rbs` and `rbp`."],
        ["7.0.3", "The field `ssub`."],
      ],
      run: list,
    },
    {
      ...SESSION,
      name: "id",
      summary: "Tells this connection's id",
      since: "5.0.0",
      arity: 2,
      run: id,
    },
    {
      ...SESSION,
      name: "info",
      summary: "Tells about this connection, as CLIENT LIST does about all",
      since: "6.2.0",
      arity: 2,
      tips: ["nondeterministic_output"],
      run: info,
    },
    {
      ...ADMIN,
      name: "unblock",
      summary: "Ends the wait of a client that is blocked",
      since: "5.0.0",
      complexity: "O(log N) with N clients",
      arity: -3,
      arguments: [
        integer("client-id"),
        oneOf("timeout_error", [token("TIMEOUT"), token("ERROR")], { optional: true }),
      ],
      run: unblock,
    },
    {
      ...ADMIN,
      name: "no-evict",
      summary: "Exempts this connection from being closed to save memory",
      since: "7.0.0",
      complexity: "O(1)",
      arity: 3,
      arguments: [oneOf("enabled", [token("ON"), token("OFF")])],
      run: noEvict,
    },
    {
      ...SESSION,
      name: "setname",
      summary: "Gives this connection a name",
      since: "2.6.9",
      arity: 3,
      arguments: [string("connection-name")],
      run: setName,
    },
    {
      ...SESSION,
      name: "getname",
      summary: "Tells this connection's name",
      since: "2.6.9",
      arity: 2,
      run: getName,
    },
    {
      ...ADMIN,
      name: "kill",
      summary: "Closes the connections that match",
      complexity: "O(N) with N clients",
      arity: -3,
      arguments: [
        oneOf("filter", [
          string("ip:port", { deprecatedSince: "2.8.12" }),
          oneOf("new-format", [
            integer("client-id", { token: "ID", since: "2.8.12", optional: true }),
            oneOf("normal_master_slave_pubsub", [
              token("NORMAL"),
              token("MASTER", { since: "3.2.0" }),
              token("SLAVE"),
              token("REPLICA", { since: "5.0.0" }),
              token("PUBSUB"),
            ], { token: "TYPE", since: "2.8.12", optional: true }),
            string("username", { token: "USER", optional: true }),
            string("ip:port", { token: "ADDR", optional: true }),
            string("ip:port", { token: "LADDR", since: "6.2.0", optional: true }),
            string("yes/no", { token: "SKIPME", optional: true }),
          ], { multiple: true }),
        ]),
      ],
      history: [
        ["2.8.12", "Filters in place of one address."],
        ["2.8.12", "The filter `ID`."],
        ["3.2.0", "`MASTER` as a type."],
        ["5.0.0", "`REPLICA` as a type; `SLAVE` means the same."],
        ["6.2.0", "The filter `LADDR`."],
      ],
      run: kill,
    },
    ...CLIENT_TRACKING_SUBCOMMANDS,
    helpSubcommand({ ...CONNECTION, since: "5.0.0" }),
  ],
};
