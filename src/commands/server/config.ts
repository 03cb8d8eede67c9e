/** CONFIG: reads, changes and keeps the configuration. */

import type { Frame } from "../../resp/frame.ts";
import { isSensitive } from "../../config/mod.ts";
import { block, string } from "../arguments.ts";
import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { helpSubcommand } from "../help.ts";
import { isLocal } from "./local_client.ts";

function get({ reply, server }: ServerContext<"configuration">, args: Frame): void {
  const pairs = server.configuration.get(args.strings().slice(2));
  reply.map(pairs.length);
  for (const [name, value] of pairs) {
    reply.bulkString(name);
    reply.bulkString(value);
  }
}

function set(
  { client, keyspace, reply, server }: ServerContext<"configuration">,
  args: Frame,
): void {
  const work = server.configuration.apply(args.strings().slice(2), {
    loading: keyspace.loading.isHeld,
    local: isLocal(client),
  });
  if (work === undefined) reply.ok();
  else client.waitForSystem(work, () => reply.ok());
}

/** Where values of directives such as `requirepass` stand. */
function positionsOfSecrets(args: Frame): number[] {
  const positions: number[] = [];
  for (let i = 2; i + 1 < args.argc; i += 2) if (isSensitive(args.string(i))) positions.push(i + 1);
  return positions;
}

function resetStatistics({ reply, server }: ServerContext<"resetStatistics">): void {
  server.resetStatistics();
  reply.ok();
}

function rewrite({ reply, server }: ServerContext<"rewriteConfiguration">): void {
  server.rewriteConfiguration();
  reply.ok();
}

const COMMON = { group: "server", flags: ["admin", "noscript", "loading", "stale"] } as const;

export const CONFIG: CommandDeclaration<ServerContext> = {
  name: "config",
  summary: "Reads and changes the configuration",
  since: "2.0.0",
  group: "server",
  complexity: "Depends on subcommand.",
  arity: -2,
  flags: [],
  subcommands: [
    {
      ...COMMON,
      name: "get",
      summary: "Shows the directives that match patterns, with their values",
      since: "2.0.0",
      complexity: "O(N) with N directives",
      arity: -3,
      arguments: [block("parameter", [string("parameter")], { multiple: true })],
      history: [["7.0.0", "Takes several patterns."]],
      run: get,
    },
    helpSubcommand({ group: "server", since: "5.0.0" }),
    {
      ...COMMON,
      name: "resetstat",
      summary: "Sets the counters to zero that INFO shows",
      since: "2.0.0",
      complexity: "O(1)",
      arity: 2,
      run: resetStatistics,
    },
    {
      ...COMMON,
      name: "rewrite",
      summary: "Writes the present configuration to the file that the server was started with",
      since: "2.8.0",
      complexity: "O(1)",
      arity: 2,
      run: rewrite,
    },
    {
      ...COMMON,
      name: "set",
      summary: "Changes directives, all of them or none",
      since: "2.0.0",
      complexity: "O(N) with N directives",
      arity: -4,
      tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
      arguments: [
        block("parameter_value", [string("parameter"), string("value")], { multiple: true }),
      ],
      history: [["7.0.0", "Takes several directives."]],
      secrets: positionsOfSecrets,
      run: set,
    },
  ],
};
