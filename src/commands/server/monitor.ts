/** MONITOR: a look at what the server does. */

import { ReplyError } from "../../base/errors.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";

const NOT_HERE = new ReplyError("ERR MONITOR isn't allowed for DENY BLOCKING client");

function monitor({ client, reply }: CommandContext): void {
  if (!client.mayWait) throw NOT_HERE;
  // As in Redis, who looks on already gets no reply.
  if (client.isMonitor) return;
  client.startMonitoring();
  reply.ok();
}

export const MONITOR: CommandDeclaration = {
  name: "monitor",
  summary: "Shows this connection every command that the server runs from now on",
  since: "1.0.0",
  group: "server",
  arity: 1,
  flags: ["admin", "noscript", "loading", "stale"],
  run: monitor,
};
