/** What a script returns, as a reply (https://redis.io/docs/latest/develop/interact/programmability/lua-api/). */

import { untilNul } from "../base/c_string.ts";
import { LuaTable, type LuaValue } from "../lua/mod.ts";
import type { ReplyWriter } from "../resp/reply_writer.ts";
import { errorText, isCounted } from "./error_table.ts";

/** How much of Lua's stack in C a value may need: each aggregate around it takes some. */
const MOST_SLOTS = 7994;
/** What a value takes of it within an array, as a map's key, a map's value, a set's element. */
const ELEMENT_SLOTS = 1, KEY_SLOTS = 4, VALUE_SLOTS = 3, MEMBER_SLOTS = 3;
const TOO_DEEP = "ERR reached lua stack limit";

const LONG_MIN = -(2n ** 63n);

/** An array, map or set of which some elements are still to be written. */
interface Aggregate {
  readonly kind: "array" | "map" | "set";
  readonly table: LuaTable;
  readonly slots: number;
  /** How many elements an array has. */
  readonly count: number;
  /** The index or position of the element that was written last. */
  at: number;
  /** Whether a map's value comes next, and not a key. */
  isValueNext: boolean;
}

/** Writes what scripts return. */
export class ScriptReplies {
  readonly #failed: (text: string, isCounted: boolean) => void;
  readonly #open: Aggregate[] = [];

  /** `failed` is told of each error that is written. */
  constructor(failed: (text: string, isCounted: boolean) => void) {
    this.#failed = failed;
  }

  /** Writes a value; `resp` is the protocol that the script has asked for. */
  write(reply: ReplyWriter, value: LuaValue, resp: 2 | 3): void {
    this.#begin(reply, value, resp, 0);
    // No recursion: a script's tables may be nested deeper than JavaScript's stack is.
    const open = this.#open;
    while (open.length > 0) {
      const aggregate = open[open.length - 1];
      const { kind, table, slots } = aggregate;
      if (kind === "array") {
        if (aggregate.at === aggregate.count) open.pop();
        else this.#begin(reply, table.get(++aggregate.at), resp, slots + ELEMENT_SLOTS);
      } else if (aggregate.isValueNext) {
        aggregate.isValueNext = false;
        this.#begin(reply, table.valueAt(aggregate.at), resp, slots + VALUE_SLOTS);
      } else {
        aggregate.at = table.nextPosition(aggregate.at);
        if (aggregate.at === 0) {
          open.pop();
          continue;
        }
        aggregate.isValueNext = kind === "map";
        const more = kind === "map" ? KEY_SLOTS : MEMBER_SLOTS;
        this.#begin(reply, table.keyAt(aggregate.at), resp, slots + more);
      }
    }
  }

  /** Writes a value, or the beginning of an aggregate. */
  #begin(reply: ReplyWriter, value: LuaValue, resp: 2 | 3, slots: number): void {
    if (slots > MOST_SLOTS) {
      this.#error(reply, TOO_DEEP, false);
      return;
    }
    switch (typeof value) {
      case "string":
        reply.bulkString(value);
        return;
      case "number":
        reply.integer(integerOf(value));
        return;
      case "boolean":
        if (resp === 3) reply.boolean(value);
        else if (value) reply.integer(1);
        else reply.null();
        return;
    }
    if (value instanceof LuaTable) this.#table(reply, value, slots);
    else reply.null();
  }

  #table(reply: ReplyWriter, table: LuaTable, slots: number): void {
    const error = errorText(table);
    if (error !== undefined) {
      this.#error(reply, untilNul(error), isCounted(table));
      return;
    }
    const status = table.get("ok");
    if (typeof status === "string") {
      reply.simple(oneLine(untilNul(status)));
      return;
    }
    const double = table.get("double");
    if (typeof double === "number") {
      reply.double(double);
      return;
    }
    const bigNumber = table.get("big_number");
    if (typeof bigNumber === "string") {
      reply.bigNumber(oneLine(bigNumber));
      return;
    }
    const verbatim = table.get("verbatim_string");
    if (verbatim instanceof LuaTable) {
      const text = verbatim.get("string"), format = verbatim.get("format");
      if (typeof text === "string" && typeof format === "string") {
        reply.verbatim(text, untilNul(format).slice(0, 3).padEnd(3));
        return;
      }
    }
    const map = table.get("map");
    if (map instanceof LuaTable) {
      reply.map(countEntries(map));
      this.#push("map", map, slots, 0);
      return;
    }
    const set = table.get("set");
    if (set instanceof LuaTable) {
      reply.set(countEntries(set));
      this.#push("set", set, slots, 0);
      return;
    }
    let count = 0;
    while (table.get(count + 1) !== undefined) count++;
    reply.array(count);
    this.#push("array", table, slots, count);
  }

  #push(kind: Aggregate["kind"], table: LuaTable, slots: number, count: number): void {
    this.#open.push({ kind, table, slots, count, at: 0, isValueNext: false });
  }

  #error(reply: ReplyWriter, text: string, counted: boolean): void {
    reply.error(text);
    this.#failed(text, counted);
  }
}

function countEntries(table: LuaTable): number {
  let count = 0;
  for (let at = table.nextPosition(0); at !== 0; at = table.nextPosition(at)) count++;
  return count;
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]/g, " ");
}

/** A number as C makes a `long long` of it. */
function integerOf(value: number): number | bigint {
  if (Number.isSafeInteger(value)) return value + 0;
  // Not a number, or beyond 64 bits.
  if (!(value >= -(2 ** 63) && value < 2 ** 63)) return LONG_MIN;
  const whole = Math.trunc(value) + 0;
  return Number.isSafeInteger(whole) ? whole : BigInt(whole);
}
