/** A connection: bytes in through the decoder stream to the dispatcher, replies out through a queue. */

import { letOthersRun } from "../base/event_loop.ts";
import { CommandBit } from "../commands/registry.ts";
import type { Log } from "../observe/log.ts";
import type { Statistics } from "../observe/statistics.ts";
import type { CommandDecoder } from "../resp/command_decoder.ts";
import {
  type CommandBatch,
  type CommandSource,
  commandStream,
  pipeCommands,
} from "../resp/command_stream.ts";
import { Frame } from "../resp/frame.ts";
import { ProtocolError } from "../resp/protocol_error.ts";
import { REPLY_CUT } from "../resp/reply_writer.ts";
import type { Client } from "../clients/client.ts";
import type { Dispatcher } from "../execution/dispatcher.ts";
import type { OutputGate } from "./gate.ts";
import { NOT_COUNTED, OutputLimit } from "../clients/output_limit.ts";
import type { ClientTransport, Socket } from "../clients/transport.ts";

/** A client that kept the server busy for longer, in one turn of the event loop, in ms, lets others run. */
const LONGEST_TURN = 1;

/** What every connection of a server works with. */
export interface ConnectionParts {
  readonly dispatcher: Pick<Dispatcher, "beginBatch" | "execute" | "endBatch">;
  readonly gate: OutputGate;
  readonly statistics: Statistics;
  readonly log: Log;
  /** Called once, when the connection has ended. */
  readonly ended: (connection: Connection) => void;
}

/** A piece of the replies that was handed over for writing. */
interface Output {
  /** What of it is not written yet. */
  rest: Uint8Array;
  /** It may leave once the gate's `safe` has reached this. */
  readonly ticket: number;
}

/**
 * One connection. Reading never waits for writing: replies queue up as long as the peer does not take
 * them. Frames that the decoder gives out are run before it reads on, so the read buffer is reused.
 */
export class Connection implements ClientTransport, CommandSource {
  readonly address: string;
  readonly localAddress: string;
  readonly isUnixSocket: boolean;
  readonly #conn: Socket;
  readonly #decoder: CommandDecoder;
  readonly #parts: ConnectionParts;
  readonly #frame = new Frame();
  readonly #queue: Output[] = [];
  #queuedBytes = 0;
  readonly #outputLimit = new OutputLimit();
  /** How long the client's commands have taken in this turn of the event loop, in ms. */
  #busy = 0;
  /** What came while the client waited, in order. */
  readonly #parked: Frame[] = [];
  #parkedBytes = 0;
  #writing = false;
  #closed = false;
  #client: Client | undefined;

  constructor(conn: Socket, decoder: CommandDecoder, parts: ConnectionParts) {
    this.#conn = conn;
    this.#decoder = decoder;
    this.#parts = parts;
    this.isUnixSocket = conn.localAddr.transport === "unix";
    this.address = describeAddress(conn.remoteAddr, conn.localAddr);
    this.localAddress = describeAddress(conn.localAddr, conn.localAddr);
  }

  get client(): Client {
    if (this.#client === undefined) throw new Error("the connection has no client yet");
    return this.#client;
  }

  get queryBytes(): number {
    return this.#decoder.pending + this.#parkedBytes;
  }

  get queryBytesFree(): number {
    return this.#decoder.capacity - this.#decoder.pending;
  }

  get outputBytes(): number {
    return this.#queuedBytes;
  }

  get outputChunks(): number {
    return this.#queue.length;
  }

  limitsChanged(authenticated: boolean): void {
    this.#decoder.limits.authenticated = authenticated;
  }

  /** Serves the client until either side closes; never rejects. */
  async serve(client: Client): Promise<void> {
    this.#client = client;
    client.reply.grows = (bytes) => this.#replyGrows(bytes);
    try {
      const ended = (error: unknown) => this.#sourceEnded(error);
      const commands = commandStream(this, this.#decoder, ended);
      await pipeCommands(commands, (batch) => this.#runCommands(client, batch));
      // The peer sends no more; what it asked for is still answered.
      client.closing = true;
      this.#parts.gate.await(this);
    } catch (error) {
      if (!this.#closed) {
        this.#parts.log.verbose(`Connection of client ${client.id} lost: ${String(error)}`);
      }
      this.close();
    }
  }

  /**
   * Reads on. As long as a client's bytes are there before they are asked for, this never ends the turn of
   * the event loop: whoever has had enough of it waits for the others.
   */
  read(target: Uint8Array): Promise<number | null> {
    if (this.#busy < LONGEST_TURN) return this.#conn.read(target);
    return letOthersRun().then(() => this.#conn.read(target));
  }

  /** Takes the client's replies for writing; they leave once the gate's `safe` reaches `ticket`. */
  takeReplies(ticket: number): void {
    this.#busy = 0;
    const { reply } = this.client;
    if (reply.isCut) return this.close();
    const size = reply.size;
    if (size > 0) {
      const pieces = reply.take();
      if (this.#closed) {
        reply.release(pieces);
        return;
      }
      this.#queuedBytes += size;
      for (const rest of pieces) this.#queue.push({ rest, ticket });
      this.pump();
      this.checkOutput();
    } else if (this.client.closing) {
      this.pump();
    }
  }

  /** Writes what may leave, unless that is under way. */
  pump(): void {
    if (this.#writing || this.#closed) return;
    if (this.#queue.length > 0) {
      if (this.#isHeld(this.#queue[0])) return;
      this.#writing = true;
      this.#write();
    } else if (this.client.closing && this.client.reply.size === 0) {
      // What was said in this turn is still to come from the gate.
      this.close();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#client) this.#client.closing = true;
    try {
      this.#conn.close();
    } catch (error) {
      // The runtime has closed it already when the peer reset it.
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
    if (!this.#writing) this.#dropQueue();
    this.#parts.ended(this);
  }

  replyWaits(): void {
    this.#parts.gate.await(this);
    // Who sends itself a message is looked at when its command has ended.
    if (this.client.runningCommand === undefined) this.checkOutput();
  }

  checkOutput(outcome = "scheduled to be closed ASAP"): void {
    if (this.#closed || !this.#isOutputExceeded(0)) return;
    this.#logExceeded(outcome);
    this.close();
  }

  putBack(frame: Frame): void {
    const kept = frame.detach();
    this.#parked.unshift(kept);
    this.#parkedBytes += kept.end;
  }

  resume(): void {
    this.#parts.gate.await(this);
    // Not within the command that served this client: it has not ended yet.
    if (this.#parked.length > 0) queueMicrotask(() => this.#runParked());
  }

  /** Whether more waits to be written than may, with so many bytes in addition. */
  #isOutputExceeded(more: number): boolean {
    const { client } = this;
    const waiting = this.#queuedBytes + client.reply.size + more;
    if (waiting <= NOT_COUNTED) {
      this.#outputLimit.withdraw();
      return false;
    }
    const { configuration, clock } = client.server;
    const limits = configuration.settings["client-output-buffer-limit"];
    const limit = client.type === "master" ? limits.normal : limits[client.type];
    return this.#outputLimit.isExceeded(waiting, limit, clock.now());
  }

  #logExceeded(outcome: string): void {
    this.#parts.log.warning(
      `Client ${this.client.describe()} ${outcome} for overcoming of output buffer limits.`,
    );
  }

  /**
   * A reply, or messages, are about to become so many bytes longer or even more. Where that is too much the
   * connection is closed at the end of the turn, and nothing is gathered for it any more.
   */
  #replyGrows(bytes: number): void {
    const { client } = this, { reply } = client;
    if (!reply.isCut) {
      if (this.#closed || !this.#isOutputExceeded(bytes)) return;
      this.#logExceeded("scheduled to be closed ASAP");
      client.closing = true;
      reply.cut();
      this.#parts.gate.await(this);
    }
    // What only reads may end anywhere; what changes something is done as a whole, as in Redis.
    const flags = client.runningCommand?.flags ?? 0;
    if ((flags & CommandBit.ReadOnly) !== 0 && !reply.isMessageBegun) throw REPLY_CUT;
  }

  /** The source tells at once, the pipe only when its sink asks for more. */
  #sourceEnded(error: unknown): void {
    if (error !== null || this.client.isBlocked) this.close();
  }

  #runCommands(client: Client, batch: CommandBatch): void {
    if (client.closing) return;
    const { dispatcher, gate, statistics } = this.#parts;
    const frame = this.#frame;
    dispatcher.beginBatch();
    client.activeAt = client.server.keyspace.now;
    statistics.readsProcessed++;
    const consumed = this.#decoder.consumed;
    try {
      while (!client.closing && batch.next(frame)) {
        if (client.isBlocked || this.#parked.length > 0) this.#park(frame);
        else dispatcher.execute(client, frame);
        if (client.reply.size > NOT_COUNTED) this.checkOutput();
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      statistics.countError("ERR");
      client.reply.error(`ERR ${error.message}`);
      client.closing = true;
    } finally {
      this.#busy += dispatcher.endBatch();
    }
    statistics.netInputBytes += this.#decoder.consumed - consumed;
    if (client.reply.isCut) this.close();
    gate.await(this);
  }

  /** Keeps a command for when the client does not wait any more. */
  #park(frame: Frame): void {
    const kept = frame.detach();
    this.#parked.push(kept);
    this.#parkedBytes += kept.end;
    if (this.#parkedBytes > this.#decoder.limits.maxQueryBuffer) this.close();
  }

  #runParked(): void {
    const { client } = this;
    const { dispatcher, gate } = this.#parts;
    dispatcher.beginBatch();
    while (!client.closing && !client.isBlocked) {
      const frame = this.#parked.shift();
      if (frame === undefined) break;
      this.#parkedBytes -= frame.end;
      dispatcher.execute(client, frame);
      if (client.reply.size > NOT_COUNTED) this.checkOutput();
    }
    dispatcher.endBatch();
    if (client.reply.isCut) this.close();
    gate.await(this);
  }

  #isHeld(output: Output): boolean {
    const { gate } = this.#parts;
    if (output.ticket <= gate.safe) return false;
    gate.hold(this);
    return true;
  }

  /** Writes the first piece in the queue, which may leave. */
  #write(): void {
    this.#conn.write(this.#queue[0].rest).then(this.#wrote, this.#writeFailed);
  }

  readonly #wrote = (count: number): void => {
    const { statistics } = this.#parts;
    const output = this.#queue[0];
    this.#queuedBytes -= count;
    statistics.netOutputBytes += count;
    if (count < output.rest.length) {
      output.rest = output.rest.subarray(count);
      this.#write();
      return;
    }
    statistics.writesProcessed++;
    this.#queue.shift();
    this.client.reply.releasePiece(output.rest);
    this.#writing = false;
    if (this.#closed) this.#dropQueue();
    else this.pump();
  };

  readonly #writeFailed = (error: unknown): void => {
    this.#writing = false;
    if (!this.#closed) {
      this.#parts.log.verbose(`Error writing to client: ${String(error)}`);
      this.close();
    }
    this.#dropQueue();
  };

  #dropQueue(): void {
    this.#queue.length = 0;
    this.#queuedBytes = 0;
  }
}

function describeAddress(address: Deno.Addr, local: Deno.Addr): string {
  if (address.transport === "tcp") {
    const host = address.hostname.includes(":") ? `[${address.hostname}]` : address.hostname;
    return `${host}:${address.port}`;
  }
  // The peer of a Unix socket has no name: Redis shows the server's path for both ends.
  return `${(local as Deno.UnixAddr).path}:0`;
}
