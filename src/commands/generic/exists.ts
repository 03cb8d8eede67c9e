/** EXISTS, TOUCH and TYPE: what can be told of keys without looking into them. */

import { TYPE_NAMES } from "../../data/value.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import type { Frame } from "../../resp/frame.ts";
import { key, keyAt, keyRange } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

function exists({ db, reply }: CommandContext, args: Frame): void {
  let found = 0;
  for (let i = 1; i < args.argc; i++) {
    if (db.lookupUntouched(args.span(i)) !== NO_ROW) found++;
  }
  reply.integer(found);
}

export const EXISTS: CommandDeclaration = {
  name: "exists",
  summary: "Counts how many of the given keys exist; one that is given twice counts twice",
  since: "1.0.0",
  group: "generic",
  complexity: "O(N), N being the number of keys.",
  arity: -2,
  flags: ["readonly", "fast"],
  categories: ["keyspace"],
  tips: ["request_policy:multi_shard", "response_policy:agg_sum"],
  keys: [keyRange(1, -1, 1, ["RO"])],
  arguments: [key("key", { multiple: true })],
  history: [["3.0.3", "Takes more than one `key`."]],
  run: exists,
};

function touch({ db, reply }: CommandContext, args: Frame): void {
  let found = 0;
  for (let i = 1; i < args.argc; i++) {
    if (db.lookupRead(args.span(i)) !== NO_ROW) found++;
  }
  reply.integer(found);
}

export const TOUCH: CommandDeclaration = {
  name: "touch",
  summary: "Marks keys as used just now, and counts how many of them exist",
  since: "3.2.1",
  group: "generic",
  complexity: "O(N), N being the number of keys.",
  arity: -2,
  flags: ["readonly", "fast"],
  categories: ["keyspace"],
  tips: ["request_policy:multi_shard", "response_policy:agg_sum"],
  keys: [keyRange(1, -1, 1, ["RO"])],
  arguments: [key("key", { multiple: true })],
  run: touch,
};

function type({ db, reply }: CommandContext, args: Frame): void {
  const row = db.lookupUntouched(args.span(1));
  reply.simple(row === NO_ROW ? "none" : TYPE_NAMES[db.typeOf(row)]);
}

export const TYPE: CommandDeclaration = {
  name: "type",
  summary: "Tells what type of value a key holds",
  since: "1.0.0",
  group: "generic",
  complexity: "O(1)",
  arity: 2,
  flags: ["readonly", "fast"],
  traits: ["quick"],
  categories: ["keyspace"],
  keys: [keyAt(1, ["RO"])],
  arguments: [key()],
  run: type,
};
