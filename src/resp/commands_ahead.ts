/** Commands that are decoded before their turn, as numbers: where each is in the query buffer, and its arguments. */

import { UNAUTHENTICATED_MAX_BULK } from "./decoder_limits.ts";
import { EMPTY } from "../base/span.ts";
import type { Frame } from "./frame.ts";

const LF = 10, CR = 13, DOLLAR = 36, STAR = 42, ZERO = 48;
/** The shortest line with a number, in bytes. */
const SHORTEST_HEADER = 4;
/** Commands with more arguments are not decoded ahead. */
const MOST_ARGUMENTS = 9;

/** So many commands are decoded ahead at most. */
export const COMMANDS_AHEAD = 16;

// A command is a row of so many numbers: where it begins and ends, how many arguments it has, and from
// `FIRST` on where each of those begins and ends.
const START = 0, END = 1, ARGC = 2, FIRST = 3;
const STRIDE = 24;

/**
 * The next commands of a query buffer, as clients send nearly all of them: arrays of 1 to 9 arguments in
 * canonical encoding, each within the limit for those who have not authenticated. No limit that may change
 * forbids one.
 */
export class CommandsAhead {
  /** How many there are. */
  count = 0;
  /** The bytes that the positions refer to, as long as commands are taken from here. */
  buffer: Uint8Array = EMPTY;
  readonly #numbers = new Int32Array(COMMANDS_AHEAD * STRIDE);

  /** Where command `i` ends. */
  end(i: number): number {
    return this.#numbers[i * STRIDE + END];
  }

  /** Where command `i` begins. */
  start(i: number): number {
    return this.#numbers[i * STRIDE + START];
  }

  /** How many arguments command `i` has. */
  argc(i: number): number {
    return this.#numbers[i * STRIDE + ARGC];
  }

  /** Where argument `argument` of command `i`, which it must have, begins. */
  argStart(i: number, argument: number): number {
    return this.#numbers[i * STRIDE + FIRST + 2 * argument];
  }

  /** Where argument `argument` of command `i`, which it must have, ends. */
  argEnd(i: number, argument: number): number {
    return this.#numbers[i * STRIDE + FIRST + 2 * argument + 1];
  }

  /** Decodes what is plain of bytes `[start, end)`, up to the first command that is not, or not whole. */
  decode(buffer: Uint8Array, start: number, end: number): void {
    this.buffer = buffer;
    let count = 0;
    for (let at = start; count < COMMANDS_AHEAD && at < end; count++) {
      at = this.#decodeOne(buffer, at, end, count * STRIDE);
      if (at < 0) break;
    }
    this.count = count;
  }

  /** Makes `frame` command `i`. */
  fill(frame: Frame, i: number): void {
    const numbers = this.#numbers, { offsets } = frame;
    const row = i * STRIDE, argc = numbers[row + ARGC];
    for (let k = 0; k < 2 * argc; k++) offsets[k] = numbers[row + FIRST + k];
    frame.buffer = this.buffer;
    frame.argc = argc;
    frame.start = numbers[row + START];
    frame.end = numbers[row + END];
    frame.canonical = true;
  }

  /** Lets go of the buffer. */
  clear(): void {
    this.count = 0;
    this.buffer = EMPTY;
  }

  /** Decodes the command at `at` into a row; says where it ends, or -1 where it is not plain or not whole. */
  #decodeOne(buffer: Uint8Array, at: number, filled: number, row: number): number {
    const argc = buffer[at + 1] - ZERO;
    if (at + SHORTEST_HEADER > filled || buffer[at] !== STAR) return -1;
    if (argc < 1 || argc > MOST_ARGUMENTS) return -1;
    if (buffer[at + 2] !== CR || buffer[at + 3] !== LF) return -1;
    const numbers = this.#numbers;
    let p = at + SHORTEST_HEADER;
    for (let i = 0; i < argc; i++) {
      if (p + SHORTEST_HEADER > filled || buffer[p] !== DOLLAR) return -1;
      let length = buffer[p + 1] - ZERO, digit = 0;
      if (length < 0 || length > 9) return -1;
      p += 2;
      // A number that begins with 0 has no other digits.
      while (length > 0 && p < filled && (digit = buffer[p] - ZERO) >= 0 && digit <= 9) {
        length = length * 10 + digit;
        if (length > UNAUTHENTICATED_MAX_BULK) return -1;
        p++;
      }
      const start = p + 2, end = start + length;
      if (end + 2 > filled || buffer[p] !== CR || buffer[p + 1] !== LF) return -1;
      if (buffer[end] !== CR || buffer[end + 1] !== LF) return -1;
      numbers[row + FIRST + 2 * i] = start;
      numbers[row + FIRST + 2 * i + 1] = end;
      p = end + 2;
    }
    numbers[row + START] = at;
    numbers[row + END] = p;
    numbers[row + ARGC] = argc;
    return p;
  }
}
