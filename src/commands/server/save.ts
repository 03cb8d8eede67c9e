/** SAVE and LASTSAVE. */

import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

function save({ server, reply }: CommandContext): void {
  server.snapshots.save();
  reply.ok();
}

export const SAVE: CommandDeclaration = {
  name: "save",
  summary: "Writes all data into the RDB file while everybody waits",
  since: "1.0.0",
  group: "server",
  complexity: "O(N), N being the number of all keys",
  arity: 1,
  flags: ["admin", "noscript", "no_async_loading", "no_multi"],
  run: save,
};

function lastSave({ server, reply }: CommandContext): void {
  reply.integer(server.snapshots.lastSave);
}

export const LASTSAVE: CommandDeclaration = {
  name: "lastsave",
  summary: "Tells when the data was last written into the RDB file, as a Unix time",
  since: "1.0.0",
  group: "server",
  complexity: "O(1)",
  arity: 1,
  flags: ["loading", "stale", "fast"],
  categories: ["admin", "dangerous"],
  tips: ["nondeterministic_output"],
  run: lastSave,
};
