/** FUNCTION STATS and KILL: what runs now. */

import { ENGINE } from "../../keyspace/function_libraries.ts";
import type { ReplyWriter } from "../../resp/reply_writer.ts";
import type { ServerContext } from "../context.ts";
import type { RunningScript } from "../views/script_runner.ts";

type RunContext = ServerContext<"scriptRunner">;

/** Runs FUNCTION STATS. */
export function functionStats(context: RunContext): void {
  const { keyspace: { libraries }, reply, server: { scriptRunner: { running, busy } } } = context;
  if (running !== null && !running.isFunction && busy !== null) throw busy;
  reply.map(2);
  reply.bulkString("running_script");
  replyRunning(reply, running);
  reply.bulkString("engines");
  reply.map(1);
  reply.bulkString(ENGINE);
  reply.map(2);
  reply.bulkString("libraries_count");
  reply.integer(libraries.size);
  reply.bulkString("functions_count");
  reply.integer(libraries.registeredCount);
}

function replyRunning(reply: ReplyWriter, running: RunningScript | null): void {
  if (running === null) {
    reply.null();
    return;
  }
  const { name, command, began } = running;
  reply.map(3);
  reply.bulkString("name");
  reply.bulkString(name);
  reply.bulkString("command");
  reply.array(command.length);
  for (const argument of command) reply.bulkString(argument);
  reply.bulkString("duration_ms");
  reply.integer(Math.floor(performance.now() - began));
}

/** Runs FUNCTION KILL. */
export function functionKill({ reply, server }: RunContext): void {
  server.scriptRunner.kill(true);
  reply.ok();
}
