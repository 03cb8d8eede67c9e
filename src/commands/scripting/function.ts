/** FUNCTION: the libraries whose functions FCALL calls. */

import { helpSubcommand } from "../help.ts";
import { oneOf, string, token } from "../arguments.ts";
import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { functionDump, functionRestore } from "./function_dump.ts";
import { functionList } from "./function_list.ts";
import { functionDelete, functionFlush, functionLoad } from "./function_load.ts";
import { functionKill, functionStats } from "./function_run.ts";

const COMMON = { since: "7.0.0", group: "scripting", categories: ["scripting"] } as const;
const ON_ALL_SHARDS = {
  tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
} as const;

export const FUNCTION: CommandDeclaration<ServerContext> = {
  name: "function",
  summary: "Holds the commands about libraries of functions",
  since: "7.0.0",
  group: "scripting",
  complexity: "Depends on the sub-command.",
  arity: -2,
  flags: [],
  subcommands: [
    {
      ...COMMON,
      ...ON_ALL_SHARDS,
      name: "delete",
      summary: "Forgets a library and its functions",
      complexity: "O(1)",
      arity: 3,
      flags: ["write", "noscript"],
      arguments: [string("library-name")],
      run: functionDelete,
    },
    {
      ...COMMON,
      name: "dump",
      summary: "Returns all libraries as bytes that FUNCTION RESTORE takes",
      complexity: "O(N), N being the number of functions",
      arity: 2,
      flags: ["noscript"],
      run: functionDump,
    },
    {
      ...COMMON,
      ...ON_ALL_SHARDS,
      name: "flush",
      summary: "Forgets all libraries",
      complexity: "O(N), N being the number of functions",
      arity: -2,
      flags: ["write", "noscript"],
      arguments: [oneOf("async", [token("ASYNC"), token("SYNC")], { optional: true })],
      run: functionFlush,
    },
    {
      ...COMMON,
      name: "kill",
      summary: "Ends the function that runs",
      complexity: "O(1)",
      arity: 2,
      flags: ["noscript", "allow_busy"],
      tips: ["request_policy:all_shards", "response_policy:one_succeeded"],
      run: functionKill,
    },
    {
      ...COMMON,
      name: "list",
      summary: "Describes the libraries",
      complexity: "O(N), N being the number of functions",
      arity: -2,
      flags: ["noscript"],
      tips: ["nondeterministic_output_order"],
      arguments: [
        string("library-name-pattern", { token: "LIBRARYNAME", optional: true }),
        token("WITHCODE", { optional: true }),
      ],
      run: functionList,
    },
    {
      ...COMMON,
      ...ON_ALL_SHARDS,
      name: "load",
      summary: "Adds a library",
      complexity: "O(1), and what the library's own code takes",
      arity: -3,
      flags: ["write", "denyoom", "noscript"],
      arguments: [token("REPLACE", { optional: true }), string("function-code")],
      run: functionLoad,
    },
    {
      ...COMMON,
      ...ON_ALL_SHARDS,
      name: "restore",
      summary: "Adds the libraries that FUNCTION DUMP returned",
      complexity: "O(N), N being the number of functions in the payload",
      arity: -3,
      flags: ["write", "denyoom", "noscript"],
      arguments: [
        string("serialized-value"),
        oneOf("policy", [token("FLUSH"), token("APPEND"), token("REPLACE")], { optional: true }),
      ],
      run: functionRestore,
    },
    {
      ...COMMON,
      name: "stats",
      summary: "Tells what function runs, and how many there are",
      complexity: "O(1)",
      arity: 2,
      flags: ["noscript", "allow_busy"],
      tips: ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
      run: functionStats,
    },
    helpSubcommand(COMMON),
  ],
};
