/** The library `cmsgpack` as Redis has it. See cmsgpack_encode.ts and cmsgpack_decode.ts. */

import { argumentError, luaError } from "../runtime/lua_error.ts";
import { machine } from "../runtime/machine.ts";
import type { LuaTable } from "../runtime/table.ts";
import type { LuaResult, LuaValue } from "../runtime/values.ts";
import { type Args, int32At, optionalInt32At, stringAt } from "../standard/arguments.ts";
import { makeLibrary } from "../standard/open_library.ts";
import { ByteWriter } from "./byte_writer.ts";
import { MessageDecoder } from "./cmsgpack_decode.ts";
import { writeMessage } from "./cmsgpack_encode.ts";

/** As many results as the stack of C Lua has room for. */
const MAX_RESULTS = 7990;

function pack(args: Args): LuaResult {
  if (args.length === 0) throw argumentError(0, "MessagePack pack needs input.");
  const writer = new ByteWriter();
  for (const value of args) writeMessage(writer, value);
  return writer.toString();
}

function unpack(text: string, limit: number, offset: number, withOffset: boolean): LuaResult {
  const { length } = text;
  if (offset < 0 || limit < 0) {
    throw luaError(
      `Invalid request to unpack with offset of ${offset} and limit of ${length}.`,
    );
  }
  if (offset > length) {
    throw luaError(`Start offset ${offset} greater than input length ${length}.`);
  }
  machine.spend(length >> 5);
  const all = limit === 0 && offset === 0;
  const decoder = new MessageDecoder(text, offset);
  const values: LuaValue[] = [];
  while (decoder.at < length && (all || values.length < limit)) {
    if (values.length >= MAX_RESULTS) {
      throw luaError(
        "stack overflow (too many return values at once; use unpack_one or unpack_limit instead.)",
      );
    }
    values.push(decoder.decode());
  }
  if (withOffset && !all) values.unshift(decoder.at === length ? -1 : decoder.at);
  return values;
}

/** The table of the library. */
export function makeCmsgpack(): LuaTable {
  return makeLibrary({
    pack: (...args) => pack(args),
    unpack: (...args) => unpack(stringAt(args, 0), 0, 0, false),
    unpack_one: (...args) => {
      const offset = optionalInt32At(args, 1, 0);
      return unpack(stringAt(args, 0), 1, offset, true);
    },
    unpack_limit: (...args) => {
      const limit = int32At(args, 1), offset = optionalInt32At(args, 2, 0);
      return unpack(stringAt(args, 0), limit, offset, true);
    },
    _NAME: "cmsgpack",
    _VERSION: "lua-cmsgpack 0.4.0",
    _COPYRIGHT: "Copyright (C) 2012, Salvatore Sanfilippo",
    _DESCRIPTION: "MessagePack C implementation for Lua",
  });
}
