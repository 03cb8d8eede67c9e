/** The library `bit` (LuaBitOp 1.0.2): operations on 32 bits. */

import type { LuaTable } from "../runtime/table.ts";
import type { LuaResult } from "../runtime/values.ts";
import { type Args, numberAt } from "../standard/arguments.ts";
import { makeLibrary } from "../standard/open_library.ts";

const DOUBLE = new Float64Array(1);
const WORDS = new Int32Array(DOUBLE.buffer);
/** Which word of a double holds its low bits. */
const LOW_WORD = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 0 : 1;
/** Added to a double, this moves its integer part into the low bits, rounded. */
const SHIFT = 6755399441055744;

/** A number as 32 bits, signed. */
function bitsAt(args: Args, at: number): number {
  const value = numberAt(args, at);
  if ((value | 0) === value) return value;
  DOUBLE[0] = value + SHIFT;
  return WORDS[LOW_WORD];
}

function combine(operate: (a: number, b: number) => number) {
  return (...args: Args): LuaResult => {
    let bits = bitsAt(args, 0);
    for (let i = args.length - 1; i > 0; i--) bits = operate(bits, bitsAt(args, i));
    return bits;
  };
}

function shift(operate: (bits: number, count: number) => number) {
  return (...args: Args): LuaResult => {
    const bits = bitsAt(args, 0);
    return operate(bits, bitsAt(args, 1) & 31) | 0;
  };
}

function tohex(args: Args): string {
  const bits = bitsAt(args, 0);
  const digits = args.length < 2 ? 8 : bitsAt(args, 1);
  const text = (bits >>> 0).toString(16).padStart(8, "0").slice(8 - Math.min(8, Math.abs(digits)));
  return digits < 0 ? text.toUpperCase() : text;
}

function swapBytes(bits: number): number {
  return bits << 24 | (bits & 0xff00) << 8 | bits >>> 8 & 0xff00 | bits >>> 24;
}

/** The table of the library. */
export function makeBit(): LuaTable {
  return makeLibrary({
    tobit: (...args) => bitsAt(args, 0),
    bnot: (...args) => ~bitsAt(args, 0),
    band: combine((a, b) => a & b),
    bor: combine((a, b) => a | b),
    bxor: combine((a, b) => a ^ b),
    lshift: shift((bits, count) => bits << count),
    rshift: shift((bits, count) => bits >>> count),
    arshift: shift((bits, count) => bits >> count),
    rol: shift((bits, count) => count === 0 ? bits : bits << count | bits >>> 32 - count),
    ror: shift((bits, count) => count === 0 ? bits : bits >>> count | bits << 32 - count),
    bswap: (...args) => swapBytes(bitsAt(args, 0)),
    tohex: (...args) => tohex(args),
  });
}
