/** The connection to the primary, as its client here knows it. */

import type { ClientTransport } from "../../clients/transport.ts";
import type { PrimarySocket } from "./primary_socket.ts";
import type { PrimaryStream } from "./primary_stream.ts";

/** An address as CLIENT LIST shows it. */
function describe(address: Deno.Addr): string {
  if (address.transport !== "tcp") return "?:0";
  const { hostname, port } = address;
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** What a client knows of the connection to the primary, to which nothing is replied. */
export class PrimaryTransport implements ClientTransport {
  readonly address: string;
  readonly localAddress: string;
  readonly isUnixSocket = false;
  readonly outputBytes = 0;
  readonly outputChunks = 0;
  /** What comes through it, once that is known. */
  stream: PrimaryStream | null = null;
  readonly #socket: PrimarySocket;

  constructor(socket: PrimarySocket) {
    this.#socket = socket;
    this.address = describe(socket.conn.remoteAddr);
    this.localAddress = describe(socket.conn.localAddr);
  }

  get queryBytes(): number {
    return this.stream?.heldBytes ?? 0;
  }

  get queryBytesFree(): number {
    const { stream } = this;
    return stream === null ? 0 : stream.capacity - stream.heldBytes;
  }

  get argumentBytes(): number {
    return this.stream?.argumentBytes ?? 0;
  }

  get isClosed(): boolean {
    return this.#socket.isClosed;
  }

  feedFrom(): void {
    throw new Error("a primary is not sent what replicas are");
  }

  feedGrew(): void {}

  delaySmallWrites(): void {}

  replyWaits(): void {}

  keepReplies(): void {}

  checkOutput(): void {}

  putBack(): void {
    this.stream?.putBack();
  }

  resume(): void {
    this.stream?.resume();
  }

  close(): void {
    this.stream?.close();
    this.#socket.close();
  }
}
