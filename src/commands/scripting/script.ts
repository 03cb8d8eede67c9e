/** SCRIPT: the scripts that the server keeps. */

import { ReplyError } from "../../base/errors.ts";
import type { Frame } from "../../resp/frame.ts";
import { oneOf, string, token } from "../arguments.ts";
import type { CommandContext, ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { helpSubcommand } from "../help.ts";

const FLUSH_MODE = new ReplyError("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
const DEBUG_MODE = new ReplyError("ERR Use SCRIPT DEBUG YES/SYNC/NO");
const NO_DEBUGGER = new ReplyError("ERR this server has no debugger for scripts");

function load({ server, reply }: ServerContext<"scripts">, args: Frame): void {
  reply.bulkString(server.scripts.load(args.string(2)));
}

function exists({ server, reply }: ServerContext<"scripts">, args: Frame): void {
  reply.array(args.argc - 2);
  for (let i = 2; i < args.argc; i++) reply.integer(server.scripts.has(args.string(i)) ? 1 : 0);
}

function flush(context: ServerContext<"scripts">, args: Frame): void {
  const { keyspace, server, settings, reply } = context;
  const isMode = args.argc === 3 && (args.is(2, "SYNC") || args.is(2, "ASYNC"));
  if (args.argc > 2 && !isMode) throw FLUSH_MODE;
  const isAsync = args.argc > 2 ? args.is(2, "ASYNC") : settings["lazyfree-lazy-user-flush"];
  if (isAsync) keyspace.lazyFreeing.allGo(server.scripts.count);
  server.scripts.clear();
  reply.ok();
}

function kill({ server, reply }: ServerContext<"scriptRunner">): void {
  server.scriptRunner.kill(false);
  reply.ok();
}

function debug({ reply }: CommandContext, args: Frame): void {
  // There is nothing to be turned off: it is off.
  if (args.is(2, "NO")) reply.ok();
  else throw args.is(2, "YES") || args.is(2, "SYNC") ? NO_DEBUGGER : DEBUG_MODE;
}

const COMMON = {
  since: "2.6.0",
  group: "scripting",
  flags: ["noscript"],
  categories: ["scripting"],
} as const;

export const SCRIPT: CommandDeclaration<ServerContext> = {
  name: "script",
  summary: "Holds the commands about Lua scripts",
  since: "2.6.0",
  group: "scripting",
  complexity: "Depends on the sub-command.",
  arity: -2,
  flags: [],
  subcommands: [
    {
      ...COMMON,
      name: "debug",
      summary: "Would have scripts be debugged, which is not possible here",
      since: "3.2.0",
      complexity: "O(1)",
      arity: 3,
      arguments: [oneOf("mode", [token("YES"), token("SYNC"), token("NO")])],
      run: debug,
    },
    {
      ...COMMON,
      name: "exists",
      summary: "Tells which scripts the server keeps",
      complexity: "O(N), N being the number of scripts asked for",
      arity: -3,
      tips: ["request_policy:all_shards", "response_policy:agg_logical_and"],
      arguments: [string("sha1", { multiple: true })],
      run: exists,
    },
    {
      ...COMMON,
      name: "flush",
      summary: "Forgets all scripts",
      complexity: "O(N), N being the number of scripts",
      arity: -2,
      tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
      history: [["6.2.0", "`ASYNC` and `SYNC` came."]],
      arguments: [
        oneOf("async", [token("ASYNC"), token("SYNC")], { optional: true, since: "6.2.0" }),
      ],
      run: flush,
    },
    {
      ...COMMON,
      name: "kill",
      summary: "Ends the script that runs",
      complexity: "O(1)",
      arity: 2,
      flags: ["noscript", "allow_busy"],
      tips: ["request_policy:all_shards", "response_policy:one_succeeded"],
      run: kill,
    },
    {
      ...COMMON,
      name: "load",
      summary: "Keeps a script without running it, and replies its SHA-1",
      complexity: "O(N), N being the length of the script",
      arity: 3,
      flags: ["noscript", "stale"],
      tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
      arguments: [string("script")],
      run: load,
    },
    helpSubcommand({ since: "5.0.0", group: "scripting", categories: ["scripting"] }),
  ],
};
