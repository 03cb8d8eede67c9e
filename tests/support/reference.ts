/** The reference: a real redis-server, where one is installed. */

import { type Directives, type ServerOptions, ServerProcess } from "./server_process.ts";

/** What the reference is started with unless a test says otherwise. */
export const REFERENCE_DEFAULTS: Directives = {
  "save": "",
  "appendonly": "no",
  "enable-debug-command": "yes",
};

/** How to get a reference; part of every message about a missing one. */
export const HOW_TO_INSTALL = "apt-get install redis-server redis-tools";

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

/**
 * Registers a test that needs the reference. Where none is installed the test is skipped, and why and
 * how to change that is printed; with CI=true it fails instead, so that CI can't go green by skipping.
 */
export function referenceTest(
  name: string,
  run: (t: Deno.TestContext) => void | Promise<void>,
): void {
  if (hasReference()) {
    Deno.test(name, run);
    return;
  }
  const version = referenceVersion();
  const reason =
    (version ? `redis-server is ${version}, not 7.0` : "redis-server is not installed") +
    ` (${HOW_TO_INSTALL})`;
  if (Deno.env.get("CI") === "true") {
    Deno.test(name, () => {
      throw new Error(`in CI the reference is required: ${reason}`);
    });
  } else {
    console.log(`skipped: ${name}: ${reason}`);
    Deno.test.ignore(name, run);
  }
}
