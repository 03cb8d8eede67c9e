/** A primary that is a test: it answers a replica's handshake, and then what it is told to. */

import { bytesOf, byteString } from "../../src/base/span.ts";
import { ConnectionClosed, encodeCommandText } from "../support/raw_client.ts";
import { PATIENCE } from "../support/wait_for.ts";
import { parseReply } from "../support/reply.ts";

/** An id such as a history has. */
export const HISTORY = "0123456789abcdef0123456789abcdef01234567";

/** An RDB without keys: the header, the end, and a checksum that is not looked at. */
export const EMPTY_RDB = "REDIS0010\xff\0\0\0\0\0\0\0\0";

/** A replica's connection, as its primary has it. */
export class ReplicaConnection implements Disposable {
  #received = "";
  readonly #buffer = new Uint8Array(64 * 1024);
  #isClosed = false;

  /** @internal `FakePrimary` makes them. */
  constructor(private readonly connection: Deno.TcpConn) {}

  /** Sends bytes (a byte string) as they are; false where the replica has closed the connection. */
  async write(text: string): Promise<boolean> {
    const bytes = bytesOf(text);
    try {
      for (let at = 0; at < bytes.length;) at += await this.connection.write(bytes.subarray(at));
      return true;
    } catch (error) {
      if (!isLost(error)) throw error;
      return false;
    }
  }

  /** Sends commands of the stream. */
  async send(...commands: string[][]): Promise<boolean> {
    return await this.write(commands.map(encodeCommandText).join(""));
  }

  /** The replica's next command. Throws `ConnectionClosed` where it has closed the connection. */
  async command(): Promise<string[]> {
    for (;;) {
      const parsed = parseReply(this.#received);
      if (parsed) {
        this.#received = this.#received.slice(parsed.end);
        return (parsed.reply.children ?? []).map(({ text }) => text ?? "");
      }
      let count: number | null = null;
      try {
        count = await this.connection.read(this.#buffer);
      } catch (error) {
        if (!isLost(error) && !this.#isClosed) throw error;
      }
      if (count === null) throw new ConnectionClosed("the replica closed the connection");
      this.#received += byteString(this.#buffer, 0, count);
    }
  }

  /** Answers what comes before PSYNC as a primary does; returns PSYNC's arguments. */
  async handshake(): Promise<string[]> {
    for (;;) {
      const [name, ...args] = await this.command();
      if (name.toUpperCase() === "PSYNC") return args;
      await this.write(name.toUpperCase() === "PING" ? "+PONG\r\n" : "+OK\r\n");
    }
  }

  /** Answers PSYNC with a snapshot without keys. */
  async synchronise(offset = 0): Promise<void> {
    await this.write(`+FULLRESYNC ${HISTORY} ${offset}\r\n$${EMPTY_RDB.length}\r\n${EMPTY_RDB}`);
  }

  /** Waits for an acknowledgement that is at least so far. */
  async acknowledged(offset: number): Promise<void> {
    for (;;) {
      const [name, option, value] = await this.command();
      if (/^replconf$/i.test(name) && /^ack$/i.test(option) && Number(value) >= offset) return;
    }
  }

  /** Reads and forgets until the replica has closed the connection. */
  async waitForClose(): Promise<void> {
    const timer = setTimeout(() => this[Symbol.dispose](), PATIENCE);
    try {
      for (;;) await this.command();
    } catch (error) {
      if (!(error instanceof ConnectionClosed)) throw error;
      if (this.#isClosed) throw new Error("the replica keeps the connection open");
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.connection.close();
  }
}

/** Listens for replicas. */
export class FakePrimary implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections: ReplicaConnection[] = [];

  /** Where it listens. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** The next connection of a replica that gets as far as PSYNC: a replica may have given up the one before it. */
  async accept(): Promise<ReplicaConnection> {
    for (;;) {
      const timer = setTimeout(() => this.#listener.close(), PATIENCE);
      const accepted = await this.#listener.accept();
      clearTimeout(timer);
      const connection = new ReplicaConnection(accepted);
      this.#connections.push(connection);
      try {
        await connection.handshake();
        return connection;
      } catch (error) {
        if (!(error instanceof ConnectionClosed)) throw error;
      }
    }
  }

  /** Stops and closes all connections. */
  [Symbol.dispose](): void {
    try {
      this.#listener.close();
    } catch (error) {
      // It was closed as nobody came.
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
    for (const connection of this.#connections) connection[Symbol.dispose]();
  }
}

function isLost(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.NotConnected;
}
