/** A client whose socket is in the test's hands: what it sends, how its writes go, when it leaves. */

import { setImmediate } from "node:timers";
import { bytesOf, byteString } from "../../src/base/span.ts";
import type { Client } from "../../src/clients/client.ts";
import type { Connection } from "../../src/network/connection.ts";
import type { Server } from "../../src/server/server.ts";
import { PATIENCE } from "./wait_for.ts";

/** The sockets that are not closed, of all servers of a test. */
const openSockets = new Set<FakeSocket>();

/** A socket without a network. */
export class FakeSocket {
  readonly localAddr: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 1 };
  readonly remoteAddr: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 2 };
  /** What was written and taken, as a byte string. */
  written = "";
  isClosed = false;
  /** While true, writes wait for `finishWrite`. */
  holdsWrites = false;
  /** Whether a write that waits when the connection is closed goes well, as with TLS. */
  outlivesClose = false;
  /** The most bytes that one write takes. */
  largestWrite = Infinity;
  #input: Uint8Array[] = [];
  #read: { into: Uint8Array; resolve: (count: number | null) => void } | null = null;
  #hasEnded = false;
  #hasToldEnd = false;
  #heldWrites: (() => void)[] = [];

  constructor() {
    openSockets.add(this);
  }

  setNoDelay(): void {}

  /** Whether the server has taken all that was sent and waits for more, or knows that no more comes. */
  get isRead(): boolean {
    return this.#hasToldEnd || this.#input.length === 0 && this.#read !== null;
  }

  /** How many writes wait. */
  get heldWrites(): number {
    return this.#heldWrites.length;
  }

  send(text: string): void {
    this.#input.push(bytesOf(text));
    this.#deliver();
  }

  end(): void {
    this.#hasEnded = true;
    this.#deliver();
  }

  finishWrite(): void {
    this.#heldWrites.shift()?.();
  }

  read(into: Uint8Array): Promise<number | null> {
    return new Promise((resolve) => {
      this.#read = { into, resolve };
      this.#deliver();
    });
  }

  write(bytes: Uint8Array): Promise<number> {
    const taken = bytes.slice(0, this.largestWrite);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const finish = () => {
      if (this.isClosed && !this.outlivesClose) {
        return reject(new Deno.errors.Interrupted("closed"));
      }
      this.written += byteString(taken);
      resolve(taken.length);
    };
    if (this.holdsWrites) this.#heldWrites.push(finish);
    else finish();
    return promise;
  }

  close(): void {
    if (this.isClosed) throw new Deno.errors.BadResource("closed");
    this.isClosed = true;
    openSockets.delete(this);
    for (const finish of this.#heldWrites.splice(0)) finish();
    this.#hasEnded = true;
    this.#deliver();
  }

  #deliver(): void {
    if (this.#read === null) return;
    const { into, resolve } = this.#read;
    const bytes = this.#input.shift();
    if (bytes === undefined && !this.#hasEnded) return;
    this.#read = null;
    if (bytes === undefined) {
      this.#hasToldEnd = true;
      return resolve(null);
    }
    into.set(bytes.subarray(0, into.length));
    if (bytes.length > into.length) this.#input.unshift(bytes.subarray(into.length));
    resolve(Math.min(bytes.length, into.length));
  }
}

/** A client of a server that runs in this process. */
export interface FakeClient {
  readonly socket: FakeSocket;
  readonly client: Client;
  readonly connection: Connection;
}

/** Connects a client to a server, past its listeners. */
export function connectFake(server: Server): FakeClient {
  const socket = new FakeSocket();
  const connection = server.connections.serve(socket);
  const { client } = connection;
  return { socket, client, connection };
}

/** Lets everything run that waits for a promise, but does not end the turn of the event loop. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

/** What follows from what was read has happened after so many turns, however long they take. */
const TURNS = 10;

/**
 * Lets the server do what there is to do: until it has read what all sockets sent, which may take many
 * turns of the event loop, as a client that kept it busy waits for others, and has let the replies out.
 */
export async function turns(): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  for (let quiet = 0; quiet < TURNS; quiet++) {
    await settle();
    await new Promise<void>((resolve) => setImmediate(resolve));
    if ([...openSockets].every((socket) => socket.isRead)) continue;
    quiet = 0;
    if (performance.now() > deadline) throw new Error("what was sent is not read");
  }
}
