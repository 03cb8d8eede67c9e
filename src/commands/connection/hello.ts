/** HELLO, AUTH and RESET: who a connection's client is and which protocol it speaks. */

import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { requireSafeInteger } from "../../base/numbers.ts";
import { type ByteRange, Span } from "../../base/span.ts";
import { modeOf, REDIS_VERSION } from "../../config/mod.ts";
import type { Frame } from "../../resp/frame.ts";
import { block, integer, string } from "../arguments.ts";
import type { CommandContext, ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { requireClientName } from "./client_name.ts";

const NO_PROTOCOL = new ReplyError("NOPROTO unsupported protocol version");
const NOT_A_VERSION = new ReplyError(
  "ERR Protocol version is not an integer or out of range",
);
const HELLO_WITHOUT_AUTH = new ReplyError(
  "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH " +
    "<user> <pass> option can be used to authenticate the client and select the RESP protocol " +
    "version at the same time",
);
const NO_PASSWORD_SET = new ReplyError(
  "ERR AUTH <password> called without any password configured for the default user. Are you sure " +
    "your configuration is correct?",
);
const DEFAULT_USER = Span.ofString("default");

function hello(context: ServerContext<"primaryLink">, args: Frame): void {
  const { client } = context;
  const version = args.argc > 1 ? requireVersion(args.span(1)) : client.protocol;
  // What stands before a mistake has taken effect.
  for (let i = 2; i < args.argc; i++) {
    const left = args.argc - i - 1;
    if (args.is(i, "AUTH") && left >= 2) {
      client.authenticate(args.span(i + 1), args.span(i + 2));
      i += 2;
    } else if (args.is(i, "SETNAME") && left >= 1) {
      client.name = requireClientName(args.string(++i));
    } else {
      throw new ReplyError(`ERR Syntax error in HELLO option '${args.shownText(i)}'`);
    }
  }
  if (!client.authenticated) throw HELLO_WITHOUT_AUTH;
  client.protocol = version;
  describeServer(context);
}

function requireVersion(argument: ByteRange): 2 | 3 {
  const version = requireSafeInteger(argument, NOT_A_VERSION);
  if (version !== 2 && version !== 3) throw NO_PROTOCOL;
  return version;
}

function describeServer({ reply, client, server, settings }: ServerContext<"primaryLink">): void {
  reply.map(7);
  reply.bulkString("server");
  reply.bulkString("redis");
  reply.bulkString("version");
  reply.bulkString(REDIS_VERSION);
  reply.bulkString("proto");
  reply.integer(client.protocol);
  reply.bulkString("id");
  reply.integer(client.id);
  reply.bulkString("mode");
  reply.bulkString(modeOf(settings));
  reply.bulkString("role");
  reply.bulkString(server.primaryLink.isReplica ? "replica" : "master");
  reply.bulkString("modules");
  reply.array(0);
}

/** Where AUTH's user and password stand: `HELLO 3 AUTH user password`. */
function credentialsOfHello(args: Frame): number[] {
  const option = positionsFrom(2, args.argc).find((i) => args.is(i, "AUTH"));
  return option === undefined ? [] : [option + 1, option + 2];
}

function positionsFrom(first: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
}

export const HELLO: CommandDeclaration<ServerContext<"primaryLink">> = {
  name: "hello",
  summary: "Chooses the protocol, and authenticates and names the connection where asked to",
  since: "6.0.0",
  group: "connection",
  complexity: "O(1)",
  arity: -1,
  flags: ["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"],
  categories: ["connection"],
  arguments: [
    block("arguments", [
      integer("protover"),
      block("username_password", [string("username"), string("password")], {
        token: "AUTH",
        optional: true,
      }),
      string("clientname", { token: "SETNAME", optional: true }),
    ], { optional: true }),
  ],
  history: [["6.2.0", "Without arguments it tells about the connection and changes nothing."]],
  secrets: credentialsOfHello,
  run: hello,
};

function auth({ client, reply, server }: ServerContext<"access">, args: Frame): void {
  if (args.argc > 3) throw SYNTAX_ERROR;
  if (args.argc === 2) {
    if (server.access.users.default.needsNoPassword) throw NO_PASSWORD_SET;
    client.authenticate(DEFAULT_USER, args.span(1));
  } else {
    client.authenticate(args.span(1), args.span(2));
  }
  reply.ok();
}

export const AUTH: CommandDeclaration<ServerContext> = {
  name: "auth",
  summary: "Authenticates the connection with a password, for a user where one is named",
  since: "1.0.0",
  group: "connection",
  complexity: "O(N) with N passwords of the user",
  arity: -2,
  flags: ["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"],
  categories: ["connection"],
  arguments: [string("username", { since: "6.0.0", optional: true }), string("password")],
  history: [["6.0.0", "Takes a user's name before the password."]],
  secrets: (args) => positionsFrom(1, args.argc),
  run: auth,
};

function reset({ client, reply }: CommandContext): void {
  client.reset();
  reply.simple("RESET");
}

export const RESET: CommandDeclaration = {
  name: "reset",
  summary: "Puts the connection back into the state in which it began",
  since: "6.2.0",
  group: "connection",
  complexity: "O(1)",
  arity: 1,
  flags: ["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"],
  traits: ["never_queued", "while_subscribed"],
  categories: ["connection"],
  run: reset,
};
