/** A connection and its client, from the beginning to the end. */

import type { Client } from "../clients/client.ts";
import type { Clients } from "../clients/clients.ts";
import type { Outlet, OutputGate } from "../clients/output_gate.ts";
import type { ClientTransport, OutputFeed, Socket } from "../clients/transport.ts";
import type { Settings } from "../config/mod.ts";
import type { CommandRunner } from "../execution/dispatcher.ts";
import type { Log } from "../observe/log.ts";
import type { Statistics } from "../observe/statistics.ts";
import type { ChunkPool } from "../resp/chunk_pool.ts";
import { CommandDecoder } from "../resp/command_decoder.ts";
import { QueryBufferLimitError } from "../resp/protocol_error.ts";
import { withPort } from "./addresses.ts";
import { ConnectionInput } from "./connection_input.ts";
import { ConnectionOutput } from "./connection_output.ts";
import type { Lingering } from "./lingering.ts";
import type { Pipeline } from "./pipeline.ts";
import { QueryLimits } from "./query_limits.ts";
import type { TurnBudget } from "./turn_budget.ts";

/** What every connection of a server works with. */
export interface ConnectionParts {
  readonly dispatcher: CommandRunner;
  readonly gate: OutputGate;
  readonly settings: Readonly<Settings>;
  readonly statistics: Statistics;
  readonly log: Log;
  readonly chunks: ChunkPool;
  readonly lingering: Lingering;
  readonly budget: TurnBudget;
  /** Gives out the commands of whoever's turn it is. */
  readonly pipeline: Pipeline;
  /** What forgets a client: first what it would be told, when its peer has sent all, and then itself. */
  readonly clients: Pick<Clients, "leave" | "remove">;
  /** How many changes there have been, in bytes. */
  readonly changes: { readonly offset: number };
}

/** One connection: its two ways go on by themselves, reading never waits for writing. */
export class Connection implements ClientTransport, Outlet {
  readonly address: string;
  readonly localAddress: string;
  readonly isUnixSocket: boolean;
  readonly client: Client;
  readonly #conn: Socket;
  readonly #parts: ConnectionParts;
  readonly #input: ConnectionInput;
  readonly #output: ConnectionOutput;
  #isClosed = false;

  /** `createClient` makes the client that the connection carries. */
  constructor(
    conn: Socket,
    parts: ConnectionParts,
    createClient: (transport: ClientTransport) => Client,
  ) {
    this.#conn = conn;
    this.#parts = parts;
    this.isUnixSocket = conn.localAddr.transport === "unix";
    this.address = describeAddress(conn.remoteAddr, parts.settings);
    this.localAddress = describeAddress(conn.localAddr, parts.settings);
    const client = createClient(this);
    const { dispatcher, gate, settings, statistics, log, chunks, lingering, budget } = parts;
    const { changes, pipeline } = parts;
    const decoder = new CommandDecoder(new QueryLimits(settings, client), chunks);
    const shared = { conn, client, gate, statistics, owner: this };
    this.client = client;
    this.#input = new ConnectionInput({
      ...{ ...shared, decoder, dispatcher, budget, changes, pipeline },
    });
    this.#output = new ConnectionOutput({ ...shared, log, lingering });
  }

  get queryBytes(): number {
    return this.#input.heldBytes;
  }

  get queryBytesFree(): number {
    return this.#input.capacity - this.#input.heldBytes;
  }

  get argumentBytes(): number {
    return this.#input.argumentBytes;
  }

  get outputBytes(): number {
    return this.#output.bytes;
  }

  get outputChunks(): number {
    return this.#output.pieces;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Serves the client until either side closes; never rejects. */
  async serve(): Promise<void> {
    try {
      await this.#input.serve();
    } catch (error) {
      if (this.#isClosed) return;
      const { log } = this.#parts;
      const why = error instanceof Error ? error.stack ?? error.message : String(error);
      log.warning(`The connection of client ${this.client.id} failed: ${why}`);
      this.close();
    }
  }

  /** Nothing more comes in. What the client asked for is still answered, if its peer can be reached. */
  inputEnded(error: unknown): void {
    if (this.#isClosed) return;
    const { clients, gate, log } = this.#parts;
    const { client } = this;
    if (error !== null) {
      if (error instanceof QueryBufferLimitError) {
        log.warning(`Closing client that reached max query buffer length: ${client.describe()}`);
      } else {
        log.verbose(`Reading from client ${client.id}: ${String(error)}`);
      }
      return this.close();
    }
    client.closing = true;
    clients.leave(client);
    // As a rule all has been said, and there is nothing to wait for.
    if (this.#output.isDone) return this.close();
    this.#output.linger();
    gate.await(this);
  }

  takeReplies(ticket: number): void {
    this.#input.turnEnded();
    this.#output.takeReplies(ticket);
  }

  pump(): void {
    this.#output.pump();
  }

  replyWaits(): void {
    this.#parts.gate.await(this);
    // Who sends itself a message is looked at when its command has ended.
    if (this.client.runningCommand === undefined) this.#output.check();
  }

  keepReplies(): void {
    this.#parts.gate.keepBack(this);
  }

  checkOutput(outcome?: string): void {
    this.#output.check(outcome);
  }

  feedFrom(feed: OutputFeed): void {
    this.#output.feedFrom(feed);
  }

  delaySmallWrites(): void {
    if ("setNoDelay" in this.#conn) (this.#conn as Deno.TcpConn).setNoDelay(false);
  }

  feedGrew(): void {
    this.#parts.gate.await(this);
  }

  putBack(): void {
    this.#input.putBack();
  }

  resume(): void {
    this.#parts.gate.await(this);
    this.#input.resume();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.client.closing = true;
    this.#conn.close();
    this.#input.close();
    this.#output.close();
    this.#parts.clients.remove(this.client);
  }
}

/** The peer of a Unix socket has no name: Redis shows the server's path for both ends. */
function describeAddress(address: Deno.Addr, { unixsocket }: Readonly<Settings>): string {
  if (address.transport === "tcp") return withPort(address.hostname, address.port);
  return `${unixsocket}:0`;
}
