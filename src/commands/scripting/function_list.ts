/** FUNCTION LIST. */

import { ReplyError } from "../../base/errors.ts";
import { type ByteRange, Span } from "../../base/span.ts";
import { matchGlob } from "../../base/glob.ts";
import { ENGINE, type LibraryFunction } from "../../keyspace/function_libraries.ts";
import type { Frame } from "../../resp/frame.ts";
import type { ReplyWriter } from "../../resp/reply_writer.ts";
import type { CommandContext } from "../context.ts";

const NO_PATTERN = new ReplyError("ERR library name argument was not given");

/** What is asked for. */
interface ListOptions {
  /** A glob pattern, for any case. */
  readonly pattern: ByteRange | null;
  readonly withCode: boolean;
}

/** Runs FUNCTION LIST. */
export function functionList({ keyspace, reply }: CommandContext, args: Frame): void {
  const { pattern, withCode } = requireOptions(args);
  const listed = [...keyspace.libraries].filter(({ name }) =>
    pattern === null || matchGlob(pattern, Span.ofString(name), true)
  );
  reply.array(listed.length);
  for (const { name, functions, text } of listed) {
    reply.map(withCode ? 4 : 3);
    reply.bulkString("library_name");
    reply.bulkString(name);
    reply.bulkString("engine");
    reply.bulkString(ENGINE);
    reply.bulkString("functions");
    reply.array(functions.size);
    for (const one of functions.values()) replyFunction(reply, one);
    if (!withCode) continue;
    reply.bulkString("library_code");
    reply.bulkBytes(text, 0, text.length);
  }
}

function requireOptions(args: Frame): ListOptions {
  let pattern: ByteRange | null = null, withCode = false;
  for (let i = 2; i < args.argc; i++) {
    if (!withCode && args.is(i, "WITHCODE")) withCode = true;
    else if (pattern === null && args.is(i, "LIBRARYNAME")) {
      if (i === args.argc - 1) throw NO_PATTERN;
      pattern = args.span(++i);
    } else throw new ReplyError(`ERR Unknown argument ${args.shownText(i)}`);
  }
  return { pattern, withCode };
}

function replyFunction(
  reply: ReplyWriter,
  { name, description, flagNames }: LibraryFunction,
): void {
  reply.map(3);
  reply.bulkString("name");
  reply.bulkString(name);
  reply.bulkString("description");
  if (description === null) reply.null();
  else reply.bulkString(description);
  reply.bulkString("flags");
  reply.set(flagNames.length);
  for (const flag of flagNames) reply.simple(flag);
}
