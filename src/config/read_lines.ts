/** The lines of redis.conf: comments, quoting, `include`, and the directives that only a file can hold. */

import { toLowerAscii } from "../base/ascii.ts";
import { splitArguments } from "../base/split_arguments.ts";
import { ConfigError, type Place, systemErrorText } from "./errors.ts";
import { expandInclude, readByteString } from "./paths.ts";

/** One directive as it stands in a file. */
export interface ConfigLine {
  /** The directive's name or alias, in lower case. */
  readonly written: string;
  readonly words: readonly string[];
  readonly place: Place;
}

/** What a reader does with what it reads. */
export interface ConfigSink {
  /** The directory that `include` starts from; a `dir` line may have changed it meanwhile. */
  directory(): string;
  set(line: ConfigLine): void;
  renameCommand(from: string, to: string, place: Place): void;
  addUser(name: string, rules: readonly string[], place: Place): void;
}

/** How deep files may include one another; more is a circle. */
const INCLUDE_DEPTH = 16;

const WRONG_ARGUMENTS = "Bad directive or wrong number of arguments";

/** Directives of old versions that are read and have no effect, each with one value. */
const DEPRECATED = ["list-max-ziplist-entries", "list-max-ziplist-value", "lua-replicate-commands"];

/** Reads configuration text line by line. Throws ConfigError. */
export class ConfigReader {
  readonly #sink: ConfigSink;
  #depth = 0;

  constructor(sink: ConfigSink) {
    this.#sink = sink;
  }

  /** Reads a whole text. */
  readText(text: string, file: string): void {
    for (const [index, line] of text.split("\n").entries()) {
      this.readLine(line, { file, line: index + 1 });
    }
  }

  /** Reads one line, which may be empty or a comment. */
  readLine(line: string, place: Place): void {
    const trimmed = line.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
    if (trimmed === "" || trimmed[0] === "#" || trimmed[0] === "\0") return;
    const words = splitArguments(trimmed);
    if (words === null) {
      throw new ConfigError(place, /^\S*/.exec(trimmed)?.[0] ?? "", UNBALANCED);
    }
    if (words.length === 0) return;
    const written = toLowerAscii(words[0]), values = words.slice(1);
    switch (written) {
      case "include":
        if (values.length !== 1) throw new ConfigError(place, written, WRONG_ARGUMENTS);
        return this.#include(values[0], place);
      case "rename-command":
        if (values.length !== 2) throw new ConfigError(place, written, WRONG_ARGUMENTS);
        return this.#sink.renameCommand(values[0], values[1], place);
      case "loadmodule":
        if (values.length === 0) throw new ConfigError(place, written, WRONG_ARGUMENTS);
        throw new ConfigError(place, written, "modules are not supported");
      case "user":
        if (values.length === 0) throw new ConfigError(place, written, WRONG_ARGUMENTS);
        return this.#sink.addUser(values[0], values.slice(1), place);
    }
    if (DEPRECATED.includes(written) && values.length === 1) return;
    this.#sink.set({ written, words: values, place });
  }

  #include(pattern: string, place: Place): void {
    if (this.#depth === INCLUDE_DEPTH) {
      throw new ConfigError(place, "include", "files include one another too deeply");
    }
    this.#depth++;
    for (const file of expandInclude(pattern, this.#sink.directory())) {
      let text: string;
      try {
        text = readByteString(file);
      } catch (error) {
        throw new ConfigError(
          place,
          "include",
          `can't open config file '${file}': ${systemErrorText(error)}`,
        );
      }
      this.readText(text, file);
    }
    this.#depth--;
  }
}

const UNBALANCED = "Unbalanced quotes in configuration line";
