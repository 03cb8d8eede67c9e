/** Values to JSON, as lua-cjson writes it. */

import { chargeString } from "../runtime/concatenation.ts";
import { luaError } from "../runtime/lua_error.ts";
import { machine } from "../runtime/machine.ts";
import { generalText, numberText } from "../runtime/number_text.ts";
import { LuaTable } from "../runtime/table.ts";
import { type LuaValue, typeName } from "../runtime/values.ts";
import type { JsonSettings } from "./cjson.ts";
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
  #text = "";
  #charged = 0;
  #depth = 0;
  readonly #settings: JsonSettings;

  constructor(settings: JsonSettings) {
    this.#settings = settings;
  }

  encode(value: LuaValue): string {
    this.#write(value);
    chargeString(this.#text.length);
    return this.#text;
  }

  #write(value: LuaValue): void {
    switch (typeof value) {
      case "string":
        this.#writeString(value);
        return;
      case "number":
        this.#text += this.#number(value);
        return;
      case "boolean":
        this.#text += value ? "true" : "false";
        return;
      case "undefined":
        this.#text += "null";
        return;
    }
    if (value instanceof LuaTable) this.#writeTable(value);
    else if (value === JSON_NULL) this.#text += "null";
    else throw refusal(value, "type not supported");
  }

  #writeString(value: string): void {
    this.#text += ESCAPED.test(value)
      ? '"' + value.replace(ALL_ESCAPED, escape) + '"'
      : '"' + value + '"';
  }

  #number(value: number): string {
    if (!Number.isFinite(value)) {
      const { encodeInvalid } = this.#settings;
      if (encodeInvalid === 0) throw refusal(value, "must not be NaN or Inf");
      if (encodeInvalid === 2) return "null";
      return value !== value ? "nan" : value > 0 ? "inf" : "-inf";
    }
    const { numberPrecision } = this.#settings;
    return numberPrecision === 14 ? numberText(value) : generalText(value, numberPrecision);
  }

  #writeTable(table: LuaTable): void {
    const depth = ++this.#depth;
    if (depth > this.#settings.encodeMaxDepth || depth > MAX_DEPTH) {
      throw luaError(`Cannot serialise, excessive nesting (${depth})`);
    }
    const length = this.#arrayLength(table);
    if (length > 0) this.#writeArray(table, length);
    else this.#writeObject(table);
    this.#depth--;
    if (--machine.units < 0) machine.spend(0);
    if (this.#text.length - this.#charged > CHARGE_STEP) {
      const { length } = this.#text;
      machine.reserve(length - this.#charged);
      this.#charged = length;
    }
  }

  /** The largest index, if all keys are indices; -1 for an object. */
  #arrayLength(table: LuaTable): number {
    let max = 0, items = 0;
    for (let at = table.nextPosition(0); at !== 0; at = table.nextPosition(at)) {
      const key = table.keyAt(at);
      if (typeof key !== "number" || key < 1 || !Number.isInteger(key)) return -1;
      // In C, the largest index is an int.
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

  #writeArray(table: LuaTable, length: number): void {
    this.#text += "[";
    for (let i = 1; i <= length; i++) {
      if (i > 1) this.#text += ",";
      this.#write(table.getNumber(i));
      if ((i & 0xfff) === 0) machine.reserve(0x4000);
    }
    this.#text += "]";
  }

  #writeObject(table: LuaTable): void {
    this.#text += "{";
    let isFirst = true;
    for (let at = table.nextPosition(0); at !== 0; at = table.nextPosition(at)) {
      if (!isFirst) this.#text += ",";
      isFirst = false;
      const key = table.keyAt(at);
      if (typeof key === "string") this.#writeString(key);
      else if (typeof key === "number") this.#text += '"' + this.#number(key) + '"';
      else throw refusal(key, "table key must be a number or string");
      this.#text += ":";
      this.#write(table.valueAt(at));
    }
    this.#text += "}";
  }
}

function refusal(value: LuaValue, reason: string) {
  return luaError(`Cannot serialise ${typeName(value)}: ${reason}`);
}

function escape(character: string): string {
  return SHORT[character] ?? "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0");
}
