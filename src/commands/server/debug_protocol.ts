/** DEBUG PROTOCOL: a reply of each type that RESP has. */

import { toLowerAscii } from "../../base/ascii.ts";
import { ReplyError } from "../../base/errors.ts";
import type { Frame } from "../../resp/frame.ts";
import type { ReplyWriter } from "../../resp/reply_writer.ts";
import type { CommandContext } from "../context.ts";

const ONLY_RESP3 = new ReplyError("ERR RESP2 is not supported by this command");

/** By name, in the order in which the error for another name lists them. */
const REPLIES: ReadonlyMap<string, (reply: ReplyWriter) => void> = new Map([
  ["string", (reply) => reply.bulkString("Hello World")],
  ["integer", (reply) => reply.integer(12345)],
  ["double", (reply) => reply.doubleText("3.141")],
  ["bignum", (reply) => reply.bigNumber("1234567999999999999999999999999999999")],
  ["null", (reply) => reply.null()],
  ["array", (reply) => {
    reply.array(3);
    for (let i = 0; i < 3; i++) reply.integer(i);
  }],
  ["set", (reply) => {
    reply.set(3);
    for (let i = 0; i < 3; i++) reply.integer(i);
  }],
  ["map", (reply) => {
    reply.map(3);
    for (let i = 0; i < 3; i++) {
      reply.integer(i);
      reply.boolean(i === 1);
    }
  }],
  ["attrib", (reply) => {
    if (reply.resp === 3) {
      reply.attribute(1);
      reply.bulkString("key-popularity");
      reply.array(2);
      reply.bulkString("key:123");
      reply.integer(90);
    }
    reply.bulkString("Some real reply following the attribute");
  }],
  ["push", (reply) => {
    if (reply.resp === 2) throw ONLY_RESP3;
    reply.push(2);
    reply.bulkString("server-cpu-usage");
    reply.integer(42);
    reply.bulkString("Some real reply following the push reply");
  }],
  ["verbatim", (reply) => reply.verbatim("This is a verbatim\nstring", "txt")],
  ["true", (reply) => reply.boolean(true)],
  ["false", (reply) => reply.boolean(false)],
]);

/** The names of the types that can be asked for. */
export const PROTOCOL_NAMES: readonly string[] = [...REPLIES.keys()];

const WRONG_TYPE_NAME = new ReplyError(
  `ERR Wrong protocol type name. Please use one of the following: ${PROTOCOL_NAMES.join("|")}`,
);

/** Replies a value of the type that is named. */
export function protocol({ reply }: CommandContext, args: Frame): void {
  const replyValue = REPLIES.get(toLowerAscii(args.string(2)));
  if (replyValue === undefined) throw WRONG_TYPE_NAME;
  replyValue(reply);
}
