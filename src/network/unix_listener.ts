/** The Unix socket that clients may come through (`unixsocket`). */

import type { Log } from "../observe/log.ts";
import { type AcceptLoops, reason } from "./accept_loops.ts";
import { ListenError } from "./tcp_listeners.ts";

/** At most one Unix socket, whose file goes with the server. */
export class UnixListener {
  readonly #loops: AcceptLoops;
  readonly #log: Log;
  #path = "";

  constructor(loops: AcceptLoops, log: Log) {
    this.#loops = loops;
    this.#log = log;
  }

  /** Listens, in place of a socket that was left there. Throws `ListenError`. */
  listen(path: string, mode: number, accept: (conn: Deno.Conn) => void): void {
    try {
      if (Deno.lstatSync(path).isSocket) Deno.removeSync(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    try {
      this.#loops.serve(Deno.listen({ transport: "unix", path }), accept);
      this.#path = path;
      if (mode !== 0) Deno.chmodSync(path, mode);
    } catch (error) {
      throw new ListenError(`Could not listen on the Unix socket ${path}: ${reason(error)}`);
    }
  }

  /** Removes the socket's file. */
  async remove(): Promise<void> {
    if (this.#path === "") return;
    this.#log.notice("Removing the unix socket file.");
    await Deno.remove(this.#path).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    this.#path = "";
  }
}
