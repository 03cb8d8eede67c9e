/** TLS by Deno's own listeners. */

import type { Socket } from "../clients/transport.ts";

/** A connection of `Deno.listenTls`, to which it is an error that a peer ends without saying goodbye. */
export class DenoTlsSocket implements Socket {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  readonly #conn: Deno.Conn;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
    this.localAddr = conn.localAddr;
    this.remoteAddr = conn.remoteAddr;
  }

  async read(target: Uint8Array): Promise<number | null> {
    try {
      return await this.#conn.read(target);
    } catch (error) {
      // Its last requests were whole, and it may well read the replies.
      if (error instanceof Deno.errors.UnexpectedEof) return null;
      throw error;
    }
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#conn.write(bytes);
  }

  close(): void {
    this.#conn.close();
  }
}
