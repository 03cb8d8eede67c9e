/** The reference: a real redis-server, where one is installed. */

import { longRequiredTest } from "./long_test.ts";
import { requiredTest } from "./required_test.ts";
import { type Directives, type ServerOptions, ServerProcess } from "./server_process.ts";

/** What the reference is started with unless a test says otherwise. */
export const REFERENCE_DEFAULTS: Directives = {
  "save": "",
  "appendonly": "no",
  "enable-debug-command": "yes",
};

const PROGRAM = Deno.env.get("REDIS_SERVER") ?? "redis-server";

let installedVersion: string | null | undefined;

/** The version of the redis-server on PATH (or named by env REDIS_SERVER); `undefined` if there is none. */
export function referenceVersion(): string | undefined {
  if (installedVersion === undefined) {
    try {
      const output = new Deno.Command(PROGRAM, { args: ["--version"] }).outputSync();
      const match = /\bv=(\S+)/.exec(new TextDecoder().decode(output.stdout));
      installedVersion = match ? match[1] : null;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      installedVersion = null;
    }
  }
  return installedVersion ?? undefined;
}

/** Whether a reference is installed: a redis-server of the version that we follow, 7.0. */
export function hasReference(): boolean {
  return /^7\.0\./.test(referenceVersion() ?? "");
}

/** The program, as a command to which arguments can be added. */
export function referenceCommand(): string[] {
  return [PROGRAM];
}

/** Starts a redis-server. Throws if none is installed. */
export async function startReference(options: ServerOptions = {}): Promise<ServerProcess> {
  return await ServerProcess.start(referenceCommand(), {
    ...options,
    directives: { ...REFERENCE_DEFAULTS, ...options.directives },
  });
}

/** What is missing for tests that need the reference; undefined: nothing. */
export function missingReference(): string | undefined {
  if (hasReference()) return undefined;
  const version = referenceVersion();
  return (version ? `redis-server is ${version}, not 7.0` : "redis-server is not installed") +
    " (apt-get install redis-server redis-tools)";
}

/** Registers a test that needs the reference (see `requiredTest`). */
export function referenceTest(
  name: string,
  run: (t: Deno.TestContext) => void | Promise<void>,
): void {
  requiredTest(missingReference(), name, run);
}

/** Registers a test that needs the reference, and that is too long for `deno task test`. */
export function longReferenceTest(
  name: string,
  run: (t: Deno.TestContext) => void | Promise<void>,
): void {
  longRequiredTest(missingReference(), name, run);
}
