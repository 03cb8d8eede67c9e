/** The arguments of `redis.call` as the frame of a command. */

import { Buffer } from "node:buffer";
import { formatDouble17g } from "../base/float_format.ts";
import { formatInteger, integerLength } from "../base/numbers.ts";
import { Frame } from "../resp/frame.ts";
import type { LuaValue } from "../lua/mod.ts";

const STAR = 42, DOLLAR = 36, CR = 13, LF = 10;
const FIRST_BYTES = 1024;
/** A larger buffer is given back after the call that needed it. */
const MOST_KEPT = 64 * 1024;
/** Longer strings are worth a call into the runtime. */
const BY_LOOP_UP_TO = 48;

const latin1Write = (Buffer.prototype as unknown as {
  latin1Write(this: Uint8Array, text: string, at: number, length: number): number;
}).latin1Write;

/** Makes frames, all in the same buffer: each is valid until the next is made. */
export class CommandFrame {
  readonly #frame = new Frame();
  #buffer = new Uint8Array(FIRST_BYTES);
  readonly #texts: string[] = [];

  /** The frame of these arguments, or null where one is neither a string nor a number. */
  of(args: readonly LuaValue[]): Frame | null {
    const texts = this.#texts, count = args.length;
    let size = 3 + integerLength(count);
    for (let i = 0; i < count; i++) {
      const value = args[i];
      let text: string;
      if (typeof value === "string") text = value;
      else if (typeof value === "number") text = argumentText(value);
      else return null;
      texts[i] = text;
      size += 5 + integerLength(text.length) + text.length;
    }
    if (size > this.#buffer.length) this.#buffer = new Uint8Array(2 * size);
    this.#fill(count);
    return this.#frame;
  }

  /** The call has ended: what only an unusual one needs is given back. */
  release(): void {
    if (this.#buffer.length <= MOST_KEPT && this.#texts.length <= FIRST_BYTES) return;
    this.#buffer = new Uint8Array(FIRST_BYTES);
    this.#texts.length = 0;
    this.#frame.clear();
  }

  #fill(count: number): void {
    const frame = this.#frame, buffer = this.#buffer, texts = this.#texts;
    frame.reserve(count);
    const { offsets } = frame;
    let at = writeHeader(buffer, 0, STAR, count);
    for (let i = 0; i < count; i++) {
      const text = texts[i], { length } = text;
      at = writeHeader(buffer, at, DOLLAR, length);
      offsets[2 * i] = at;
      if (length <= BY_LOOP_UP_TO) {
        for (let k = 0; k < length; k++) buffer[at + k] = text.charCodeAt(k);
      } else {
        latin1Write.call(buffer, text, at, length);
      }
      at += length;
      offsets[2 * i + 1] = at;
      buffer[at++] = CR;
      buffer[at++] = LF;
    }
    frame.buffer = buffer;
    frame.argc = count;
    frame.end = at;
  }
}

/** A number as Redis hands it over: C's `%.17g`. */
function argumentText(value: number): string {
  if (Number.isNaN(value)) return "-nan";
  return formatDouble17g(value);
}

function writeHeader(buffer: Uint8Array, at: number, type: number, value: number): number {
  buffer[at++] = type;
  if (value < 10) buffer[at++] = 48 + value;
  else at = formatInteger(value, buffer, at);
  buffer[at] = CR;
  buffer[at + 1] = LF;
  return at + 2;
}
