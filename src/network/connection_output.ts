/** What leaves through a connection: replies in a queue, written one after the other as the gate lets them. */

import type { Client } from "../clients/client.ts";
import type { Outlet, OutputGate } from "../clients/output_gate.ts";
import { NOT_COUNTED, OutputLimit } from "../clients/output_limit.ts";
import type { OutputFeed, Socket } from "../clients/transport.ts";
import { CommandBit } from "../commands/registry.ts";
import type { OutputBufferLimit } from "../config/mod.ts";
import type { Log } from "../observe/log.ts";
import type { Statistics } from "../observe/statistics.ts";
import { REPLY_CUT, type ReplyWatcher } from "../resp/reply_writer.ts";
import { type Lingering, LingeringPeer } from "./lingering.ts";

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
export class ConnectionOutput implements ReplyWatcher {
  readonly #parts: ConnectionOutputParts;
  readonly #queue: Piece[] = [];
  #bytes = 0;
  readonly #limit = new OutputLimit();
  #isWriting = false;
  #isClosed = false;
  /** What is sent in place of replies: a replica's stream. */
  #feed: OutputFeed | null = null;
  /** Whether what is being written is the feed's. */
  #writesFeed = false;
  /** Set once the peer has sent all. */
  #lingering: LingeringPeer | null = null;

  constructor(parts: ConnectionOutputParts) {
    this.#parts = parts;
    parts.client.reply.watcher = this;
  }

  /** Bytes handed over for writing and not yet written. */
  get bytes(): number {
    return this.#feed === null ? this.#bytes : this.#bytes + this.#feed.bytes;
  }

  /** In how many pieces they wait. */
  get pieces(): number {
    return this.#queue.length;
  }

  /** See `ClientTransport.feedFrom`. */
  feedFrom(feed: OutputFeed): void {
    const { gate, owner } = this.#parts;
    this.#feed = feed;
    gate.await(owner);
  }

  /** Whether the client has been told all that there is to tell. */
  get isDone(): boolean {
    // A replica that has left is not told the rest.
    if (this.#feed !== null) return true;
    return this.#queue.length === 0 && this.#parts.client.reply.size === 0;
  }

  /** Takes the client's replies for writing; they leave once the gate's `safe` reaches `ticket`. */
  takeReplies(ticket: number): void {
    const { client, owner } = this.#parts, { reply, closing } = client;
    if (reply.isCut) return owner.close();
    if (this.#feed !== null) return this.#takeFeed(this.#feed, ticket);
    const size = reply.size;
    if (size > 0) {
      const pieces = reply.take();
      if (this.#isClosed) return reply.release(pieces);
      this.#bytes += size;
      for (let i = 0; i < pieces.length; i++) this.#add(pieces[i], ticket);
      // Who only listens reads nothing on, which is when others are measured.
      if (this.#bytes > NOT_COUNTED) client.measure();
      this.pump();
      this.check();
      return;
    }
    // What was said to a client that wants no replies is dropped here.
    if (reply.muted) reply.take();
    if (closing) this.pump();
  }

  #takeFeed(feed: OutputFeed, ticket: number): void {
    const { client, log, owner } = this.#parts;
    if (this.#isClosed) return;
    if (client.reply.size > 0) {
      const command = client.lastCommand?.fullName ?? "unknown";
      log.warning(`Replica generated a reply to command '${command}', disconnecting it.`);
      return owner.close();
    }
    feed.turnEnded(ticket);
    this.pump();
    this.check();
  }

  /** Writes what may leave, unless that is under way. */
  pump(): void {
    if (this.#isWriting || this.#isClosed) return;
    const { client, gate, owner } = this.#parts;
    if (this.#queue.length > 0) {
      if (this.#queue[0].ticket > gate.safe) return gate.hold(owner);
      this.#isWriting = true;
      this.#write();
    } else if (this.#feed !== null) {
      const bytes = this.#feed.next(gate.safe);
      if (bytes.length > 0) this.#writeFeed(bytes);
      else if (this.#feed.waitsForSafety) gate.hold(owner);
      else if (client.closing) owner.close();
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

  /** The peer has sent all: what it takes no part of for a while is lost. */
  linger(): void {
    const { client, lingering, log, owner } = this.#parts;
    const peer = new LingeringPeer({
      all: lingering,
      clock: client.clock,
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
    this.#feed?.close();
    const { reply, runningCommand } = this.#parts.client;
    // A command that runs goes on to reply; that is dropped at the end of the turn.
    if (runningCommand === undefined) reply.release(reply.take());
    this.#drop();
  }

  /**
   * A reply, or messages, are about to become so many bytes longer or even more. Where that is too much the
   * connection is closed at the end of the turn, and nothing is gathered for it any more.
   */
  replyGrows(bytes: number): void {
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
    const { client } = this.#parts, { clock, settings, type } = client;
    const waiting = this.bytes + client.reply.size + more;
    if (waiting <= NOT_COUNTED) {
      this.#limit.withdraw();
      return false;
    }
    if (!client.authenticated) return true;
    const limits = settings["client-output-buffer-limit"];
    let limit = limits[type === "master" ? "normal" : type];
    // A replica is never cut off for what the backlog keeps anyway.
    if (type === "replica") limit = atLeast(limit, settings["repl-backlog-size"]);
    return this.#limit.isExceeded(waiting, limit, clock.now());
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

  #writeFeed(bytes: Uint8Array): void {
    this.#isWriting = this.#writesFeed = true;
    this.#parts.conn.write(bytes).then(this.#wrote, this.#writeFailed);
  }

  #wroteFeed(count: number): void {
    const { statistics } = this.#parts;
    this.#isWriting = this.#writesFeed = false;
    statistics.netReplicationOutputBytes += count;
    statistics.writesProcessed++;
    if (this.#isClosed) return;
    this.#feed?.wrote(count);
    this.pump();
  }

  readonly #wrote = (count: number): void => {
    if (this.#writesFeed) return this.#wroteFeed(count);
    const { statistics, client } = this.#parts;
    const piece = this.#queue[0];
    this.#bytes -= count;
    // What a closed connection had begun to write makes no room for itself at the cost of others.
    if (!this.#isClosed) this.#lingering?.count(this.#bytes);
    statistics.netOutputBytes += count;
    if (count < piece.rest.length && !this.#isClosed) {
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
    this.#isWriting = this.#writesFeed = false;
    if (!this.#isClosed) {
      log.verbose(`Error writing to client: ${String(error)}`);
      owner.close();
    }
    this.#drop();
  };

  /** Drops what waits, but for what is being written. */
  #drop(): void {
    const { reply } = this.#parts.client, queue = this.#queue;
    const kept = this.#isWriting && !this.#writesFeed ? 1 : 0;
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

/** The limit, raised to so many bytes where there is one below. */
function atLeast(limit: OutputBufferLimit, bytes: number): OutputBufferLimit {
  if (limit.hard === 0 || limit.hard >= bytes) return limit;
  return { ...limit, hard: bytes };
}
