/** BLPOP, BRPOP, BLMOVE, BRPOPLPUSH, BLMPOP: what waits where there is no list. */

import { type ByteRange, Span } from "../../base/span.ts";
import type { ListEnd } from "../../data/list_value.ts";
import { ValueType } from "../../data/value.ts";
import type { Frame } from "../../resp/frame.ts";
import { double, integer, key, keyAt, keyCount, keyRange, oneOf, token } from "../arguments.ts";
import { type Serve, serveAtOnce, serveOrWait, waitForKeys } from "../blocking.ts";
import { requireSeconds } from "../blocking_timeout.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import type { PropagatedArgument } from "../views/propagation.ts";
import { requireEnd } from "./access.ts";
import { moveElement } from "./move.ts";
import { popMultiple, popOne, readMultiplePop } from "./pop.ts";

function blockingPop(context: CommandContext, args: Frame, end: ListEnd): void {
  const { propagation, reply } = context;
  const lastKey = args.argc - 2;
  const timeout = requireSeconds(args.span(args.argc - 1));
  const serve: Serve = (row, key) => {
    reply.array(2);
    reply.bulk(key);
    popOne(context, row, key, end);
    propagation.replace(end === "head" ? "LPOP" : "RPOP", key);
  };
  serveOrWait(context, args, { first: 1, last: lastKey }, timeout, ValueType.List, serve);
}

function blpop(context: CommandContext, args: Frame): void {
  blockingPop(context, args, "head");
}

function brpop(context: CommandContext, args: Frame): void {
  blockingPop(context, args, "tail");
}

function blmpop(context: CommandContext, args: Frame): void {
  const { firstKey, lastKey, end, count } = readMultiplePop(args, 2);
  const timeout = requireSeconds(args.span(1));
  const serve: Serve = (row, key) => popMultiple(context, row, key, end, count);
  const keys = { first: firstKey, last: lastKey };
  serveOrWait(context, args, keys, timeout, ValueType.List, serve);
}

/** `form` is the command that does the same without waiting: its name and what follows the keys. */
function blockingMove(
  context: CommandContext,
  args: Frame,
  from: ListEnd,
  to: ListEnd,
  form: { readonly name: string; readonly rest: readonly PropagatedArgument[] },
): void {
  const { client, propagation, reply } = context;
  const timeout = requireSeconds(args.span(args.argc - 1));
  const serveTo = (destination: ByteRange, rest: readonly PropagatedArgument[]): Serve => {
    return (row, source) => {
      moveElement(context, row, source, destination, from, to);
      propagation.replace(form.name, source, destination, ...rest);
    };
  };
  const source = { first: 1, last: 1 };
  const serve = serveTo(args.span(2), form.rest);
  if (serveAtOnce(context, args, source, ValueType.List, serve)) return;
  if (!client.mayWait) {
    reply.null();
    return;
  }
  // Redis tells in its own words where the client is served later.
  const rest = form.rest.length === 0 ? [] : [endName(from), endName(to)];
  const serveLater = serveTo(Span.of(args.copy(2)), rest);
  waitForKeys(context, args, source, timeout, ValueType.List, serveLater);
}

function endName(end: ListEnd): string {
  return end === "head" ? "left" : "right";
}

function blmove(context: CommandContext, args: Frame): void {
  const from = requireEnd(args, 3), to = requireEnd(args, 4);
  blockingMove(context, args, from, to, { name: "LMOVE", rest: [args.span(3), args.span(4)] });
}

function brpoplpush(context: CommandContext, args: Frame): void {
  blockingMove(context, args, "tail", "head", { name: "RPOPLPUSH", rest: [] });
}

const SECONDS_SINCE_6 = [
  "6.0.0",
  "The `timeout` may have a fraction.",
] as const;

export const BLPOP: CommandDeclaration = {
  name: "blpop",
  summary:
    "Replies and removes the first element of a list, for which it waits where there is none",
  since: "2.0.0",
  group: "list",
  complexity: "O(N), N being the number of keys.",
  arity: -3,
  flags: ["write", "noscript", "blocking"],
  categories: ["list"],
  keys: [keyRange(1, -2, 1, ["RW", "access", "delete"])],
  arguments: [key("key", { multiple: true }), double("timeout")],
  history: [SECONDS_SINCE_6],
  run: blpop,
};

export const BRPOP: CommandDeclaration = {
  name: "brpop",
  summary: "Replies and removes the last element of a list, for which it waits where there is none",
  since: "2.0.0",
  group: "list",
  complexity: "O(N), N being the number of keys.",
  arity: -3,
  flags: ["write", "noscript", "blocking"],
  categories: ["list"],
  keys: [keyRange(1, -2, 1, ["RW", "access", "delete"])],
  arguments: [key("key", { multiple: true }), double("timeout")],
  history: [SECONDS_SINCE_6],
  run: brpop,
};

export const BLMOVE: CommandDeclaration = {
  name: "blmove",
  summary: "Moves an element from a list to another one, and waits for it where there is none",
  since: "6.2.0",
  group: "list",
  complexity: "O(1)",
  arity: 6,
  flags: ["write", "denyoom", "noscript", "blocking"],
  traits: ["quick"],
  categories: ["list"],
  keys: [keyAt(1, ["RW", "access", "delete"]), keyAt(2, ["RW", "insert"])],
  arguments: [
    key("source"),
    key("destination", { keySpecIndex: 1 }),
    oneOf("wherefrom", [token("LEFT"), token("RIGHT")]),
    oneOf("whereto", [token("LEFT"), token("RIGHT")]),
    double("timeout"),
  ],
  run: blmove,
};

export const BRPOPLPUSH: CommandDeclaration = {
  name: "brpoplpush",
  summary: "Moves the last element of a list to the head of another one, and waits for it",
  since: "2.2.0",
  group: "list",
  complexity: "O(1)",
  arity: 4,
  flags: ["write", "denyoom", "noscript", "blocking"],
  traits: ["quick"],
  categories: ["list"],
  keys: [keyAt(1, ["RW", "access", "delete"]), keyAt(2, ["RW", "insert"])],
  arguments: [key("source"), key("destination", { keySpecIndex: 1 }), double("timeout")],
  history: [SECONDS_SINCE_6],
  deprecated: { since: "6.2.0", replacedBy: "`BLMOVE` with the `RIGHT` and `LEFT` arguments" },
  run: brpoplpush,
};

export const BLMPOP: CommandDeclaration = {
  name: "blmpop",
  summary: "Replies and removes elements of one of several lists, and waits where there is none",
  since: "7.0.0",
  group: "list",
  complexity: "O(N+M), N being the number of keys and M that of elements replied.",
  arity: -5,
  flags: ["write", "blocking", "movablekeys"],
  categories: ["list"],
  keys: [keyCount(2, ["RW", "access", "delete"])],
  arguments: [
    double("timeout"),
    integer("numkeys"),
    key("key", { multiple: true }),
    oneOf("where", [token("LEFT"), token("RIGHT")]),
    integer("count", { token: "COUNT", optional: true }),
  ],
  run: blmpop,
};
