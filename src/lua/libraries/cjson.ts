/**
 * The library `cjson` as Redis has it: its table, and how scripts change its settings. See
 * cjson_encode.ts and cjson_decode.ts.
 */

import { argumentError } from "../runtime/lua_error.ts";
import { machine } from "../runtime/machine.ts";
import type { LuaTable } from "../runtime/table.ts";
import type { LuaResult, LuaValue } from "../runtime/values.ts";
import { type Args, integerAt, stringAt } from "../standard/arguments.ts";
import { makeLibrary } from "../standard/open_library.ts";
import { decodeJson } from "./cjson_decode.ts";
import { encodeJson } from "./cjson_encode.ts";
import { INVALID_NULL, INVALID_OFF, INVALID_ON, type JsonSettings } from "./cjson_settings.ts";
import { JSON_NULL } from "./null.ts";

const INT_MAX = 2147483647;

function checkCount(args: Args, most: number): void {
  if (args.length > most) throw argumentError(most + 1, "found too many arguments");
}

/** Changes an integer setting if there is an argument for it. */
function integerSetting(args: Args, at: number, old: number, min: number, max: number): number {
  if (args[at] === undefined) return old;
  const value = integerAt(args, at);
  if (value < min || value > max) {
    throw argumentError(1, `expected integer between ${min} and ${max}`);
  }
  return value;
}

/** Changes a setting that is one of several words, of which the second may also be true, the first false. */
function wordSetting(args: Args, at: number, old: number, words: readonly string[]): number {
  const value = args[at];
  if (value === undefined) return old;
  if (typeof value === "boolean") return value ? 1 : 0;
  const word = stringAt(args, at);
  const chosen = words.indexOf(word);
  if (chosen < 0) throw argumentError(at + 1, `invalid option '${word}'`);
  return chosen;
}

const SWITCH = ["off", "on"];
const INVALID_WORDS = ["off", "on", "null"];

/** The table of the library, with settings of its own. */
export function makeCjson(): LuaTable {
  const settings: JsonSettings = {
    sparseConvert: false,
    sparseRatio: 2,
    sparseSafe: 10,
    encodeMaxDepth: 1000,
    decodeMaxDepth: 1000,
    numberPrecision: 14,
    keepBuffer: true,
    encodeInvalid: INVALID_OFF,
    decodeInvalid: true,
  };
  const one = (code: (args: Args) => LuaValue) => (...args: Args): LuaResult => {
    checkCount(args, 1);
    return code(args);
  };
  return makeLibrary({
    encode: (...args) => {
      if (args.length !== 1) throw argumentError(1, "expected 1 argument");
      return encodeJson(args[0], settings);
    },
    decode: (...args) => {
      if (args.length !== 1) throw argumentError(1, "expected 1 argument");
      const text = stringAt(args, 0);
      machine.spend(text.length >> 5);
      return decodeJson(text, settings);
    },
    encode_sparse_array: (...args) => {
      checkCount(args, 3);
      const old = settings.sparseConvert ? 1 : 0;
      settings.sparseConvert = wordSetting(args, 0, old, SWITCH) === 1;
      settings.sparseRatio = integerSetting(args, 1, settings.sparseRatio, 0, INT_MAX);
      settings.sparseSafe = integerSetting(args, 2, settings.sparseSafe, 0, INT_MAX);
      return [settings.sparseConvert, settings.sparseRatio, settings.sparseSafe];
    },
    encode_max_depth: one((args) =>
      settings.encodeMaxDepth = integerSetting(args, 0, settings.encodeMaxDepth, 1, INT_MAX)
    ),
    decode_max_depth: one((args) =>
      settings.decodeMaxDepth = integerSetting(args, 0, settings.decodeMaxDepth, 1, INT_MAX)
    ),
    encode_number_precision: one((args) =>
      settings.numberPrecision = integerSetting(args, 0, settings.numberPrecision, 1, 14)
    ),
    encode_keep_buffer: one((args) =>
      settings.keepBuffer = wordSetting(args, 0, settings.keepBuffer ? 1 : 0, SWITCH) === 1
    ),
    encode_invalid_numbers: one((args) => {
      const chosen = wordSetting(args, 0, settings.encodeInvalid, INVALID_WORDS);
      settings.encodeInvalid = chosen;
      return chosen === INVALID_NULL ? "null" : chosen === INVALID_ON;
    }),
    decode_invalid_numbers: one((args) =>
      settings.decodeInvalid = wordSetting(args, 0, settings.decodeInvalid ? 1 : 0, SWITCH) === 1
    ),
    new: () => makeCjson(),
    null: JSON_NULL,
    _NAME: "cjson",
    _VERSION: "2.1.0",
  });
}
