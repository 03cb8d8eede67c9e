/** TLS of one server: the certificates that are in use, and the handshakes under way. */

import type { Clock } from "../base/clock.ts";
import type { Configuration } from "../config/mod.ts";
import type { Log } from "../observe/log.ts";
import { reason } from "./accept_loops.ts";
import { type Opener, openTcp } from "./open_listeners.ts";
import { createTlsEngine, type TlsEngine } from "./tls_engine.ts";
import { readTlsMaterial } from "./tls_material.ts";
import type { Socket } from "../clients/transport.ts";

/** A peer has so long for its part of the handshake, where the engine can give it up, in ms. */
const LONGEST_HANDSHAKE = 10_000;

/** Makes TLS connections of those that came in. */
export class Tls {
  readonly #configuration: Configuration;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #shaking = new Set<Socket>();
  #engine: TlsEngine | undefined;
  /** What the engine was made of. */
  #material = "";

  constructor(configuration: Configuration, clock: Clock, log: Log) {
    this.#configuration = configuration;
    this.#clock = clock;
    this.#log = log;
  }

  /** Whether there are certificates to serve with. */
  get isConfigured(): boolean {
    return this.#engine !== undefined;
  }

  /** How many handshakes are under way: connections that are no clients yet. */
  get handshakes(): number {
    return this.#shaking.size;
  }

  /** Opens listeners for the present certificates; another function when they have changed. */
  get opener(): Opener {
    return this.#engine?.opener ?? openTcp;
  }

  /**
   * Reads the files that the directives name; connections from now on are made with them. Throws
   * `TlsError`, and leaves everything as it was.
   */
  configure(): void {
    const material = readTlsMaterial(this.#configuration.settings);
    const text = JSON.stringify(material);
    if (text === this.#material) return;
    this.#engine = createTlsEngine(material);
    this.#material = text;
  }

  /** Does a handshake and hands the connection on, or closes it and says why in the log. */
  async accept(conn: Deno.Conn, ready: (conn: Socket) => void): Promise<void> {
    const engine = this.#engine;
    if (engine === undefined) return conn.close();
    this.#shaking.add(conn);
    let isLate = false;
    const timer = engine.canGiveUp
      ? this.#clock.after(LONGEST_HANDSHAKE, () => {
        isLate = true;
        this.#drop(conn);
      })
      : null;
    try {
      const secured = await engine.handshake(conn);
      if (this.#shaking.delete(conn)) ready(secured);
    } catch (error) {
      const why = isLate ? "the TLS handshake took too long" : reason(error);
      this.#log.warning(`Error accepting a client connection: ${why}`);
      this.#drop(conn);
    } finally {
      timer?.cancel();
    }
  }

  /** Ends the handshakes that are under way. */
  close(): void {
    for (const conn of this.#shaking) this.#drop(conn);
  }

  #drop(conn: Socket): void {
    if (this.#shaking.delete(conn)) conn.close();
  }
}
