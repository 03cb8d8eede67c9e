/** `find`, `match`, `gmatch` and `gsub`. */

import { untilNul } from "../../base/c_string.ts";
import { callNow } from "../runtime/driver.ts";
import { chargeString } from "../runtime/concatenation.ts";
import { first, hostFunction, LuaFunction, NOTHING } from "../runtime/function.ts";
import { index } from "../runtime/indexing.ts";
import { argumentError, luaError, NO_SITE } from "../runtime/lua_error.ts";
import { machine } from "../runtime/machine.ts";
import { numberText } from "../runtime/number_text.ts";
import { LuaTable } from "../runtime/table.ts";
import { type LuaResult, type LuaValue, typeName } from "../runtime/values.ts";
import { isTrue } from "../runtime/comparison.ts";
import { type Args, int32At, optionalIntegerAt, stringAt } from "./arguments.ts";
import { Matcher } from "./pattern_match.ts";

const SPECIALS = /[\^$*+?.(\[%\-]/;
const CARET = 94;

/** `string.find`. */
export function find(...args: Args): LuaResult {
  return search(args, true);
}

/** `string.match`. */
export function match(...args: Args): LuaResult {
  return search(args, false);
}

function search(args: Args, isFind: boolean): LuaResult {
  const subject = stringAt(args, 0), pattern = stringAt(args, 1);
  const { length } = subject;
  let start = optionalIntegerAt(args, 2, 1);
  if (start < 0) start = Math.max(0, start + length);
  else start = start === 0 ? 0 : Math.min(start - 1, length);
  if (isFind && (isTrue(args[3]) || !SPECIALS.test(untilNul(pattern)))) {
    machine.spend(length - start >> 10);
    const at = subject.indexOf(pattern, start);
    return at < 0 ? undefined : [at + 1, at + pattern.length];
  }
  const isAnchored = pattern.charCodeAt(0) === CARET;
  const p = isAnchored ? 1 : 0;
  const matcher = new Matcher(subject, untilNul(pattern));
  for (let s = start; s <= length; s++) {
    if (!isAnchored && (s = matcher.nextStart(s)) > length) break;
    const end = matcher.matchAt(s, p);
    if (end >= 0) {
      if (!isFind) {
        return matcher.level === 0 ? subject.slice(s, end) : matcher.captures(s, end, true);
      }
      return matcher.level === 0 ? [s + 1, end] : [s + 1, end, ...matcher.captures(s, end, false)];
    }
    if (isAnchored) break;
  }
  return undefined;
}

/** `string.gmatch`. */
export function gmatch(...args: Args): LuaResult {
  const subject = stringAt(args, 0), pattern = stringAt(args, 1);
  const matcher = new Matcher(subject, untilNul(pattern));
  let at = 0;
  return hostFunction("gmatch_aux", () => {
    for (let s = at; s <= subject.length; s++) {
      s = matcher.nextStart(s);
      if (s > subject.length) break;
      const end = matcher.matchAt(s, 0);
      if (end < 0) continue;
      at = end === s ? end + 1 : end;
      return matcher.level === 0 ? subject.slice(s, end) : matcher.captures(s, end, true);
    }
    at = subject.length + 1;
    return NOTHING;
  });
}

/** `string.gsub`. */
export function gsub(...args: Args): LuaResult {
  const subject = stringAt(args, 0), pattern = stringAt(args, 1);
  const replacement = args[2];
  const isAllowed = typeof replacement === "number" || typeof replacement === "string" ||
    replacement instanceof LuaTable || replacement instanceof LuaFunction;
  const limit = args[3] === undefined ? subject.length + 1 : int32At(args, 3);
  if (!isAllowed) throw argumentError(3, "string/function/table expected");
  const isAnchored = pattern.charCodeAt(0) === CARET;
  const p = isAnchored ? 1 : 0;
  const matcher = new Matcher(subject, untilNul(pattern));
  let result = "", s = 0, count = 0, from = 0, charged = 0;
  while (count < limit) {
    if (!isAnchored && (s = matcher.nextStart(s)) > subject.length) break;
    const end = matcher.matchAt(s, p);
    if (end >= 0) {
      count++;
      result += subject.slice(from, s) + substitute(matcher, subject, replacement, s, end);
      from = end;
      if (result.length - charged > 0x10000) {
        charged = result.length;
        chargeString(charged);
      }
    }
    if (end >= 0 && end > s) s = end;
    else if (s < subject.length) s++;
    else break;
    if (isAnchored) break;
  }
  result += subject.slice(from);
  chargeString(result.length);
  return [result, count];
}

function substitute(
  matcher: Matcher,
  subject: string,
  replacement: LuaValue,
  start: number,
  end: number,
): string {
  const whole = subject.slice(start, end);
  let value: LuaValue;
  if (typeof replacement === "string") return expand(matcher, replacement, start, end, whole);
  if (typeof replacement === "number") {
    return expand(matcher, numberText(replacement), start, end, whole);
  }
  if (replacement instanceof LuaFunction) {
    value = first(callNow(replacement, ...matcher.captures(start, end, true)));
  } else {
    value = index(replacement, matcher.capture(0, start, end), NO_SITE);
  }
  if (value === undefined || value === false) return whole;
  if (typeof value === "string") return value;
  if (typeof value === "number") return numberText(value);
  throw luaError(`invalid replacement value (a ${typeName(value)})`);
}

/** The replacement text with the captures that it names. */
function expand(
  matcher: Matcher,
  text: string,
  start: number,
  end: number,
  whole: string,
): string {
  let at = text.indexOf("%");
  if (at < 0) return text;
  let result = "", from = 0;
  while (at >= 0) {
    result += text.slice(from, at);
    const code = text.charCodeAt(at + 1);
    if (code === 48) {
      result += whole;
    } else if (code >= 49 && code <= 57) {
      const value = matcher.capture(code - 49, start, end);
      result += typeof value === "number" ? numberText(value) : value;
    } else if (code === code) {
      result += text[at + 1];
    } else {
      // After a "%" at the end, C finds the zero byte behind the text.
      result += "\0";
    }
    from = at + 2;
    at = text.indexOf("%", from);
  }
  return result + text.slice(from);
}
