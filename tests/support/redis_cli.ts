/** The real redis-cli, run as a script would run it. */

import { PATIENCE } from "./wait_for.ts";

/** How a run of redis-cli ended. */
export interface RedisCliResult {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs redis-cli against a port of this machine, with `input` on its standard input. */
export async function redisCli(
  port: number,
  args: readonly string[],
  input: string | Uint8Array = "",
): Promise<RedisCliResult> {
  const process = new Deno.Command("redis-cli", {
    args: ["-p", String(port), ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(PATIENCE),
  }).spawn();
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  const fed = new Blob([bytes as BlobPart]).stream().pipeTo(process.stdin).catch((error) => {
    // It need not read to the end what it has no use for.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  });
  const { code, stdout, stderr } = await process.output();
  await fed;
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout), errors: decoder.decode(stderr) };
}

/**
 * Runs a redis-cli that would go on for ever until what it printed satisfies `enough`, and
 * returns that.
 */
export async function redisCliUntil(
  port: number,
  args: readonly string[],
  enough: (output: string) => boolean,
): Promise<string> {
  // Into a pipe it would print only after some thousand bytes, but for stdbuf.
  const process = new Deno.Command("stdbuf", {
    args: ["-oL", "redis-cli", "-p", String(port), ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
    signal: AbortSignal.timeout(PATIENCE),
  }).spawn();
  let output = "";
  for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
    output += text;
    if (enough(output)) break;
  }
  try {
    process.kill("SIGTERM");
  } catch (error) {
    // It has ended by itself, as the caller will see from what it printed.
    if (!(error instanceof TypeError)) throw error;
  }
  await process.status;
  return output;
}
