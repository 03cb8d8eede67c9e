/**
 * What decoding a command and writing its reply costs, without any socket: `deno bench bench/micro`.
 * Each iteration handles 1000 commands in reads of 16, so its µs are ns per command.
 */

import { bytesOf } from "../../src/base/span.ts";
import { CommandDecoder } from "../../src/resp/command_decoder.ts";
import { Frame } from "../../src/resp/frame.ts";
import { ReplyDecoder } from "../../src/resp/reply_reader.ts";
import { ReplyWriter } from "../../src/resp/reply_writer.ts";

const COMMANDS = 1000;
const PIPELINE = 16;

/** The bytes of `PIPELINE` times the same command. */
function pipeline(...args: string[]): Uint8Array {
  const one = Frame.fromStrings(args).encoded();
  const all = new Uint8Array(one.length * PIPELINE);
  for (let i = 0; i < PIPELINE; i++) all.set(one, i * one.length);
  return all;
}

/** Handles `COMMANDS` commands that arrive as `bytes` do: all of one read, then the next. */
function handle(bytes: Uint8Array, each: (frame: Frame, reply: ReplyWriter) => void): () => void {
  const decoder = new CommandDecoder();
  const frame = new Frame();
  const reply = new ReplyWriter();
  return () => {
    for (let done = 0; done < COMMANDS;) {
      decoder.feed(bytes);
      while (decoder.next(frame)) {
        each(frame, reply);
        done++;
      }
      reply.release(reply.take());
    }
  };
}

const KEY = "key:000000000042";
const value32 = bytesOf("x".repeat(32)), value1024 = bytesOf("x".repeat(1024));

const requests: [name: string, bytes: Uint8Array][] = [
  ["GET", pipeline("GET", KEY)],
  ["SET of 32 bytes", pipeline("SET", KEY, "x".repeat(32))],
  ["SET of 1 KB", pipeline("SET", KEY, "x".repeat(1024))],
  ["inline PING", bytesOf("PING\r\n".repeat(PIPELINE))],
];
for (const [name, bytes] of requests) {
  Deno.bench(`decode ${name}`, { group: "decode" }, handle(bytes, () => {}));
}

const get = pipeline("GET", KEY);
const replies: [name: string, write: (frame: Frame, reply: ReplyWriter) => void][] = [
  ["OK", (_, reply) => reply.ok()],
  ["an integer", (_, reply) => reply.integer(123456)],
  ["32 bytes", (_, reply) => reply.bulkBytes(value32, 0, 32)],
  ["1 KB", (_, reply) => reply.bulkBytes(value1024, 0, 1024)],
  ["a deferred array of 10", (_, reply) => {
    const mark = reply.deferArray();
    for (let i = 0; i < 10; i++) reply.bulkBytes(value32, 0, 8);
    reply.setDeferred(mark, 10);
  }],
];
for (const [name, write] of replies) {
  Deno.bench(`decode GET, reply ${name}`, { group: "reply" }, handle(get, write));
}

Deno.bench("read 1000 replies of 32 bytes", { group: "client" }, () => {
  const decoder = new ReplyDecoder();
  for (let i = 0; i < COMMANDS; i++) {
    decoder.feed(reply32);
    if (decoder.next() === undefined) throw new Error("the reply is complete");
  }
});
const reply32 = bytesOf(`$32\r\n${"x".repeat(32)}\r\n`);
