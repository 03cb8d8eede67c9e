/** FCALL and its form that only reads. */

import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyCount, string } from "../arguments.ts";
import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

const ARGUMENTS = [
  string("function"),
  integer("numkeys"),
  key("key", { optional: true, multiple: true }),
  string("arg", { optional: true, multiple: true }),
];

const COMMON = {
  since: "7.0.0",
  group: "scripting",
  complexity: "Depends on the function",
  arity: -3,
  traits: ["runs_script", "runs_function"],
  categories: ["scripting"],
  arguments: ARGUMENTS,
} as const;

export const FCALL: CommandDeclaration<ServerContext> = {
  ...COMMON,
  name: "fcall",
  summary: "Runs a function of a library",
  flags: ["noscript", "stale", "skip_monitor", "may_replicate", "no_mandatory_keys", "movablekeys"],
  keys: [
    keyCount(
      2,
      ["RW", "access", "update"],
      "What a function does with its keys is not known: it may read and write them",
    ),
  ],
  run: ({ server }: ServerContext<"functions">, args: Frame) => server.functions.call(args, false),
};

export const FCALL_RO: CommandDeclaration<ServerContext> = {
  ...COMMON,
  name: "fcall_ro",
  summary: "Runs a function of a library that may only read",
  flags: ["readonly", "noscript", "stale", "skip_monitor", "no_mandatory_keys", "movablekeys"],
  keys: [
    keyCount(
      2,
      ["RO", "access"],
      "What a function does with its keys is not known: it may read them",
    ),
  ],
  run: ({ server }: ServerContext<"functions">, args: Frame) => server.functions.call(args, true),
};
