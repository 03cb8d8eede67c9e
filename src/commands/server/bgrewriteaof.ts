/** BGREWRITEAOF: makes the append-only file as short as its data allows. */

import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

function bgRewriteAof({ server, reply }: ServerContext<"aofRewrites">): void {
  reply.simple(`Background append only file rewriting ${server.aofRewrites.request()}`);
}

export const BGREWRITEAOF: CommandDeclaration<ServerContext> = {
  name: "bgrewriteaof",
  summary: "Writes the append-only file anew from the data while the server goes on",
  since: "1.0.0",
  group: "server",
  complexity: "O(1) for who asks, O(N) in the background, N being the number of all keys",
  arity: 1,
  flags: ["admin", "noscript", "no_async_loading"],
  run: bgRewriteAof,
};
