/**
 * A TCP relay on 127.0.0.1 that a test puts between two servers, to do to their connection what networks do.
 *
 * ```ts
 * await using relay = await Relay.start(primary.port);
 * await replica.texts("REPLICAOF", "127.0.0.1", String(relay.port));
 * relay.throttle("toClient", 1_000_000);
 * await relay.cut();
 * ```
 */

import { once } from "node:events";
import net from "node:net";
import { byteString } from "../../src/base/span.ts";
import { freePort } from "./free_port.ts";

/** Whoever connects to the relay is the client: of a replica and its primary, the replica. */
export type Way = "toServer" | "toClient";

/** What a relay holds back of each way, in bytes: beyond it, it reads no more, as a full network does. */
const QUEUE = 256 * 1024;
/** How often a throttled way sends something, per second. */
const SENDS = 20;

/** What is done to the bytes that go one way, on all links. */
class Treatment {
  bytesPerSecond = Infinity;
  /** In milliseconds. */
  delay = 0;
  corruptAt?: number;
  truncateAt?: number;
  /** Resolves when nothing is held. */
  opened: Promise<void> = Promise.resolve();
  #open = () => {};

  hold(): void {
    this.release();
    ({ promise: this.opened, resolve: this.#open } = Promise.withResolvers<void>());
  }

  release(): void {
    this.#open();
  }
}

interface Piece {
  readonly bytes: Uint8Array;
  /** When it has been delayed enough. */
  readonly due: number;
}

/** One connection through the relay. */
export class Link {
  readonly #client: net.Socket;
  readonly #server: net.Socket;
  readonly #forwarded: Record<Way, Uint8Array[]> = { toServer: [], toClient: [] };
  readonly #lengths: Record<Way, number> = { toServer: 0, toClient: 0 };
  readonly #ended = Promise.withResolvers<void>();
  /** Resolves when both sockets are closed and nothing is left to do. */
  readonly done: Promise<void>;

  /** @internal Relays make links. */
  constructor(client: net.Socket, server: net.Socket, treatments: Record<Way, Treatment>) {
    this.#client = client;
    this.#server = server;
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      // What became of a connection is seen by the pumps; an error is one of its ends.
      socket.on("error", () => this.#reset());
      socket.on("close", () => this.#ended.resolve());
    }
    this.done = Promise.all([
      this.#pump("toServer", client, server, treatments.toServer),
      this.#pump("toClient", server, client, treatments.toClient),
      closed(client),
      closed(server),
    ]).then(() => {});
  }

  /** Whether it still connects the two. */
  get isOpen(): boolean {
    return !this.#client.destroyed && !this.#server.destroyed;
  }

  /** How many bytes were forwarded. */
  length(way: Way): number {
    return this.#lengths[way];
  }

  /** What was forwarded, as a byte string. */
  text(way: Way): string {
    return this.#forwarded[way].map((bytes) => byteString(bytes)).join("");
  }

  /** Ends both connections with a reset, as a machine that knows nothing of them would; resolves when that is done. */
  async cut(): Promise<void> {
    this.#reset();
    await this.done;
  }

  #reset(): void {
    this.#ended.resolve();
    for (const socket of [this.#client, this.#server]) {
      if (!socket.destroyed) socket.resetAndDestroy();
    }
  }

  /** Closes both without a reset, which would take back what is on its way. */
  #close(): void {
    this.#ended.resolve();
    for (const socket of [this.#client, this.#server]) {
      if (!socket.destroyed) socket.end(() => socket.destroy());
    }
  }

  async #pump(way: Way, from: net.Socket, to: net.Socket, treatment: Treatment): Promise<void> {
    const { readable, writable } = new TransformStream<Piece, Piece>(
      {},
      undefined,
      { highWaterMark: QUEUE, size: ({ bytes }) => bytes.length },
    );
    const writer = writable.getWriter();
    const reading = this.#read(from, writer, treatment);
    let nextSend = 0;
    for await (const { bytes, due } of readable) {
      await this.#sleepUntil(due);
      for (let at = 0; at < bytes.length && this.isOpen;) {
        await Promise.race([treatment.opened, this.#ended.promise]);
        const { bytesPerSecond } = treatment;
        const piece = bytes.subarray(at, at + Math.max(1, Math.floor(bytesPerSecond / SENDS)));
        at += piece.length;
        if (bytesPerSecond < Infinity) {
          await this.#sleepUntil(nextSend);
          nextSend = Math.max(nextSend, performance.now()) + piece.length / bytesPerSecond * 1000;
        }
        await this.#forward(way, piece, to, treatment);
      }
      if (!this.isOpen) break;
    }
    this.#close();
    await reading;
  }

  /** Queues what comes, until it ends or the link does. */
  async #read(
    from: net.Socket,
    queue: WritableStreamDefaultWriter<Piece>,
    treatment: Treatment,
  ): Promise<void> {
    try {
      for await (const bytes of from.iterator({ destroyOnReturn: false })) {
        await Promise.race([queue.ready, this.#ended.promise]);
        if (!this.isOpen) break;
        // It fails where the link has ended, and nobody takes anything out of the queue.
        queue.write({ bytes, due: performance.now() + treatment.delay }).catch(() => {});
      }
    } catch {
      // The connection was reset, or we have ended it.
      this.#reset();
    }
    await queue.close().catch(() => {});
  }

  async #forward(way: Way, piece: Uint8Array, to: net.Socket, faults: Treatment): Promise<void> {
    if (!this.isOpen) return;
    const start = this.#lengths[way];
    let bytes = piece.slice();
    const corruptAt = (faults.corruptAt ?? -1) - start;
    if (corruptAt >= 0 && corruptAt < bytes.length) {
      bytes[corruptAt] ^= 0xff;
      faults.corruptAt = undefined;
    }
    const truncateAt = (faults.truncateAt ?? Infinity) - start;
    if (truncateAt <= bytes.length) {
      bytes = bytes.subarray(0, Math.max(0, truncateAt));
      faults.truncateAt = undefined;
    }
    this.#lengths[way] += bytes.length;
    this.#forwarded[way].push(bytes);
    const isTaken = to.write(bytes);
    if (truncateAt <= piece.length) {
      this.#close();
    } else if (!isTaken) {
      await Promise.race([once(to, "drain").catch(() => {}), this.#ended.promise]);
    }
  }

  async #sleepUntil(time: number): Promise<void> {
    const left = time - performance.now();
    if (left <= 0 || !this.isOpen) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, left);
    await Promise.race([promise, this.#ended.promise]);
    clearTimeout(timer);
  }
}

/** Relays to one port whatever connects, through as many links as there are connections. */
export class Relay implements AsyncDisposable {
  /** All links there have been, the oldest first. */
  readonly links: Link[] = [];
  readonly #treatments: Record<Way, Treatment> = {
    toServer: new Treatment(),
    toClient: new Treatment(),
  };
  /** Connections that wait for the server's side of them. */
  readonly #pending = new Set<Promise<void>>();
  #listener: net.Server | undefined;

  private constructor(
    /** Where it listens. */
    readonly port: number,
    /** Where it connects to; links that exist stay where they are. */
    public target: number,
  ) {}

  /** Relays to a port of this machine. */
  static async start(target: number): Promise<Relay> {
    for (let attempt = 1;; attempt++) {
      const relay = new Relay(freePort(), target);
      try {
        await relay.accept();
        return relay;
      } catch (error) {
        if (attempt === 5) throw error;
      }
    }
  }

  /** Takes connections again after `refuse`. */
  async accept(): Promise<void> {
    if (this.#listener) return;
    // Where one end closes, the other still gets all that came before.
    const listener = net.createServer({ allowHalfOpen: true }, (client) => {
      const connecting = this.#connect(client).finally(() => this.#pending.delete(connecting));
      this.#pending.add(connecting);
    });
    listener.listen(this.port, "127.0.0.1");
    await once(listener, "listening");
    this.#listener = listener;
  }

  /** Cuts all links, and refuses connections from now on. */
  async refuse(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    if (!listener) return;
    const closed = once(listener, "close");
    listener.close();
    await this.cut();
    await closed;
  }

  /** Cuts all links; who connects again gets a new one. */
  async cut(): Promise<void> {
    await Promise.all(this.#pending);
    await Promise.all(this.links.map((link) => link.cut()));
  }

  /** Keeps back all that comes from now on until `release`, that of new links too. */
  hold(...ways: Way[]): void {
    for (const way of orBoth(ways)) this.#treatments[way].hold();
  }

  /** Lets go of what is held. */
  release(...ways: Way[]): void {
    for (const way of orBoth(ways)) this.#treatments[way].release();
  }

  /** Has bytes arrive so many milliseconds later than they were sent. */
  delay(milliseconds: number, ...ways: Way[]): void {
    for (const way of orBoth(ways)) this.#treatments[way].delay = milliseconds;
  }

  /** Lets so many bytes per second through; Infinity: all. Beyond that, the kernel's buffers fill up first. */
  throttle(way: Way, bytesPerSecond: number): void {
    this.#treatments[way].bytesPerSecond = bytesPerSecond;
  }

  /** Turns over the bits of one byte: that at `offset` of the first link that gets so far. */
  corrupt(way: Way, offset: number): void {
    this.#treatments[way].corruptAt = offset;
  }

  /** Ends the first link that gets so far, after exactly `offset` bytes, which still arrive. */
  truncate(way: Way, offset: number): void {
    this.#treatments[way].truncateAt = offset;
  }

  /** How many bytes all links have forwarded. */
  forwarded(way: Way): number {
    return this.links.reduce((sum, link) => sum + link.length(way), 0);
  }

  /** Cuts all links and stops. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.refuse();
    this.release();
  }

  async #connect(client: net.Socket): Promise<void> {
    const server = net.connect({ port: this.target, host: "127.0.0.1", allowHalfOpen: true });
    // Until there is a link, an error means that there will be none.
    client.on("error", () => server.destroy());
    try {
      await once(server, "connect");
    } catch {
      client.destroy();
      await closed(client);
      return;
    }
    this.links.push(new Link(client, server, this.#treatments));
  }
}

function orBoth(ways: readonly Way[]): readonly Way[] {
  return ways.length > 0 ? ways : ["toServer", "toClient"];
}

async function closed(socket: net.Socket): Promise<void> {
  if (!socket.closed) await new Promise<void>((resolve) => socket.once("close", () => resolve()));
}
