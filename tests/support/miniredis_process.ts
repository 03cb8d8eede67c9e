/** Our server as a process of its own, from source or as the compiled executable. */

import { assertExists } from "@std/assert";
import { fileURLToPath } from "node:url";
import { type Directives, type ServerOptions, ServerProcess } from "./server_process.ts";

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));

/** The program and its first arguments: env MINIREDIS_BINARY, or `deno run -A main.ts`. */
export function miniredisCommand(): string[] {
  return programCommand(["-A"]);
}

/** The same with no more permissions than `deno task start` gives. */
export function permittedCommand(): string[] {
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${PROJECT}deno.json`));
  const permissions = tasks.start.command.match(/--(?:allow-|no-)\S+/g);
  assertExists(permissions, "deno.json's task start gives no permissions");
  return programCommand(permissions);
}

function programCommand(flags: readonly string[]): string[] {
  const binary = Deno.env.get("MINIREDIS_BINARY");
  return binary ? [binary] : [Deno.execPath(), "run", ...flags, `${PROJECT}main.ts`];
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
