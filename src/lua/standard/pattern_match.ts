/** Matching of Lua's patterns (lstrlib.c). */

import { luaError } from "../runtime/lua_error.ts";
import { machine } from "../runtime/machine.ts";
import type { LuaValue } from "../runtime/values.ts";
import { classTable, isInClass } from "./character_classes.ts";

const MAX_CAPTURES = 32;
/** How deep a match may recurse; each level costs a frame of JavaScript. */
const MAX_DEPTH = 200;

/** Lengths of captures that are not finished, or are positions. */
const UNFINISHED = -1;
const POSITION = -2;

const PERCENT = 37;
const OPEN = 40;
const CLOSE = 41;
const STAR = 42;
const PLUS = 43;
const MINUS = 45;
const DOT = 46;
const QUESTION = 63;
const BRACKET = 91;
const BRACKET_END = 93;
const CARET = 94;
const DOLLAR = 36;
const ZERO = 48;
const NINE = 57;
const LOWER_B = 98;
const LOWER_F = 102;

const SPECIAL = "^$*+?.()[%-";

/** One search: a subject, a pattern and the captures of the last match. */
export class Matcher {
  /** How many captures there are. */
  level = 0;
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  readonly #subject: string;
  readonly #pattern: string;
  #depth = 0;

  /** The character with which every match begins; "" if that is not known. */
  readonly #first: string;

  constructor(subject: string, pattern: string) {
    this.#subject = subject;
    this.#pattern = pattern;
    const isLiteral = pattern !== "" && !SPECIAL.includes(pattern[0]) &&
      !(pattern.length > 1 && "*?-".includes(pattern[1]));
    this.#first = isLiteral ? pattern[0] : "";
  }

  /**
   * The first place from `s` on where the pattern, which is not anchored, may match; beyond the end of the
   * subject if there is none.
   */
  nextStart(s: number): number {
    if (this.#first === "") return s;
    const at = this.#subject.indexOf(this.#first, s);
    machine.units -= ((at < 0 ? this.#subject.length : at) - s) >> 8;
    return at < 0 ? this.#subject.length + 1 : at;
  }

  /** Matches the pattern from `p` on at `s`; the end of the match, or -1. */
  matchAt(s: number, p: number): number {
    this.level = 0;
    this.#depth = 0;
    return this.#match(s, p);
  }

  #match(s: number, p: number): number {
    if (++this.#depth > MAX_DEPTH) throw luaError("pattern too complex");
    const end = this.#matchHere(s, p);
    this.#depth--;
    return end;
  }

  #matchHere(s: number, p: number): number {
    const pattern = this.#pattern, subject = this.#subject;
    for (;;) {
      if (--machine.units < 0) machine.spend(0);
      if (p >= pattern.length) return s;
      switch (pattern.charCodeAt(p)) {
        case OPEN:
          return pattern.charCodeAt(p + 1) === CLOSE
            ? this.#startCapture(s, p + 2, POSITION)
            : this.#startCapture(s, p + 1, UNFINISHED);
        case CLOSE:
          return this.#endCapture(s, p + 1);
        case DOLLAR:
          if (p + 1 === pattern.length) return s === subject.length ? s : -1;
          break;
        case PERCENT: {
          const next = pattern.charCodeAt(p + 1);
          if (next === LOWER_B) {
            s = this.#matchBalance(s, p + 2);
            if (s < 0) return -1;
            p += 4;
            continue;
          }
          if (next === LOWER_F) {
            p += 2;
            if (pattern.charCodeAt(p) !== BRACKET) {
              throw luaError("missing '[' after '%f' in pattern");
            }
            const end = this.#classEnd(p);
            const before = s === 0 ? 0 : subject.charCodeAt(s - 1);
            const after = s < subject.length ? subject.charCodeAt(s) : 0;
            if (this.#isInSet(before, p, end - 1) || !this.#isInSet(after, p, end - 1)) return -1;
            p = end;
            continue;
          }
          if (next >= ZERO && next <= NINE) {
            s = this.#matchCapture(s, next);
            if (s < 0) return -1;
            p += 2;
            continue;
          }
        }
      }
      const end = this.#classEnd(p);
      const matches = s < subject.length && this.#isSingle(subject.charCodeAt(s), p, end);
      switch (pattern.charCodeAt(end)) {
        case QUESTION: {
          if (matches) {
            const result = this.#match(s + 1, end + 1);
            if (result >= 0) return result;
          }
          p = end + 1;
          continue;
        }
        case STAR:
          return this.#expandMost(s, p, end);
        case PLUS:
          return matches ? this.#expandMost(s + 1, p, end) : -1;
        case MINUS:
          return this.#expandLeast(s, p, end);
        default:
          if (!matches) return -1;
          s++;
          p = end;
      }
    }
  }

  /** Where the pattern item at `p` ends. */
  #classEnd(p: number): number {
    const pattern = this.#pattern;
    const code = pattern.charCodeAt(p++);
    if (code === PERCENT) {
      if (p >= pattern.length) throw luaError("malformed pattern (ends with '%')");
      return p + 1;
    }
    if (code !== BRACKET) return p;
    if (pattern.charCodeAt(p) === CARET) p++;
    do {
      if (p >= pattern.length) throw luaError("malformed pattern (missing ']')");
      if (pattern.charCodeAt(p++) === PERCENT && p < pattern.length) p++;
    } while (pattern.charCodeAt(p) !== BRACKET_END);
    return p + 1;
  }

  #isSingle(code: number, p: number, end: number): boolean {
    const pattern = this.#pattern;
    const first = pattern.charCodeAt(p);
    switch (first) {
      case DOT:
        return true;
      case PERCENT:
        return isInClass(code, pattern.charCodeAt(p + 1));
      case BRACKET:
        return this.#isInSet(code, p, end - 1);
      default:
        return first === code;
    }
  }

  /** Whether a character is in the set from the bracket at `p` to that at `last`. */
  #isInSet(code: number, p: number, last: number): boolean {
    const pattern = this.#pattern;
    let is = true;
    if (pattern.charCodeAt(p + 1) === CARET) {
      is = false;
      p++;
    }
    while (++p < last) {
      const item = pattern.charCodeAt(p);
      if (item === PERCENT) {
        p++;
        if (isInClass(code, pattern.charCodeAt(p))) return is;
      } else if (pattern.charCodeAt(p + 1) === MINUS && p + 2 < last) {
        p += 2;
        if (item <= code && code <= pattern.charCodeAt(p)) return is;
      } else if (item === code) {
        return is;
      }
    }
    return !is;
  }

  #matchBalance(s: number, p: number): number {
    const pattern = this.#pattern, subject = this.#subject;
    if (p + 1 >= pattern.length) throw luaError("unbalanced pattern");
    const open = pattern.charCodeAt(p), close = pattern.charCodeAt(p + 1);
    if (s >= subject.length || subject.charCodeAt(s) !== open) return -1;
    let depth = 1;
    for (let at = s + 1; at < subject.length; at++) {
      const code = subject.charCodeAt(at);
      if (code === close) {
        if (--depth === 0) {
          machine.spend(at - s >> 4);
          return at + 1;
        }
      } else if (code === open) depth++;
    }
    machine.spend(subject.length - s >> 4);
    return -1;
  }

  #expandMost(s: number, p: number, end: number): number {
    const subject = this.#subject;
    let count = 0;
    if (this.#pattern.charCodeAt(p) === PERCENT) {
      const table = classTable(this.#pattern.charCodeAt(p + 1));
      while (s + count < subject.length && table[subject.charCodeAt(s + count)] === 1) count++;
    } else {
      while (s + count < subject.length && this.#isSingle(subject.charCodeAt(s + count), p, end)) {
        count++;
      }
    }
    machine.spend(count >> 4);
    for (; count >= 0; count--) {
      const result = this.#match(s + count, end + 1);
      if (result >= 0) return result;
    }
    return -1;
  }

  #expandLeast(s: number, p: number, end: number): number {
    const subject = this.#subject;
    for (;;) {
      const result = this.#match(s, end + 1);
      if (result >= 0) return result;
      if (s < subject.length && this.#isSingle(subject.charCodeAt(s), p, end)) s++;
      else return -1;
    }
  }

  #startCapture(s: number, p: number, what: number): number {
    const { level } = this;
    if (level >= MAX_CAPTURES) throw luaError("too many captures");
    this.#starts[level] = s;
    this.#lengths[level] = what;
    this.level = level + 1;
    const result = this.#match(s, p);
    if (result < 0) this.level--;
    return result;
  }

  #endCapture(s: number, p: number): number {
    let open = this.level - 1;
    while (open >= 0 && this.#lengths[open] !== UNFINISHED) open--;
    if (open < 0) throw luaError("invalid pattern capture");
    this.#lengths[open] = s - this.#starts[open];
    const result = this.#match(s, p);
    if (result < 0) this.#lengths[open] = UNFINISHED;
    return result;
  }

  /** Matches what capture `digit` matched. */
  #matchCapture(s: number, digit: number): number {
    const at = digit - ZERO - 1;
    if (at < 0 || at >= this.level || this.#lengths[at] === UNFINISHED) {
      throw luaError("invalid capture index");
    }
    const start = this.#starts[at], length = this.#lengths[at];
    if (length < 0) return -1;
    const text = this.#subject.slice(start, start + length);
    return this.#subject.startsWith(text, s) ? s + length : -1;
  }

  /** Capture `at`; the whole match, from `start` to `end`, if there are none. */
  capture(at: number, start: number, end: number): LuaValue {
    if (at >= this.level) {
      if (at === 0) return this.#subject.slice(start, end);
      throw luaError("invalid capture index");
    }
    const length = this.#lengths[at];
    if (length === UNFINISHED) throw luaError("unfinished capture");
    const from = this.#starts[at];
    return length === POSITION ? from + 1 : this.#subject.slice(from, from + length);
  }

  /** All captures, or, with `whole`, the whole match if there are none. */
  captures(start: number, end: number, whole: boolean): LuaValue[] {
    const count = this.level === 0 && whole ? 1 : this.level;
    const values: LuaValue[] = [];
    for (let at = 0; at < count; at++) values.push(this.capture(at, start, end));
    return values;
  }
}
