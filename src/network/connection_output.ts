/** What leaves through a connection: replies in a queue, written one after the other as the gate lets them. */

import type { Timer } from "../base/clock.ts";
import type { Client } from "../clients/client.ts";
import type { Outlet, OutputGate } from "../clients/output_gate.ts";
import { NOT_COUNTED, OutputLimit } from "../clients/output_limit.ts";
import type { Socket } from "../clients/transport.ts";
import { CommandBit } from "../commands/registry.ts";
import { REPLY_CUT } from "../resp/reply_writer.ts";
import type { Log } from "../observe/log.ts";
import type { Statistics } from "../observe/statistics.ts";

/** A peer that has sent all has so long to take some more of what it is told, in ms. */
export const LINGER_TIME = 1000;

/** What the log says of a client that leaves too much unread. */
const CLOSED_SOON = "scheduled to be closed ASAP";

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
  /** Whether the peer has sent all. */
  #isLingering = false;
  #lingerTimer: Timer | null = null;
  /** When the peer last took something, or could begin to, in ms since the epoch; kept while it lingers. */
  #movedAt = 0;

  constructor(parts: ConnectionOutputParts) {
    this.#parts = parts;
    parts.client.reply.grows = (bytes) => this.#replyGrows(bytes);
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
    const { client: { reply, closing }, owner } = this.#parts;
    if (reply.isCut) return owner.close();
    const size = reply.size;
    if (size > 0) {
      const pieces = reply.take();
      if (this.#isClosed) return reply.release(pieces);
      this.#bytes += size;
      for (const rest of pieces) this.#queue.push({ rest, ticket });
      this.pump();
      this.check();
    } else if (closing) {
      this.pump();
    }
    if (this.#isLingering) this.#limitLingering();
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
  check(outcome = CLOSED_SOON): void {
    if (this.#isClosed || !this.#isExceeded(0)) return;
    this.#logExceeded(outcome);
    this.#parts.owner.close();
  }

  /** The peer has sent all: what it is told from now on, or takes no part of for a while, is lost. */
  linger(): void {
    this.#isLingering = true;
  }

  /** The connection is closed: what waits is dropped. */
  close(): void {
    this.#isClosed = true;
    this.#lingerTimer?.cancel();
    if (!this.#isWriting) this.#drop();
  }

  /**
   * A reply, or messages, are about to become so many bytes longer or even more. Where that is too much the
   * connection is closed at the end of the turn, and nothing is gathered for it any more.
   */
  #replyGrows(bytes: number): void {
    const { client, gate, owner } = this.#parts, { reply } = client;
    if (!reply.isCut) {
      if (this.#isClosed || !this.#isExceeded(bytes)) return;
      this.#logExceeded(CLOSED_SOON);
      client.closeAfterReply();
      reply.cut();
      gate.await(owner);
    }
    // What only reads may end anywhere; what changes something is done as a whole, as in Redis.
    const flags = client.runningCommand?.flags ?? 0;
    if ((flags & CommandBit.ReadOnly) !== 0 && !reply.isMessageBegun) throw REPLY_CUT;
  }

  #logExceeded(outcome: string): void {
    const { client, log } = this.#parts;
    log.warning(`Client ${client.describe()} ${outcome} for overcoming of output buffer limits.`);
  }

  /** Whether more waits to be written than may, with so many bytes in addition. */
  #isExceeded(more: number): boolean {
    const { client } = this.#parts;
    const waiting = this.#bytes + client.reply.size + more;
    if (waiting <= NOT_COUNTED) {
      this.#limit.withdraw();
      return false;
    }
    if (!client.authenticated) return true;
    const { clock, settings } = client;
    const limits = settings["client-output-buffer-limit"];
    const limit = client.type === "master" ? limits.normal : limits[client.type];
    return this.#limit.isExceeded(waiting, limit, clock.now());
  }

  /** Writes the first piece in the queue, which may leave. */
  #write(): void {
    if (this.#isLingering) this.#movedAt = this.#parts.client.clock.now();
    this.#parts.conn.write(this.#queue[0].rest).then(this.#wrote, this.#writeFailed);
  }

  readonly #wrote = (count: number): void => {
    const { statistics, client } = this.#parts;
    const piece = this.#queue[0];
    this.#bytes -= count;
    statistics.netOutputBytes += count;
    if (count < piece.rest.length) {
      piece.rest = piece.rest.subarray(count);
      this.#write();
      return;
    }
    statistics.writesProcessed++;
    if (client.countedBytes > NOT_COUNTED) client.measure();
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

  #drop(): void {
    this.#queue.length = 0;
    this.#bytes = 0;
  }

  /** Sees to it that lingering ends, where it has not. */
  #limitLingering(): void {
    if (this.#isClosed || this.#lingerTimer !== null) return;
    this.#movedAt = this.#parts.client.clock.now();
    this.#waitForPeer(LINGER_TIME);
  }

  #waitForPeer(time: number): void {
    const { client, log, owner } = this.#parts;
    const { clock } = client;
    this.#lingerTimer = clock.after(time, () => {
      // The peer can't take what is held back.
      const left = this.#isWriting ? this.#movedAt + LINGER_TIME - clock.now() : LINGER_TIME;
      if (left > 0) return this.#waitForPeer(left);
      log.verbose(`Client ${client.describe()} has sent all and takes nothing: closed.`);
      owner.close();
    });
  }
}
