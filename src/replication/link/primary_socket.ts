/** The connection to a primary, as whoever shakes hands or loads data reads it: lines, and bytes as they come. */

import type { Clock } from "../../base/clock.ts";
import { byteString, EMPTY } from "../../base/span.ts";
import { fileErrorText } from "../../persistence/file.ts";
import type { Socket } from "../../clients/transport.ts";
import { Frame } from "../../resp/frame.ts";

const LF = 10, CR = 13;
/** So much is read at once, in bytes. */
const READ_SIZE = 64 * 1024;
/** What a primary says in a line is shorter, in bytes. */
const LONGEST_LINE = 1024;

/** Why there is no link to the primary, or no longer; the message is what the log says. */
export class LinkError extends Error {
  static {
    this.prototype.name = "LinkError";
  }
}

/** A connection to a primary. */
export class PrimarySocket {
  readonly conn: Socket;
  /** When something last came or left, in ms since the epoch. */
  activeAt: number;
  readonly #clock: Clock;
  readonly #buffer = new Uint8Array(READ_SIZE);
  /** What has come and was not read. */
  #unread: Uint8Array = EMPTY;
  #isClosed = false;
  /** Ends when all that was sent before is written. */
  #written: Promise<void> = Promise.resolve();
  /** Whether what is read counts as what the primary sends a replica: not what is said before. */
  isCounted = false;
  readonly #received: (count: number) => void;

  constructor(conn: Socket, clock: Clock, received: (count: number) => void) {
    this.conn = conn;
    this.#clock = clock;
    this.#received = received;
    this.activeAt = clock.now();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Reads a line, without its end. Throws `LinkError`, also where it is not one. */
  async readLine(): Promise<string> {
    const pieces: string[] = [];
    for (let length = 0;;) {
      if (this.#unread.length === 0 && !await this.#fill()) throw new LinkError(CLOSED);
      const end = this.#unread.indexOf(LF);
      const piece = this.#unread.subarray(0, end < 0 ? undefined : end);
      length += piece.length;
      if (length > LONGEST_LINE) throw new LinkError("The primary has sent a line that has no end");
      pieces.push(byteString(piece));
      this.#take(end < 0 ? piece.length : end + 1);
      if (end < 0) continue;
      const line = pieces.join("");
      return line.charCodeAt(line.length - 1) === CR ? line.slice(0, -1) : line;
    }
  }

  /** Reads what there is, `most` bytes at most, valid until the next call; null: nothing more comes. */
  async read(most = Infinity): Promise<Uint8Array | null> {
    if (this.#unread.length === 0 && !await this.#fill()) return null;
    const bytes = this.#unread.subarray(0, Math.min(most, this.#unread.length));
    this.#take(bytes.length);
    return bytes;
  }

  #take(count: number): void {
    this.#unread = this.#unread.subarray(count);
    if (this.isCounted) this.#received(count);
  }

  /** Puts bytes back that came too early: they are read next. */
  unread(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#received(-bytes.length);
    const all = new Uint8Array(bytes.length + this.#unread.length);
    all.set(bytes);
    all.set(this.#unread, bytes.length);
    this.#unread = all;
  }

  /** What has come and was not read, which is read with that. */
  takeUnread(): Uint8Array {
    const unread = this.#unread;
    this.isCounted = true;
    this.#take(unread.length);
    return unread;
  }

  /** Sends bytes, behind those that were sent before. A connection that takes none is closed. */
  send(bytes: Uint8Array): void {
    this.#written = this.#written.then(() => this.#write(bytes)).catch(() => this.close());
  }

  /** Sends a command. */
  sendCommand(...args: string[]): void {
    this.send(Frame.fromStrings(args).encoded());
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.conn.close();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#isClosed;) {
      at += await this.conn.write(bytes.subarray(at));
    }
  }

  /** Reads more; false: nothing more comes. Throws `LinkError`. */
  async #fill(): Promise<boolean> {
    if (this.#isClosed) throw new LinkError(CLOSED);
    let count: number | null;
    try {
      count = await this.conn.read(this.#buffer);
    } catch (error) {
      throw new LinkError(fileErrorText(error));
    }
    if (count === null) return false;
    this.activeAt = this.#clock.now();
    this.#unread = this.#buffer.subarray(0, count);
    return true;
  }
}

/** What is said of a connection that has ended. */
export const CLOSED = "connection lost";
