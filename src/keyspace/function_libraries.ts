/**
 * Function libraries: texts that register functions, for FCALL. They belong to no database, stay when those
 * are flushed, and go into files with the data.
 * https://redis.io/docs/latest/develop/interact/programmability/functions-intro/
 */

import { toLowerAscii } from "../base/ascii.ts";
import { ReplyError } from "../base/errors.ts";
import { byteString } from "../base/span.ts";
import { isLibraryName, readLibraryHead } from "./library_head.ts";

/** The engine that there is, as it is shown; libraries may write it in any case. */
export const ENGINE = "LUA";

/** What a library and a function take beside their texts, about, in bytes. */
const LIBRARY_COST = 200, FUNCTION_COST = 150;

const BAD_NAME = new ReplyError(
  "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one " +
    "character long",
);
const NO_FUNCTIONS = new ReplyError("ERR No functions registered");
const NOT_FOUND = new ReplyError("ERR Library not found");

/** A function that a library has registered; what runs functions knows more of it. */
export interface LibraryFunction {
  readonly name: string;
  readonly description: string | null;
  /** What it says of itself, such as `no-writes`. */
  readonly flagNames: readonly string[];
}

/** A library. */
export interface FunctionLibrary {
  readonly name: string;
  /** All of it, with the first line; does not change. */
  readonly text: Uint8Array;
  /** By their names, in the order in which they were registered. */
  readonly functions: ReadonlyMap<string, LibraryFunction>;
}

/** Makes functions of texts. */
export interface LibraryCompiler {
  /**
   * The functions that a library's code registers; `isLimited`: which must not take long. Throws
   * `ReplyError`.
   */
  compile(code: string, isLimited: boolean): ReadonlyMap<string, LibraryFunction>;
}

/** How a library is loaded. */
export interface LoadOptions {
  /** Whether it may take the place of another one of its name. */
  readonly replaces: boolean;
  /** Whether its code must not take long. */
  readonly isLimited: boolean;
}

/** Where there is nothing that runs functions. */
const NO_COMPILER: LibraryCompiler = {
  compile() {
    throw new Error("there is nothing here that runs functions");
  },
};

/** The libraries of a server. */
export class FunctionLibraries implements Iterable<FunctionLibrary> {
  compiler: LibraryCompiler;
  readonly #libraries = new Map<string, FunctionLibrary>();
  /** By their names in lower case: FCALL folds them, and finds the first of those that differ in no more. */
  readonly #functions = new Map<string, LibraryFunction>();
  #bytes = 0;

  constructor(compiler: LibraryCompiler = NO_COMPILER) {
    this.compiler = compiler;
  }

  /** How many there are. */
  get size(): number {
    return this.#libraries.size;
  }

  /** How many functions can be called. */
  get functionCount(): number {
    return this.#functions.size;
  }

  /** How many functions they have registered. */
  get registeredCount(): number {
    let count = 0;
    for (const { functions } of this) count += functions.size;
    return count;
  }

  /** What they take, about, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** All of them, in the order in which they came. */
  [Symbol.iterator](): Iterator<FunctionLibrary> {
    return this.#libraries.values();
  }

  /** The function of a name, in any case. */
  functionNamed(name: string): LibraryFunction | undefined {
    return this.#functions.get(name) ?? this.#functions.get(toLowerAscii(name));
  }

  /** Adds the library with a text, which must not change any more; says its name. Throws `ReplyError`. */
  load(text: Uint8Array, { replaces, isLimited }: LoadOptions): string {
    const source = byteString(text);
    const { engine, name, end } = readLibraryHead(source);
    if (!isLibraryName(name)) throw BAD_NAME;
    if (toLowerAscii(engine) !== toLowerAscii(ENGINE)) {
      throw new ReplyError(`ERR Engine '${engine}' not found`);
    }
    const old = this.#libraries.get(name);
    if (old !== undefined && !replaces) {
      throw new ReplyError(`ERR Library '${name}' already exists`);
    }
    const functions = this.compiler.compile(source.slice(end), isLimited);
    if (functions.size === 0) throw NO_FUNCTIONS;
    this.#requireFree(functions.values(), old === undefined ? [] : [old]);
    if (old !== undefined) this.#unlink(old);
    this.#link({ name, text, functions });
    return name;
  }

  /** Adds all libraries of another collection, or none. Throws `ReplyError`. */
  join(others: FunctionLibraries, replaces: boolean): void {
    const replaced: FunctionLibrary[] = [];
    for (const { name } of others) {
      const old = this.#libraries.get(name);
      if (old === undefined) continue;
      if (!replaces) throw new ReplyError(`ERR Library ${name} already exists`);
      replaced.push(old);
    }
    this.#requireFree(others.#functions.values(), replaced);
    for (const old of replaced) this.#unlink(old);
    for (const library of others) this.#link(library);
  }

  /** Forgets a library. Throws `ReplyError` where there is none of this name. */
  delete(name: string): void {
    const library = this.#libraries.get(name);
    if (library === undefined) throw NOT_FOUND;
    this.#unlink(library);
  }

  /** Forgets them all. */
  clear(): void {
    this.#libraries.clear();
    this.#functions.clear();
    this.#bytes = 0;
  }

  /** Has those of `other`, which keeps none, in place of its own. */
  takeFrom(other: FunctionLibraries): void {
    const libraries = [...other];
    other.clear();
    this.clear();
    for (const library of libraries) this.#link(library);
  }

  /** Sees to it that no function has the name of another one, but for those that are replaced. */
  #requireFree(functions: Iterable<LibraryFunction>, replaced: readonly FunctionLibrary[]): void {
    for (const { name } of functions) {
      const other = this.functionNamed(name);
      if (other === undefined) continue;
      if (replaced.some((library) => library.functions.get(other.name) === other)) continue;
      throw new ReplyError(`ERR Function ${name} already exists`);
    }
  }

  #link(library: FunctionLibrary): void {
    this.#libraries.set(library.name, library);
    for (const one of library.functions.values()) {
      const name = toLowerAscii(one.name);
      if (!this.#functions.has(name)) this.#functions.set(name, one);
    }
    this.#bytes += bytesOf(library);
  }

  #unlink(library: FunctionLibrary): void {
    this.#libraries.delete(library.name);
    for (const name of library.functions.keys()) this.#functions.delete(toLowerAscii(name));
    this.#bytes -= bytesOf(library);
  }
}

function bytesOf({ text, functions }: FunctionLibrary): number {
  return LIBRARY_COST + text.length + FUNCTION_COST * functions.size;
}
