/** ROLE: the server's part in replication. */

import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

function role({ reply, server }: ServerContext<"primaryLink" | "replicas">): void {
  const { primaryLink, replicas: { offset, lines } } = server, { primary } = primaryLink;
  if (primary !== null) {
    reply.array(5);
    reply.bulkString("slave");
    reply.bulkString(primary.host);
    reply.integer(primary.port);
    reply.bulkString(primaryLink.state);
    return reply.integer(primaryLink.appliedOffset);
  }
  reply.array(3);
  reply.bulkString("master");
  reply.integer(offset);
  reply.array(lines.length);
  for (const { address, port, offset } of lines) {
    reply.array(3);
    reply.bulkString(address);
    reply.bulkString(String(port));
    reply.bulkString(String(offset));
  }
}

export const ROLE: CommandDeclaration<ServerContext<"primaryLink" | "replicas">> = {
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
