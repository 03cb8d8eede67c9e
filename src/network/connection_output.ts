/** What leaves through a connection: replies in a queue, written one after the other as the gate lets them. */

import type { Client } from "../clients/client.ts";
import type { Outlet, OutputGate } from "../clients/output_gate.ts";
import { isAboveHardLimit, NOT_COUNTED, OutputLimit } from "../clients/output_limit.ts";
import type { Socket } from "../clients/transport.ts";
import type { OutputBufferLimit } from "../config/mod.ts";
import type { Log } from "../observe/log.ts";
import type { Statistics } from "../observe/statistics.ts";
import { type Lingering, LingeringPeer } from "./lingering.ts";

/** The connection that output belongs to. */
export interface OutputOwner extends Outlet {
  /** Closes it at once. */
  close(): void;
}

/** What the output of a connection works with. */
export interface ConnectionOutputParts {
  readonly conn: Pick<Socket, "write">;
  readonly client: Client;
  readonly gate: OutputGate;
  readonly statistics: Statistics;
  readonly log: Log;
  readonly lingering: Lingering;
  readonly owner: OutputOwner;
}

/** A piece of the replies that was handed over for writing. */
interface Piece {
  /** What of it is not written yet. */
  rest: Uint8Array;
  /** It may leave once the gate's `safe` has reached this. */
  ticket: number;
}

/** Takes all that the client is told, and closes the connection when there is too much, or nothing more. */
export class ConnectionOutput {
  readonly #parts: ConnectionOutputParts;
  readonly #queue: Piece[] = [];
  #bytes = 0;
  readonly #limit = new OutputLimit();
  #isWriting = false;
  #isClosed = false;
  /** Set once the peer has sent all. */
  #lingering: LingeringPeer | null = null;

  constructor(parts: ConnectionOutputParts) {
    this.#parts = parts;
    parts.client.reply.isTooMuch = (size) => this.#isAboveHardLimit(this.#bytes + size);
  }

  /** Bytes handed over for writing and not yet written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** In how many pieces they wait. */
  get pieces(): number {
    return this.#queue.length;
  }

  /** Takes the client's replies for writing; they leave once the gate's `safe` reaches `ticket`. */
  takeReplies(ticket: number): void {
    const { client: { reply, closing } } = this.#parts;
    const size = reply.size;
    if (size > 0) {
      if (reply.isCut) this.check();
      const pieces = reply.take();
      if (this.#isClosed) return reply.release(pieces);
      this.#bytes += size;
      for (let i = 0; i < pieces.length; i++) this.#add(pieces[i], ticket);
      this.pump();
      this.check();
      return;
    }
    // What was said to a client that wants no replies is dropped here.
    if (reply.muted) reply.take();
    if (closing) this.pump();
  }

  /** Writes what may leave, unless that is under way. */
  pump(): void {
    if (this.#isWriting || this.#isClosed) return;
    const { client, gate, owner } = this.#parts;
    if (this.#queue.length > 0) {
      if (this.#queue[0].ticket > gate.safe) return gate.hold(owner);
      this.#isWriting = true;
      this.#write();
    } else if (client.closing && client.reply.size === 0) {
      // What was said in this turn is still to come from the gate.
      owner.close();
    }
  }

  /** Closes the connection if more waits to be written than may; `outcome` is what the log says. */
  check(outcome = "scheduled to be closed ASAP"): void {
    const { client, log, owner } = this.#parts;
    const waiting = this.#bytes + client.reply.size;
    if (this.#isClosed || waiting <= NOT_COUNTED) return this.#limit.withdraw();
    if (!this.#isTooMuch(waiting)) return;
    log.warning(`Client ${client.describe()} ${outcome} for overcoming of output buffer limits.`);
    owner.close();
  }

  /** The peer has sent all: what it takes no part of for a while is lost. */
  linger(): void {
    const { client, lingering, log, owner } = this.#parts;
    const peer = new LingeringPeer({
      all: lingering,
      clock: client.server.clock,
      canTake: () => this.#isWriting,
      giveUp: () => {
        log.verbose(`Client ${client.describe()} has sent all and takes nothing: closed.`);
        owner.close();
      },
    });
    this.#lingering = peer;
    peer.count(this.#bytes + client.reply.size);
    peer.wait();
  }

  /** The connection is closed: what waits is dropped. */
  close(): void {
    this.#isClosed = true;
    this.#lingering?.end();
    const { reply, runningCommand } = this.#parts.client;
    // A command that runs goes on to reply; that is dropped at the end of the turn.
    if (runningCommand === undefined) reply.release(reply.take());
    this.#drop();
  }

  /** What is waiting is above what every client may leave unread. */
  #isTooMuch(waiting: number): boolean {
    const { client } = this.#parts;
    if (!client.authenticated || client.reply.isCut) return true;
    return this.#limit.isExceeded(waiting, this.#limits, client.server.clock.now());
  }

  #isAboveHardLimit(waiting: number): boolean {
    if (!this.#parts.client.authenticated) return waiting > NOT_COUNTED;
    return isAboveHardLimit(waiting, this.#limits);
  }

  get #limits(): OutputBufferLimit {
    const { type, server } = this.#parts.client;
    const limits = server.configuration.settings["client-output-buffer-limit"];
    return type === "master" ? limits.normal : limits[type];
  }

  /**
   * Queues a piece. While others wait, what it says goes into the last one's chunk, where there is room for
   * it: a chunk for each short reply would take a hundred times what it says.
   */
  #add(bytes: Uint8Array, ticket: number): void {
    const queue = this.#queue;
    // The first may be on its way.
    const last = queue.length > 1 ? queue[queue.length - 1] : null;
    if (last === null || !append(last, bytes)) {
      queue.push({ rest: bytes, ticket });
      return;
    }
    last.ticket = ticket;
    this.#parts.client.reply.releasePiece(bytes);
  }

  /** Writes the first piece in the queue, which may leave. */
  #write(): void {
    this.#lingering?.moved();
    this.#parts.conn.write(this.#queue[0].rest).then(this.#wrote, this.#writeFailed);
  }

  readonly #wrote = (count: number): void => {
    const { statistics, client } = this.#parts;
    const piece = this.#queue[0];
    this.#bytes -= count;
    this.#lingering?.count(this.#bytes);
    statistics.netOutputBytes += count;
    if (count < piece.rest.length && !this.#isClosed) {
      piece.rest = piece.rest.subarray(count);
      this.#write();
      return;
    }
    statistics.writesProcessed++;
    this.#queue.shift();
    client.reply.releasePiece(piece.rest);
    this.#isWriting = false;
    if (this.#isClosed) this.#drop();
    else this.pump();
  };

  readonly #writeFailed = (error: unknown): void => {
    const { log, owner } = this.#parts;
    this.#isWriting = false;
    if (!this.#isClosed) {
      log.verbose(`Error writing to client: ${String(error)}`);
      owner.close();
    }
    this.#drop();
  };

  /** Drops what waits, but for what is being written. */
  #drop(): void {
    const { reply } = this.#parts.client, queue = this.#queue;
    const kept = this.#isWriting ? 1 : 0;
    for (let i = kept; i < queue.length; i++) reply.releasePiece(queue[i].rest);
    queue.length = kept;
    this.#bytes = kept === 1 ? queue[0].rest.length : 0;
    this.#lingering?.end();
  }
}

/** Adds bytes to a piece whose chunk has room for them; false: it has none. */
function append(piece: Piece, bytes: Uint8Array): boolean {
  const { buffer, byteOffset, length } = piece.rest;
  const grown = length + bytes.length;
  if (byteOffset + grown > buffer.byteLength) return false;
  piece.rest = new Uint8Array(buffer, byteOffset, grown);
  piece.rest.set(bytes, length);
  return true;
}
