/** One connection of the bus. */

import type { Socket } from "../clients/transport.ts";
import type { ClusterNode, NodeLink } from "./cluster_node.ts";
import { type MessageClaim, MessageReader } from "./message_reader.ts";

/** Read at once, in bytes. */
const READ_SIZE = 16 * 1024;

/** Who is told of a link. */
export interface LinkOwner {
  /** Whether a message is worth reading. */
  isWanted(link: BusLink, claim: MessageClaim): boolean;
  /** A message has come. Throws where the link is to be closed; the bytes are valid during the call. */
  received(link: BusLink, message: Uint8Array): void;
  /** There is something to be sent at the end of the turn. */
  hasOutput(link: BusLink): void;
  /** The connection that was to be made is made. */
  connected(link: BusLink): void;
  /** The other side has closed it, it broke, or it was not made. Not called after `close`. */
  lost(link: BusLink, reason: unknown): void;
}

/** A link of a node with another one. */
export class BusLink implements NodeLink {
  node: ClusterNode | null = null;
  /** When anything was last read, in ms since the epoch. */
  readAt: number;
  readonly createdAt: number;
  readonly isInbound: boolean;
  readonly #owner: LinkOwner;
  readonly #now: () => number;
  #socket: Socket | null = null;
  #isClosed = false;
  /** What the turn has to say. */
  #held: Uint8Array[] = [];
  /** What may leave. */
  #output: Uint8Array[] = [];
  #isWriting = false;
  #bufferedBytes = 0;
  readonly #reader: MessageReader;

  /** `now` is the clock. The link is in use once it was opened. */
  constructor(owner: LinkOwner, isInbound: boolean, now: () => number) {
    this.#owner = owner;
    this.#now = now;
    this.isInbound = isInbound;
    this.createdAt = this.readAt = now();
    this.#reader = new MessageReader((claim) => owner.isWanted(this, claim));
  }

  get remoteIp(): string {
    return ipOf(this.#socket?.remoteAddr);
  }

  get localIp(): string {
    return ipOf(this.#socket?.localAddr);
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Bytes of a message that has not come as a whole. */
  get keptBytes(): number {
    return this.#reader.keptBytes;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Uses a connection that there is. */
  use(socket: Socket): void {
    if (this.#isClosed) return socket.close();
    this.#socket = socket;
    this.#readAll(socket).catch((error) => this.#lost(error));
  }

  /** Uses a connection that is being made. */
  async open(connecting: Promise<Socket>): Promise<void> {
    try {
      this.use(await connecting);
    } catch (error) {
      return this.#lost(error);
    }
    if (!this.#isClosed) this.#owner.connected(this);
  }

  send(message: Uint8Array): void {
    if (this.#isClosed) return;
    this.#held.push(message);
    this.#bufferedBytes += message.length;
    this.#owner.hasOutput(this);
  }

  /** What the turn had to say may leave. */
  flush(): void {
    this.#output.push(...this.#held);
    this.#held = [];
    if (!this.#isWriting && this.#socket !== null && this.#output.length > 0) {
      this.#isWriting = true;
      this.#writeAll(this.#socket).catch((error) => this.#lost(error));
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#held = this.#output = [];
    this.#bufferedBytes = 0;
    this.#socket?.close();
  }

  #lost(reason: unknown): void {
    if (this.#isClosed) return;
    this.close();
    this.#owner.lost(this, reason);
  }

  async #readAll(socket: Socket): Promise<void> {
    const buffer = new Uint8Array(READ_SIZE);
    for (;;) {
      const count = await socket.read(buffer);
      if (this.#isClosed) return;
      if (count === null) return this.#lost("connection closed");
      this.readAt = this.#now();
      for (const message of this.#reader.read(buffer.subarray(0, count))) {
        this.#owner.received(this, message);
        if (this.#isClosed) return;
      }
    }
  }

  async #writeAll(socket: Socket): Promise<void> {
    while (this.#output.length > 0) {
      const message = this.#output[0];
      const count = await socket.write(message);
      if (this.#isClosed) return;
      this.#bufferedBytes -= count;
      if (count === message.length) this.#output.shift();
      else this.#output[0] = message.subarray(count);
    }
    this.#isWriting = false;
  }
}

/** An address as nodes write it: one of IPv4 as such, whatever kind of socket it comes from. */
function ipOf(address: Deno.Addr | undefined): string {
  if (address === undefined || !("hostname" in address)) return "";
  return address.hostname.replace(/^::ffff:(?=\d+\.)/i, "");
}
