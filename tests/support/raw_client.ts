/** A client that hides nothing: commands or bytes out, raw replies in. */

import { bytesOf, byteString } from "../../src/base/span.ts";
import { leaves, parseReply, type Reply } from "./reply.ts";
import { escapeBytes } from "./quoting.ts";
import { PATIENCE } from "./wait_for.ts";

/** The peer closed the connection before a whole reply came. */
export class ConnectionClosed extends Error {
  override name = "ConnectionClosed";
}

/** No whole reply came in time. */
export class ReplyTimeout extends Error {
  override name = "ReplyTimeout";
}

/** A command as an array of bulk strings. The arguments are byte strings. */
export function encodeCommandText(args: readonly string[]): string {
  let text = `*${args.length}\r\n`;
  for (const arg of args) text += `$${arg.length}\r\n${arg}\r\n`;
  return text;
}

/**
 * A connection to a server under test. Replies come back as trees that keep the raw bytes; nothing is
 * interpreted, pushes are replies like any other.
 */
export class RawClient implements Disposable {
  #received = "";
  #closed = false;
  #readFailure: unknown;
  #arrival = Promise.withResolvers<void>();
  readonly #reading: Promise<void>;

  private constructor(private readonly connection: Deno.Conn) {
    this.#reading = this.#readAll();
  }

  /** Connects to 127.0.0.1. Throws `Deno.errors.ConnectionRefused` if nothing listens there. */
  static async connect(port: number): Promise<RawClient> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.setNoDelay(true);
    return new RawClient(connection);
  }

  /** Connects to localhost with TLS. Rejects where the handshake fails, as far as the client can tell. */
  static async connectTls(
    port: number,
    options: { readonly caCerts: string[]; readonly cert?: string; readonly key?: string },
  ): Promise<RawClient> {
    const { cert, key, caCerts } = options;
    const own = cert !== undefined && key !== undefined ? { cert, key } : {};
    const connection = await Deno.connectTls({ hostname: "localhost", port, caCerts, ...own });
    try {
      await connection.handshake();
    } catch (error) {
      connection.close();
      throw error;
    }
    return new RawClient(connection);
  }

  /** Whether the peer has closed the connection (and everything that it sent has been received). */
  get closed(): boolean {
    return this.#closed;
  }

  /** What was received and not yet taken by `read`, as a byte string. */
  get unread(): string {
    return this.#received;
  }

  /** Sends bytes (a byte string) as they are. Throws `ConnectionClosed` if the peer has closed. */
  async write(text: string): Promise<void> {
    const bytes = bytesOf(text);
    try {
      for (let at = 0; at < bytes.length;) at += await this.connection.write(bytes.subarray(at));
    } catch (error) {
      const gone = this.#closed || error instanceof Deno.errors.BrokenPipe ||
        error instanceof Deno.errors.ConnectionReset;
      if (!gone) throw error;
      throw new ConnectionClosed("connection closed while writing", { cause: error });
    }
  }

  /** Closes the sending half: the peer sees the end of the input and may still reply. */
  async closeWrite(): Promise<void> {
    await this.connection.closeWrite();
  }

  /** Sends a command without waiting for its reply. The arguments are byte strings. */
  async send(...args: string[]): Promise<void> {
    await this.write(encodeCommandText(args));
  }

  /** Sends a command and returns the next reply. */
  async call(...args: string[]): Promise<Reply> {
    await this.send(...args);
    return await this.read();
  }

  /** Sends a command and returns the texts of all leaves of its reply; throws on an error reply. */
  async texts(...args: string[]): Promise<string[]> {
    const reply = await this.call(...args);
    if (reply.type === "-") throw new Error(`${args.join(" ")}: ${reply.text}`);
    return leaves(reply);
  }

  /** Sends many commands at once and returns their replies. */
  async pipeline(commands: readonly (readonly string[])[]): Promise<Reply[]> {
    const sent = this.write(commands.map(encodeCommandText).join(""));
    const replies: Reply[] = [];
    for (const _ of commands) replies.push(await this.read());
    await sent;
    return replies;
  }

  /**
   * The next reply. Throws `ConnectionClosed` if the peer closed first and `ReplyTimeout` if it did not
   * come within `timeout` milliseconds.
   */
  async read(timeout = PATIENCE): Promise<Reply> {
    const deadline = performance.now() + timeout;
    for (;;) {
      const parsed = parseReply(this.#received);
      if (parsed) {
        this.#received = this.#received.slice(parsed.end);
        return parsed.reply;
      }
      if (this.#closed) {
        throw new ConnectionClosed(
          `connection closed, unread: "${escapeBytes(this.#received, 200)}"`,
          { cause: this.#readFailure },
        );
      }
      if (!(await this.#arrivalBefore(deadline))) {
        throw new ReplyTimeout(
          `no reply within ${timeout} ms, unread: "${escapeBytes(this.#received, 200)}"`,
        );
      }
    }
  }

  /** Waits until the peer has closed the connection; false if it has not within `timeout` ms. */
  async waitForClose(timeout = PATIENCE): Promise<boolean> {
    const deadline = performance.now() + timeout;
    while (!this.#closed) if (!(await this.#arrivalBefore(deadline))) return false;
    return true;
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    if (!this.#closed) this.connection.close();
  }

  /** Closes the connection and waits until the reading of it has ended. */
  async close(): Promise<void> {
    this[Symbol.dispose]();
    await this.#reading;
  }

  async #readAll(): Promise<void> {
    const buffer = new Uint8Array(65536);
    try {
      for (;;) {
        const length = await this.connection.read(buffer);
        if (length === null) break;
        this.#received += byteString(buffer, 0, length);
        this.#announce();
      }
      this.#closed = true;
      this.connection.close();
    } catch (error) {
      // A reset is how a server that drops a client with unread input looks; closing it ourselves
      // ends the read with BadResource or Interrupted.
      this.#readFailure = error;
      if (!this.#closed && error instanceof Deno.errors.ConnectionReset) this.connection.close();
      this.#closed = true;
    }
    this.#announce();
  }

  #announce(): void {
    this.#arrival.resolve();
    this.#arrival = Promise.withResolvers<void>();
  }

  async #arrivalBefore(deadline: number): Promise<boolean> {
    const left = deadline - performance.now();
    if (left <= 0) return false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timedOut = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), left);
    });
    const arrived = await Promise.race([this.#arrival.promise.then(() => true), timedOut]);
    clearTimeout(timer);
    return arrived;
  }
}
