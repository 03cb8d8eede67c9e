/** DEL and UNLINK. */

import { NO_ROW } from "../../keyspace/database.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Removal } from "../../keyspace/lazy_freeing.ts";
import type { Frame } from "../../resp/frame.ts";
import { key, keyRange } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

/**
 * Both commands: a value goes as its bytes are given back or as its object is let go, which takes no
 * longer for large values, so there is nothing that UNLINK could put off. INFO counts what Redis would.
 */
function deleteKeys({ db, reply }: CommandContext, args: Frame, why: Removal): void {
  let removed = 0;
  for (let i = 1; i < args.argc; i++) {
    const name = args.span(i);
    const row = db.peek(name);
    if (row === NO_ROW) continue;
    db.remove(row, why);
    db.changed(name, EventClass.Generic, "del");
    removed++;
  }
  reply.integer(removed);
}

export const DEL: CommandDeclaration = {
  name: "del",
  summary: "Removes keys",
  since: "1.0.0",
  group: "generic",
  complexity: "O(N), N being the number of keys, whatever they hold.",
  arity: -2,
  flags: ["write"],
  categories: ["keyspace"],
  tips: ["request_policy:multi_shard", "response_policy:agg_sum"],
  keys: [keyRange(1, -1, 1, ["RM", "delete"])],
  arguments: [key("key", { multiple: true })],
  run: (context, args) => deleteKeys(context, args, "user"),
};

export const UNLINK: CommandDeclaration = {
  name: "unlink",
  summary: "Removes keys and leaves it for later to free what they held",
  since: "4.0.0",
  group: "generic",
  complexity: "O(1) for each key, whatever it holds.",
  arity: -2,
  flags: ["write", "fast"],
  categories: ["keyspace"],
  tips: ["request_policy:multi_shard", "response_policy:agg_sum"],
  keys: [keyRange(1, -1, 1, ["RM", "delete"])],
  arguments: [key("key", { multiple: true })],
  run: (context, args) => deleteKeys(context, args, "unlink"),
};
