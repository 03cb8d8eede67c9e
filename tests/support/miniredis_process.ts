/** Our server as a process of its own, from source or as the compiled executable. */

import { fileURLToPath } from "node:url";
import { type Directives, type ServerOptions, ServerProcess } from "./server_process.ts";

/** The program and its first arguments: env MINIREDIS_BINARY, or `deno run -A main.ts`. */
export function miniredisCommand(): string[] {
  const binary = Deno.env.get("MINIREDIS_BINARY");
  if (binary) return [binary];
  return [Deno.execPath(), "run", "-A", fileURLToPath(new URL("../../main.ts", import.meta.url))];
}

/** What our server is started with unless a test says otherwise: no snapshots that nobody asked for. */
const DEFAULTS: Directives = { "save": "" };

/** Starts our server; the directives are Redis'. */
export async function startMiniredis(options: ServerOptions = {}): Promise<ServerProcess> {
  return await ServerProcess.start(miniredisCommand(), {
    ...options,
    directives: { ...DEFAULTS, ...options.directives },
  });
}
