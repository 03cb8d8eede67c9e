/** The commands that begin and end subscriptions, for channels, patterns and shard channels. */

import { ReplyError } from "../../base/errors.ts";
import type { Frame } from "../../resp/frame.ts";
import type { ReplyWriter } from "../../resp/reply_writer.ts";
import { block, keyRange, pattern, string } from "../arguments.ts";
import type { ServerContext } from "../context.ts";
import type { CommandDeclaration, CommandHandler } from "../declaration.ts";
import type { ChannelKind } from "../views/pubsub.ts";

const NOT_HERE = new ReplyError("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");

/** To how much a client is subscribed that is counted together with one kind but is of another. */
function countBeside(
  { client, server: { pubsub } }: ServerContext<"pubsub">,
  kind: ChannelKind,
): number {
  if (kind === "shard") return 0;
  return pubsub.countOf(client, kind === "channel" ? "pattern" : "channel");
}

/** One confirmation is sent for each channel, with how many the client is subscribed to then. */
function confirm(reply: ReplyWriter, action: string, name: string | null, count: number): void {
  const muted = reply.beginMessage();
  reply.push(3);
  reply.bulkString(action);
  if (name === null) reply.null();
  else reply.bulkString(name);
  reply.integer(count);
  reply.endMessage(muted);
}

function subscriber(action: string, kind: ChannelKind): CommandHandler<ServerContext<"pubsub">> {
  return (context: ServerContext<"pubsub">, args: Frame) => {
    const { client, reply, server: { pubsub } } = context;
    const beside = countBeside(context, kind);
    for (let i = 1; i < args.argc; i++) {
      const name = args.string(i);
      pubsub.subscribe(client, kind, name);
      confirm(reply, action, name, pubsub.countOf(client, kind) + beside);
    }
  };
}

const subscribeToShardChannels = subscriber("ssubscribe", "shard");

/** Unlike the other kinds, shard channels can't be subscribed to in a transaction. */
function subscribeToShard(context: ServerContext<"pubsub">, args: Frame): void {
  if (!context.client.mayWait) throw NOT_HERE;
  subscribeToShardChannels(context, args);
}

function unsubscriber(action: string, kind: ChannelKind): CommandHandler<ServerContext<"pubsub">> {
  return (context: ServerContext<"pubsub">, args: Frame) => {
    const { client, reply, server: { pubsub } } = context;
    const beside = countBeside(context, kind);
    for (let i = 1; i < args.argc; i++) {
      const name = args.string(i);
      pubsub.unsubscribe(client, kind, name);
      confirm(reply, action, name, pubsub.countOf(client, kind) + beside);
    }
    if (args.argc > 1) return;
    if (pubsub.countOf(client, kind) === 0) confirm(reply, action, null, beside);
    else {
      pubsub.unsubscribeAll(client, kind, (name, left) => {
        confirm(reply, action, name, left + beside);
      });
    }
  };
}

const COMMON = {
  group: "pubsub",
  flags: ["pubsub", "noscript", "loading", "stale"],
  traits: ["while_subscribed"],
} as const;

export const SUBSCRIBE: CommandDeclaration<ServerContext<"pubsub">> = {
  ...COMMON,
  name: "subscribe",
  summary: "Has the messages of channels sent to this connection",
  since: "2.0.0",
  complexity: "O(N), N being the number of channels",
  arity: -2,
  channels: { first: 1, areMany: true, arePatterns: false },
  arguments: [string("channel", { multiple: true })],
  run: subscriber("subscribe", "channel"),
};

export const UNSUBSCRIBE: CommandDeclaration<ServerContext<"pubsub">> = {
  ...COMMON,
  name: "unsubscribe",
  summary: "Ends this connection's subscriptions to channels, without arguments to all",
  since: "2.0.0",
  complexity: "O(N), N being the number of the client's channels",
  arity: -1,
  arguments: [string("channel", { optional: true, multiple: true })],
  run: unsubscriber("unsubscribe", "channel"),
};

export const PSUBSCRIBE: CommandDeclaration<ServerContext<"pubsub">> = {
  ...COMMON,
  name: "psubscribe",
  summary: "Has the messages of all channels that match a pattern sent to this connection",
  since: "2.0.0",
  complexity: "O(N), N being the number of the client's patterns",
  arity: -2,
  channels: { first: 1, areMany: true, arePatterns: true },
  arguments: [block("pattern", [pattern("pattern")], { multiple: true })],
  run: subscriber("psubscribe", "pattern"),
};

export const PUNSUBSCRIBE: CommandDeclaration<ServerContext<"pubsub">> = {
  ...COMMON,
  name: "punsubscribe",
  summary: "Ends this connection's subscriptions to patterns, without arguments to all",
  since: "2.0.0",
  complexity: "O(N+M), N being the number of the client's patterns and M that of all patterns",
  arity: -1,
  arguments: [pattern("pattern", { optional: true, multiple: true })],
  run: unsubscriber("punsubscribe", "pattern"),
};

export const SSUBSCRIBE: CommandDeclaration<ServerContext<"pubsub">> = {
  ...COMMON,
  name: "ssubscribe",
  summary: "Has the messages of shard channels sent to this connection",
  since: "7.0.0",
  complexity: "O(N), N being the number of shard channels",
  arity: -2,
  keys: [keyRange(1, -1, 1, ["not_key"])],
  channels: { first: 1, areMany: true, arePatterns: false },
  arguments: [string("shardchannel", { multiple: true })],
  run: subscribeToShard,
};

export const SUNSUBSCRIBE: CommandDeclaration<ServerContext<"pubsub">> = {
  ...COMMON,
  name: "sunsubscribe",
  summary: "Ends this connection's subscriptions to shard channels, without arguments to all",
  since: "7.0.0",
  complexity: "O(N), N being the number of the client's shard channels",
  arity: -1,
  keys: [keyRange(1, -1, 1, ["not_key"])],
  arguments: [string("shardchannel", { optional: true, multiple: true })],
  run: unsubscriber("sunsubscribe", "shard"),
};
