/** What BLPOP, BZPOPMIN and their like do in common: serve from the first key that can, or wait. */

import type { ByteRange } from "../base/span.ts";
import type { ValueType } from "../data/value.ts";
import { NO_ROW } from "../keyspace/database.ts";
import type { Frame } from "../resp/frame.ts";
import type { CommandContext } from "./context.ts";
import { writeTyped } from "./lookup.ts";

/** Replies what the client came for, from the value at `row`, and propagates what does not wait. */
export type Serve = (row: number, key: ByteRange) => void;

/** The keys of a call: arguments `[first, last]`. */
export interface KeyArguments {
  readonly first: number;
  readonly last: number;
}

/**
 * Serves the client from the first of the keys that has a value of `type`; false where none has.
 * Throws `WRONGTYPE` for a key of another type that comes before.
 */
export function serveAtOnce(
  { db }: CommandContext,
  args: Frame,
  { first, last }: KeyArguments,
  type: ValueType,
  serve: Serve,
): boolean {
  for (let i = first; i <= last; i++) {
    const row = writeTyped(db, args.span(i), type);
    if (row === NO_ROW) continue;
    serve(row, args.span(i));
    return true;
  }
  return false;
}

/**
 * Parks the client until one of the keys has a value of `type`, or for `timeout` ms. What `serve` uses
 * of the arguments it must own.
 */
export function waitForKeys(
  { client, db, reply }: CommandContext,
  args: Frame,
  { first, last }: KeyArguments,
  timeout: number,
  type: ValueType,
  serve: Serve,
): void {
  client.waitForKeys({
    keys: Array.from({ length: last - first + 1 }, (_, i) => args.copy(first + i)),
    type,
    timeout,
    attempt: (key) => {
      const row = db.lookupWrite(key);
      if (row === NO_ROW || db.typeOf(row) !== type) return false;
      serve(row, key);
      return true;
    },
    timedOut: () => reply.nullArray(),
  });
}

/** Serves the client at once or, where it may wait, later; where it may not, replies nothing. */
export function serveOrWait(
  context: CommandContext,
  args: Frame,
  keys: KeyArguments,
  timeout: number,
  type: ValueType,
  serve: Serve,
): void {
  if (serveAtOnce(context, args, keys, type, serve)) return;
  if (context.client.mayWait) waitForKeys(context, args, keys, timeout, type, serve);
  else context.reply.nullArray();
}
