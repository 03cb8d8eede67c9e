/** XRANGE, XREVRANGE, XLEN. */

import { SYNTAX_ERROR } from "../../base/errors.ts";
import { requireSafeInteger } from "../../base/numbers.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readStream, replyEntries } from "./access.ts";
import { requireEnd, requireStart } from "./ids.ts";

function range(context: CommandContext, args: Frame, reverse: boolean): void {
  const { db, reply } = context;
  const start = requireStart(args.span(reverse ? 3 : 2));
  const end = requireEnd(args.span(reverse ? 2 : 3));
  let count = Infinity;
  for (let i = 4; i < args.argc; i += 2) {
    if (!args.is(i, "COUNT") || i + 1 === args.argc) throw SYNTAX_ERROR;
    count = Math.max(requireSafeInteger(args.span(i + 1)), 0);
  }
  const stream = readStream(db, args.span(1));
  if (stream === null) reply.array(0);
  else if (count === 0) reply.nullArray();
  else replyEntries(reply, stream.range(start, end, reverse), count);
}

function xrange(context: CommandContext, args: Frame): void {
  range(context, args, false);
}

function xrevrange(context: CommandContext, args: Frame): void {
  range(context, args, true);
}

function xlen({ db, reply }: CommandContext, args: Frame): void {
  reply.integer(readStream(db, args.span(1))?.length ?? 0);
}

const COUNT = integer("count", { token: "COUNT", optional: true });
const COMMON = {
  since: "5.0.0",
  group: "stream",
  categories: ["stream"],
} as const;

export const XRANGE: CommandDeclaration = {
  ...COMMON,
  name: "xrange",
  summary: "Replies the entries of a stream from one ID to another",
  complexity: "O(N), N being the number of entries replied.",
  arity: -4,
  flags: ["readonly"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key(), string("start"), string("end"), COUNT],
  history: [["6.2.0", "A range may exclude its ends."]],
  run: xrange,
};

export const XREVRANGE: CommandDeclaration = {
  ...COMMON,
  name: "xrevrange",
  summary: "Replies the entries of a stream from one ID back to another",
  complexity: "O(N), N being the number of entries replied.",
  arity: -4,
  flags: ["readonly"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key(), string("end"), string("start"), COUNT],
  history: [["6.2.0", "A range may exclude its ends."]],
  run: xrevrange,
};

export const XLEN: CommandDeclaration = {
  ...COMMON,
  name: "xlen",
  summary: "Tells how many entries a stream has",
  complexity: "O(1)",
  arity: 2,
  flags: ["readonly", "fast"],
  traits: ["quick"],
  keys: [keyAt(1, ["RO"])],
  arguments: [key()],
  run: xlen,
};
