/** The stream of changes from the primary: each is made here, and passed on to own replicas as it came. */

import { letOthersRun } from "../../base/event_loop.ts";
import { copyBytes } from "../../base/span.ts";
import type { Client } from "../../clients/client.ts";
import type { Settings } from "../../config/mod.ts";
import type { Dispatcher } from "../../execution/dispatcher.ts";
import { Outcome } from "../../execution/outcome.ts";
import type { Keyspace } from "../../keyspace/keyspace.ts";
import type { Log } from "../../observe/log.ts";
import type { Statistics } from "../../observe/statistics.ts";
import { fileErrorText } from "../../persistence/file.ts";
import { CommandDecoder } from "../../resp/command_decoder.ts";
import type { DecoderLimits } from "../../resp/decoder_limits.ts";
import { Frame } from "../../resp/frame.ts";
import { ProtocolError, QueryBufferLimitError } from "../../resp/protocol_error.ts";
import type { ReplicationStream } from "../stream.ts";
import { CLOSED, LinkError, type PrimarySocket } from "./primary_socket.ts";

/** What is held up for longer than this by the primary's commands, in ms, has its turn. */
const LONGEST_TURN = 1;
const LF = 10;

/** A primary may say whatever a server can hold. */
const LIMITS: DecoderLimits = {
  maxMultibulk: 0x7fffffff,
  maxBulkLength: 0x7fffffff,
  inlineLimit: 64 * 1024,
  inlineRefusal: "Receiving inline protocol from master, master stream corruption?",
  maxQueryBuffer: Infinity,
  authenticated: true,
};

/** What is not to be gone on with from where it is. */
export class StreamError extends LinkError {
  static {
    this.prototype.name = "StreamError";
  }
}

/** What a primary's stream works with. */
export interface PrimaryStreamParts {
  readonly socket: PrimarySocket;
  readonly client: Client;
  readonly dispatcher: Pick<Dispatcher<Client>, "beginBatch" | "execute" | "endBatch">;
  readonly gate: { schedule(): void };
  readonly keyspace: Keyspace;
  readonly stream: ReplicationStream;
  readonly settings: Readonly<Settings>;
  readonly statistics: Statistics;
  readonly log: Log;
  /** Why writes can't be made safe now, or null. */
  readonly diskRefusal: () => unknown;
  /** Whether a command writes. */
  readonly isWrite: (frame: Frame) => boolean;
  /** Tells of the bytes that were read. */
  readonly received: (count: number) => void;
  /** Ends the server, as its data is not the primary's. */
  readonly panic: (message: string) => void;
  /** Tells when something came, in ms since the epoch. */
  readonly now: () => number;
}

/** Runs what a primary sends. */
export class PrimaryStream {
  readonly #parts: PrimaryStreamParts;
  readonly #decoder = new CommandDecoder(LIMITS);
  readonly #frame = new Frame();
  /** How many of the bytes that came were run, or passed over. */
  #consumed = 0;
  /** What was run and is not passed on yet: part of a transaction, or of a command that takes its time. */
  readonly #held = new HeldBytes();
  /** What was run of the decoder's buffer, one behind the other, and is still to be passed on. */
  #runBuffer: Uint8Array | null = null;
  #runStart = 0;
  #runEnd = 0;
  /** No key's time has come for a script of the primary that takes its time. */
  #releaseExpired: (() => void) | null = null;
  #busy = 0;
  #isEnded = false;
  /** What went wrong where nobody waits for more. */
  #failure: LinkError | null = null;
  /** Fulfilled when a command of the primary that has taken its time has ended. */
  readonly #ended = Promise.withResolvers<void>();
  /** When it was last said that changes can't be written. */
  #saidAt = -Infinity;

  constructor(parts: PrimaryStreamParts) {
    this.#parts = parts;
  }

  /** Bytes that came and were not run. */
  get pendingBytes(): number {
    return this.#decoder.pending;
  }

  get heldBytes(): number {
    const { client } = this.#parts;
    return client.runningCommand === undefined ? this.#decoder.unparsed : this.#decoder.held;
  }

  get capacity(): number {
    return this.#decoder.capacity;
  }

  get argumentBytes(): number {
    return this.#decoder.argumentBytes;
  }

  /** Runs what comes until nothing more does. Rejects with a `LinkError` that says why. */
  async run(): Promise<void> {
    const { socket } = this.#parts, decoder = this.#decoder;
    try {
      decoder.feed(socket.takeUnread());
      for (;;) {
        this.#runCommands();
        if (this.#busy >= LONGEST_TURN) {
          this.#busy = 0;
          await letOthersRun();
        }
        if (this.#isEnded) throw new LinkError(CLOSED);
        await this.#readMore();
      }
    } finally {
      // A script that has begun is done as a whole, and counted.
      if (this.#parts.client.wait?.kind === "script") await this.#ended.promise;
      this.#end();
    }
  }

  /** Nothing more of it begins. */
  close(): void {
    this.#isEnded = true;
  }

  /** The command that was given out last comes again. */
  putBack(): void {
    this.#decoder.putBack();
  }

  /** What held it up is over. */
  resume(): void {
    queueMicrotask(() => {
      this.#settle();
      this.#ended.resolve();
      if (this.#isEnded) return;
      try {
        this.#runCommands();
      } catch (error) {
        if (!(error instanceof LinkError)) throw error;
        this.#failure = error;
        this.#parts.socket.close();
      }
    });
  }

  /** What took its time has ended: it is passed on. */
  #settle(): void {
    const { client, gate } = this.#parts;
    if (client.isWaiting) return;
    this.#releaseExpired?.();
    this.#releaseExpired = null;
    if (client.transaction.active) return;
    this.#passOnHeld();
    gate.schedule();
  }

  async #readMore(): Promise<void> {
    const { socket, received, now } = this.#parts;
    let count: number | null;
    try {
      count = await socket.conn.read(this.#decoder.writable());
    } catch (error) {
      throw this.#failure ?? new LinkError(fileErrorText(error));
    }
    if (count === null || this.#isEnded) throw this.#failure ?? new LinkError(CLOSED);
    socket.activeAt = now();
    received(count);
    this.#parts.client.activeAt = socket.activeAt;
    try {
      this.#decoder.commit(count);
    } catch (error) {
      if (!(error instanceof QueryBufferLimitError)) throw error;
      throw new StreamError("The primary has sent a command that is too long");
    }
  }

  #end(): void {
    this.#isEnded = true;
    this.#releaseExpired?.();
    this.#releaseExpired = null;
    this.#decoder.close();
  }

  /** Runs the commands that are there. */
  #runCommands(): void {
    const { client, dispatcher, gate, keyspace } = this.#parts;
    const decoder = this.#decoder, frame = this.#frame;
    if (client.isWaiting || keyspace.halfway.isHeld || this.#isEnded) return;
    const release = keyspace.findsExpired.hold();
    dispatcher.beginBatch();
    try {
      while (!this.#isEnded && !client.isWaiting && !keyspace.halfway.isHeld) {
        if (!decoder.next(frame)) {
          this.#passOver();
          break;
        }
        this.#execute(frame);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      throw this.#desync(error.message);
    } finally {
      this.#passOnRun();
      // As long as a script of the primary takes its time, the others are answered BUSY.
      if (client.wait?.kind === "script") this.#releaseExpired = release;
      else release();
      this.#busy += dispatcher.endBatch();
      gate.schedule();
    }
  }

  #execute(frame: Frame): void {
    const { client, dispatcher, statistics } = this.#parts;
    // It tells how far this one has come, without what asks for that.
    if (isAcknowledgementAsked(frame)) this.#passOnRun();
    this.#checkDisk(frame);
    const errors = statistics.unexpectedErrorReplies;
    const outcome = dispatcher.execute(client, frame);
    // It was put back, and comes again.
    if (outcome === Outcome.Waits && client.wait?.kind === "pause") return;
    const consumed = this.#position, length = consumed - this.#consumed;
    this.#consumed = consumed;
    if (client.transaction.active || client.isWaiting || this.#held.length > 0) {
      this.#passOnRun();
      this.#held.append(frame.buffer, frame.end - length, frame.end);
      if (!client.transaction.active && !client.isWaiting) this.#passOnHeld();
    } else {
      this.#extendRun(frame.buffer, frame.end - length, frame.end);
    }
    if (statistics.unexpectedErrorReplies !== errors) this.#criticalError(frame);
  }

  get #position(): number {
    return this.#decoder.received - this.#decoder.pending;
  }

  /** Counts what was passed over: empty lines. */
  #passOver(): void {
    const skipped = this.#position - this.#consumed;
    if (skipped === 0) return;
    this.#consumed += skipped;
    this.#passOnRun();
    const lines = new Uint8Array(skipped).fill(LF);
    if (this.#held.length > 0) this.#held.append(lines, 0, skipped);
    else this.#parts.stream.append(lines, 0, skipped);
  }

  #extendRun(buffer: Uint8Array, start: number, end: number): void {
    if (this.#runBuffer !== buffer || this.#runEnd !== start) {
      this.#passOnRun();
      this.#runBuffer = buffer;
      this.#runStart = start;
    }
    this.#runEnd = end;
  }

  #passOnRun(): void {
    const buffer = this.#runBuffer;
    if (buffer === null) return;
    this.#runBuffer = null;
    this.#parts.stream.append(buffer, this.#runStart, this.#runEnd);
    this.#runStart = this.#runEnd = 0;
  }

  #passOnHeld(): void {
    const { bytes, length } = this.#held;
    if (length === 0) return;
    this.#parts.stream.append(bytes, 0, length);
    this.#held.clear();
  }

  #desync(reason: string): StreamError {
    return new StreamError(
      `Protocol error (${reason}) from master: ${this.#parts.client.describe()}`,
    );
  }

  /** A change that can't be written must not be taken for one that is safe. */
  #checkDisk(frame: Frame): void {
    const { diskRefusal, isWrite, settings, log, panic, now } = this.#parts;
    if (diskRefusal() === null || !isWrite(frame)) return;
    if (!settings["replica-ignore-disk-write-errors"]) {
      return panic("Replica was unable to write command to disk.");
    }
    if (now() - this.#saidAt < 10_000) return;
    this.#saidAt = now();
    log.warning("Replica is applying a command it is unable to write to disk.");
  }

  #criticalError(frame: Frame): void {
    const { settings, panic } = this.#parts;
    const behavior = settings["propagation-error-behavior"];
    if (behavior === "ignore" || !settings["replica-read-only"]) return;
    panic(
      "This replica panicked sending an error to its master after processing the command " +
        `'${frame.string(0).toLowerCase()}'`,
    );
  }
}

function isAcknowledgementAsked(frame: Frame): boolean {
  return frame.argc === 3 && frame.is(0, "REPLCONF") && frame.is(1, "GETACK");
}

/** Bytes that are gathered. */
class HeldBytes {
  bytes = new Uint8Array(1024);
  length = 0;

  append(buffer: Uint8Array, start: number, end: number): void {
    const needed = this.length + end - start;
    if (needed > this.bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.bytes.length, needed));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    copyBytes(buffer, start, end, this.bytes, this.length);
    this.length = needed;
  }

  clear(): void {
    this.length = 0;
    if (this.bytes.length > 64 * 1024) this.bytes = new Uint8Array(1024);
  }
}
