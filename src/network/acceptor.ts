/** Where a server is reached, and by whom: addresses, TLS, `maxclients` and protected mode. */

import type { Clock } from "../base/clock.ts";
import { busPortOf, ConfigError, type Configuration, type DirectiveName } from "../config/mod.ts";
import { COMMAND_LINE } from "../config/errors.ts";
import { absolutePath, systemPath } from "../config/paths.ts";
import type { Log } from "../observe/log.ts";
import type { Statistics } from "../observe/statistics.ts";
import { isLoopback } from "./addresses.ts";
import { Listeners } from "./listeners.ts";
import { ListenError } from "./listen_error.ts";
import { Tls } from "./tls.ts";
import { TlsError } from "./tls_material.ts";
import type { Socket } from "../clients/transport.ts";

/** What the acceptor asks of its server. */
export interface AcceptorParts {
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly log: Log;
  readonly statistics: Statistics;
  readonly clients: { readonly count: number };
  readonly lifecycle: { readonly isEnding: boolean };
  /** What is given up to tell a client that it is one too many. */
  readonly descriptors: { giveUp(): boolean };
  /** Whether only this machine may connect. */
  readonly isProtected: () => boolean;
  /** Serves a client that has come in. */
  readonly serve: (conn: Socket) => void;
  /** Answers who asks for the metrics, or only for the server's health. */
  readonly serveMetrics: (conn: Socket, onlyHealth: boolean) => void;
  /** Takes a connection from another node of the cluster. */
  readonly serveNode: (conn: Socket) => void;
}

const TOO_MANY_CLIENTS = "-ERR max number of clients reached\r\n";
const PROTECTED =
  "-DENIED Redis is running in protected mode because protected mode is enabled and no password " +
  "is set for the default user. In this mode connections are only accepted from the loopback " +
  "interface. If you want to connect from external computers to Redis you may adopt one of the " +
  "following solutions: 1) Just disable protected mode sending the command 'CONFIG SET " +
  "protected-mode no' from the loopback interface by connecting to Redis from the same host the " +
  "server is running, however MAKE SURE Redis is not publicly accessible from internet if you do " +
  "so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable " +
  "the protected mode by editing the Redis configuration file, and setting the protected mode " +
  "option to 'no', and then restarting the server. 3) If you started the server manually just for " +
  "testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication " +
  "password for the default user. NOTE: You only need to do one of the above things in order for " +
  "the server to start accepting connections from the outside.\r\n";

const MOST_PORT = 65535;
const PORT_TOO_HIGH =
  "Redis port number too high for cluster mode. Your port number should be 55535 or less.";

/** Lets connections in. */
export class Acceptor {
  readonly #parts: AcceptorParts;
  readonly #listeners: Listeners;
  readonly #tls: Tls;

  constructor(parts: AcceptorParts) {
    const { configuration, clock, log } = parts;
    this.#parts = parts;
    this.#tls = new Tls(configuration, clock, log);
    const handlers = {
      accept: (conn: Deno.Conn) => {
        this.#tune(conn);
        if (this.#hasRoom()) this.#admit(conn);
        else return this.#refuse(conn, TOO_MANY_CLIENTS);
      },
      acceptTls: (conn: Deno.Conn) => {
        this.#tune(conn);
        // Before the handshake a peer could not read why it is refused.
        if (this.#hasRoom()) this.#tls.accept(conn, (secured) => this.#admit(secured));
        else conn.close();
      },
      acceptMetrics: (conn: Deno.Conn) => {
        // A password protects what clients see, and the metrics ask for none.
        const onlyHealth = configuration.settings["protected-mode"] && isRemote(conn);
        if (onlyHealth && parts.isProtected()) conn.close();
        else parts.serveMetrics(conn, onlyHealth);
      },
      acceptBus: (conn: Deno.Conn) => {
        this.#tune(conn);
        parts.serveNode(conn);
      },
    };
    this.#listeners = new Listeners({
      ...{ handlers, clock, log },
      makeRoom: () => parts.descriptors.giveUp(),
      movedBack: ({ addresses }) => configuration.assign("bind", [...addresses]),
    });
  }

  /** Listens where the directives say; `freePort`: on a free one in place of `port`. Rejects with `ListenError`. */
  async listen(freePort: boolean): Promise<void> {
    const { configuration } = this.#parts;
    const { settings } = configuration;
    const { port, "tls-port": tlsPort, unixsocket, bind } = settings;
    const hasPort = port !== 0 || tlsPort !== 0 || freePort;
    if ((!hasPort || bind.length === 0) && unixsocket === "") {
      throw new ListenError(
        "Configured to not listen anywhere: give --port or --tls-port, with addresses to --bind, " +
          "or --unixsocket",
      );
    }
    this.#configureTlsAtStart();
    const place = { addresses: bind, backlog: settings["tcp-backlog"] };
    const { tcp, tls, metrics, bus } = this.#listeners;
    if (port !== 0 || freePort) {
      const chosen = await tcp.listen({ ...place, port: freePort ? 0 : port });
      configuration.assign("port", chosen);
    }
    if (tlsPort !== 0) await tls.listen({ ...place, port: tlsPort, opener: this.#tls.opener });
    const metricsPort = settings["metrics-port"];
    if (metricsPort !== 0) await metrics.listen({ ...place, port: metricsPort });
    if (settings["cluster-enabled"]) {
      const busPort = busPortOf(settings);
      if (busPort > MOST_PORT) throw new ListenError(PORT_TOO_HIGH);
      await bus.listen({ ...place, port: busPort });
    }
    if (unixsocket !== "") {
      const path = systemPath(absolutePath(unixsocket, settings.dir));
      await this.#listeners.listenUnix(path, settings.unixsocketperm);
    }
  }

  /** Says where clients are waited for. */
  sayReady(): void {
    const { log, configuration: { settings } } = this.#parts;
    const { tcp, tls } = this.#listeners;
    const places = [
      ...tcp.reachableAt,
      ...tls.reachableAt.map((place) => `${place} (TLS)`),
    ];
    if (places.length > 0) log.notice(`Ready to accept connections at ${places.join(", ")}`);
    if (settings.unixsocket !== "") {
      log.notice(`The server is now ready to accept connections at ${settings.unixsocket}`);
    }
  }

  /** Listens where the directives say now. Rejects with `ListenError` or `TlsError`; all is as before then. */
  async move(): Promise<void> {
    const { settings } = this.#parts.configuration;
    const { port, "tls-port": tlsPort, "metrics-port": metricsPort } = settings;
    if (tlsPort !== 0 && !this.#tls.isConfigured) this.#tls.configure();
    const place = { addresses: settings.bind, backlog: settings["tcp-backlog"] };
    const { tcp, tls, metrics } = this.#listeners;
    await tcp.move({ ...place, port });
    await tls.move({ ...place, port: tlsPort, opener: this.#tls.opener });
    await metrics.move({ ...place, port: metricsPort });
  }

  /** Serves new connections with the certificates that the directives name now. Rejects with `TlsError`. */
  async renewCertificates(): Promise<void> {
    if (this.#parts.configuration.settings["tls-port"] === 0) return;
    this.#tls.configure();
    await this.move();
  }

  /** Does not listen until `resume` is called; ends when the addresses are free. */
  async suspend(): Promise<void> {
    await this.#listeners.close();
  }

  /** Listens again where the directives say. Rejects with `ListenError`. */
  async resume(): Promise<void> {
    await this.listen(false);
  }

  /** Lets nobody in any more. */
  async close(): Promise<void> {
    this.#tls.close();
    await this.#listeners.close();
  }

  #configureTlsAtStart(): void {
    const { configuration } = this.#parts;
    if (configuration.settings["tls-port"] === 0) return;
    try {
      this.#tls.configure();
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      const name: DirectiveName = "tls-port";
      const place = configuration.placeOf(name) ?? { file: COMMAND_LINE, line: 0 };
      throw new ConfigError(place, name, error.message);
    }
  }

  /** Has replies leave at once, and dead peers noticed. Deno's own TLS connections have no such options. */
  #tune(conn: Deno.Conn): void {
    if (conn.localAddr.transport !== "tcp" || !("setNoDelay" in conn)) return;
    const tcp = conn as Deno.TcpConn;
    tcp.setNoDelay(true);
    // How often is the system's to say: Deno has no way to.
    if (this.#parts.configuration.settings["tcp-keepalive"] > 0) tcp.setKeepAlive(true);
  }

  /** Whether a connection that has come may stay; false, and counted as rejected, where it is one too many. */
  #hasRoom(): boolean {
    const { configuration: { settings }, statistics, clients } = this.#parts;
    if (clients.count + this.#tls.handshakes < settings.maxclients) return true;
    statistics.rejectedConnections++;
    return false;
  }

  #admit(conn: Socket): void {
    const { statistics, lifecycle, isProtected, serve } = this.#parts;
    if (lifecycle.isEnding) {
      conn.close();
    } else if (isProtected() && isRemote(conn)) {
      statistics.rejectedConnections++;
      this.#refuse(conn, PROTECTED);
    } else {
      statistics.connectionsReceived++;
      serve(conn);
    }
  }

  /** Tells a peer why it is not served; it may not listen. Never rejects. */
  async #refuse(conn: Socket, message: string): Promise<void> {
    try {
      await conn.write(new TextEncoder().encode(message));
    } catch (error) {
      this.#parts.log.verbose(`A refused connection was lost: ${String(error)}`);
    }
    conn.close();
  }
}

function isRemote({ remoteAddr }: Socket): boolean {
  return remoteAddr.transport === "tcp" && !isLoopback(remoteAddr.hostname);
}
