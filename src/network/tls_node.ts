/** TLS by Node's module, over connections that Deno has accepted: it can verify who connects. */

import { Buffer } from "node:buffer";
import nodeProcess from "node:process";
import type { Duplex } from "node:stream";
import { setImmediate } from "node:timers";
import type { TLSSocket } from "node:tls";
import type { TlsMaterial } from "./tls_material.ts";
import type { Socket } from "../clients/transport.ts";

/** So much is taken from a connection at once, in bytes: little from one that is idle, at most a TLS record. */
const LEAST_READ = 1024, MOST_READ = 16 * 1024;

/** Does the server's part of a handshake. Rejects where it fails or the client may not come in. */
export function nodeHandshake(conn: Socket, material: TlsMaterial): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const { certificate: cert, key, authorities, clients, minVersion, maxVersion } = material;
  // A server for each connection, so that it is known whose an event is; it takes some 80 µs.
  const server = nodeProcess.getBuiltinModule("node:tls").createServer({
    ...{ cert, key, minVersion, maxVersion },
    ca: authorities.flatMap(splitPem),
    requestCert: clients !== "no",
    rejectUnauthorized: clients === "yes",
  });
  server.once("tlsClientError", (error, socket) => reject(explain(error, socket)));
  server.once("secureConnection", (socket) => {
    const refusal = refusalOf(socket, clients);
    if (refusal === null) return resolve(new NodeTlsSocket(socket, conn));
    socket.destroy();
    reject(new Error(refusal));
  });
  // Node's module waits on when the peer has gone in the middle of a handshake; afterwards this does nothing.
  const ended = () => reject(new Error("the peer closed the connection during the TLS handshake"));
  server.emit("connection", streamOf(conn, ended));
  return promise;
}

/**
 * Does the client's part of a handshake. The chain of the server's certificates is verified, but not the name of
 * its host, as in Redis. Rejects where it fails.
 */
export function nodeConnect(conn: Socket, material: TlsMaterial): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const { certificate: cert, key, authorities, minVersion, maxVersion } = material;
  const ended = () => reject(new Error("the peer closed the connection during the TLS handshake"));
  const socket = nodeProcess.getBuiltinModule("node:tls").connect({
    ...{ cert, key, minVersion, maxVersion },
    socket: streamOf(conn, ended),
    ca: authorities.flatMap(splitPem),
    checkServerIdentity: () => undefined,
    rejectUnauthorized: true,
  });
  socket.once("error", (error) => reject(explain(error, socket)));
  socket.once("secureConnect", () => {
    // Looked at again here, whatever the runtime made of it.
    if (socket.authorized) return resolve(new NodeTlsSocket(socket, conn));
    socket.destroy();
    reject(new Error(verifyFailed(socket)));
  });
  return promise;
}

/** Why a client may not come in, looked at again here whatever the runtime made of it; null if it may. */
function refusalOf(socket: TLSSocket, clients: TlsMaterial["clients"]): string | null {
  if (clients === "no") return null;
  const { raw }: { raw?: unknown } = socket.getPeerCertificate() ?? {};
  if (raw === undefined) return clients === "yes" ? "peer did not return a certificate" : null;
  return socket.authorized ? null : verifyFailed(socket);
}

/** The error of a handshake; the runtime says "socket hang up" where it has itself refused a certificate. */
function explain(error: Error, socket: TLSSocket): Error {
  if (socket.authorized || !socket.authorizationError) return error;
  return new Error(verifyFailed(socket), { cause: error });
}

/** What the log says of a certificate that is not accepted. */
function verifyFailed({ authorizationError: reason }: TLSSocket): string {
  const meaning = String(reason) === "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
    ? " (no authority that is known has signed it, or it is an X.509 certificate of version 1, which " +
      "Deno accepts of authorities and servers alone)"
    : "";
  return `certificate verify failed: ${reason}${meaning}`;
}

/** The certificates of a text, one by one. */
function splitPem(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
}

/** An accepted connection as the stream that Node's module works on; tells when there is no more to read. */
function streamOf(conn: Socket, ended: () => void): Duplex {
  let size = LEAST_READ;
  const stream = nodeProcess.getBuiltinModule("node:stream");
  return new stream.Duplex({
    read() {
      const buffer = Buffer.allocUnsafeSlow(size);
      conn.read(buffer).then(
        (count) => {
          size = count === size ? Math.min(2 * size, MOST_READ) : LEAST_READ;
          this.push(count === null ? null : buffer.subarray(0, count));
          if (count === null) ended();
        },
        (error) => {
          this.destroy(error);
          ended();
        },
      );
    },
    write(chunk: Uint8Array, _encoding, done) {
      writeAll(conn, chunk).then(() => done(), done);
    },
  });
}

async function writeAll(conn: Socket, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

/** No more is decrypted in advance than this, and what came with it, in bytes. */
const MOST_UNREAD = 64 * 1024;
/** No more is encrypted at once, in bytes: a peer that does not read has nothing stored twice. */
const MOST_WRITTEN = 64 * 1024;

/** A read that waits for bytes. */
interface WaitingRead {
  readonly target: Uint8Array;
  readonly resolve: (count: number | null) => void;
  readonly reject: (error: unknown) => void;
}

/** A TLS connection of Node's module, as connections of Deno are. */
class NodeTlsSocket implements Socket {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  readonly #socket: TLSSocket;
  readonly #conn: Socket;
  /** What was decrypted and is not read yet. */
  readonly #unread: Uint8Array[] = [];
  #unreadBytes = 0;
  #waiting: WaitingRead | undefined;
  #ended = false;
  #failure: unknown;

  constructor(socket: TLSSocket, conn: Socket) {
    this.#socket = socket;
    this.#conn = conn;
    this.localAddr = conn.localAddr;
    this.remoteAddr = conn.remoteAddr;
    socket.on("data", (chunk: Uint8Array) => this.#take(chunk));
    socket.on("error", (error) => this.#end(error));
    socket.on("end", () => this.#end(undefined));
    socket.on("close", () => this.#end(undefined));
  }

  read(target: Uint8Array): Promise<number | null> {
    return new Promise((resolve, reject) => {
      this.#waiting = { target, resolve, reject };
      this.#serveRead();
    });
  }

  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      const part = bytes.subarray(0, MOST_WRITTEN);
      this.#socket.write(part, (error) => error ? reject(error) : resolve(part.length));
    });
  }

  /** Says goodbye, if the peer takes it at once, and closes. */
  close(): void {
    this.#end(undefined);
    this.#socket.end();
    setImmediate(() => {
      this.#socket.destroy();
      this.#conn.close();
    });
  }

  #end(failure: unknown): void {
    this.#ended = true;
    this.#failure ??= failure;
    this.#serveRead();
  }

  #take(chunk: Uint8Array): void {
    this.#unread.push(chunk);
    this.#unreadBytes += chunk.length;
    this.#serveRead();
    if (this.#unreadBytes > MOST_UNREAD) this.#socket.pause();
  }

  #serveRead(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const [chunk] = this.#unread;
    if (chunk === undefined && !this.#ended) return;
    this.#waiting = undefined;
    if (chunk !== undefined) {
      const { target } = waiting;
      const count = Math.min(chunk.length, target.length);
      target.set(count < chunk.length ? chunk.subarray(0, count) : chunk);
      if (count < chunk.length) this.#unread[0] = chunk.subarray(count);
      else this.#unread.shift();
      this.#unreadBytes -= count;
      if (this.#unreadBytes === 0 && this.#socket.isPaused()) this.#socket.resume();
      waiting.resolve(count);
    } else if (this.#failure !== undefined) {
      waiting.reject(this.#failure);
    } else {
      waiting.resolve(null);
    }
  }
}
