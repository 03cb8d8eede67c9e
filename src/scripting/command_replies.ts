/** Replies of commands as values of Lua (https://redis.io/docs/latest/develop/interact/programmability/lua-api/). */

import { byteString, EMPTY } from "../base/span.ts";
import { LuaTable, type LuaValue } from "../lua/mod.ts";
import type { ReplyWriter } from "../resp/reply_writer.ts";
import { errorTable } from "./error_table.ts";

const CR = 13, MINUS = 45, ZERO = 48;
const SIMPLE = 43, ERROR = 45, INTEGER = 58, BULK = 36, ARRAY = 42;
const NULL = 95, DOUBLE = 44, BOOLEAN = 35, BIG_NUMBER = 40, VERBATIM = 61;
const MAP = 37, SET = 126, PUSH = 62, ATTRIBUTE = 124;
const TRUE = 116;
/** Arrays of so many bytes are worth a byte string of all of them. */
const LEAST_SHARED = 32, MOST_SHARED = 4096;
/** From this length on V8 makes a part of a string refer to it: that keeps it, and takes longer to read. */
const LEAST_SLICE = 13;
/** `txt:` */
const FORMAT_LENGTH = 3;

/** Reads what a writer has gathered. */
export class CommandReplies {
  #bytes: Uint8Array = EMPTY;
  #at = 0;
  /** A short array as one byte string, of which its elements are parts: many short ones cost less so. */
  #text: string | null = null;

  /** Takes the one reply that a writer holds. */
  take(writer: ReplyWriter): LuaValue {
    const only = writer.onlyChunk;
    if (only !== null) {
      this.#bytes = only;
      this.#at = 0;
      const { size } = writer;
      const isShared = only[0] === ARRAY && size >= LEAST_SHARED && size <= MOST_SHARED;
      this.#text = isShared ? byteString(only, 0, size) : null;
      const value = this.#value();
      writer.truncate(0);
      return value;
    }
    const pieces = writer.take();
    this.#text = null;
    this.#bytes = pieces.length === 1 ? pieces[0] : joined(pieces);
    this.#at = 0;
    const value = this.#value();
    writer.release(pieces);
    return value;
  }

  #value(): LuaValue {
    const bytes = this.#bytes;
    switch (bytes[this.#at++]) {
      case INTEGER:
        return this.#integer();
      case BULK:
        return this.#bulk();
      case SIMPLE:
        return field("ok", this.#line());
      case ERROR:
        return errorTable(this.#line(), true);
      case ARRAY:
      case PUSH:
        return this.#array();
      case NULL:
        this.#at += 2;
        return undefined;
      case BOOLEAN: {
        const value = bytes[this.#at] === TRUE;
        this.#at += 3;
        return value;
      }
      case DOUBLE:
        return field("double", doubleOf(this.#line()));
      case BIG_NUMBER:
        return field("big_number", this.#line());
      case VERBATIM:
        return this.#verbatim();
      case MAP:
        return this.#map();
      case SET:
        return this.#set();
      case ATTRIBUTE:
        for (let i = 2 * this.#integer(); i > 0; i--) this.#value();
        return this.#value();
    }
    throw new Error("a command has left no reply");
  }

  /** A number up to the end of the line; beyond 2^53 rounded, as Lua's numbers are doubles. */
  #integer(): number {
    const bytes = this.#bytes;
    const isNegative = bytes[this.#at] === MINUS;
    if (isNegative) this.#at++;
    const start = this.#at;
    let value = 0;
    while (bytes[this.#at] !== CR) value = value * 10 + bytes[this.#at++] - ZERO;
    if (this.#at - start > 15) value = Number(byteString(bytes, start, this.#at));
    this.#at += 2;
    return isNegative ? -value : value;
  }

  #line(): string {
    const end = this.#bytes.indexOf(CR, this.#at);
    const text = byteString(this.#bytes, this.#at, end);
    this.#at = end + 2;
    return text;
  }

  #bulk(): LuaValue {
    const length = this.#integer();
    if (length < 0) return false;
    const start = this.#at;
    const end = start + length;
    this.#at = end + 2;
    const text = this.#text;
    return text !== null && length < LEAST_SLICE
      ? text.slice(start, end)
      : byteString(this.#bytes, start, end);
  }

  #array(): LuaValue {
    const count = this.#integer();
    if (count < 0) return false;
    const array: LuaValue[] = [undefined];
    let hasHoles = false;
    for (let i = 0; i < count; i++) {
      const value = this.#value();
      hasHoles ||= value === undefined;
      array.push(value);
    }
    return hasHoles ? filled(array) : LuaTable.ofArray(array, powerOfTwoFrom(count));
  }

  #verbatim(): LuaTable {
    const text = this.#bulk() as string;
    const parts = new LuaTable(0, 2);
    parts.set("string", text.slice(FORMAT_LENGTH + 1));
    parts.set("format", text.slice(0, FORMAT_LENGTH));
    return field("verbatim_string", parts);
  }

  #map(): LuaTable {
    const count = this.#integer();
    const map = new LuaTable(0, count);
    for (let i = 0; i < count; i++) {
      const key = this.#value();
      map.set(key, this.#value());
    }
    return field("map", map);
  }

  #set(): LuaTable {
    const count = this.#integer();
    const set = new LuaTable(0, count);
    for (let i = 0; i < count; i++) set.set(this.#value(), true);
    return field("set", set);
  }
}

function field(name: string, value: LuaValue): LuaTable {
  const table = new LuaTable(0, 1);
  table.set(name, value);
  return table;
}

/** A table to which elements were given one after the other, which shows where some are nil. */
function filled(array: readonly LuaValue[]): LuaTable {
  const table = new LuaTable();
  for (let i = 1; i < array.length; i++) {
    if (array[i] !== undefined) table.set(i, array[i]);
  }
  return table;
}

/** To what an array grows that is given so many elements one after the other. */
function powerOfTwoFrom(count: number): number {
  return count === 0 ? 0 : 1 << (32 - Math.clz32(count - 1));
}

function doubleOf(text: string): number {
  switch (text) {
    case "inf":
      return Infinity;
    case "-inf":
      return -Infinity;
  }
  return Number(text);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
