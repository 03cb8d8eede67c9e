/**
 * How far a file of commands is right, and what comes then, in the words of `redis-check-aof`. It reads as that
 * does: what `AofReader` takes, and besides what only looks like it (spaces and signs in front of numbers).
 */

import { toLowerAscii } from "../base/ascii.ts";
import { byteString } from "../base/span.ts";
import type { OpenFile } from "./file.ts";

const LF = 10, HASH = 35, STAR = 42;

/** Bytes that are read at a time. */
const CHUNK = 1024 * 1024;
/** A line with a number has fewer bytes than this, and an annotation fewer than that. */
const LONGEST_NUMBER = 128, LONGEST_ANNOTATION = 1024;
/** Names of commands that matter have fewer bytes than this. */
const LONGEST_NAME = 16;
/** C's `LONG_MAX`, where longer numbers end. */
const LONG_MAX = 2n ** 63n - 1n;

/** What a scan found. */
export interface AofScan {
  /** What is wrong behind what is right, if there are words for it. */
  readonly problem: string;
  /** Up to here the file is right: whole commands, and whole transactions. */
  readonly end: number;
  /** The line that comes next. */
  readonly line: number;
}

/** Where a scan begins. */
export interface AofScanPlace {
  /** What messages call the file. */
  readonly name: string;
  /** The offset of the first command. */
  readonly start: number;
  /** The number of its line. */
  readonly line: number;
}

/** Reads commands up to the end of a file, or to what is none. */
export function scanAof(file: OpenFile, place: AofScanPlace): AofScan {
  return new Scan(file, place).run();
}

/** Thrown where a command is not right; `#problem` may say why. */
const WRONG = Symbol("wrong");

class Scan {
  readonly #file: OpenFile;
  readonly #name: string;
  readonly #size: number;
  readonly #buffer = new Uint8Array(CHUNK);
  /** Where in the file the buffer begins. */
  #origin: number;
  #position = 0;
  #limit = 0;
  #line: number;
  #problem = "";
  /** How many MULTI wait for their EXEC. */
  #open = 0;
  /** Where what was read last began. */
  #at = 0;

  constructor(file: OpenFile, { name, start, line }: AofScanPlace) {
    this.#file = file;
    this.#name = name;
    this.#size = file.sizeSync();
    this.#line = line;
    this.#origin = start;
    file.seekSync(start);
  }

  run(): AofScan {
    let end = this.#offset;
    for (;;) {
      if (this.#open === 0) end = this.#offset;
      const first = this.#peek();
      if (first === null) break;
      if (first === HASH) {
        this.#readLine(LONGEST_ANNOTATION);
      } else if (first !== STAR) {
        this.#problem = `AOF ${this.#name} format error`;
        break;
      } else if (!this.#readsCommand()) break;
    }
    if (this.#peek() === null && this.#open > 0 && this.#problem === "") {
      this.#say("Reached EOF before reading EXEC for MULTI");
    }
    return { problem: this.#problem, end, line: this.#line };
  }

  get #offset(): number {
    return this.#origin + this.#position;
  }

  #say(text: string): void {
    this.#problem = `0x${this.#at.toString(16).padStart(16)}: ${text}`;
  }

  #fail(text: string): never {
    this.#say(text);
    throw WRONG;
  }

  #readsCommand(): boolean {
    try {
      const count = this.#readNumber("*");
      for (let i = 0n; i < count; i++) this.#readArgument(i === 0n);
      return true;
    } catch (error) {
      if (error === WRONG) return false;
      throw error;
    }
  }

  #readArgument(isName: boolean): void {
    const length = this.#readNumber("$");
    if (length < 0n || length > LONG_MAX - 2n) {
      this.#fail(`Expected to read string of ${length} bytes, which is not in the suitable range`);
    }
    this.#at = this.#offset;
    const wanted = length + 2n, left = this.#size - this.#offset;
    if (wanted > BigInt(left)) {
      this.#skip(left);
      this.#fail(`Expected to read ${wanted} bytes, got ${left} bytes`);
    }
    const isShort = isName && length < LONGEST_NAME;
    const name = isShort ? toLowerAscii(this.#take(Number(length))) : "";
    if (!isShort) this.#skip(Number(length));
    this.#endLine(this.#take(2));
    if (name === "multi" && this.#open++ > 0) this.#fail(`Unexpected MULTI in AOF ${this.#name}`);
    if (name === "exec" && --this.#open !== 0) this.#fail(`Unexpected EXEC in AOF ${this.#name}`);
  }

  /** A number behind a prefix, as C's `strtol` reads it. */
  #readNumber(prefix: string): bigint {
    this.#at = this.#offset;
    const line = this.#readLine(LONGEST_NUMBER);
    if (line === "") throw WRONG;
    if (line[0] !== prefix) this.#fail(`Expected prefix '${prefix}', got: '${line[0]}'`);
    const [all, sign, digits] = /^[ \t\n\v\f\r]*([+-]?)(\d+)/.exec(line.slice(1)) ?? ["", "", "0"];
    this.#endLine(line.slice(1 + all.length));
    const value = BigInt(digits), bounded = value > LONG_MAX ? LONG_MAX : value;
    return sign === "-" ? -bounded : bounded;
  }

  #endLine(text: string): void {
    if (!text.startsWith("\r\n")) {
      const shown = [0, 1].map((i) => hexOf(text.charCodeAt(i) || 0)).join("");
      this.#fail(`Expected \\r\\n, got: ${shown}`);
    }
    this.#line++;
  }

  /** As C's `fgets`: a line with its end, or as much as fits; empty at the end of the file. */
  #readLine(size: number): string {
    let line = "";
    while (line.length < size - 1) {
      const byte = this.#peek();
      if (byte === null) break;
      this.#position++;
      line += String.fromCharCode(byte);
      if (byte === LF) break;
    }
    return line;
  }

  #peek(): number | null {
    if (this.#position === this.#limit) this.#fill();
    return this.#position < this.#limit ? this.#buffer[this.#position] : null;
  }

  #fill(): void {
    this.#origin += this.#position;
    this.#position = 0;
    this.#limit = this.#file.readSync(this.#buffer);
  }

  /** Bytes that are there. */
  #take(length: number): string {
    let text = "";
    while (text.length < length && this.#peek() !== null) {
      const end = Math.min(this.#limit, this.#position + length - text.length);
      text += byteString(this.#buffer, this.#position, end);
      this.#position = end;
    }
    return text;
  }

  #skip(length: number): void {
    const inBuffer = Math.min(length, this.#limit - this.#position);
    this.#position += inBuffer;
    if (inBuffer === length) return;
    this.#origin += this.#position + length - inBuffer;
    this.#position = this.#limit = 0;
    this.#file.seekSync(this.#origin);
  }
}

function hexOf(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
