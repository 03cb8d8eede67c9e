/** A client that costs little: one buffer, and replies that are only counted and checked for errors. */

import { completeReplyLength } from "../src/resp/reply_reader.ts";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();
const MINUS = 45;

/** An error reply that the load did not ask for, or the end of the connection. */
export class SoakError extends Error {}

/** A connection with one command, or one pipeline, under way at a time. */
export class SoakConnection implements Disposable {
  readonly #conn: Deno.Conn;
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(1024);
  #length = 0;

  private constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  static async connect(port: number): Promise<SoakConnection> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay(true);
    return new SoakConnection(conn);
  }

  /** Sends commands, encoded, and waits for so many replies. Throws `SoakError`. */
  async call(commands: string, replies: number): Promise<void> {
    const bytes = ENCODER.encode(commands);
    const sent = this.#send(bytes);
    for (let i = 0; i < replies; i++) await this.receive();
    await sent;
  }

  /** Waits for a reply or a message, and returns its first line. Throws `SoakError`. */
  async receive(): Promise<string> {
    let length: number;
    while ((length = this.#replyLength()) < 0) await this.#read();
    const line = DECODER.decode(this.#buffer.subarray(0, Math.min(length, 80))).split("\r\n")[0];
    const isError = this.#buffer[0] === MINUS;
    this.#buffer.copyWithin(0, length, this.#length);
    this.#length -= length;
    if (this.#length === 0 && this.#buffer.length > 64 * 1024) this.#buffer = new Uint8Array(1024);
    if (isError) throw new SoakError(line);
    return line;
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }

  /** A long bulk string is not looked at again and again: its header tells how much must come. */
  #replyLength(): number {
    if (this.#length === 0) return -1;
    return completeReplyLength(this.#buffer.subarray(0, this.#length));
  }

  async #send(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }

  async #read(): Promise<void> {
    if (this.#length === this.#buffer.length) {
      const larger = new Uint8Array(4 * this.#buffer.length);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    const count = await this.#conn.read(this.#buffer.subarray(this.#length));
    if (count === null) throw new SoakError("the server closed the connection");
    this.#length += count;
  }
}
