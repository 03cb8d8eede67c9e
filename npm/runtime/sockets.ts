/** Connections, over `node:net`. */

import { connect as connectSocket, type Socket } from "node:net";
import { errors, translate } from "./errors.ts";

/** What came and is not read yet is at most this, and what came with it, in bytes: the peer waits then. */
const MOST_UNREAD = 64 * 1024;
/** At most so much is written in one piece, in bytes: so a peer that takes some is told from one that takes nothing. */
const MOST_WRITTEN = 64 * 1024;

/** A read that waits for bytes. */
interface WaitingRead {
  readonly into: Uint8Array;
  readonly resolve: (count: number | null) => void;
  readonly reject: (error: unknown) => void;
}

/** Those parts of `Deno.Conn` and `Deno.TcpConn` that the server uses. */
export class SocketConn {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  readonly #socket: Socket;
  /** What came and was not read yet. */
  readonly #unread: Uint8Array[] = [];
  #unreadBytes = 0;
  #isPaused = true;
  #waiting: WaitingRead | null = null;
  /** The peer has sent all, or the connection is gone. */
  #hasEnded = false;
  #failure: Error | null = null;
  #isClosed = false;

  /** The socket must be paused; nothing of what comes is lost then. */
  constructor(socket: Socket, localAddr: Deno.Addr, remoteAddr: Deno.Addr) {
    this.#socket = socket;
    this.localAddr = localAddr;
    this.remoteAddr = remoteAddr;
    socket.on("data", (bytes: Uint8Array) => this.#take(bytes));
    socket.on("end", () => this.#end(null));
    socket.on("error", (error) => this.#end(translate(error)));
    socket.on("close", () => this.#end(null));
  }

  /** One read at a time. What is read is copied: `into` is the caller's. */
  read(into: Uint8Array): Promise<number | null> {
    if (this.#isClosed) return Promise.reject(new errors.BadResource("Bad resource ID"));
    return new Promise((resolve, reject) => {
      this.#waiting = { into, resolve, reject };
      if (this.#unreadBytes > 0 || this.#hasEnded) this.#serve();
      else this.#flow();
    });
  }

  /** One write at a time; the bytes must stay as they are until it resolves. */
  write(bytes: Uint8Array): Promise<number> {
    if (this.#isClosed) return Promise.reject(new errors.BadResource("Bad resource ID"));
    const part = bytes.length > MOST_WRITTEN ? bytes.subarray(0, MOST_WRITTEN) : bytes;
    return new Promise((resolve, reject) => {
      this.#socket.write(part, (error) => {
        if (error) reject(this.#failure ?? translate(error));
        else resolve(part.length);
      });
    });
  }

  /** The peer is told that no more comes. */
  closeWrite(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.end((error?: Error | null) => error ? reject(translate(error)) : resolve());
    });
  }

  /** Ends reads and writes that wait; the system still sends what it has taken. */
  close(): void {
    if (this.#isClosed) throw new errors.BadResource("Bad resource ID");
    this.#isClosed = true;
    this.#socket.destroy();
    this.#unread.length = this.#unreadBytes = 0;
    this.#end(new errors.Interrupted("operation canceled"));
  }

  [Symbol.dispose](): void {
    if (!this.#isClosed) this.close();
  }

  setNoDelay(on = true): void {
    this.#socket.setNoDelay(on);
  }

  setKeepAlive(on = true): void {
    this.#socket.setKeepAlive(on);
  }

  #flow(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  #take(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#unread.push(bytes);
    this.#unreadBytes += bytes.length;
    this.#serve();
    if (this.#unreadBytes <= MOST_UNREAD || this.#isPaused) return;
    this.#isPaused = true;
    this.#socket.pause();
  }

  #end(failure: Error | null): void {
    this.#hasEnded = true;
    this.#failure ??= failure;
    this.#serve();
  }

  #serve(): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    const bytes = this.#unread[0];
    if (bytes !== undefined) {
      this.#waiting = null;
      waiting.resolve(this.#fill(waiting.into, bytes));
    } else if (this.#hasEnded) {
      this.#waiting = null;
      if (this.#failure === null) waiting.resolve(null);
      else waiting.reject(this.#failure);
    }
  }

  /** Copies bytes for a read; the rest stays. */
  #fill(into: Uint8Array, bytes: Uint8Array): number {
    const count = Math.min(bytes.length, into.length);
    if (count === bytes.length) {
      into.set(bytes);
      this.#unread.shift();
    } else {
      into.set(bytes.subarray(0, count));
      this.#unread[0] = bytes.subarray(count);
    }
    this.#unreadBytes -= count;
    return count;
  }
}

/** As `Deno.connect`, to a TCP port or a Unix socket. */
export function connect(
  target: Deno.ConnectOptions | Deno.UnixConnectOptions,
): Promise<SocketConn> {
  const place = "path" in target
    ? { path: target.path }
    : { host: target.hostname ?? "127.0.0.1", port: target.port };
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ ...place, allowHalfOpen: true });
    socket.pause();
    const failed = (error: Error) => reject(translate(error));
    socket.once("error", failed);
    socket.once("connect", () => {
      socket.off("error", failed);
      const [local, remote] = addressesOf(socket, place.path);
      resolve(new SocketConn(socket, local, remote));
    });
  });
}

/** The two ends of a connection. One that is gone already has none: an address of nobody then. */
export function addressesOf(socket: Socket, path?: string): [local: Deno.Addr, remote: Deno.Addr] {
  if (path !== undefined) {
    return [{ transport: "unix", path }, { transport: "unix", path }];
  }
  return [
    tcpAddress(socket.localAddress, socket.localPort),
    tcpAddress(socket.remoteAddress, socket.remotePort),
  ];
}

function tcpAddress(hostname = "0.0.0.0", port = 0): Deno.NetAddr {
  return { transport: "tcp", hostname, port };
}
