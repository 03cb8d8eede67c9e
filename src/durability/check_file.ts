/** `--check-aof` and `--check-rdb`: what redis-check-aof and redis-check-rdb say, with their exit codes. */

import { bytesOf, byteString } from "../base/span.ts";
import { Configuration, type FileCheck } from "../config/mod.ts";
import { checkAof } from "../persistence/check_aof.ts";
import { checkRdb } from "../persistence/check_rdb.ts";
import { DenoFileSystem, type OpenFile, writeAllSync } from "../persistence/file.ts";

/** The streams of a check. */
export interface CheckStreams {
  readonly input: { readSync(into: Uint8Array): number | null };
  readonly output: { writeSync(bytes: Uint8Array): number };
}

const STANDARD: CheckStreams = { input: Deno.stdin, output: Deno.stdout };

/** Checks a file, and returns the exit code. */
export function checkFile({ kind, words }: FileCheck, streams: CheckStreams = STANDARD): number {
  const say = (text: string) => writeAllSync(streams.output, bytesOf(text));
  const fixes = kind === "aof" && words.length === 2 && words[0] === "--fix";
  if (words.length !== (fixes ? 2 : 1)) {
    say(USAGES[kind]);
    return 1;
  }
  const files = new DenoFileSystem(), path = words[words.length - 1];
  const parts = { files, say, limits: new Configuration().settings };
  if (kind === "rdb") return checkRdbFile(path, parts);
  return checkAof(path, {
    ...{ ...parts, fixes },
    ask: (question) => {
      say(question);
      const answer = new Uint8Array(1), count = streams.input.readSync(answer) ?? 0;
      return byteString(answer, 0, count);
    },
  });
}

const USAGES = {
  aof: "Usage: miniredis --check-aof [--fix] <file.manifest|file.aof>\n",
  rdb: "Usage: miniredis --check-rdb <rdb-file-name>\n",
} as const;

function checkRdbFile(
  path: string,
  parts: Parameters<typeof checkRdb>[2] & { readonly files: DenoFileSystem },
): number {
  let file: OpenFile;
  try {
    file = parts.files.openSync(path, "read");
  } catch {
    // It says no more of a file that is not there.
    parts.say(`[offset 0] Checking RDB file ${path}\n`);
    return 1;
  }
  try {
    return checkRdb(file, path, parts) === null ? 1 : 0;
  } finally {
    file.close();
  }
}
