/** MessagePack to values. */

import { bytesOf } from "../../base/span.ts";
import { luaError } from "../runtime/lua_error.ts";
import { machine } from "../runtime/machine.ts";
import { LuaTable } from "../runtime/table.ts";
import type { LuaValue } from "../runtime/values.ts";

/** How deep arrays and maps may be nested; C Lua's stack allows some 4,000. */
const MAX_DEPTH = 1500;

/** Reads values one after the other. */
export class MessageDecoder {
  /** Where the next value begins. */
  at: number;
  readonly #text: string;
  readonly #view: DataView;
  #depth = 0;

  constructor(text: string, at: number) {
    this.#text = text;
    this.at = at;
    this.#view = new DataView(bytesOf(text).buffer);
  }

  /** The next value; throws Lua's error for bytes that are none. */
  decode(): LuaValue {
    const form = this.#view.getUint8(this.#take(1));
    if (form < 0x80) return form;
    if (form >= 0xe0) return form - 256;
    if (form < 0x90) return this.#readMap(form & 15);
    if (form < 0xa0) return this.#readArray(form & 15);
    if (form < 0xc0) return this.#readString(form & 31);
    const view = this.#view;
    switch (form) {
      case 0xc0:
        return undefined;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xca:
        return view.getFloat32(this.#take(4));
      case 0xcb:
        return view.getFloat64(this.#take(8));
      case 0xcc:
        return view.getUint8(this.#take(1));
      case 0xcd:
        return view.getUint16(this.#take(2));
      case 0xce:
        return view.getUint32(this.#take(4));
      case 0xd0:
        return view.getInt8(this.#take(1));
      case 0xd1:
        return view.getInt16(this.#take(2));
      case 0xd2:
        return view.getInt32(this.#take(4));
      case 0xcf:
      case 0xd3:
        // Also the unsigned form ends up in a signed integer.
        return Number(view.getBigInt64(this.#take(8)));
      case 0xd9:
        return this.#readString(view.getUint8(this.#take(1)));
      case 0xda:
        return this.#readString(view.getUint16(this.#take(2)));
      case 0xdb:
        return this.#readString(view.getUint32(this.#take(4)));
      case 0xdc:
        return this.#readArray(view.getUint16(this.#take(2)));
      case 0xdd:
        return this.#readArray(view.getUint32(this.#take(4)));
      case 0xde:
        return this.#readMap(view.getUint16(this.#take(2)));
      case 0xdf:
        return this.#readMap(view.getUint32(this.#take(4)));
    }
    throw luaError("Bad data format in input.");
  }

  /** Where so many bytes begin, which are read now. */
  #take(count: number): number {
    const { at } = this;
    if (at + count > this.#text.length) throw luaError("Missing bytes in input.");
    this.at = at + count;
    return at;
  }

  #readString(length: number): string {
    const at = this.#take(length);
    return this.#text.slice(at, at + length);
  }

  #enter(where: string): void {
    if (++this.#depth > MAX_DEPTH) throw luaError(`stack overflow (in function ${where})`);
    if (--machine.units < 0) machine.spend(0);
  }

  #readArray(length: number): LuaTable {
    this.#enter("mp_decode_to_lua_array");
    const table = new LuaTable();
    for (let i = 1; i <= length; i++) table.setNumber(i, this.decode());
    this.#depth--;
    return table;
  }

  #readMap(length: number): LuaTable {
    this.#enter("mp_decode_to_lua_hash");
    const table = new LuaTable();
    for (let i = 0; i < length; i++) {
      const key = this.decode();
      table.set(key, this.decode());
    }
    this.#depth--;
    return table;
  }
}
