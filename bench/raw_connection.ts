/** A connection that sends commands in bulk and reads what comes back, without looking at much of it. */

const ENCODER = new TextEncoder();

/** The RESP encoding of a command, as text; the arguments are ASCII. */
export function encodeCommand(...args: readonly string[]): string {
  let text = `*${args.length}\r\n`;
  for (const argument of args) text += `$${argument.length}\r\n${argument}\r\n`;
  return text;
}

/** A client connection to 127.0.0.1. */
export class RawConnection implements Disposable {
  readonly #conn: Deno.Conn;
  readonly #buffer = new Uint8Array(256 * 1024);

  private constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  static async connect(port: number): Promise<RawConnection> {
    return new RawConnection(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  async send(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }

  /** Whatever comes next; valid until the next call. Throws when the server closes the connection. */
  async receive(): Promise<Uint8Array> {
    const count = await this.#conn.read(this.#buffer);
    if (count === null) throw new Error("the server closed the connection");
    return this.#buffer.subarray(0, count);
  }

  /** Sends a command whose reply is one line, and returns that. */
  async call(...args: readonly string[]): Promise<string> {
    await this.send(ENCODER.encode(encodeCommand(...args)));
    let line = "";
    while (!line.endsWith("\r\n")) line += new TextDecoder().decode(await this.receive());
    return line.slice(0, -2);
  }

  /** Sends a command whose reply is a bulk string of ASCII, and returns that. */
  async callBulk(...args: readonly string[]): Promise<string> {
    await this.send(ENCODER.encode(encodeCommand(...args)));
    let reply = "";
    for (;;) {
      reply += new TextDecoder().decode(await this.receive());
      const [head, length] = /^\$(\d+)\r\n/.exec(reply) ?? [];
      if (head === undefined && reply.includes("\r\n")) throw new Error(`not a bulk: ${reply}`);
      if (head === undefined) continue;
      const end = head.length + Number(length);
      if (reply.length >= end + 2) return reply.slice(head.length, end);
    }
  }

  /** Sends commands in chunks until so many lines of replies have come. */
  async pipeline(chunks: Iterable<string | Uint8Array>, lines: number): Promise<void> {
    const sent = this.#sendAll(chunks);
    for (let come = 0; come < lines;) come += countLines(await this.receive());
    await sent;
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }

  async #sendAll(chunks: Iterable<string | Uint8Array>): Promise<void> {
    for (const chunk of chunks) {
      await this.send(typeof chunk === "string" ? ENCODER.encode(chunk) : chunk);
    }
  }
}

/** Joins the texts that `make` gives for 0 to `count - 1` into chunks of about 64 KB. */
export function* chunked(count: number, make: (i: number) => string): Generator<string> {
  let chunk = "";
  for (let i = 0; i < count; i++) {
    chunk += make(i);
    if (chunk.length >= 64 * 1024) {
      yield chunk;
      chunk = "";
    }
  }
  if (chunk !== "") yield chunk;
}

function countLines(bytes: Uint8Array): number {
  const first = bytes[0];
  if (first === 45) throw new Error(`an error reply: ${new TextDecoder().decode(bytes)}`);
  let lines = 0;
  for (const byte of bytes) if (byte === 10) lines++;
  return lines;
}
