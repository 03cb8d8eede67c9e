/** Arguments and replies as plain values, as tests write and compare them. */

import { ReplyError } from "../base/errors.ts";
import { bytesOf } from "../base/span.ts";
import { Attributed, type Reply, Verbatim } from "../resp/reply_reader.ts";

/** An argument: text is sent as UTF-8, a number in decimal, bytes as they are. */
export type Argument = string | number | bigint | Uint8Array;

/**
 * A reply. Strings are text; integers are numbers as long as those are exact; sets are arrays; maps are objects
 * whose properties stand in the reply's order; an error within an array is a `CommandError`.
 */
export type PlainReply<Bulk = string> =
  | Bulk
  | string
  | number
  | bigint
  | boolean
  | null
  | CommandError
  | PlainReply<Bulk>[]
  | { [name: string]: PlainReply<Bulk> };

/** An error that a command was answered with: `WRONGTYPE Operation against a key …`. */
export class CommandError extends Error {
  static {
    this.prototype.name = "CommandError";
  }

  /** The first word of the message: `ERR`, `WRONGTYPE`, `NOAUTH`. */
  get code(): string {
    return /^\S*/.exec(this.message)?.[0] ?? "";
  }
}

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** The bytes of an argument. Throws `TypeError` for what is none. */
export function argumentBytes(argument: Argument): Uint8Array {
  switch (typeof argument) {
    case "string":
      return encoder.encode(argument);
    case "number":
    case "bigint":
      return bytesOf(String(argument));
    default:
      if (ArrayBuffer.isView(argument)) return argument;
      throw new TypeError(`${argument} is no argument: text, a number or bytes are`);
  }
}

/** The text of bytes in UTF-8. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** A reply that was decoded with `bulk: "bytes"`, as a plain value; `bulk` says what bulk strings become. */
export function plainReply<Bulk>(
  reply: Reply,
  bulk: (bytes: Uint8Array) => Bulk,
): PlainReply<Bulk> {
  if (typeof reply === "string") return textOf(bytesOf(reply));
  if (reply === null || typeof reply !== "object") return reply;
  if (reply instanceof Uint8Array) return bulk(reply);
  if (Array.isArray(reply)) return reply.map((item) => plainReply(item, bulk));
  if (reply instanceof Set) return Array.from(reply, (item) => plainReply(item, bulk));
  if (reply instanceof Map) {
    return Object.fromEntries(
      Array.from(reply, ([name, value]) => [nameOf(name), plainReply(value, bulk)]),
    );
  }
  if (reply instanceof ReplyError) return new CommandError(textOf(bytesOf(reply.message)));
  if (reply instanceof Verbatim) return textOf(bytesOf(reply.text));
  if (reply instanceof Attributed) return plainReply(reply.reply, bulk);
  return reply.items.map((item) => plainReply(item, bulk));
}

/** The name of a property that a key of a map becomes. */
function nameOf(name: Reply): string {
  if (name instanceof Uint8Array) return textOf(name);
  return typeof name === "string" ? textOf(bytesOf(name)) : String(name);
}
