/** What the tests of AOF directories have in common: copies, the tools, and servers that refuse to start. */

import { assertEquals } from "@std/assert";
import { freePort } from "../support/free_port.ts";
import { miniredisCommand } from "../support/miniredis_process.ts";
import { PATIENCE } from "../support/wait_for.ts";

/** Path of the manifest of the AOF in a server's directory. */
export function manifestPath(dir: string): string {
  return `${dir}/appendonlydir/appendonly.aof.manifest`;
}

/** Path of the first incremental file in a server's directory. */
export function incrementalPath(dir: string): string {
  return `${dir}/appendonlydir/appendonly.aof.1.incr.aof`;
}

/** Copies the content of a directory into another, which is there already. */
export function copyDirectory(from: string, to: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (isDirectory) {
      Deno.mkdirSync(`${to}/${name}`);
      copyDirectory(`${from}/${name}`, `${to}/${name}`);
    } else {
      Deno.copyFileSync(`${from}/${name}`, `${to}/${name}`);
    }
  }
}

/** Lets redis-check-aof look at a server's directory and fails if it finds anything wrong. */
export async function checkAof(dir: string): Promise<void> {
  const { code, stdout, stderr } = await new Deno.Command("redis-check-aof", {
    args: [manifestPath(dir)],
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr));
}

/** How a server that could not start ended. */
export interface FailedStart {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts our server where it must refuse to, and returns how it ended. */
export async function startInVain(dir: string, ...args: string[]): Promise<FailedStart> {
  const [program, ...first] = miniredisCommand();
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...first, "--port", String(freePort()), "--dir", dir, "--appendonly", "yes", ...args],
    stdin: "null",
    signal: AbortSignal.timeout(PATIENCE),
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
