/** Whether an append-only file can be loaded, and how much of it: what `redis-check-aof` says, and does about it. */

import { toLowerAscii } from "../base/ascii.ts";
import { byteString } from "../base/span.ts";
import { AofManifest } from "./aof_manifest.ts";
import { type AofScan, scanAof } from "./aof_scan.ts";
import { checkRdb, type RdbCheckParts } from "./check_rdb.ts";
import { fileErrorText, type FileSystem, type OpenFile, readAllSync } from "./file.ts";
import { PersistenceError } from "./persistence_error.ts";

/** What a check works with. */
export interface AofCheckParts extends RdbCheckParts {
  readonly files: FileSystem;
  /** Whether what is wrong at the end is cut off, once the user agrees. */
  readonly fixes: boolean;
  /** Asks the user, and returns what comes first of the answer. */
  readonly ask: (question: string) => string;
}

/** What becomes of a file. */
type Verdict = "valid" | "empty" | "truncated";

/** Thrown where the check ends early; all has been said. */
const ENDED = Symbol("ended");

/**
 * Checks a file of commands, one that begins with an RDB, or all that a manifest names. Returns the exit code of
 * `redis-check-aof`.
 */
export function checkAof(path: string, parts: AofCheckParts): number {
  try {
    new AofCheck(parts).check(path);
    return 0;
  } catch (error) {
    if (error === ENDED) return 1;
    throw error;
  }
}

class AofCheck {
  readonly #parts: AofCheckParts;
  /** The line that comes next: counted on from one file to the next, as in Redis. */
  #line = 1;

  constructor(parts: AofCheckParts) {
    this.#parts = parts;
  }

  check(path: string): void {
    const content = this.#contentOf(path);
    if (content === "manifest") return this.#checkAll(path);
    this.#say("Start checking Old-Style AOF\n");
    const verdict = this.#checkFile(path, path, content === "rdb", true);
    this.#say(verdictLine("AOF", path, verdict));
  }

  #say(text: string): void {
    this.#parts.say(text);
  }

  #end(text: string): never {
    this.#say(text);
    throw ENDED;
  }

  /** What a file holds, by what it begins with. */
  #contentOf(path: string): "rdb" | "manifest" | "commands" {
    const { files } = this.#parts;
    let file: OpenFile;
    try {
      file = files.openSync(path, "read");
    } catch (error) {
      return this.#end(`Cannot open file ${path}: ${fileErrorText(error)}\n`);
    }
    try {
      if (beginsWithRdb(file)) return "rdb";
      return isManifest(file) ? "manifest" : "commands";
    } catch {
      return this.#end(`Cannot read file: ${path}\n`);
    } finally {
      file.close();
    }
  }

  #checkAll(path: string): void {
    this.#say("Start checking Multi Part AOF\n");
    const { base, incremental } = this.#readManifest(path);
    const directory = path.slice(0, path.lastIndexOf("/") + 1);
    if (base !== undefined) {
      const place = directory + base.name;
      const isRdb = this.#contentOf(place) === "rdb";
      this.#say(`Start to check BASE AOF (${isRdb ? "RDB" : "RESP"} format).\n`);
      const verdict = this.#checkFile(place, base.name, isRdb, incremental.length === 0);
      this.#say(verdictLine("BASE AOF", base.name, verdict));
    }
    if (incremental.length > 0) this.#say("Start to check INCR files.\n");
    for (const [i, { name }] of incremental.entries()) {
      const verdict = this.#checkFile(directory + name, name, false, i === incremental.length - 1);
      this.#say(verdictLine("INCR AOF", name, verdict));
    }
    this.#say("All AOF files and manifest are valid\n");
  }

  #readManifest(path: string): AofManifest {
    try {
      return AofManifest.parse(readText(this.#parts.files, path), path);
    } catch (error) {
      if (!(error instanceof PersistenceError)) throw error;
      return this.#end(`${error.message}\n`);
    }
  }

  #checkFile(path: string, name: string, hasPreamble: boolean, isLast: boolean): Verdict {
    let file: OpenFile;
    try {
      file = this.#parts.files.openSync(path, "read");
    } catch (error) {
      return this.#end(`Cannot open file ${path}: ${fileErrorText(error)}, aborting...\n`);
    }
    try {
      const size = file.sizeSync();
      if (size === 0) return "empty";
      const start = hasPreamble ? this.#checkPreamble(file, name) : 0;
      const scan = scanAof(file, { name, start, line: this.#line });
      this.#line = scan.line;
      return this.#judge(path, name, size, scan, isLast);
    } finally {
      file.close();
    }
  }

  /** The RDB that a file begins with; returns where that ends. */
  #checkPreamble(file: OpenFile, name: string): number {
    const end = checkRdb(file, name, this.#parts);
    if (end === null) this.#end("RDB preamble of AOF file is not sane, aborting.\n");
    this.#say("RDB preamble is OK, proceeding with AOF tail...\n");
    return end;
  }

  #judge(
    path: string,
    name: string,
    size: number,
    { problem, end, line }: AofScan,
    isLast: boolean,
  ): Verdict {
    const { fixes, ask } = this.#parts;
    const left = size - end;
    if (problem !== "") this.#say(`${problem}\n`);
    this.#say(
      `AOF analyzed: filename=${name}, size=${size}, ok_up_to=${end}, ok_up_to_line=${line}, ` +
        `diff=${left}\n`,
    );
    if (left === 0) return "valid";
    if (!fixes) this.#end(`AOF ${name} is not valid. Use the --fix option to try fixing it.\n`);
    if (!isLast) this.#end(`Failed to truncate AOF ${name} because it is not the last file\n`);
    this.#say(
      `This will shrink the AOF ${name} from ${size} bytes, with ${left} bytes, to ${end} bytes\n`,
    );
    if (toLowerAscii(ask("Continue? [y/N]: ")) !== "y") this.#end("Aborting...\n");
    this.#truncate(path, name, end);
    return "truncated";
  }

  #truncate(path: string, name: string, length: number): void {
    let file: OpenFile | null = null;
    try {
      file = this.#parts.files.openSync(path, "append");
      file.truncateSync(length);
      file.syncDataSync();
    } catch {
      this.#end(`Failed to truncate AOF ${name}\n`);
    } finally {
      file?.close();
    }
  }
}

function verdictLine(kind: string, name: string, verdict: Verdict): string {
  return verdict === "truncated"
    ? `Successfully truncated AOF ${name}\n`
    : `${kind} ${name} is ${verdict}\n`;
}

/** Fewer bytes than this are no RDB. */
const LEAST_RDB = 8;

function beginsWithRdb(file: OpenFile): boolean {
  if (file.sizeSync() < LEAST_RDB) return false;
  return firstText(file, 5) === "REDIS";
}

/** Whether the first line that is no comment is one of a manifest. */
function isManifest(file: OpenFile): boolean {
  const text = firstText(file, Math.min(file.sizeSync(), 64 * 1024));
  const line = text.split("\n").find((one) => !one.startsWith("#"));
  return line?.startsWith("file") === true;
}

/** The beginning of a file, which stands at its beginning afterwards. */
function firstText(file: OpenFile, length: number): string {
  const bytes = new Uint8Array(length);
  file.seekSync(0);
  const count = file.readSync(bytes);
  file.seekSync(0);
  return byteString(bytes, 0, count);
}

function readText(files: FileSystem, path: string): string {
  return byteString(readAllSync(files, path));
}
