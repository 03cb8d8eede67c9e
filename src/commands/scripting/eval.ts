/** EVAL, EVALSHA and their forms that only read. */

import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyCount, string } from "../arguments.ts";
import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

const READS_AND_WRITES = ["RW", "access", "update"] as const;
const READS = ["RO", "access"] as const;
const WORST_WRITE = "What a script does with its keys is not known: it may read and write them";
const WORST_READ = "What a script does with its keys is not known: it may read them";

const ARGUMENTS = [
  integer("numkeys"),
  key("key", { optional: true, multiple: true }),
  string("arg", { optional: true, multiple: true }),
];

const COMMON = {
  since: "2.6.0",
  group: "scripting",
  complexity: "Depends on the script",
  arity: -3,
  traits: ["runs_script"],
  categories: ["scripting"],
} as const;

const WRITING = {
  ...COMMON,
  flags: ["noscript", "stale", "skip_monitor", "may_replicate", "no_mandatory_keys", "movablekeys"],
} as const;

const READING = {
  ...COMMON,
  since: "7.0.0",
  flags: ["readonly", "noscript", "stale", "skip_monitor", "no_mandatory_keys", "movablekeys"],
} as const;

export const EVAL: CommandDeclaration<ServerContext> = {
  ...WRITING,
  name: "eval",
  summary: "Runs a Lua script",
  keys: [keyCount(2, READS_AND_WRITES, WORST_WRITE)],
  arguments: [string("script"), ...ARGUMENTS],
  run: ({ server }: ServerContext<"scripts">, args: Frame) => server.scripts.evaluate(args, false),
};

export const EVALSHA: CommandDeclaration<ServerContext> = {
  ...WRITING,
  name: "evalsha",
  summary: "Runs a Lua script that the server keeps, named by its SHA-1",
  keys: [keyCount(2, READS_AND_WRITES)],
  arguments: [string("sha1"), ...ARGUMENTS],
  run: ({ server }: ServerContext<"scripts">, args: Frame) =>
    server.scripts.evaluateKept(args, false),
};

export const EVAL_RO: CommandDeclaration<ServerContext> = {
  ...READING,
  name: "eval_ro",
  summary: "Runs a Lua script that may only read",
  keys: [keyCount(2, READS, WORST_READ)],
  arguments: [string("script"), ...ARGUMENTS],
  run: ({ server }: ServerContext<"scripts">, args: Frame) => server.scripts.evaluate(args, true),
};

export const EVALSHA_RO: CommandDeclaration<ServerContext> = {
  ...READING,
  name: "evalsha_ro",
  summary: "Runs a Lua script that the server keeps, named by its SHA-1, and that may only read",
  keys: [keyCount(2, READS)],
  arguments: [string("sha1"), ...ARGUMENTS],
  run: ({ server }: ServerContext<"scripts">, args: Frame) =>
    server.scripts.evaluateKept(args, true),
};
