/** MULTI, EXEC, DISCARD, WATCH and UNWATCH. */

import { ReplyError } from "../../base/errors.ts";
import { Span } from "../../base/span.ts";
import type { Frame } from "../../resp/frame.ts";
import { key, keyRange } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

const NESTED = new ReplyError("ERR MULTI calls can not be nested");
const EXEC_WITHOUT_MULTI = new ReplyError("ERR EXEC without MULTI");
const DISCARD_WITHOUT_MULTI = new ReplyError("ERR DISCARD without MULTI");
const WATCH_INSIDE_MULTI = new ReplyError("ERR WATCH inside MULTI is not allowed");

function multi({ client, reply }: CommandContext): void {
  if (client.transaction.active) throw NESTED;
  client.transaction.begin();
  reply.ok();
}

export const MULTI: CommandDeclaration = {
  name: "multi",
  summary: "Begins a transaction: what follows is queued until EXEC",
  since: "1.2.0",
  group: "transactions",
  complexity: "O(1)",
  arity: 1,
  flags: ["noscript", "loading", "stale", "fast", "allow_busy"],
  traits: ["never_queued"],
  categories: ["transaction"],
  run: multi,
};

function exec({ client }: CommandContext): void {
  if (!client.transaction.active) throw EXEC_WITHOUT_MULTI;
  client.transaction.execute();
}

export const EXEC: CommandDeclaration = {
  name: "exec",
  summary: "Runs the queued commands, with nothing else in between",
  since: "1.2.0",
  group: "transactions",
  complexity: "Depends on the queued commands",
  arity: 1,
  flags: ["noscript", "loading", "stale", "skip_slowlog"],
  traits: ["never_queued", "runs_queue"],
  categories: ["transaction"],
  run: exec,
};

function discard({ client, reply }: CommandContext): void {
  if (!client.transaction.active) throw DISCARD_WITHOUT_MULTI;
  client.transaction.discard();
  reply.ok();
}

export const DISCARD: CommandDeclaration = {
  name: "discard",
  summary: "Forgets the queued commands and the watched keys",
  since: "2.0.0",
  group: "transactions",
  complexity: "O(N), N being the number of queued commands",
  arity: 1,
  flags: ["noscript", "loading", "stale", "fast", "allow_busy"],
  traits: ["never_queued"],
  categories: ["transaction"],
  run: discard,
};

function watch({ client, reply }: CommandContext, args: Frame): void {
  if (client.transaction.active) throw WATCH_INSIDE_MULTI;
  const span = new Span();
  for (let i = 1; i < args.argc; i++) client.transaction.watch(args.spanInto(i, span));
  reply.ok();
}

export const WATCH: CommandDeclaration = {
  name: "watch",
  summary: "Makes the next EXEC do nothing if one of the keys changes before it",
  since: "2.2.0",
  group: "transactions",
  complexity: "O(1) for each key",
  arity: -2,
  flags: ["noscript", "loading", "stale", "fast", "allow_busy"],
  traits: ["never_queued"],
  categories: ["transaction"],
  keys: [keyRange(1, -1, 1, ["RO"])],
  arguments: [key("key", { multiple: true })],
  run: watch,
};

function unwatch({ client, reply }: CommandContext): void {
  client.transaction.unwatch();
  reply.ok();
}

export const UNWATCH: CommandDeclaration = {
  name: "unwatch",
  summary: "Forgets all watched keys",
  since: "2.2.0",
  group: "transactions",
  complexity: "O(1)",
  arity: 1,
  flags: ["noscript", "loading", "stale", "fast", "allow_busy"],
  categories: ["transaction"],
  run: unwatch,
};

export const TRANSACTION_COMMANDS: readonly CommandDeclaration[] = [
  MULTI,
  EXEC,
  DISCARD,
  WATCH,
  UNWATCH,
];
