/** MessagePack to values. */

import { luaError } from "../runtime/lua_error.ts";
import { machine } from "../runtime/machine.ts";
import { LuaTable } from "../runtime/table.ts";
import type { LuaValue } from "../runtime/values.ts";

/** How deep arrays and maps may be nested; C Lua's stack allows some 4,000. */
const MAX_DEPTH = 1500;

/** Where the bytes of a number of 4 or 8 bytes are put together. */
const NUMBER = new DataView(new ArrayBuffer(8));

/** Reads values one after the other. */
export class MessageDecoder {
  /** Where the next value begins. */
  at: number;
  readonly #text: string;
  #depth = 0;

  constructor(text: string, at: number) {
    this.#text = text;
    this.at = at;
  }

  /** The next value; throws Lua's error for bytes that are none. */
  decode(): LuaValue {
    const form = this.#readUint8();
    if (form < 0x80) return form;
    if (form >= 0xe0) return form - 256;
    if (form < 0x90) return this.#readMap(form & 15);
    if (form < 0xa0) return this.#readArray(form & 15);
    if (form < 0xc0) return this.#readString(form & 31);
    switch (form) {
      case 0xc0:
        return undefined;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xca:
        return this.#readNumber(4).getFloat32(0);
      case 0xcb:
        return this.#readNumber(8).getFloat64(0);
      case 0xcc:
        return this.#readUint8();
      case 0xcd:
        return this.#readUint16();
      case 0xce:
        return this.#readUint32();
      case 0xd0:
        return (this.#readUint8() << 24) >> 24;
      case 0xd1:
        return (this.#readUint16() << 16) >> 16;
      case 0xd2:
        return this.#readNumber(4).getInt32(0);
      case 0xcf:
      case 0xd3:
        // Also the unsigned form ends up in a signed integer.
        return Number(this.#readNumber(8).getBigInt64(0));
      case 0xd9:
        return this.#readString(this.#readUint8());
      case 0xda:
        return this.#readString(this.#readUint16());
      case 0xdb:
        return this.#readString(this.#readUint32());
      case 0xdc:
        return this.#readArray(this.#readUint16());
      case 0xdd:
        return this.#readArray(this.#readUint32());
      case 0xde:
        return this.#readMap(this.#readUint16());
      case 0xdf:
        return this.#readMap(this.#readUint32());
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

  #readUint8(): number {
    return this.#text.charCodeAt(this.#take(1));
  }

  #readUint16(): number {
    const at = this.#take(2), text = this.#text;
    return text.charCodeAt(at) << 8 | text.charCodeAt(at + 1);
  }

  #readUint32(): number {
    return this.#readNumber(4).getUint32(0);
  }

  #readNumber(length: 4 | 8): DataView {
    const at = this.#take(length), text = this.#text;
    for (let i = 0; i < length; i++) NUMBER.setUint8(i, text.charCodeAt(at + i));
    return NUMBER;
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
