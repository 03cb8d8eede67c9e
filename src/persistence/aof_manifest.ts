/**
 * The manifest of a multi-part AOF: which files make it up and in which order they are loaded.
 *
 * One line a file, `file appendonly.aof.1.base.aof seq 1 type b`; the types are b (base), i (incremental)
 * and h (history: no longer needed, to be removed). See "Log rewriting" in
 * https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/
 */

import { toLowerAscii } from "../base/ascii.ts";
import { quoteArgument, splitArguments } from "../base/split_arguments.ts";
import { PersistenceError } from "./persistence_error.ts";

/** The role of a file: base, incremental or history. */
export type AofFileType = "b" | "i" | "h";

/** What a base holds: the data as an RDB, or the commands that build it up. */
export type AofBaseFormat = "rdb" | "aof";

/** One file of the AOF. */
export interface AofFileInfo {
  /** The file's name, without a directory. */
  readonly name: string;
  /** Its number; later files of the same type have higher ones. */
  readonly sequence: number;
  readonly type: AofFileType;
}

/** Longest line of a manifest, its line feed included. */
const LINE_MAX = 1024;

const NEEDS_QUOTES = /[^\x21-\x7e]|[\\"']/;
const SEQUENCE = /^[ \t]*\+?(\d{1,15})/;

/** The files of an AOF. Immutable: a change makes another manifest, which is then written. */
export class AofManifest {
  /** What the data set is built up from; absent when there are only incremental files. */
  readonly base: AofFileInfo | undefined;
  /** What happened since the base was written, oldest first. */
  readonly incremental: readonly AofFileInfo[];
  /** Files that are only waiting for their removal. */
  readonly history: readonly AofFileInfo[];
  /** The highest number that an incremental file had, as far as it is remembered. */
  readonly #lastIncremental: number;

  constructor(
    base: AofFileInfo | undefined,
    incremental: readonly AofFileInfo[],
    history: readonly AofFileInfo[] = [],
    lastIncremental = 0,
  ) {
    this.base = base;
    this.incremental = incremental;
    this.history = history;
    this.#lastIncremental = Math.max(lastIncremental, incremental.at(-1)?.sequence ?? 0);
  }

  /**
   * Reads a manifest's text. Throws a `PersistenceError` that names `fileName` and the line for anything
   * that Redis would not take.
   */
  static parse(text: string, fileName: string): AofManifest {
    if (text === "") throw manifestError(fileName, "Found an empty AOF manifest");
    const all: AofFileInfo[] = [];
    let lineNumber = 0;
    for (let at = 0; at < text.length;) {
      lineNumber++;
      const end = text.indexOf("\n", at);
      if (end < 0 || end - at >= LINE_MAX - 1) {
        throw manifestError(fileName, "The AOF manifest file contains too long line", lineNumber);
      }
      const line = text.slice(at, end);
      at = end + 1;
      if (line[0] === "#") continue;
      const info = parseLine(line, all);
      if (typeof info === "string") throw manifestError(fileName, info, lineNumber, line);
      all.push(info);
    }
    if (all.length === 0) throw manifestError(fileName, "Found an empty AOF manifest");
    return new AofManifest(
      all.find((info) => info.type === "b"),
      all.filter((info) => info.type === "i"),
      all.filter((info) => info.type === "h"),
    );
  }

  /** The text that goes to disk. */
  toString(): string {
    const files = [...this.base ? [this.base] : [], ...this.history, ...this.incremental];
    return files.map(({ name, sequence, type }) => {
      const shown = NEEDS_QUOTES.test(name) ? quoteArgument(name) : name;
      return `file ${shown} seq ${sequence} type ${type}\n`;
    }).join("");
  }

  /** The files to load, in order. */
  get toLoad(): readonly AofFileInfo[] {
    return this.base ? [this.base, ...this.incremental] : this.incremental;
  }

  /** The name and number for a new base. */
  nextBase(appendFileName: string, format: AofBaseFormat): AofFileInfo {
    const sequence = (this.base?.sequence ?? 0) + 1;
    return { name: `${appendFileName}.${sequence}.base.${format}`, sequence, type: "b" };
  }

  /** The name and number for the incremental file after the last one. */
  nextIncremental(appendFileName: string): AofFileInfo {
    const sequence = this.#lastIncremental + 1;
    return { name: `${appendFileName}.${sequence}.incr.aof`, sequence, type: "i" };
  }

  /** With `file` as the newest incremental file. */
  withIncremental(file: AofFileInfo): AofManifest {
    return new AofManifest(this.base, [...this.incremental, file], this.history);
  }

  /**
   * With a new base, and `incremental` behind it if there is one; all other files that were loaded until
   * now become history.
   */
  rewritten(base: AofFileInfo, incremental: AofFileInfo | undefined): AofManifest {
    const old = this.incremental.filter(({ name }) => name !== incremental?.name);
    if (this.base) old.push(this.base);
    const history = [...old.map((file): AofFileInfo => ({ ...file, type: "h" })), ...this.history];
    return new AofManifest(base, incremental ? [incremental] : [], history, this.#lastIncremental);
  }

  /** Without the files that have become history. */
  withoutHistory(): AofManifest {
    return new AofManifest(this.base, this.incremental, [], this.#lastIncremental);
  }
}

/** The file of a line, or what is wrong with it, in Redis' words. */
function parseLine(line: string, before: readonly AofFileInfo[]): AofFileInfo | string {
  const invalid = "Invalid AOF manifest file format";
  const words = splitArguments(line);
  if (words === null || words.length < 6 || words.length % 2 !== 0) return invalid;
  let name = "", sequence = 0, type = "";
  for (let i = 0; i < words.length; i += 2) {
    const value = words[i + 1];
    switch (toLowerAscii(words[i])) {
      case "file":
        name = value;
        if (name.includes("/")) return "File can't be a path, just a filename";
        break;
      case "seq":
        sequence = parseInt(SEQUENCE.exec(value)?.[1] ?? "0", 10);
        break;
      case "type":
        type = value.slice(0, 1);
        break;
    }
  }
  if (name === "" || sequence === 0 || type === "") return invalid;
  switch (type) {
    case "b":
      if (before.some((file) => file.type === "b")) return "Found duplicate base file information";
      return { name, sequence, type };
    case "i": {
      const previous = before.findLast((file) => file.type === "i");
      if (previous && sequence <= previous.sequence) return "Found a non-monotonic sequence number";
      return { name, sequence, type };
    }
    case "h":
      return { name, sequence, type };
    default:
      return "Unknown AOF file type";
  }
}

function manifestError(
  fileName: string,
  problem: string,
  lineNumber?: number,
  line?: string,
): PersistenceError {
  const lines = ["*** FATAL AOF MANIFEST FILE ERROR ***"];
  if (lineNumber === undefined) lines.push(`Reading the manifest file ${fileName}`);
  else lines.push(`Reading the manifest file ${fileName}, at line ${lineNumber}`);
  if (line !== undefined) lines.push(`>>> '${line}'`);
  lines.push(problem);
  return new PersistenceError(lines.join("\n"));
}
