/** What is sent to one replica: lines of the protocol, the data set, and then the stream of changes. */

import type { OutputFeed } from "../clients/transport.ts";
import { EMPTY } from "../base/span.ts";
import type { StreamReader } from "./stream.ts";

/** The data set on its way to a replica: bytes that are read at its own pace. */
export interface PayloadReader {
  /** The bytes that come next; empty: none yet. They stay as they are until the next call. */
  next(): Uint8Array;
  /** So many of them were sent. */
  advance(count: number): void;
  /** Whether all was read that will ever come. */
  readonly isAtEnd: boolean;
  close(): void;
}

/** What has become of the output. */
export interface ReplicaOutputOwner {
  /** The data set was sent as a whole. */
  payloadSent(): void;
  /** Bytes have left. */
  moved(): void;
  /** The connection is closed. */
  closed(): void;
}

/** How far the stream may be sent once the gate has got to `ticket`. */
interface Mark {
  readonly ticket: number;
  readonly end: number;
}

/** Feeds the connection of a replica. */
export class ReplicaOutput implements OutputFeed {
  readonly #owner: ReplicaOutputOwner;
  /** What comes first. */
  #lines: Uint8Array = EMPTY;
  #payload: PayloadReader | null = null;
  #stream: StreamReader | null = null;
  /** Whether the stream's turn has come: the data set was sent and taken. */
  #streams = false;
  readonly #marks: Mark[] = [];
  /** The number of the last byte of the stream that may leave. */
  #allowed = 0;
  /** Where what is being written comes from. */
  #source: "lines" | "payload" | "stream" = "lines";

  constructor(owner: ReplicaOutputOwner) {
    this.#owner = owner;
  }

  /** Sends text before anything else that is still to be sent. */
  say(text: string): void {
    const line = new TextEncoder().encode(text);
    const lines = new Uint8Array(this.#lines.length + line.length);
    lines.set(this.#lines);
    lines.set(line, this.#lines.length);
    this.#lines = lines;
  }

  /** Sends the data set. */
  sendPayload(payload: PayloadReader): void {
    this.#payload = payload;
  }

  /** Keeps the stream from here on, to be sent when `startStream` is called. */
  follow(stream: StreamReader): void {
    this.#stream?.close();
    this.#stream = stream;
  }

  /** The stream is sent from now on. */
  startStream(): void {
    this.#streams = true;
  }

  /** Where in the stream it is: the number of the next byte to be sent. */
  get position(): number {
    return this.#stream?.position ?? 0;
  }

  get bytes(): number {
    return this.#lines.length + (this.#stream?.available ?? 0);
  }

  get waitsForSafety(): boolean {
    return this.#marks.length > 0;
  }

  turnEnded(ticket: number): void {
    // What waits while the data is sent needs no marks: it leaves after all of this.
    if (this.#stream === null || !this.#streams) return;
    const end = this.#stream.position + this.#stream.available - 1;
    this.#marks.push({ ticket, end });
  }

  next(safe: number): Uint8Array {
    if (this.#lines.length > 0) {
      this.#source = "lines";
      return this.#lines;
    }
    if (this.#payload !== null) {
      this.#source = "payload";
      return this.#payload.next();
    }
    const marks = this.#marks;
    let passed = 0;
    for (; passed < marks.length && marks[passed].ticket <= safe; passed++) {
      this.#allowed = marks[passed].end;
    }
    if (passed > 0) marks.splice(0, passed);
    if (!this.#streams || this.#stream === null) return EMPTY;
    this.#source = "stream";
    return this.#stream.position > this.#allowed ? EMPTY : this.#stream.peek(this.#allowed);
  }

  wrote(count: number): void {
    if (this.#source === "lines") {
      this.#lines = this.#lines.subarray(count);
    } else if (this.#source === "stream") {
      this.#stream?.advance(count);
    } else {
      this.#payload?.advance(count);
      this.payloadGrew();
    }
    this.#owner.moved();
  }

  /** There may be more of the data set, or nothing more. */
  payloadGrew(): void {
    if (this.#payload === null || !this.#payload.isAtEnd) return;
    this.#payload.close();
    this.#payload = null;
    this.#owner.payloadSent();
  }

  close(): void {
    this.#payload?.close();
    this.#payload = null;
    this.#stream?.close();
    this.#stream = null;
    this.#owner.closed();
  }
}
