/** Values to JSON, as lua-cjson writes it. */

import { chargeString } from "../runtime/concatenation.ts";
import { luaError } from "../runtime/lua_error.ts";
import { machine } from "../runtime/machine.ts";
import { generalText, numberText } from "../runtime/number_text.ts";
import { LuaTable } from "../runtime/table.ts";
import { type LuaValue, typeName } from "../runtime/values.ts";
import { INVALID_NULL, INVALID_OFF, type JsonSettings } from "./cjson_settings.ts";
import { JSON_NULL } from "./null.ts";

/** How deep tables may be nested whatever the settings say: the stack of JavaScript ends somewhere. */
const MAX_DEPTH = 1500;

// deno-lint-ignore no-control-regex
const ESCAPED = /["\\/\x00-\x1f\x7f]/;
// deno-lint-ignore no-control-regex
const ALL_ESCAPED = /["\\/\x00-\x1f\x7f]/g;

const SHORT: { readonly [character: string]: string } = {
  '"': '\\"',
  "\\": "\\\\",
  "/": "\\/",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

const INT_MAX = 2147483647;

/** How many characters are written between two looks at the budget. */
const CHARGE_STEP = 1 << 14;

/** The text of a value; throws Lua's error for what JSON can't say. */
export function encodeJson(value: LuaValue, settings: JsonSettings): string {
  return new Encoder(settings).encode(value);
}

class Encoder {
  #written = 0;
  #depth = 0;
  readonly #settings: JsonSettings;

  constructor(settings: JsonSettings) {
    this.#settings = settings;
  }

  encode(value: LuaValue): string {
    const text = this.#write(value);
    chargeString(text.length);
    return text;
  }

  #write(value: LuaValue): string {
    switch (typeof value) {
      case "string":
        return quoted(value);
      case "number":
        return this.#number(value);
      case "boolean":
        return value ? "true" : "false";
      case "undefined":
        return "null";
    }
    if (value instanceof LuaTable) return this.#writeTable(value);
    if (value === JSON_NULL) return "null";
    throw refusal(value, "type not supported");
  }

  #number(value: number): string {
    if (!Number.isFinite(value)) {
      const { encodeInvalid } = this.#settings;
      if (encodeInvalid === INVALID_OFF) throw refusal(value, "must not be NaN or Inf");
      if (encodeInvalid === INVALID_NULL) return "null";
      return value !== value ? "nan" : value > 0 ? "inf" : "-inf";
    }
    const { numberPrecision } = this.#settings;
    return numberPrecision === 14 ? numberText(value) : generalText(value, numberPrecision);
  }

  #writeTable(table: LuaTable): string {
    const depth = ++this.#depth;
    if (depth > this.#settings.encodeMaxDepth || depth > MAX_DEPTH) {
      throw luaError(`Cannot serialise, excessive nesting (${depth})`);
    }
    const length = this.#arrayLength(table);
    const text = length > 0 ? this.#writeArray(table, length) : this.#writeObject(table);
    this.#depth--;
    return text;
  }

  /** Charges so much text; what it is part of is charged again, as it may be copied once more. */
  #charge(length: number): void {
    if (--machine.units < 0) machine.spend(0);
    this.#written += length;
    if (this.#written > CHARGE_STEP) {
      machine.reserve(this.#written);
      this.#written = 0;
    }
  }

  /** The largest index, if all keys are indices; -1 for an object. */
  #arrayLength(table: LuaTable): number {
    let max = 0, items = 0;
    for (let at = table.nextPosition(0); at !== 0; at = table.nextPosition(at)) {
      const key = table.keyAt(at);
      if (typeof key !== "number" || key < 1 || Math.floor(key) !== key) return -1;
      // In C, the largest index is an int; infinity is whole, too.
      if (key > max) max = key > INT_MAX ? -INT_MAX - 1 : key;
      items++;
    }
    const { sparseRatio, sparseSafe, sparseConvert } = this.#settings;
    if (sparseRatio > 0 && max > items * sparseRatio && max > sparseSafe) {
      if (!sparseConvert) throw refusal(table, "excessively sparse array");
      return -1;
    }
    return max;
  }

  #writeArray(table: LuaTable, length: number): string {
    let text = "[" + this.#write(table.getNumber(1));
    let charged = 0;
    for (let i = 2; i <= length; i++) {
      text += "," + this.#write(table.getNumber(i));
      if (text.length - charged > CHARGE_STEP) {
        this.#charge(text.length - charged);
        charged = text.length;
      }
    }
    this.#charge(text.length - charged);
    return text + "]";
  }

  #writeObject(table: LuaTable): string {
    let text = "{";
    let charged = 0;
    for (let at = table.nextPosition(0); at !== 0; at = table.nextPosition(at)) {
      const key = table.keyAt(at);
      let name: string;
      if (typeof key === "string") name = quoted(key);
      else if (typeof key === "number") name = '"' + this.#number(key) + '"';
      else throw refusal(key, "table key must be a number or string");
      text += (charged === 0 && text.length === 1 ? name : "," + name) + ":" +
        this.#write(table.valueAt(at));
      if (text.length - charged > CHARGE_STEP) {
        this.#charge(text.length - charged);
        charged = text.length;
      }
    }
    this.#charge(text.length - charged);
    return text + "}";
  }
}

/** So short strings are looked through faster without a regular expression. */
const SHORT_STRING = 40;

function quoted(value: string): string {
  if (value.length > SHORT_STRING) {
    return ESCAPED.test(value) ? quotedSlowly(value) : '"' + value + '"';
  }
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 32 || code === 34 || code === 47 || code === 92 || code === 127) {
      return quotedSlowly(value);
    }
  }
  return '"' + value + '"';
}

function quotedSlowly(value: string): string {
  return '"' + value.replace(ALL_ESCAPED, escape) + '"';
}

function refusal(value: LuaValue, reason: string) {
  return luaError(`Cannot serialise ${typeName(value)}: ${reason}`);
}

function escape(character: string): string {
  return SHORT[character] ?? "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0");
}
