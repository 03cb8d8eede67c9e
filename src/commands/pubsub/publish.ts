/** PUBLISH, SPUBLISH, and PUBSUB, which tells who listens. */

import type { Frame } from "../../resp/frame.ts";
import { keyAt, pattern, string } from "../arguments.ts";
import type { ServerContext } from "../context.ts";
import type { CommandDeclaration, CommandHandler } from "../declaration.ts";
import { helpSubcommand, subcommandSyntaxError } from "../help.ts";
import type { ChannelKind } from "../views/pubsub.ts";

type PublishContext = ServerContext<"pubsub" | "cluster">;

/** Has those hear of it who listen elsewhere: in a cluster, the other nodes tell them. */
function passOn(
  { server: { cluster }, propagation }: PublishContext,
  args: Frame,
  isSharded: boolean,
): void {
  if (cluster === null) propagation.forceToReplicas();
  else cluster.publish(args.span(1), args.span(2), isSharded);
}

function publish(context: PublishContext, args: Frame): void {
  const { reply, server } = context;
  const receivers = server.pubsub.publish(args.span(1), args.span(2));
  passOn(context, args, false);
  reply.integer(receivers);
}

export const PUBLISH: CommandDeclaration<PublishContext> = {
  name: "publish",
  summary: "Sends a message to everybody who listens to a channel",
  since: "2.0.0",
  group: "pubsub",
  complexity: "O(N+M), N being the number of the channel's subscribers and M that of all patterns",
  arity: 3,
  flags: ["pubsub", "loading", "stale", "fast", "may_replicate"],
  channels: { first: 1, areMany: false, arePatterns: false },
  arguments: [string("channel"), string("message")],
  run: publish,
};

function publishToShard(context: PublishContext, args: Frame): void {
  const { reply, server } = context;
  const receivers = server.pubsub.publishToShard(args.span(1), args.span(2));
  passOn(context, args, true);
  reply.integer(receivers);
}

export const SPUBLISH: CommandDeclaration<PublishContext> = {
  name: "spublish",
  summary: "Sends a message to everybody who listens to a shard channel",
  since: "7.0.0",
  group: "pubsub",
  complexity: "O(N), N being the number of the shard channel's subscribers",
  arity: 3,
  flags: ["pubsub", "loading", "stale", "fast", "may_replicate"],
  keys: [keyAt(1, ["not_key"])],
  channels: { first: 1, areMany: false, arePatterns: false },
  arguments: [string("shardchannel"), string("message")],
  run: publishToShard,
};

function channels(kind: ChannelKind): CommandHandler<ServerContext<"pubsub">> {
  return (context: ServerContext<"pubsub">, args: Frame) => {
    const { reply, server } = context;
    if (args.argc > 3) throw subcommandSyntaxError(args);
    const names = server.pubsub.channels(kind, args.argc === 3 ? args.span(2) : null);
    reply.array(names.length);
    for (const name of names) reply.bulkString(name);
  };
}

function subscriberCounts(kind: ChannelKind): CommandHandler<ServerContext<"pubsub">> {
  return ({ reply, server }: ServerContext<"pubsub">, args: Frame) => {
    reply.array(2 * (args.argc - 2));
    for (let i = 2; i < args.argc; i++) {
      reply.bulk(args.span(i));
      reply.integer(server.pubsub.subscribersOf(kind, args.span(i)));
    }
  };
}

function patternCount({ reply, server }: ServerContext<"pubsub">): void {
  reply.integer(server.pubsub.nameCount("pattern"));
}

const COMMON = { group: "pubsub", flags: ["pubsub", "loading", "stale"] } as const;

export const PUBSUB: CommandDeclaration<ServerContext<"pubsub">> = {
  name: "pubsub",
  summary: "Holds the commands that tell about channels and who listens to them",
  since: "2.8.0",
  group: "pubsub",
  complexity: "Depends on the sub-command",
  arity: -2,
  flags: [],
  subcommands: [
    {
      ...COMMON,
      name: "channels",
      summary: "Lists the channels that somebody listens to",
      since: "2.8.0",
      complexity: "O(N), N being the number of channels",
      arity: -2,
      arguments: [pattern("pattern", { optional: true })],
      run: channels("channel"),
    },
    {
      ...COMMON,
      name: "numsub",
      summary: "Counts the subscribers of channels, those by pattern not included",
      since: "2.8.0",
      complexity: "O(N), N being the number of channels asked for",
      arity: -2,
      arguments: [string("channel", { optional: true, multiple: true })],
      run: subscriberCounts("channel"),
    },
    {
      ...COMMON,
      name: "shardnumsub",
      summary: "Counts the subscribers of shard channels",
      since: "7.0.0",
      complexity: "O(N), N being the number of shard channels asked for",
      arity: -2,
      arguments: [string("shardchannel", { optional: true, multiple: true })],
      run: subscriberCounts("shard"),
    },
    {
      ...COMMON,
      name: "numpat",
      summary: "Counts the patterns that somebody listens to",
      since: "2.8.0",
      complexity: "O(1)",
      arity: 2,
      run: patternCount,
    },
    {
      ...COMMON,
      name: "shardchannels",
      summary: "Lists the shard channels that somebody listens to",
      since: "7.0.0",
      complexity: "O(N), N being the number of shard channels",
      arity: -2,
      arguments: [pattern("pattern", { optional: true })],
      run: channels("shard"),
    },
    helpSubcommand({ group: "pubsub", since: "6.2.0" }),
  ],
};
