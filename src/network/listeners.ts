/** Where a server can be reached: clients on TCP, with TLS and on a Unix socket, and its metrics. */

import { AcceptLoops, type AcceptLoopsParts } from "./accept_loops.ts";
import { type ListenPlace, TcpListeners } from "./tcp_listeners.ts";
import { UnixListener } from "./unix_listener.ts";

/** What is done with the connections that come in; where it takes a promise, the next one waits for that. */
export interface AcceptHandlers {
  readonly accept: (conn: Deno.Conn) => void | Promise<void>;
  readonly acceptTls: (conn: Deno.Conn) => void;
  readonly acceptMetrics: (conn: Deno.Conn) => void;
  readonly acceptBus: (conn: Deno.Conn) => void;
}

/** What listeners work with. */
export interface ListenersParts extends AcceptLoopsParts {
  readonly handlers: AcceptHandlers;
  /** Is told when a move that had to wait for its port failed, and what is listened on again. */
  readonly movedBack: (place: ListenPlace) => void;
}

/** All listeners of a server. */
export class Listeners {
  /** `port` */
  readonly tcp: TcpListeners;
  /** `tls-port` */
  readonly tls: TcpListeners;
  /** `metrics-port` */
  readonly metrics: TcpListeners;
  /** `cluster-port`, or the one that follows from `port` */
  readonly bus: TcpListeners;
  readonly #unix: UnixListener;
  readonly #loops: AcceptLoops;
  readonly #handlers: AcceptHandlers;

  constructor(parts: ListenersParts) {
    const { handlers, log, movedBack } = parts;
    const loops = new AcceptLoops(parts);
    this.#loops = loops;
    this.#handlers = handlers;
    const shared = { loops, log, movedBack };
    this.tcp = new TcpListeners({ ...shared, accept: handlers.accept, directive: "port" });
    this.tls = new TcpListeners({ ...shared, accept: handlers.acceptTls, directive: "tls-port" });
    this.metrics = new TcpListeners({
      ...shared,
      accept: handlers.acceptMetrics,
      directive: "metrics-port",
    });
    this.bus = new TcpListeners({
      ...shared,
      accept: handlers.acceptBus,
      directive: "cluster-port",
    });
    this.#unix = new UnixListener(loops, log);
  }

  /** Listens on a Unix socket, in place of one that was left there. Rejects with `ListenError`. */
  listenUnix(path: string, mode: number): Promise<void> {
    return this.#unix.listen(path, mode, this.#handlers.accept);
  }

  /** Takes no more connections. */
  async close(): Promise<void> {
    for (const listeners of [this.tcp, this.tls, this.metrics, this.bus]) listeners.forget();
    await this.#loops.closeAll();
    await this.#unix.remove();
  }
}
