/** The commands in one AOF file, decoded in place. */

import type { Frame } from "../resp/frame.ts";
import { fileErrorText, type OpenFile } from "./file.ts";
import { PersistenceError } from "./persistence_error.ts";

const CR = 13, LF = 10, HASH = 35, DOLLAR = 36, STAR = 42, DIGIT_0 = 48, DIGIT_9 = 57;

/** Bytes that are read at a time. */
const CHUNK = 1024 * 1024;
/** The largest command or transaction, so that positions in it fit in 32 bits. */
const LARGEST_COMMAND = 0x7fffffff;
/** Longer numbers are damage and not lengths. */
const MOST_DIGITS = 15;

/** What `#decode` returns where it has no position after a command to return. */
const INCOMPLETE = -1;
const MALFORMED = -2;

/** What `AofReader.next` came upon. */
export type AofItem =
  /** A command, which `frame` holds. */
  | "command"
  /** The end of the file, right after a command. */
  | "end"
  /** The end of the file in the middle of a command. */
  | "truncated"
  /** Something that no AOF holds; `problem` and `problemOffset` tell. */
  | "malformed";

/**
 * Reads commands off an AOF file one by one. It takes only what Redis writes: arrays of bulk strings
 * in canonical RESP, with annotation lines (`#TS:1700000000`) between them.
 *
 * The frame is valid until `next` is called again, unless its bytes are held back with `hold`.
 */
export class AofReader {
  readonly #file: OpenFile;
  readonly #name: string;
  /** Length of the file when it was opened. */
  readonly #size: number;
  readonly #frame: Frame;
  #buffer: Uint8Array;
  /** Where in the file `buffer[0]` comes from. */
  #origin: number;
  #position = 0;
  #limit = 0;
  /** Buffer position before which nothing is needed any more, if that is not `position`. */
  #held = -1;
  /** The number that `#readLength` found. */
  #length = 0;
  /** Bytes that must be in the buffer before decoding the command at hand is worth another try. */
  #needed = 0;

  /** What is wrong with the file when `next` returned "malformed". */
  problem = "";
  /** Where in the file that is. */
  problemOffset = 0;

  /**
   * A reader which fills in `frame`, from `file`, which stands at offset `start` and which errors call
   * `name`. A `buffer` can be used again.
   */
  constructor(
    file: OpenFile,
    name: string,
    start: number,
    frame: Frame,
    buffer: Uint8Array = new Uint8Array(CHUNK),
  ) {
    this.#file = file;
    this.#name = name;
    this.#origin = start;
    this.#size = file.sizeSync();
    this.#frame = frame;
    this.#buffer = buffer;
  }

  /** Offset in the file after the last command or annotation that was read. */
  get offset(): number {
    return this.#origin + this.#position;
  }

  /** The buffer, for another reader to use when this one is done. */
  get buffer(): Uint8Array {
    return this.#buffer;
  }

  /** Keeps everything from the current offset on in memory, so that `rewind` can go back there. */
  hold(): void {
    this.#held = this.#position;
  }

  /** Ends what `hold` began, and goes back to where that was when `offset` is given. */
  release(offset?: number): void {
    this.#held = -1;
    if (offset !== undefined) this.#position = offset - this.#origin;
  }

  /** Reads the next command into the frame. */
  next(): AofItem {
    for (;;) {
      if (this.#position === this.#limit && !this.#fill()) return "end";
      const end = this.#buffer[this.#position] === HASH ? this.#annotation() : this.#decode();
      if (end >= 0) {
        const isCommand = this.#buffer[this.#position] === STAR;
        this.#position = end;
        if (isCommand) return "command";
      } else if (end === MALFORMED) {
        return "malformed";
      } else if (!this.#fill()) {
        return "truncated";
      }
    }
  }

  /** Gets more of the file behind what is in the buffer; false when there is no more. */
  #fill(): boolean {
    const keep = this.#held >= 0 ? this.#held : this.#position;
    const needed = this.#needed - keep;
    this.#needed = 0;
    // A length that promises more than the file has is not worth reading towards.
    if (this.#origin + keep + needed > this.#size) return false;
    if (keep > 0) {
      this.#buffer.copyWithin(0, keep, this.#limit);
      this.#origin += keep;
      this.#position -= keep;
      this.#limit -= keep;
      if (this.#held >= 0) this.#held = 0;
    }
    if (this.#limit === this.#buffer.length || needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(2 * this.#buffer.length, needed));
      larger.set(this.#buffer.subarray(0, this.#limit));
      this.#buffer = larger;
    }
    const before = this.#limit;
    while (this.#read(needed) && this.#limit < needed);
    return this.#limit > before;
  }

  /** Reads one chunk, or what is missing to `needed` bytes; false at the end of the file. */
  #read(needed: number): boolean {
    const until = Math.max(this.#limit + CHUNK, needed);
    try {
      const count = this.#file.readSync(this.#buffer.subarray(this.#limit, until));
      this.#limit += count;
      return count > 0;
    } catch (error) {
      throw new PersistenceError(
        `Unrecoverable error reading the append only file ${this.#name}: ${fileErrorText(error)}`,
      );
    }
  }

  /** Position after the annotation line at the current position. */
  #annotation(): number {
    const at = this.#buffer.subarray(0, this.#limit).indexOf(LF, this.#position);
    return at < 0 ? INCOMPLETE : at + 1;
  }

  /** Decodes the command at the current position into the frame and returns where it ends. */
  #decode(): number {
    const buffer = this.#buffer, limit = this.#limit, frame = this.#frame;
    const start = this.#position;
    let p = this.#readLength(start, STAR);
    if (p < 0) return p;
    const argc = this.#length;
    if (argc === 0) return this.#malformed(start, "a command without arguments");
    let offsets = frame.offsets;
    for (let i = 0; i < argc; i++) {
      p = this.#readLength(p, DOLLAR);
      if (p < 0) return p;
      // Room is made as arguments come in: their number is only a claim.
      if (2 * i + 1 >= offsets.length) {
        frame.reserve(i + 1);
        offsets = frame.offsets;
      }
      const end = p + this.#length;
      if (end + 2 - (this.#held >= 0 ? this.#held : start) > LARGEST_COMMAND) {
        // A length beyond the end of the file is a command that was cut off, however large.
        if (this.#origin + end + 2 > this.#size) {
          this.#needed = end + 2;
          return INCOMPLETE;
        }
        return this.#malformed(start, "a command or transaction of more than 2 GiB");
      }
      if (end + 2 > limit) {
        this.#needed = end + 2;
        return INCOMPLETE;
      }
      if (buffer[end] !== CR || buffer[end + 1] !== LF) {
        return this.#malformed(end, "a CR LF is missing after an argument");
      }
      offsets[2 * i] = p;
      offsets[2 * i + 1] = end;
      p = end + 2;
    }
    frame.buffer = buffer;
    frame.argc = argc;
    frame.start = start;
    frame.end = p;
    frame.canonical = true;
    return p;
  }

  /** Reads a line such as `$12\r\n`, puts the number into `#length` and returns where the line ends. */
  #readLength(start: number, type: number): number {
    const buffer = this.#buffer, limit = this.#limit;
    if (start >= limit) return INCOMPLETE;
    if (buffer[start] !== type) {
      return this.#malformed(start, `'${String.fromCharCode(type)}' is missing`);
    }
    let p = start + 1, value = 0, byte = 0;
    for (; p < limit; p++) {
      byte = buffer[p];
      if (byte < DIGIT_0 || byte > DIGIT_9) break;
      value = value * 10 + byte - DIGIT_0;
    }
    if (p - start - 1 > MOST_DIGITS) return this.#malformed(start, "a length is too long");
    if (p >= limit) return INCOMPLETE;
    if (byte !== CR || p === start + 1) return this.#malformed(start, "a length is not a number");
    if (p + 1 >= limit) return INCOMPLETE;
    if (buffer[p + 1] !== LF) return this.#malformed(p, "a CR LF is missing after a length");
    this.#length = value;
    return p + 2;
  }

  #malformed(at: number, problem: string): number {
    this.problem = problem;
    this.problemOffset = this.#origin + at;
    return MALFORMED;
  }
}
