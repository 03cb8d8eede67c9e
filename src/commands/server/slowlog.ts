/** SLOWLOG: which calls took long. */

import { ReplyError } from "../../base/errors.ts";
import { parseSafeInteger } from "../../base/numbers.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer } from "../arguments.ts";
import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { helpSubcommand, subcommandSyntaxError } from "../help.ts";

const USUAL_COUNT = 10;
const INVALID_COUNT = new ReplyError("ERR count should be greater than or equal to -1");

function get(context: ServerContext<"slowlog">, args: Frame): void {
  const { reply, server } = context;
  if (args.argc > 3) throw subcommandSyntaxError(args);
  const count = args.argc === 3 ? requireCount(args) : USUAL_COUNT;
  const calls = server.slowlog.latest(count);
  reply.array(calls.length);
  for (const { id, time, duration, args, address, clientName } of calls) {
    reply.array(6);
    reply.integer(id);
    reply.integer(time);
    reply.integer(duration);
    reply.array(args.length);
    for (const argument of args) reply.bulkString(argument);
    reply.bulkString(address);
    reply.bulkString(clientName);
  }
}

function requireCount(args: Frame): number {
  const { buffer, start, end } = args.span(2);
  const count = parseSafeInteger(buffer, start, end);
  if (count === undefined || count < -1) throw INVALID_COUNT;
  return count === -1 ? Infinity : count;
}

function length({ reply, server }: ServerContext<"slowlog">): void {
  reply.integer(server.slowlog.length);
}

function reset({ reply, server }: ServerContext<"slowlog">): void {
  server.slowlog.reset();
  reply.ok();
}

const COMMON = { since: "2.2.12", group: "server", flags: ["admin", "loading", "stale"] } as const;

export const SLOWLOG: CommandDeclaration<ServerContext> = {
  name: "slowlog",
  summary: "Holds the commands about calls that took long",
  since: "2.2.12",
  group: "server",
  complexity: "Depends on the sub-command",
  arity: -2,
  flags: [],
  subcommands: [
    {
      ...COMMON,
      name: "reset",
      summary: "Forgets the calls that took long",
      complexity: "O(N) with N calls kept",
      arity: 2,
      tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
      run: reset,
    },
    {
      ...COMMON,
      name: "len",
      summary: "Tells how many calls that took long are kept",
      complexity: "O(1)",
      arity: 2,
      tips: ["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"],
      run: length,
    },
    helpSubcommand({ group: "server", since: "6.2.0" }),
    {
      ...COMMON,
      name: "get",
      summary: "Shows the latest calls that took long; 10 unless told otherwise, -1 for all",
      complexity: "O(N) with N calls shown",
      arity: -2,
      tips: ["request_policy:all_nodes", "nondeterministic_output"],
      arguments: [integer("count", { optional: true })],
      history: [["4.0.0", "Tells the client's address and name."]],
      run: get,
    },
  ],
};
