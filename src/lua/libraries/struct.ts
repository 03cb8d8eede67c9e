/** The library `struct` as Redis has it. See struct_format.ts. */

import { bytesOf } from "../../base/span.ts";
import { argumentError, luaError } from "../runtime/lua_error.ts";
import { machine } from "../runtime/machine.ts";
import { parseNumber } from "../runtime/number_text.ts";
import type { LuaTable } from "../runtime/table.ts";
import type { LuaResult, LuaValue } from "../runtime/values.ts";
import {
  type Args,
  numberAt,
  optionalIntegerAt,
  stringAt,
  truncate,
} from "../standard/arguments.ts";
import { makeLibrary } from "../standard/open_library.ts";
import { ByteWriter } from "./byte_writer.ts";
import { FormatReader, isInteger } from "./struct_format.ts";

const MAX_RESULTS = 7990;

function pack(args: Args): LuaResult {
  const format = new FormatReader(stringAt(args.slice(0, -1), 0));
  const writer = new ByteWriter();
  let argument = 1;
  while (format.next()) {
    for (let i = format.padding(writer.length); i > 0; i--) writer.byte(0);
    const { option, size } = format;
    if (isInteger(option)) {
      writeInteger(writer, numberAt(args, argument++), size, format.isLittle);
    } else if (option === "x") {
      writer.byte(0);
    } else if (option === "f") {
      writer.float(numberAt(args, argument++), format.isLittle);
    } else if (option === "d") {
      writer.double(numberAt(args, argument++), format.isLittle);
    } else if (option === "c" || option === "s") {
      const text = stringAt(args, argument++);
      const length = size === 0 ? text.length : size;
      if (text.length < length) throw argumentError(argument + 1, "string too short");
      machine.reserve(length);
      writer.text(text.slice(0, length));
      if (option === "s") writer.byte(0);
    } else {
      format.control();
    }
  }
  return writer.toString();
}

/** A double as C casts it to 64 bits, the unsigned ones if it is not negative. */
function to64Bits(value: number): bigint {
  if (value >= 2 ** 63) return value < 2 ** 64 ? BigInt(value) : 0n;
  return BigInt(truncate(value));
}

function writeInteger(writer: ByteWriter, value: number, size: number, isLittle: boolean): void {
  let bits = BigInt.asUintN(64, to64Bits(value));
  const bytes: number[] = [];
  for (let i = 0; i < size; i++) {
    bytes.push(Number(bits & 255n));
    bits >>= 8n;
  }
  if (!isLittle) bytes.reverse();
  for (const byte of bytes) writer.byte(byte);
}

function readInteger(
  view: DataView,
  at: number,
  size: number,
  isLittle: boolean,
  isSigned: boolean,
): number {
  let bits = 0n;
  for (let i = 0; i < size; i++) {
    bits = BigInt.asUintN(64, bits << 8n) |
      BigInt(view.getUint8(at + (isLittle ? size - 1 - i : i)));
  }
  if (!isSigned) return Number(bits);
  // Beyond 8 bytes, the shift of the sign counts modulo 64, as on x86.
  const mask = BigInt.asUintN(64, -1n << BigInt((size * 8 - 1) & 63));
  return Number(BigInt.asIntN(64, (bits & mask) !== 0n ? bits | mask : bits));
}

function unpack(args: Args): LuaResult {
  const format = new FormatReader(stringAt(args, 0));
  const text = stringAt(args, 1);
  let at = optionalIntegerAt(args, 2, 1) - 1;
  // C takes a negative position for a huge one.
  if (at === -1) throw argumentError(3, "offset must be 1 or greater");
  const view = new DataView(bytesOf(text).buffer);
  const values: LuaValue[] = [];
  while (format.next()) {
    at += format.padding(at);
    const { option, isLittle } = format;
    let { size } = format;
    checkRoom(text, at, size);
    if (values.length > MAX_RESULTS) throw luaError("stack overflow (too many results)");
    if (isInteger(option)) {
      const isSigned = option >= "a";
      values.push(readInteger(view, at, size, isLittle, isSigned));
    } else if (option === "f") {
      values.push(view.getFloat32(at, isLittle));
    } else if (option === "d") {
      values.push(view.getFloat64(at, isLittle));
    } else if (option === "c") {
      if (size === 0) {
        size = lastSize(values);
        checkRoom(text, at, size);
      }
      values.push(text.slice(at, at + size));
    } else if (option === "s") {
      const end = text.indexOf("\0", at);
      if (end < 0) throw luaError("unfinished string in data");
      values.push(text.slice(at, end));
      size = end - at + 1;
    } else if (option !== "x") {
      format.control();
    }
    at += size;
  }
  values.push(at + 1);
  return values;
}

function checkRoom(text: string, at: number, size: number): void {
  if (at < 0 || size > text.length || at > text.length - size) {
    throw argumentError(2, "data string too short");
  }
}

/** The size for "c0", which was the last value: as C makes it a size on x86-64, where what is too large becomes 0. */
function lastSize(values: LuaValue[]): number {
  const last = values[values.length - 1];
  const size = typeof last === "string" ? parseNumber(last) : last;
  if (typeof size !== "number") throw luaError("format 'c0' needs a previous size");
  values.pop();
  if (size >= 2 ** 64) return 0;
  return size > -1 ? Math.trunc(size) : Infinity;
}

function sizeOf(args: Args): LuaResult {
  const format = new FormatReader(stringAt(args, 0));
  let at = 0;
  while (format.next()) {
    const { option, size } = format;
    at += format.padding(at);
    if (option === "s") throw argumentError(1, "option 's' has no fixed size");
    if (option === "c" && size === 0) throw argumentError(1, "option 'c0' has no fixed size");
    if (!/[0-9A-Za-z]/.test(option)) format.control();
    at += size;
  }
  return at;
}

/** The table of the library. */
export function makeStruct(): LuaTable {
  return makeLibrary({
    // Behind its arguments the C function keeps a nil, which it takes for one if there are too few.
    pack: (...args) => pack([...args, undefined]),
    unpack: (...args) => unpack(args),
    size: (...args) => sizeOf(args),
  });
}
