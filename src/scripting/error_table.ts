/** Errors as scripts see them: tables with a field `err`, as Redis makes them. */

import { untilNul } from "../base/c_string.ts";
import { PassedError, ReplyError } from "../base/errors.ts";
import { type LuaError, LuaTable, type LuaValue, numberText } from "../lua/mod.ts";

/** Set in errors that were counted when their command ran. */
const COUNTED = "ignore_error_stats_update";

/** The error of a command, whose text begins with its code. */
export function errorTable(text: string, isCounted = false): LuaTable {
  const table = new LuaTable(0, 1);
  table.set("err", text);
  if (isCounted) table.set(COUNTED, true);
  return table;
}

/** The text of an error that a table is, or undefined. */
export function errorText(table: LuaTable): string | undefined {
  const text = table.get("err");
  return typeof text === "string" ? text : undefined;
}

/** Whether the error was counted already. */
export function isCounted(table: LuaTable): boolean {
  const counted = table.get(COUNTED);
  return counted !== undefined && counted !== false;
}

/** What the caller of a script is told of the error which has ended it. */
export function endingError({ value, chunk, line }: LuaError, sha: string): ReplyError {
  const place = chunk === "" ? "" : ` script: ${sha}, on ${untilNul(chunk)}:${line}.`;
  if (!(value instanceof LuaTable)) return new ReplyError(`ERR ${shown(value)}${place}`);
  const text = value.get("err");
  // redis-server crashes where there is no text.
  const message = text === undefined ? "ERR unknown error" : shown(text);
  return isCounted(value) ? new PassedError(message + place) : new ReplyError(message + place);
}

function shown(value: LuaValue): string {
  if (value === undefined) return "nil";
  return typeof value === "number" ? numberText(value) : untilNul(String(value));
}
