/** INFO and TIME: what the server tells of itself. */

import { toLowerAscii } from "../../base/ascii.ts";
import type { Frame } from "../../resp/frame.ts";
import { string } from "../arguments.ts";
import type { CommandContext, ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

function info({ reply, server }: ServerContext<"info">, args: Frame): void {
  reply.verbatim(server.info.render(args.strings().slice(1).map(toLowerAscii)), "txt");
}

export const INFO: CommandDeclaration<ServerContext> = {
  name: "info",
  summary: "Tells of the server and what it has done, in sections",
  since: "1.0.0",
  group: "server",
  complexity: "O(1)",
  arity: -1,
  flags: ["loading", "stale"],
  categories: ["dangerous"],
  tips: ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
  arguments: [string("section", { optional: true, multiple: true })],
  history: [["7.0.0", "Takes several sections."]],
  run: info,
};

const MICROSECONDS = 1_000_000;

function time({ clock, reply }: CommandContext): void {
  const now = clock.micros();
  reply.array(2);
  reply.bulkInteger(Math.floor(now / MICROSECONDS));
  reply.bulkInteger(now % MICROSECONDS);
}

export const TIME: CommandDeclaration = {
  name: "time",
  summary: "Tells the server's time: seconds since the epoch, and microseconds",
  since: "2.6.0",
  group: "server",
  complexity: "O(1)",
  arity: 1,
  flags: ["loading", "stale", "fast"],
  tips: ["nondeterministic_output"],
  run: time,
};
