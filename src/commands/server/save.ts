/** SAVE, BGSAVE and LASTSAVE. */

import { SYNTAX_ERROR } from "../../base/errors.ts";
import type { Frame } from "../../resp/frame.ts";
import { token } from "../arguments.ts";
import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

function save({ server, reply }: ServerContext<"rdbSaves">): void {
  server.rdbSaves.save();
  reply.ok();
}

export const SAVE: CommandDeclaration<ServerContext> = {
  name: "save",
  summary: "Writes all data into the RDB file while everybody waits",
  since: "1.0.0",
  group: "server",
  complexity: "O(N), N being the number of all keys",
  arity: 1,
  flags: ["admin", "noscript", "no_async_loading", "no_multi"],
  run: save,
};

function bgSave({ server, reply }: ServerContext<"rdbSaves">, args: Frame): void {
  if (args.argc > 2 || args.argc === 2 && !args.is(1, "SCHEDULE")) throw SYNTAX_ERROR;
  const start = server.rdbSaves.saveInBackground(args.argc === 2);
  reply.simple(`Background saving ${start}`);
}

export const BGSAVE: CommandDeclaration<ServerContext> = {
  name: "bgsave",
  summary: "Writes all data into the RDB file while the server goes on",
  since: "1.0.0",
  group: "server",
  complexity: "O(1) for who asks, O(N) in the background, N being the number of all keys",
  arity: -1,
  flags: ["admin", "noscript", "no_async_loading"],
  arguments: [token("SCHEDULE", { since: "3.2.2", optional: true })],
  history: [["3.2.2", "With `SCHEDULE` it waits for other work in the background."]],
  run: bgSave,
};

function lastSave({ server, reply }: ServerContext<"rdbSaves">): void {
  reply.integer(server.rdbSaves.lastSave);
}

export const LASTSAVE: CommandDeclaration<ServerContext> = {
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
