/** JSON to values, with lua-cjson's leniency and its errors. */

import { luaError } from "../runtime/lua_error.ts";
import { machine } from "../runtime/machine.ts";
import { hashString } from "../runtime/string_hash.ts";
import { LuaTable } from "../runtime/table.ts";
import type { LuaValue } from "../runtime/values.ts";
import type { JsonSettings } from "./cjson_settings.ts";
import { JSON_NULL } from "./null.ts";
import { readNumberPrefix } from "./number_prefix.ts";

/** As in cjson_encode.ts. */
const MAX_DEPTH = 1500;

/** Tokens, with the names that errors give them. */
const OBJECT_BEGIN = "T_OBJ_BEGIN";
const OBJECT_END = "T_OBJ_END";
const ARRAY_BEGIN = "T_ARR_BEGIN";
const ARRAY_END = "T_ARR_END";
const STRING = "T_STRING";
const NUMBER = "T_NUMBER";
const BOOLEAN = "T_BOOLEAN";
const NULL = "T_NULL";
const COLON = "T_COLON";
const COMMA = "T_COMMA";
const END = "T_END";

const QUOTE = 34;
const BACKSLASH = 92;

/** The value that a text says; throws Lua's error where it is no JSON. */
export function decodeJson(text: string, settings: JsonSettings): LuaValue {
  if (text.length >= 2 && (text.charCodeAt(0) === 0 || text.charCodeAt(1) === 0)) {
    throw luaError("JSON parser does not support UTF-16 or UTF-32");
  }
  return new Decoder(text, settings).decode();
}

class Decoder {
  readonly #text: string;
  readonly #settings: JsonSettings;
  #at = 0;
  #depth = 0;
  /** The current token, where it began, and its value. */
  #token = END;
  #start = 0;
  #value: LuaValue = undefined;

  constructor(text: string, settings: JsonSettings) {
    this.#text = text;
    this.#settings = settings;
  }

  decode(): LuaValue {
    this.#next();
    const value = this.#readValue();
    this.#next();
    if (this.#token !== END) throw this.#unexpected("the end");
    return value;
  }

  #unexpected(expected: string) {
    const found = this.#token;
    return luaError(`Expected ${expected} but found ${found} at character ${this.#start + 1}`);
  }

  /** Makes the current token one that is never expected, at the current place. */
  #fail(problem: string): void {
    this.#token = problem;
    this.#start = this.#at;
  }

  #readValue(): LuaValue {
    switch (this.#token) {
      case STRING:
      case NUMBER:
      case BOOLEAN:
      case NULL:
        return this.#value;
      case OBJECT_BEGIN:
        return this.#readObject();
      case ARRAY_BEGIN:
        return this.#readArray();
      default:
        throw this.#unexpected("value");
    }
  }

  #descend(): void {
    const depth = ++this.#depth;
    if (depth <= this.#settings.decodeMaxDepth && depth <= MAX_DEPTH) return;
    throw luaError(
      `Found too many nested data structures (${depth}) at character ${this.#at}`,
    );
  }

  #readObject(): LuaTable {
    this.#descend();
    const table = new LuaTable();
    this.#next();
    if (this.#token === OBJECT_END) {
      this.#depth--;
      return table;
    }
    for (;;) {
      if (this.#token !== STRING) throw this.#unexpected("object key string");
      const key = this.#value as string;
      if (this.#advance() !== COLON) throw this.#unexpected("colon");
      this.#next();
      table.setString(key, hashString(key), this.#readValue());
      if (--machine.units < 0) machine.spend(0);
      const token = this.#advance();
      if (token === OBJECT_END) {
        this.#depth--;
        return table;
      }
      if (token !== COMMA) throw this.#unexpected("comma or object end");
      this.#next();
    }
  }

  #readArray(): LuaTable {
    this.#descend();
    const table = new LuaTable();
    this.#next();
    if (this.#token === ARRAY_END) {
      this.#depth--;
      return table;
    }
    for (let i = 1;; i++) {
      table.setNumber(i, this.#readValue());
      if (--machine.units < 0) machine.spend(0);
      this.#next();
      if (this.#token === ARRAY_END) {
        this.#depth--;
        return table;
      }
      if (this.#token !== COMMA) throw this.#unexpected("comma or array end");
      this.#next();
    }
  }

  #advance(): string {
    this.#next();
    return this.#token;
  }

  /** Reads the next token. */
  #next(): void {
    const text = this.#text;
    let code = text.charCodeAt(this.#at);
    while (code === 32 || code === 10 || code === 13 || code === 9) {
      code = text.charCodeAt(++this.#at);
    }
    this.#start = this.#at;
    switch (code) {
      case QUOTE:
        return this.#readString();
      case 123:
        return this.#single(OBJECT_BEGIN);
      case 125:
        return this.#single(OBJECT_END);
      case 91:
        return this.#single(ARRAY_BEGIN);
      case 93:
        return this.#single(ARRAY_END);
      case 44:
        return this.#single(COMMA);
      case 58:
        return this.#single(COLON);
      case 0:
        this.#token = END;
        return;
    }
    if (code !== code) {
      this.#token = END;
    } else if (code === 45 || (code >= 48 && code <= 57)) {
      if (!this.#settings.decodeInvalid && this.#isInvalidNumber()) this.#fail("invalid number");
      else this.#readNumber();
    } else if (text.startsWith("true", this.#at)) {
      this.#word(BOOLEAN, true, 4);
    } else if (text.startsWith("false", this.#at)) {
      this.#word(BOOLEAN, false, 5);
    } else if (text.startsWith("null", this.#at)) {
      this.#word(NULL, JSON_NULL, 4);
    } else if (
      (code === 43 || (code | 32) === 105 || (code | 32) === 110) &&
      this.#settings.decodeInvalid && this.#isInvalidNumber()
    ) {
      this.#readNumber();
    } else {
      this.#fail("invalid token");
    }
  }

  #single(token: string): void {
    this.#token = token;
    this.#at++;
  }

  #word(token: string, value: LuaValue, length: number): void {
    this.#token = token;
    this.#value = value;
    this.#at += length;
  }

  /** Whether a number begins here that C reads but JSON does not allow. */
  #isInvalidNumber(): boolean {
    return /^(?:\+|-?(?:0[xX0-9]|inf|nan))/i.test(this.#text.slice(this.#at, this.#at + 5));
  }

  #readNumber(): void {
    const read = readNumberPrefix(this.#text, this.#at);
    if (read === null) return this.#fail("invalid number");
    this.#token = NUMBER;
    this.#value = read.value;
    this.#at = read.end;
  }

  #readString(): void {
    const text = this.#text;
    let at = this.#at + 1;
    const start = at;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#token = STRING;
        this.#value = text.slice(start, at);
        this.#at = at + 1;
        return;
      }
      if (code === BACKSLASH) break;
      if (code === 0 || code !== code) {
        this.#at = at;
        return this.#fail("unexpected end of string");
      }
      at++;
    }
    this.#readEscaped(start, at);
  }

  /** The rest of a string, whose first backslash is at `at`. */
  #readEscaped(start: number, at: number): void {
    const text = this.#text;
    let result = text.slice(start, at);
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#token = STRING;
        this.#value = result;
        this.#at = at + 1;
        return;
      }
      if (code === BACKSLASH) {
        const letter = text[at + 1];
        if (letter === "u") {
          const decoded = readUnicode(text, at);
          if (decoded === null) {
            this.#at = at;
            return this.#fail("invalid unicode escape code");
          }
          result += decoded.text;
          at = decoded.end;
          continue;
        }
        const which = letter === undefined ? -1 : '"\\/bfnrt'.indexOf(letter);
        if (which < 0) {
          this.#at = at;
          return this.#fail("invalid escape code");
        }
        result += '"\\/\b\f\n\r\t'[which];
        at += 2;
        continue;
      }
      if (code === 0 || code !== code) {
        this.#at = at;
        return this.#fail("unexpected end of string");
      }
      const from = at++;
      for (;;) {
        const next = text.charCodeAt(at);
        if (next === QUOTE || next === BACKSLASH || next === 0 || next !== next) break;
        at++;
      }
      result += text.slice(from, at);
    }
  }
}

/** The escape `\uXXXX`, or a pair of them, at `at` as bytes of UTF-8; null if it is wrong. */
function readUnicode(text: string, at: number): { text: string; end: number } | null {
  let code = hexadecimal(text, at + 2);
  let end = at + 6;
  if (code < 0) return null;
  if ((code & 0xf800) === 0xd800) {
    if ((code & 0x400) !== 0 || text[end] !== "\\" || text[end + 1] !== "u") return null;
    const low = hexadecimal(text, end + 2);
    if ((low & 0xfc00) !== 0xdc00 || low < 0) return null;
    code = ((code & 0x3ff) << 10 | low & 0x3ff) + 0x10000;
    end += 6;
  }
  return { text: utf8(code), end };
}

function hexadecimal(text: string, at: number): number {
  const digits = text.slice(at, at + 4);
  return /^[0-9a-fA-F]{4}$/.test(digits) ? parseInt(digits, 16) : -1;
}

function utf8(code: number): string {
  if (code < 0x80) return String.fromCharCode(code);
  const last = 0x80 | code & 63;
  if (code < 0x800) return String.fromCharCode(0xc0 | code >> 6, last);
  const middle = 0x80 | code >> 6 & 63;
  if (code < 0x10000) return String.fromCharCode(0xe0 | code >> 12, middle, last);
  return String.fromCharCode(0xf0 | code >> 18, 0x80 | code >> 12 & 63, middle, last);
}
