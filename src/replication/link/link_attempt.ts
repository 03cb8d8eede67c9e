/** One connection to the primary, from the attempt to make it to its end. */

import type { Client } from "../../clients/client.ts";
import type { Socket } from "../../clients/transport.ts";
import { CommandBit } from "../../commands/registry.ts";
import type { LinkState, PrimaryPlace } from "../../commands/views/primary_link.ts";
import { fileErrorText } from "../../persistence/file.ts";
import { FullSync } from "./full_sync.ts";
import { type ResumptionPoint, shakeHands, type SyncKind } from "./handshake.ts";
import type { PrimaryLinkParts } from "./linked_server.ts";
import { LinkError, PrimarySocket } from "./primary_socket.ts";
import { PrimaryStream } from "./primary_stream.ts";
import { PrimaryTransport } from "./primary_transport.ts";

/** A connection, and what is done with it. Everything rejects with a `LinkError` where it fails, or was given up. */
export class LinkAttempt {
  state: Exclude<LinkState, "none" | "connect"> = "connecting";
  /** All data that is being taken over; null: none is. */
  sync: FullSync | null = null;
  /** The client that runs what the primary sends; null: it sends nothing yet. */
  client: Client | null = null;
  /** What it sends. */
  stream: PrimaryStream | null = null;
  readonly #parts: PrimaryLinkParts;
  readonly #controller = new AbortController();
  readonly #beganAt: number;
  #socket: PrimarySocket | null = null;

  constructor(parts: PrimaryLinkParts) {
    this.#parts = parts;
    this.#beganAt = parts.server.clock.now();
  }

  /** When the primary was last heard of, or first called, in ms since the epoch. */
  get heardAt(): number {
    return this.#socket?.activeAt ?? this.#beganAt;
  }

  /** The connection; throws where there is none. */
  get socket(): PrimarySocket {
    if (this.#socket === null) throw new Error("there is no connection");
    return this.#socket;
  }

  /** Ends it. */
  end(): void {
    this.#controller.abort(new LinkError(""));
    this.client?.transport?.close();
    this.#socket?.close();
  }

  /** Throws where it has been ended. */
  requireCurrent(): void {
    this.#controller.signal.throwIfAborted();
  }

  /** Connects. */
  async open({ host, port }: PrimaryPlace): Promise<void> {
    const { connector, server: { clock, statistics, log } } = this.#parts;
    let conn: Socket;
    try {
      conn = await connector.connect(host, port);
    } catch (error) {
      throw new LinkError(`Error condition on socket for SYNC: ${fileErrorText(error)}`);
    }
    const count = (bytes: number) => statistics.netReplicationInputBytes += bytes;
    this.#socket = new PrimarySocket(conn, clock, count);
    if (this.#controller.signal.aborted) this.#socket.close();
    this.requireCurrent();
    log.notice("Non blocking connect for SYNC fired the event.");
  }

  /** Agrees on what is going to be sent; `resumption`: see `HandshakeParts`. */
  async agree(resumption: () => ResumptionPoint | null): Promise<SyncKind> {
    const { failover, server: { log, configuration: { settings } } } = this.#parts;
    const option = failover?.psyncOption() ?? null;
    this.state = "handshake";
    const { socket } = this;
    const kind = await shakeHands({ socket, settings, log, resumption, psyncOption: option });
    this.requireCurrent();
    if (option !== null) failover?.psyncAnswered(kind.kind !== "nameless");
    return kind;
  }

  /** Takes over all data. `attach`, `isSameHistory`: see `FullSync`. */
  async takeAll(attach: () => void, isSameHistory: boolean): ReturnType<FullSync["run"]> {
    const { signal } = this.#controller, { socket } = this;
    this.state = "sync";
    this.sync = new FullSync(this.#parts.server, { socket, attach, isSameHistory, signal });
    try {
      return await this.sync.run();
    } finally {
      this.sync = null;
      this.requireCurrent();
    }
  }

  /** The link is up, with the stream in a database. */
  begin(database: number): void {
    const { server } = this.#parts;
    const { dispatcher, gate, keyspace, stream, statistics, log, clock, persistence } = server;
    const { clients, configuration: { settings } } = server, { socket } = this;
    const transport = new PrimaryTransport(socket);
    const client = server.createPrimaryClient(transport);
    client.reply.muted = true;
    client.select(database in keyspace.databases ? database : 0);
    clients.add(client);
    this.client = client;
    this.state = "connected";
    transport.stream = this.stream = new PrimaryStream({
      ...{ socket, client, dispatcher, gate, keyspace, stream, settings, statistics, log },
      diskRefusal: () => persistence.refusal,
      isWrite: (frame) => {
        const command = server.registry.find(frame)?.called(frame);
        return command !== undefined && (command.flags & CommandBit.Write) !== 0;
      },
      received: (count) => statistics.netReplicationInputBytes += count,
      panic: (message) => this.#panic(message),
      now: () => clock.now(),
    });
  }

  #panic(message: string): void {
    const { log, lifecycle } = this.#parts.server;
    log.warning("!!! Software Failure. Press left mouse button to continue");
    log.warning(`Guru Meditation: ${message}`);
    lifecycle.abort();
  }
}
