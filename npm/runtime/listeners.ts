/** Listeners, over `node:net`. */

import { statSync } from "node:fs";
import {
  type AddressInfo,
  createServer,
  type ListenOptions,
  type Server,
  type Socket,
} from "node:net";
import { dirname } from "node:path";
import { errors, translate } from "./errors.ts";
import { addressesOf, SocketConn } from "./sockets.ts";

/** An `accept` that waits for a connection. */
interface WaitingAccept {
  readonly resolve: (conn: SocketConn) => void;
  readonly reject: (error: unknown) => void;
}

/** Those parts of `Deno.Listener` that the server uses. */
export class SocketListener {
  readonly addr: Deno.Addr;
  readonly #server: Server;
  readonly #path: string | undefined;
  /** Connections that nobody has asked for yet. */
  readonly #arrived: Socket[] = [];
  readonly #waiting: WaitingAccept[] = [];
  #isClosed = false;

  /** The server must listen. */
  constructor(server: Server, path: string | undefined) {
    this.#server = server;
    this.#path = path;
    this.addr = path === undefined ? netAddress(server) : { transport: "unix", path };
    server.on("connection", (socket: Socket) => this.#take(socket));
    // One connection that could not be taken: its peer sees that.
    server.on("error", () => {});
  }

  accept(): Promise<SocketConn> {
    if (this.#isClosed) return Promise.reject(new errors.BadResource("Listener has been closed"));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#serve();
    });
  }

  close(): void {
    if (this.#isClosed) throw new errors.BadResource("Listener has been closed");
    this.#isClosed = true;
    this.#server.close();
    for (const socket of this.#arrived.splice(0)) socket.destroy();
    const reason = new errors.BadResource("Listener has been closed");
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
  }

  [Symbol.dispose](): void {
    if (!this.#isClosed) this.close();
  }

  #take(socket: Socket): void {
    // Until somebody takes it there is nobody to tell, and an error that nobody hears ends the process.
    socket.on("error", () => {});
    if (this.#isClosed) return void socket.destroy();
    this.#arrived.push(socket);
    this.#serve();
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      const socket = this.#arrived.shift();
      if (socket === undefined) return;
      const [local, remote] = addressesOf(socket, this.#path);
      // Its peer has gone before anybody could look who it was.
      if (socket.destroyed || remote.transport === "tcp" && remote.port === 0) socket.destroy();
      else this.#waiting.shift()!.resolve(new SocketConn(socket, local, remote));
    }
  }
}

function netAddress(server: Server): Deno.NetAddr {
  const { address, port } = server.address() as AddressInfo;
  return { transport: "tcp", hostname: address, port };
}

/** What is listened on: as `Deno.listen` takes it. */
export type ListenTarget =
  | { transport?: "tcp"; hostname?: string; port: number; tcpBacklog?: number }
  | { transport: "unix"; path: string };

/** As `Deno.listen`, but for the promise: whether a port is free is known a moment later. */
export function listen(target: ListenTarget): Promise<SocketListener> {
  const path = target.transport === "unix" ? target.path : undefined;
  const place: ListenOptions = target.transport === "unix" ? { path } : {
    host: target.hostname ?? "0.0.0.0",
    port: target.port,
    backlog: target.tcpBacklog ?? 511,
  };
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    const failed = (error: Error) =>
      reject(path === undefined ? translate(error) : bindError(error, path));
    server.once("error", failed);
    // Workers of `node:cluster` would share the port, and clients, without it.
    server.listen({ ...place, exclusive: true }, () => {
      server.off("error", failed);
      resolve(new SocketListener(server, path));
    });
  });
}

/** Why a Unix socket can't be had: of a directory that is not there libuv says that it may not be used. */
function bindError(error: Error, path: string): Error {
  try {
    statSync(dirname(path));
  } catch (missing) {
    return translate(missing);
  }
  return translate(error);
}
