/** A server with little memory, on which scripts are tried that mean no good. */

import { miniredisCommand } from "../support/miniredis_process.ts";
import { ServerProcess } from "../support/server_process.ts";

/** What a server says in its log when something failed that never should. */
export const FAULT = /A command failed for a reason of the server's own|internal error/;

/** Our server with a heap of 512 MB, where scripts are slow after `slowAfter` ms. */
export async function startSmall(slowAfter = 5000): Promise<ServerProcess> {
  const [program, ...args] = miniredisCommand();
  const flags = args[0] === "run" ? ["run", "--v8-flags=--max-old-space-size=512"] : [];
  return await ServerProcess.start([program, ...flags, ...args.slice(flags.length === 0 ? 0 : 1)], {
    directives: { save: "", "busy-reply-threshold": String(slowAfter) },
  });
}
