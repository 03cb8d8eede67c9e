/** LLEN, LINDEX, LRANGE. */

import { requireSafeInteger } from "../../base/numbers.ts";
import * as list from "../../data/list_value.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { readList } from "./access.ts";

function llen({ db, reply }: CommandContext, args: Frame): void {
  const value = readList(db, args.span(1));
  reply.integer(value === null ? 0 : list.length(db.store, value));
}

function lindex({ db, reply }: CommandContext, args: Frame): void {
  const value = readList(db, args.span(1));
  // As in Redis, the index is not even looked at where there is no list.
  if (value === null) {
    reply.null();
    return;
  }
  let index = requireSafeInteger(args.span(2));
  const length = list.length(db.store, value);
  if (index < 0) index += length;
  if (index < 0 || index >= length) reply.null();
  else list.sendAt(db.store, value, index, reply);
}

function lrange({ db, reply }: CommandContext, args: Frame): void {
  let start = requireSafeInteger(args.span(2));
  let stop = requireSafeInteger(args.span(3));
  const value = readList(db, args.span(1));
  const length = value === null ? 0 : list.length(db.store, value);
  if (start < 0) start = Math.max(0, start + length);
  if (stop < 0) stop += length;
  stop = Math.min(stop, length - 1);
  if (value === null || start > stop) {
    reply.array(0);
    return;
  }
  const count = stop - start + 1;
  reply.array(count);
  list.sendRange(db.store, value, start, count, reply);
}

export const LLEN: CommandDeclaration = {
  name: "llen",
  summary: "Tells how many elements a list has",
  since: "1.0.0",
  group: "list",
  complexity: "O(1)",
  arity: 2,
  flags: ["readonly", "fast"],
  traits: ["quick"],
  categories: ["list"],
  keys: [keyAt(1, ["RO"])],
  arguments: [key()],
  run: llen,
};

export const LINDEX: CommandDeclaration = {
  name: "lindex",
  summary: "Replies an element of a list by its index",
  since: "1.0.0",
  group: "list",
  complexity: "O(N), N being the number of elements between the one asked for and the nearer end.",
  arity: 3,
  flags: ["readonly"],
  categories: ["list"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key(), integer("index")],
  run: lindex,
};

export const LRANGE: CommandDeclaration = {
  name: "lrange",
  summary: "Replies a range of elements of a list",
  since: "1.0.0",
  group: "list",
  complexity:
    "O(S+N), S being the distance of the first element from the nearer end and N the number of elements replied.",
  arity: 4,
  flags: ["readonly"],
  categories: ["list"],
  keys: [keyAt(1, ["RO", "access"])],
  arguments: [key(), integer("start"), integer("stop")],
  run: lrange,
};
