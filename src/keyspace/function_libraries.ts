/**
 * Function libraries that came with a file. No command here can call them yet: they are kept as the texts
 * that they are, so that whatever is written from this data set has them too.
 * https://redis.io/docs/latest/develop/interact/programmability/functions-intro/
 */

import { byteString } from "../base/span.ts";

/** A library's first line names its engine and itself. */
const FIRST_LINE = /^#!\S+[^\n]*\sname=(\S+)/;

/** The texts of libraries, by the names of these. */
export class FunctionLibraries implements Iterable<Uint8Array> {
  readonly #texts = new Map<string, Uint8Array>();
  #bytes = 0;

  /** How many there are. */
  get size(): number {
    return this.#texts.size;
  }

  /** How many bytes all texts have. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Their texts, in the order in which they came. */
  [Symbol.iterator](): Iterator<Uint8Array> {
    return this.#texts.values();
  }

  /** The name of the library with this text; null where its first line is wrong. */
  static nameOf(text: Uint8Array): string | null {
    return FIRST_LINE.exec(byteString(text, 0, text.length))?.[1] ?? null;
  }

  /** Whether there is one of this name. */
  has(name: string): boolean {
    return this.#texts.has(name);
  }

  /** Adds a library, or puts it in the place of the one of that name; the text must not change any more. */
  set(name: string, text: Uint8Array): void {
    this.#bytes += text.length - (this.#texts.get(name)?.length ?? 0);
    this.#texts.set(name, text);
  }

  /** Forgets them all. */
  clear(): void {
    this.#texts.clear();
    this.#bytes = 0;
  }
}
