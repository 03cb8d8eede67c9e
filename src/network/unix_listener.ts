/** The Unix socket that clients may come through (`unixsocket`). */

import { randomHex } from "../base/random_hex.ts";
import type { Log } from "../observe/log.ts";
import { fileErrorText } from "../persistence/file.ts";
import type { AcceptLoops } from "./accept_loops.ts";
import { ListenError } from "./listen_error.ts";

/** The path of a socket has fewer bytes than this. */
const LONGEST_PATH = Deno.build.os === "linux" ? 108 : 104;

/** At most one Unix socket, whose file goes with the server. */
export class UnixListener {
  readonly #loops: AcceptLoops;
  readonly #log: Log;
  #path = "";

  constructor(loops: AcceptLoops, log: Log) {
    this.#loops = loops;
    this.#log = log;
  }

  /** Listens, in place of a socket that was left there. Rejects with `ListenError`. */
  async listen(
    path: string,
    mode: number,
    accept: (conn: Deno.Conn) => void | Promise<void>,
  ): Promise<void> {
    const size = new TextEncoder().encode(path).length;
    if (size >= LONGEST_PATH) {
      const why = `unix socket path too long (${size}), must be under ${LONGEST_PATH}`;
      throw this.#failure(path, why, why);
    }
    try {
      removeSocket(path);
      this.#loops.serve(await listenAs(path, mode), accept);
      this.#path = path;
    } catch (error) {
      const why = fileErrorText(error);
      throw this.#failure(path, why, `bind: ${why}`);
    }
  }

  #failure(path: string, why: string, redisReason: string): ListenError {
    this.#log.warning(`Failed opening Unix socket: ${redisReason}`);
    return new ListenError(`Could not listen on the Unix socket ${path}: ${why}`);
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

/** Removes a socket that a server has left behind. */
function removeSocket(path: string): void {
  try {
    if (Deno.lstatSync(path).isSocket) Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * Listens on a socket that never is open to more users than `mode` says; 0: to those whom the umask lets. It
 * begins in a directory that nobody else may enter: the program may not set its umask.
 */
async function listenAs(path: string, mode: number): Promise<Deno.Listener> {
  if (mode === 0) return await Deno.listen({ transport: "unix", path });
  const directory = `${path.slice(0, path.lastIndexOf("/"))}/.${randomHex(2)}`;
  const hidden = `${directory}/s`;
  Deno.mkdirSync(directory, { mode: 0o700 });
  try {
    const listener = await Deno.listen({ transport: "unix", path: hidden });
    Deno.chmodSync(hidden, mode);
    Deno.renameSync(hidden, path);
    return listener;
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}
