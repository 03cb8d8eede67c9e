/** Values to MessagePack, as lua-cmsgpack chooses the forms. */

import { machine } from "../runtime/machine.ts";
import { LuaTable } from "../runtime/table.ts";
import type { LuaValue } from "../runtime/values.ts";
import type { ByteWriter } from "./byte_writer.ts";

/** Tables that are nested deeper become nil. */
const MAX_NESTING = 16;

/** Writes a value; what has no form becomes nil. */
export function writeMessage(writer: ByteWriter, value: LuaValue, nesting = 0): void {
  switch (typeof value) {
    case "string":
      return writeString(writer, value);
    case "number":
      return writeNumber(writer, value);
    case "boolean":
      return writer.byte(value ? 0xc3 : 0xc2);
  }
  if (!(value instanceof LuaTable) || nesting === MAX_NESTING) return writer.byte(0xc0);
  if (--machine.units < 0) machine.spend(0);
  const count = arrayCount(value);
  if (count >= 0) {
    writeHead(writer, count, 0x90, 0xdc);
    for (let i = 1; i <= count; i++) writeMessage(writer, value.getNumber(i), nesting + 1);
    return;
  }
  let entries = 0;
  for (let at = value.nextPosition(0); at !== 0; at = value.nextPosition(at)) entries++;
  writeHead(writer, entries, 0x80, 0xde);
  for (let at = value.nextPosition(0); at !== 0; at = value.nextPosition(at)) {
    writeMessage(writer, value.keyAt(at), nesting + 1);
    writeMessage(writer, value.valueAt(at), nesting + 1);
  }
  machine.reserve(writer.length >> 4);
}

/** How many elements an array has whose keys are 1 to n; -1 for a table with other keys. */
function arrayCount(table: LuaTable): number {
  let max = 0, count = 0;
  for (let at = table.nextPosition(0); at !== 0; at = table.nextPosition(at)) {
    const key = table.keyAt(at);
    if (typeof key !== "number" || key <= 0 || key !== (key | 0)) return -1;
    if (key > max) max = key;
    count++;
  }
  return max === count ? count : -1;
}

function writeHead(writer: ByteWriter, count: number, short: number, long: number): void {
  if (count <= 15) {
    writer.byte(short | count);
  } else if (count <= 0xffff) {
    writer.byte(long);
    writer.integer(count, 2);
  } else {
    writer.byte(long + 1);
    writer.integer(count, 4);
  }
}

function writeString(writer: ByteWriter, text: string): void {
  const { length } = text;
  if (length < 32) {
    writer.byte(0xa0 | length);
  } else if (length <= 0xff) {
    writer.byte(0xd9);
    writer.integer(length, 1);
  } else if (length <= 0xffff) {
    writer.byte(0xda);
    writer.integer(length, 2);
  } else {
    writer.byte(0xdb);
    writer.integer(length, 4);
  }
  writer.text(text);
}

function writeNumber(writer: ByteWriter, value: number): void {
  if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63) {
    writeInteger(writer, value);
  } else if (Math.fround(value) === value) {
    writer.byte(0xca);
    writer.float(value, false);
  } else {
    writer.byte(0xcb);
    writer.double(value, false);
  }
}

function writeInteger(writer: ByteWriter, value: number): void {
  if (value >= 0) {
    if (value <= 127) writer.byte(value);
    else if (value <= 0xff) writeSized(writer, 0xcc, value, 1);
    else if (value <= 0xffff) writeSized(writer, 0xcd, value, 2);
    else if (value <= 0xffffffff) writeSized(writer, 0xce, value, 4);
    else {
      writer.byte(0xcf);
      writer.integer64(BigInt(value));
    }
  } else if (value >= -32) writer.byte(value & 0xff);
  else if (value >= -128) writeSized(writer, 0xd0, value, 1);
  else if (value >= -32768) writeSized(writer, 0xd1, value, 2);
  else if (value >= -2147483648) writeSized(writer, 0xd2, value, 4);
  else {
    writer.byte(0xd3);
    writer.integer64(BigInt(value));
  }
}

function writeSized(writer: ByteWriter, form: number, value: number, size: number): void {
  writer.byte(form);
  writer.integer(value, size);
}
