/** Where a server can be reached: clients on TCP, with TLS and on a Unix socket, and its metrics. */

import type { Clock } from "../base/clock.ts";
import type { Log } from "../observe/log.ts";
import { AcceptLoops } from "./accept_loops.ts";
import { TcpListeners } from "./tcp_listeners.ts";
import { UnixListener } from "./unix_listener.ts";

/** What is done with the connections that come in. */
export interface AcceptHandlers {
  readonly accept: (conn: Deno.Conn) => void;
  readonly acceptTls: (conn: Deno.Conn) => void;
  readonly acceptMetrics: (conn: Deno.Conn) => void;
}

/** All listeners of a server. */
export class Listeners {
  /** `port` */
  readonly tcp: TcpListeners;
  /** `tls-port` */
  readonly tls: TcpListeners;
  /** `metrics-port` */
  readonly metrics: TcpListeners;
  readonly #unix: UnixListener;
  readonly #loops: AcceptLoops;
  readonly #handlers: AcceptHandlers;

  constructor(handlers: AcceptHandlers, clock: Clock, log: Log) {
    const loops = new AcceptLoops(clock, log);
    this.#loops = loops;
    this.#handlers = handlers;
    this.tcp = new TcpListeners({ loops, log, accept: handlers.accept, directive: "port" });
    this.tls = new TcpListeners({ loops, log, accept: handlers.acceptTls, directive: "tls-port" });
    this.metrics = new TcpListeners({
      ...{ loops, log },
      accept: handlers.acceptMetrics,
      directive: "metrics-port",
    });
    this.#unix = new UnixListener(loops, log);
  }

  /** Listens on a Unix socket, in place of one that was left there. Throws `ListenError`. */
  listenUnix(path: string, mode: number): void {
    this.#unix.listen(path, mode, this.#handlers.accept);
  }

  /** Takes no more connections. */
  async close(): Promise<void> {
    for (const listeners of [this.tcp, this.tls, this.metrics]) listeners.forget();
    await this.#loops.closeAll();
    await this.#unix.remove();
  }
}
