/** What comes in through a connection: bytes through the decoder stream, commands to the dispatcher. */

import { letOthersRun } from "../base/event_loop.ts";
import type { Client } from "../clients/client.ts";
import type { Outlet, OutputGate } from "../clients/output_gate.ts";
import { NOT_COUNTED } from "../clients/output_limit.ts";
import type { Socket } from "../clients/transport.ts";
import type { CommandRunner } from "../execution/dispatcher.ts";
import type { Statistics } from "../observe/statistics.ts";
import type { CommandDecoder } from "../resp/command_decoder.ts";
import { type CommandSource, commandStream, pipeCommands } from "../resp/command_stream.ts";
import { Frame } from "../resp/frame.ts";
import { ProtocolError } from "../resp/protocol_error.ts";
import type { Pipeline } from "./pipeline.ts";
import { LITTLE_SAID, type TurnBudget } from "./turn_budget.ts";

/** A client that kept the server busy for longer, in one turn of the event loop, in ms, lets others run. */
const LONGEST_TURN = 1;

/** The connection that input belongs to. */
export interface InputOwner extends Outlet {
  /** Much is to be said: looks whether it is too much. */
  checkOutput(): void;
  /** Closes it at once. */
  close(): void;
  /** Nothing more comes: null: the peer has sent all; else: why the connection can't be read. */
  inputEnded(error: unknown): void;
}

/** What the input of a connection works with. */
export interface ConnectionInputParts {
  readonly conn: Pick<Socket, "read">;
  readonly decoder: CommandDecoder;
  readonly client: Client;
  readonly dispatcher: CommandRunner;
  readonly gate: OutputGate;
  readonly budget: TurnBudget;
  readonly pipeline: Pipeline;
  readonly statistics: Statistics;
  /** How many changes there have been, in bytes. */
  readonly changes: { readonly offset: number };
  readonly owner: InputOwner;
}

/**
 * Reads on whatever the client does. Commands are run before the next read, which uses the buffer again;
 * those that come while the client waits stay in it, undecoded, until the client goes on.
 */
export class ConnectionInput implements CommandSource {
  readonly #parts: ConnectionInputParts;
  readonly #frame = new Frame();
  /** How long the client's commands have taken in this turn of the event loop, in ms. */
  #busy = 0;
  /** How many of the bytes that came are in the statistics. */
  #counted = 0;
  /** How much the client was told when its commands ran last, in bytes: a new one may want anything. */
  #said = LITTLE_SAID;
  /** Whether the last batch had several commands. */
  #isPipelining = false;
  /** Set while commands wait for their turn; nothing more is read meanwhile. */
  #deferred: Promise<void> | null = null;
  /** The peer has sent all, but its last commands wait for something that has to be done first. */
  #endsLater = false;

  constructor(parts: ConnectionInputParts) {
    this.#parts = parts;
  }

  /** Bytes received and not yet run. */
  get bytes(): number {
    return this.#parts.decoder.pending;
  }

  /** What the query buffer holds, as CLIENT LIST tells it: with the command that runs, while one does. */
  get heldBytes(): number {
    const { decoder, client } = this.#parts;
    return client.runningCommand === undefined ? decoder.unparsed : decoder.held;
  }

  /** Bytes that the query buffer occupies. */
  get capacity(): number {
    return this.#parts.decoder.capacity;
  }

  /** Bytes in the finished arguments of a command that has not come as a whole. */
  get argumentBytes(): number {
    return this.#parts.decoder.argumentBytes;
  }

  /** Runs what comes until nothing more does. Rejects where reading fails, which `owner` was told before. */
  serve(): Promise<void> {
    const { decoder } = this.#parts;
    const commands = commandStream(this, decoder, (error) => this.#sourceEnded(error));
    return pipeCommands(commands, () => this.#arrived());
  }

  /**
   * Reads on. As long as a client's bytes are there before they are asked for, this never ends the turn of
   * the event loop: whoever has had enough of it waits for the others.
   */
  read(target: Uint8Array): Promise<number | null> {
    const { conn, client } = this.#parts;
    client.measure();
    if (this.#busy < LONGEST_TURN && this.#deferred === null) return conn.read(target);
    return (this.#deferred ?? letOthersRun()).then(() => conn.read(target));
  }

  /** A turn of the event loop has ended. */
  turnEnded(): void {
    this.#busy = 0;
  }

  /** The command that was given out last comes again when the client goes on. */
  putBack(): void {
    this.#parts.decoder.putBack();
  }

  /** The client does not wait any more. */
  resume(): void {
    // Not within the command that served this client: it has not ended yet.
    if (this.bytes > 0 || this.#endsLater) queueMicrotask(this.#goOn);
  }

  /** The connection is closed. */
  close(): void {
    if (!this.#endsLater) return;
    this.#endsLater = false;
    this.#parts.decoder.close();
  }

  /** The source tells at once, the pipe only when its sink asks for more. */
  #sourceEnded(error: unknown): void {
    if (error === null && this.#parts.client.waitsForServer) this.#endsLater = true;
    else this.#end(error);
  }

  #end(error: unknown): void {
    const { decoder, owner } = this.#parts;
    owner.inputEnded(error);
    decoder.close();
  }

  #arrived(): void {
    const { budget, client, decoder, statistics } = this.#parts;
    client.activeAt = client.keyspace.now;
    statistics.readsProcessed++;
    statistics.netInputBytes += decoder.received - this.#counted;
    this.#counted = decoder.received;
    if (budget.isSpent && this.#said >= LITTLE_SAID) this.#runLater();
    else this.#run();
  }

  #runLater(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#deferred = promise;
    this.#parts.budget.later(() => {
      this.#deferred = null;
      this.#run();
      resolve();
    });
  }

  readonly #goOn = (): void => {
    this.#run();
    // The next read began before it.
    this.#parts.client.measure();
    if (!this.#endsLater || this.#parts.client.waitsForServer) return;
    this.#endsLater = false;
    this.#end(null);
  };

  /** Runs the commands that are there, up to one that has its client wait. */
  #run(): void {
    const { client, decoder, dispatcher, gate, statistics, changes, owner, pipeline } = this.#parts;
    if (client.closing) return decoder.discard();
    const frame = this.#frame, { reply } = client;
    const before = reply.size;
    let count = 0;
    dispatcher.beginBatch();
    pipeline.begin(this.#isPipelining);
    try {
      while (!client.closing && !client.isWaiting && pipeline.next(decoder, client, frame)) {
        count++;
        dispatcher.execute(client, frame);
        client.hasRunInBatch = true;
        if (reply.size > NOT_COUNTED) {
          client.measure();
          owner.checkOutput();
        }
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      statistics.countError("ERR");
      reply.error(`ERR ${error.message}`);
      client.closing = true;
    } finally {
      this.#busy += dispatcher.endBatch();
      pipeline.end(client);
      this.#isPipelining = count > 1;
      client.changedUpTo = changes.offset;
      client.hasRunInBatch = false;
    }
    this.#said = reply.size - before;
    if (reply.isCut) owner.close();
    gate.await(owner, this.#said);
  }
}
