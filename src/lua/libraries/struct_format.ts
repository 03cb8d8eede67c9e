/** The formats of `struct`, option by option. */

import { untilNul } from "../../base/c_string.ts";
import { argumentError, luaError } from "../runtime/lua_error.ts";

const INT_MAX = 2147483647;
const MAX_INTEGER_SIZE = 32;
/** The alignment of "!" without a number. */
const MAX_ALIGNMENT = 8;

const SIZES: ReadonlyMap<string, number> = new Map([
  ["b", 1],
  ["B", 1],
  ["h", 2],
  ["H", 2],
  ["l", 8],
  ["L", 8],
  ["T", 8],
  ["f", 4],
  ["d", 8],
  ["x", 1],
]);

/** Whether an option stands for an integer. */
export function isInteger(option: string): boolean {
  return "bBhHlLTiI".includes(option);
}

/** Reads a format. */
export class FormatReader {
  /** The current option and the size of what it stands for. */
  option = "";
  size = 0;
  isLittle = true;
  #alignment = 1;
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = untilNul(text);
  }

  /** Goes to the next option; false at the end. */
  next(): boolean {
    if (this.#at >= this.#text.length) return false;
    this.option = this.#text[this.#at++];
    this.size = this.#readSize();
    return true;
  }

  #readSize(): number {
    if (this.option === "c") return this.#number(1);
    if (this.option === "i" || this.option === "I") {
      const size = this.#number(4);
      if (size > MAX_INTEGER_SIZE) {
        throw luaError(`integral size ${size} is larger than limit of ${MAX_INTEGER_SIZE}`);
      }
      return size;
    }
    return SIZES.get(this.option) ?? 0;
  }

  #number(fallback: number): number {
    let value = -1;
    for (;;) {
      const digit = this.#text.charCodeAt(this.#at) - 48;
      if (!(digit >= 0 && digit <= 9)) return value < 0 ? fallback : value;
      if (value < 0) value = 0;
      if (value * 10 > INT_MAX - digit) throw luaError("integral size overflow");
      value = value * 10 + digit;
      this.#at++;
    }
  }

  /** How many bytes are skipped before the current option, `at` bytes after the beginning. */
  padding(at: number): number {
    if (this.size === 0 || this.option === "c") return 0;
    const size = Math.min(this.size, this.#alignment);
    return (size - (at & (size - 1))) & (size - 1);
  }

  /** Takes the current option as one about the format itself; throws if it is none. */
  control(): void {
    switch (this.option) {
      case " ":
        return;
      case ">":
        this.isLittle = false;
        return;
      case "<":
        this.isLittle = true;
        return;
      case "!": {
        const alignment = this.#number(MAX_ALIGNMENT);
        if (alignment <= 0 || (alignment & (alignment - 1)) !== 0) {
          throw luaError(`alignment ${alignment} is not a power of 2`);
        }
        this.#alignment = alignment;
        return;
      }
    }
    throw argumentError(1, `invalid format option '${this.option}'`);
  }
}
