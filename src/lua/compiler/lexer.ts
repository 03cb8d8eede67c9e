/** Texts to tokens (llex.c), with its errors. */

import { untilNul } from "../../base/c_string.ts";
import { LuaError } from "../runtime/lua_error.ts";
import { machine } from "../runtime/machine.ts";
import { parseNumber } from "../runtime/number_text.ts";
import { displayName, LONG_NAME } from "./chunk_name.ts";
import { END, hasText, NAME, NUMBER, RESERVED, STRING, tokenText } from "./tokens.ts";

const NEWLINE = 10;
const RETURN = 13;
const QUOTE = 34;
const APOSTROPHE = 39;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const EQUALS = 61;
const LARGE_E = 69;
const OPEN = 91;
const BACKSLASH = 92;
const CLOSE = 93;
const UNDERSCORE = 95;
const SMALL_E = 101;

/** Reads a chunk token by token; the current token is in `token` and `value`. */
export class Lexer {
  /** The current token's kind, or its text where it has only one. */
  token = END;
  /** What a name or a string says; what a number is. */
  value: string | number = "";
  /** The line up to which has been read, and that of the token before the current one. */
  line = 1;
  lastLine = 1;
  /** The raw text of the last name, string or number, for messages. */
  #raw = "";
  #ahead: { token: string; value: string | number } | null = null;
  #at = 0;
  readonly #text: string;
  readonly #name: string;

  constructor(text: string, chunkName: string) {
    this.#text = text;
    this.#name = chunkName;
    // A first line that is for the shell is skipped by lua, not by load: it is an error here.
  }

  /** Goes to the next token. */
  next(): void {
    this.lastLine = this.line;
    // A tree takes memory.
    if (--machine.units < 0) machine.spend(0);
    if (this.#ahead !== null) {
      this.token = this.#ahead.token;
      this.value = this.#ahead.value;
      this.#ahead = null;
    } else {
      this.token = this.#read();
    }
  }

  /** The token after the current one. */
  peek(): string {
    const { token, value } = this;
    const next = this.#read();
    this.#ahead = { token: next, value: this.value };
    this.token = token;
    this.value = value;
    return next;
  }

  /** Throws an error that shows `token`; "" for none. */
  fail(message: string, token: string): never {
    let text = `${displayName(this.#name, LONG_NAME)}:${this.line}: ${message}`;
    if (token !== "" && token !== "\0") {
      const shown = hasText(token) ? this.#raw : tokenText(token);
      text += ` near '${untilNul(shown)}'`;
    }
    throw new LuaError(text);
  }

  /** Throws an error that shows the current token. */
  failHere(message: string): never {
    this.fail(message, this.token);
  }

  #read(): string {
    const text = this.#text;
    for (;;) {
      if (this.#at >= text.length) return END;
      const code = text.charCodeAt(this.#at);
      if (isLetter(code)) return this.#readName();
      switch (code) {
        case NEWLINE:
        case RETURN:
          this.#skipNewline();
          continue;
        case 32:
        case 9:
        case 11:
        case 12:
          this.#at++;
          continue;
        case MINUS:
          if (text.charCodeAt(this.#at + 1) !== MINUS) return this.#symbol(1);
          this.#at += 2;
          this.#skipComment();
          continue;
        case OPEN: {
          const level = this.#longLevel();
          if (level >= 0) {
            this.value = this.#readLong(level, true);
            return STRING;
          }
          if (level === -1) return this.#symbol(1);
          this.#raw = text.slice(this.#at, this.#at - level);
          this.fail("invalid long string delimiter", STRING);
          break;
        }
        case QUOTE:
        case APOSTROPHE:
          return this.#readString(code);
        case EQUALS:
        case 60:
        case 62:
        case 126:
          return this.#symbol(text.charCodeAt(this.#at + 1) === EQUALS ? 2 : 1);
        case POINT:
          if (isOneOf(POINT, POINT, text.charCodeAt(this.#at + 1))) {
            const isThird = isOneOf(POINT, POINT, text.charCodeAt(this.#at + 2));
            this.#at += isThird ? 3 : 2;
            return isThird ? "..." : "..";
          }
          if (!isDigit(text.charCodeAt(this.#at + 1))) return this.#symbol(1);
          return this.#readNumber();
      }
      if (isDigit(code)) return this.#readNumber();
      return this.#symbol(1);
    }
  }

  #symbol(length: number): string {
    return this.#text.slice(this.#at, this.#at += length);
  }

  #readName(): string {
    const text = this.#text, start = this.#at;
    let at = start + 1;
    while (isAlphanumeric(text.charCodeAt(at))) at++;
    this.#at = at;
    const word = text.slice(start, at);
    this.#raw = word;
    if (RESERVED.has(word)) return word;
    this.value = word;
    return NAME;
  }

  #readNumber(): string {
    const text = this.#text, start = this.#at;
    let at = start;
    while (isDigit(text.charCodeAt(at)) || text.charCodeAt(at) === POINT) at++;
    if (isOneOf(SMALL_E, LARGE_E, text.charCodeAt(at))) {
      at++;
      if (isOneOf(PLUS, MINUS, text.charCodeAt(at))) at++;
    }
    while (isAlphanumeric(text.charCodeAt(at))) at++;
    this.#at = at;
    this.#raw = text.slice(start, at);
    const value = parseNumber(this.#raw);
    if (value === undefined) this.fail("malformed number", NUMBER);
    this.value = value!;
    return NUMBER;
  }

  #skipNewline(): void {
    const code = this.#text.charCodeAt(this.#at++);
    const next = this.#text.charCodeAt(this.#at);
    if ((next === NEWLINE || next === RETURN) && next !== code) this.#at++;
    this.line++;
  }

  #skipComment(): void {
    const text = this.#text;
    if (text.charCodeAt(this.#at) === OPEN) {
      const level = this.#longLevel();
      if (level >= 0) {
        this.#readLong(level, false);
        return;
      }
    }
    while (this.#at < text.length) {
      const code = text.charCodeAt(this.#at);
      if (code === NEWLINE || code === RETURN) return;
      this.#at++;
    }
  }

  /** The level of a long bracket at the current place; -1 for a bare "[", -2 - n for "[" and n "=". */
  #longLevel(): number {
    const text = this.#text;
    let at = this.#at + 1;
    while (text.charCodeAt(at) === EQUALS) at++;
    const level = at - this.#at - 1;
    if (text.charCodeAt(at) === OPEN) return level;
    return level === 0 ? -1 : -1 - level;
  }

  /** Reads what is in long brackets, in which every line break becomes one newline. */
  #readLong(level: number, isString: boolean): string {
    const text = this.#text, start = this.#at;
    this.#at += level + 2;
    let result = "", from = this.#at;
    const code = text.charCodeAt(this.#at);
    if (code === NEWLINE || code === RETURN) {
      this.#skipNewline();
      from = this.#at;
    }
    for (;;) {
      if (this.#at >= text.length) {
        this.#raw = text.slice(start);
        this.fail(isString ? "unfinished long string" : "unfinished long comment", END);
      }
      const code = text.charCodeAt(this.#at);
      if (code === NEWLINE || code === RETURN) {
        result += text.slice(from, this.#at) + "\n";
        this.#skipNewline();
        from = this.#at;
      } else if (code === CLOSE && this.#longEnd(level)) {
        result += text.slice(from, this.#at);
        this.#at += level + 2;
        if (isString) this.#raw = text.slice(start, this.#at);
        return result;
      } else if (
        isString && code === OPEN && level === 0 && text.charCodeAt(this.#at + 1) === OPEN
      ) {
        this.#raw = text.slice(start, this.#at);
        this.fail("nesting of [[...]] is deprecated", "[");
      } else {
        this.#at++;
      }
    }
  }

  #longEnd(level: number): boolean {
    const text = this.#text;
    let at = this.#at + 1;
    while (text.charCodeAt(at) === EQUALS) at++;
    return at - this.#at - 1 === level && text.charCodeAt(at) === CLOSE;
  }

  #readString(quote: number): string {
    const text = this.#text, start = this.#at;
    let result = "", from = ++this.#at;
    for (;;) {
      if (this.#at >= text.length) {
        this.fail("unfinished string", END);
      }
      const code = text.charCodeAt(this.#at);
      if (code === quote) break;
      if (code === NEWLINE || code === RETURN) {
        this.#raw = text[start] + result + text.slice(from, this.#at);
        this.fail("unfinished string", STRING);
      }
      if (code !== BACKSLASH) {
        this.#at++;
        continue;
      }
      result += text.slice(from, this.#at++);
      if (this.#at < text.length) result += this.#readEscape(text[start] + result);
      from = this.#at;
    }
    result += text.slice(from, this.#at++);
    this.value = result;
    this.#raw = text[start] + result + text[start];
    return STRING;
  }

  #readEscape(before: string): string {
    const text = this.#text;
    const code = text.charCodeAt(this.#at);
    if (code === NEWLINE || code === RETURN) {
      this.#skipNewline();
      return "\n";
    }
    if (!isDigit(code)) {
      this.#at++;
      const at = "abfnrtv".indexOf(text[this.#at - 1]);
      return at >= 0 ? "\x07\b\f\n\r\t\v"[at] : text[this.#at - 1];
    }
    let value = 0;
    for (let i = 0; i < 3 && isDigit(text.charCodeAt(this.#at)); i++) {
      value = value * 10 + text.charCodeAt(this.#at++) - 48;
    }
    if (value > 255) {
      this.#raw = before;
      this.fail("escape sequence too large", STRING);
    }
    return String.fromCharCode(value);
  }
}

/** Whether a character is one of two. Lua takes a NUL for one, since strchr finds the end of the string that lists them. */
function isOneOf(a: number, b: number, code: number): boolean {
  return code === a || code === b || code === 0;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === UNDERSCORE;
}

function isAlphanumeric(code: number): boolean {
  return isLetter(code) || isDigit(code);
}
