/** PING, ECHO, SELECT, QUIT: the commands with which a connection begins and ends. */

import { ReplyError } from "../../base/errors.ts";
import { requireIntegerBetween } from "../../base/numbers.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

const INT_MIN = -2147483648;
const INT_MAX = 2147483647;

function ping({ reply, command, client }: CommandContext, args: Frame): void {
  if (args.argc > 2) {
    throw new ReplyError(`ERR wrong number of arguments for '${command.fullName}' command`);
  }
  if (client.inSubscribedMode) {
    reply.array(2);
    reply.bulkString("pong");
    if (args.argc === 2) reply.bulk(args.span(1));
    else reply.bulkString("");
  } else if (args.argc === 2) {
    reply.bulk(args.span(1));
  } else {
    reply.simple("PONG");
  }
}

export const PING: CommandDeclaration = {
  name: "ping",
  summary: "Tells whether the connection is alive, repeating a message where one is given",
  since: "1.0.0",
  group: "connection",
  complexity: "O(1)",
  arity: -1,
  flags: ["fast"],
  traits: ["refused_with_writes", "while_subscribed"],
  categories: ["connection"],
  tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
  arguments: [string("message", { optional: true })],
  run: ping,
};

function echo({ reply }: CommandContext, args: Frame): void {
  reply.bulk(args.span(1));
}

export const ECHO: CommandDeclaration = {
  name: "echo",
  summary: "Replies the message that it is given",
  since: "1.0.0",
  group: "connection",
  complexity: "O(1)",
  arity: 2,
  flags: ["loading", "stale", "fast"],
  categories: ["connection"],
  arguments: [string("message")],
  run: echo,
};

const ONE_DATABASE = new ReplyError("ERR SELECT is not allowed in cluster mode");

function select({ client, reply, settings }: CommandContext, args: Frame): void {
  const index = requireIntegerBetween(args.span(1), INT_MIN, INT_MAX);
  if (settings["cluster-enabled"] && index !== 0) throw ONE_DATABASE;
  client.select(index);
  reply.ok();
}

export const SELECT: CommandDeclaration = {
  name: "select",
  summary: "Chooses the database that this connection's commands work on",
  since: "1.0.0",
  group: "connection",
  complexity: "O(1)",
  arity: 2,
  flags: ["loading", "stale", "fast"],
  categories: ["connection"],
  arguments: [integer("index")],
  run: select,
};

function quit({ client, reply }: CommandContext): void {
  reply.ok();
  client.closeAfterReply();
}

export const QUIT: CommandDeclaration = {
  name: "quit",
  summary: "Closes the connection",
  since: "1.0.0",
  group: "connection",
  complexity: "O(1)",
  arity: -1,
  flags: ["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"],
  traits: ["never_queued", "while_subscribed"],
  categories: ["connection"],
  run: quit,
};
