/** ROLE: the server's part in replication. */

import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

function role({ reply, server }: ServerContext<"replicas">): void {
  const { offset, lines } = server.replicas;
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

export const ROLE: CommandDeclaration<ServerContext<"replicas">> = {
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
