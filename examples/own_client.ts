/**
 * Talks to the server with a small client of our own: a TCP connection, `encodeCommand` for what goes
 * out, `replyStream` for what comes in.
 *
 *     deno run -A examples/own_client.ts [redis://127.0.0.1:6379]
 */

import { Buffer } from "node:buffer";
import { ReplyError } from "../src/base/errors.ts";
import { encodeCommand, type Reply, replyStream } from "../src/resp/reply_reader.ts";
import { findServer } from "./find_server.ts";

type Command = readonly (string | number | Uint8Array)[];

/** A connection on which one command, or one pipeline, is under way at a time. */
class SmallClient implements AsyncDisposable {
  readonly #connection: Deno.TcpConn;
  readonly #replies: ReadableStreamDefaultReader<Reply>;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
    this.#replies = connection.readable.pipeThrough(replyStream()).getReader();
  }

  static async connect({ hostname, port }: URL): Promise<SmallClient> {
    return new SmallClient(await Deno.connect({ hostname, port: Number(port || 6379) }));
  }

  /** Runs one command. Throws the server's error, if that is the reply. */
  async call(...command: Command): Promise<Reply> {
    const [reply] = await this.pipeline([command]);
    if (reply instanceof ReplyError) throw reply;
    return reply;
  }

  /** Sends all commands at once and gives all replies; errors are among these. */
  async pipeline(commands: readonly Command[]): Promise<Reply[]> {
    // Writing does not wait to be finished before reading begins: neither side may stall the other.
    const sent = this.#write(Buffer.concat(commands.map(encodeCommand)));
    const replies: Reply[] = [];
    while (replies.length < commands.length) replies.push(await this.#read());
    await sent;
    return replies;
  }

  /** Says that no more commands come; the server closes the connection then. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.closeWrite();
    await this.#replies.read();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#connection.write(bytes.subarray(sent));
    }
  }

  async #read(): Promise<Reply> {
    const { value, done } = await this.#replies.read();
    if (done) throw new Error("the server closed the connection");
    return value;
  }
}

await using server = await findServer();
await using client = await SmallClient.connect(server.url);
const keys = ["example:greeting", "example:user", "example:visits", "example:colours"];
await client.call("DEL", ...keys);

console.log("strings:", await client.call("SET", "example:greeting", "hello"));
console.log("  GET", await client.call("GET", "example:greeting"));
console.log("  APPEND", await client.call("APPEND", "example:greeting", ", world"));
console.log("  GET", await client.call("GET", "example:greeting"));
console.log("  INCRBY", await client.call("INCRBY", "example:visits", 42));
// Strings are byte strings; other text travels as its UTF-8 bytes.
await client.call("SET", "example:colours", new TextEncoder().encode("grün"));
console.log("  STRLEN", await client.call("STRLEN", "example:colours"));

console.log("hashes:", await client.call("HSET", "example:user", "name", "Ann", "born", 1970));
console.log("  HGET", await client.call("HGET", "example:user", "name"));
console.log("  HGETALL", await client.call("HGETALL", "example:user"));
await client.call("HELLO", 3);
console.log("  HGETALL in RESP3", await client.call("HGETALL", "example:user"));

console.log("TTLs:", await client.call("EXPIRE", "example:greeting", 100));
console.log("  TTL", await client.call("TTL", "example:greeting"));
console.log("  PERSIST", await client.call("PERSIST", "example:greeting"));
console.log("  TTL", await client.call("TTL", "example:greeting"));

const replies = await client.pipeline([
  ["INCR", "example:visits"],
  ["INCR", "example:greeting"],
  ["INCR", "example:visits"],
]);
console.log("pipeline:");
for (const reply of replies) {
  console.log(" ", reply instanceof ReplyError ? `error: ${reply.message}` : reply);
}

console.log("cleaned up:", await client.call("DEL", ...keys));
