/** A replica that is a test: it says and reads what it is told to, and nothing else. */

import { bytesOf, byteString } from "../../src/base/span.ts";
import { escapeBytes } from "../support/quoting.ts";
import { ConnectionClosed, encodeCommandText } from "../support/raw_client.ts";
import { PATIENCE } from "../support/wait_for.ts";

/** What a primary answers to PSYNC. */
export type Sync =
  | { readonly kind: "full"; readonly id: string; readonly offset: number }
  | { readonly kind: "partial"; readonly id: string }
  | { readonly kind: "refused"; readonly error: string };

const BUFFER = 64 * 1024;
/** The delimiter of a snapshot of unknown length. */
const DELIMITER = 40;

/** A connection to a primary that reads only when something is asked for. */
export class FakeReplica implements Disposable {
  /** What was received and not taken yet, as a byte string. */
  #received = "";
  readonly #buffer = new Uint8Array(BUFFER);
  #isClosed = false;
  /** How long the next bytes may take, in ms. */
  #patience = PATIENCE;

  private constructor(private readonly connection: Deno.TcpConn) {}

  /** Connects to a port of this machine. */
  static async connect(port: number): Promise<FakeReplica> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.setNoDelay(true);
    return new FakeReplica(connection);
  }

  /** Sends bytes (a byte string) as they are. */
  async write(text: string): Promise<void> {
    const bytes = bytesOf(text);
    for (let at = 0; at < bytes.length;) at += await this.connection.write(bytes.subarray(at));
  }

  /** Sends a command and reads no answer. */
  async send(...args: string[]): Promise<void> {
    await this.write(encodeCommandText(args));
  }

  /** Sends a command; the line that answers it. */
  async call(...args: string[]): Promise<string> {
    await this.send(...args);
    return await this.readLine();
  }

  /** Says what a replica says before PSYNC. Throws where the primary answers something unexpected. */
  async introduce(password?: string, port = 1): Promise<void> {
    if (password !== undefined) await this.#expect("+OK", "AUTH", password);
    await this.#expect("+PONG", "PING");
    await this.#expect("+OK", "REPLCONF", "listening-port", String(port));
    await this.#expect("+OK", "REPLCONF", "capa", "eof", "capa", "psync2");
  }

  /** Asks for a part of the stream, by default for all data. */
  async psync(id = "?", offset = -1): Promise<Sync> {
    const line = await this.call("PSYNC", id, String(offset));
    const full = /^\+FULLRESYNC ([0-9a-f]{40}) (\d+)$/.exec(line);
    if (full) return { kind: "full", id: full[1], offset: Number(full[2]) };
    const partial = /^\+CONTINUE(?: ([0-9a-f]{40}))?$/.exec(line);
    if (partial) return { kind: "partial", id: partial[1] ?? id };
    if (line.startsWith("-")) return { kind: "refused", error: line };
    throw new Error(`PSYNC is answered "${escapeBytes(line, 200)}"`);
  }

  /** The snapshot of a full synchronisation, of either format, as a byte string. */
  async readSnapshot(): Promise<{ readonly format: "length" | "eof"; readonly rdb: string }> {
    const line = await this.readLine();
    const delimiter = /^\$EOF:(.{40})$/s.exec(line)?.[1];
    if (delimiter !== undefined) {
      const parts: string[] = [];
      for (;;) {
        const end = this.#received.indexOf(delimiter);
        if (end >= 0) {
          parts.push(this.#take(end));
          this.#take(DELIMITER);
          return { format: "eof", rdb: parts.join("") };
        }
        // What may be a part of the delimiter stays.
        parts.push(this.#take(Math.max(0, this.#received.length - DELIMITER)));
        await this.#fill();
      }
    }
    const length = /^\$(\d+)$/.exec(line)?.[1];
    if (length === undefined) throw new Error(`no snapshot: "${escapeBytes(line, 200)}"`);
    return { format: "length", rdb: await this.read(Number(length)) };
  }

  /** The next line without its end. Empty ones, with which a primary says that it is still there, don't count. */
  async readLine(): Promise<string> {
    for (;;) {
      const end = this.#received.indexOf("\n");
      if (end < 0) await this.#fill();
      else {
        const line = this.#take(end + 1).replace(/\r?\n$/, "");
        if (line !== "") return line;
      }
    }
  }

  /** So many bytes. */
  async read(length: number): Promise<string> {
    while (this.#received.length < length) await this.#fill();
    return this.#take(length);
  }

  /** From now on, what is asked for may come at any time. */
  waitForEver(): void {
    // As long as a timer can wait.
    this.#patience = 2 ** 31 - 1;
  }

  /** What comes next, at least one byte. */
  async readSome(): Promise<string> {
    if (this.#received === "") await this.#fill();
    return this.#take(this.#received.length);
  }

  /** Tells the primary how far the replica is. */
  async acknowledge(offset: number): Promise<void> {
    await this.send("REPLCONF", "ACK", String(offset));
  }

  /** Reads until the primary closes the connection; what came, as a byte string. */
  async readToEnd(): Promise<string> {
    try {
      for (;;) await this.#fill();
    } catch (error) {
      if (!(error instanceof ConnectionClosed)) throw error;
      return this.#take(this.#received.length);
    }
  }

  /** Closes the connection; a read that waits fails with `ConnectionClosed`. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.connection.close();
  }

  async #expect(answer: string, ...args: string[]): Promise<void> {
    const line = await this.call(...args);
    if (line !== answer) {
      throw new Error(`${args.join(" ")} is answered "${escapeBytes(line, 200)}"`);
    }
  }

  #take(length: number): string {
    const taken = this.#received.slice(0, length);
    this.#received = this.#received.slice(length);
    return taken;
  }

  async #fill(): Promise<void> {
    let count: number | null = null;
    let cause: unknown;
    const timer = setTimeout(() => this[Symbol.dispose](), this.#patience);
    try {
      count = await this.connection.read(this.#buffer);
    } catch (error) {
      const isReset = error instanceof Deno.errors.ConnectionReset;
      // Closing it here ends a read that waits.
      if (!isReset && !this.#isClosed) throw error;
      cause = error;
    } finally {
      clearTimeout(timer);
    }
    if (count === null) throw new ConnectionClosed("the primary closed the connection", { cause });
    this.#received += byteString(this.#buffer, 0, count);
  }
}
