/** ROLE: the server's part in replication. */

import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

function role({ server: { primaryLink }, reply }: ServerContext<"primaryLink">): void {
  const { primary } = primaryLink;
  if (primary !== null) {
    reply.array(5);
    reply.bulkString("slave");
    reply.bulkString(primary.host);
    reply.integer(primary.port);
    reply.bulkString(primaryLink.state);
    return reply.integer(primaryLink.appliedOffset);
  }
  // A primary whose history nobody follows: its offset stays 0.
  reply.array(3);
  reply.bulkString("master");
  reply.integer(0);
  reply.array(0);
}

export const ROLE: CommandDeclaration<ServerContext> = {
  name: "role",
  summary: "Tells whether the server is a primary or a replica, and of whom",
  since: "2.8.12",
  group: "server",
  complexity: "O(1)",
  arity: 1,
  flags: ["noscript", "loading", "stale", "fast"],
  categories: ["admin", "dangerous"],
  run: role,
};
