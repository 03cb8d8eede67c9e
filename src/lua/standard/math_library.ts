/** The library `math` (lmathlib.c), with Redis' random numbers. */

import { argumentError, luaError } from "../runtime/lua_error.ts";
import { powerNumbers } from "../runtime/arithmetic.ts";
import type { LuaTable } from "../runtime/table.ts";
import type { LuaResult } from "../runtime/values.ts";
import { type Args, int32At, numberAt, toInt32 } from "./arguments.ts";
import { makeLibrary } from "./open_library.ts";
import { type RandomSource, REDIS_RANDOM_MAX } from "./random.ts";

function frexp(value: number): [number, number] {
  if (value === 0 || !Number.isFinite(value)) return [value, 0];
  const magnitude = Math.abs(value);
  let exponent = Math.max(-1023, Math.floor(Math.log2(magnitude)) + 1);
  let mantissa = magnitude * 2 ** -exponent;
  while (mantissa < 0.5) {
    mantissa *= 2;
    exponent--;
  }
  while (mantissa >= 1) {
    mantissa /= 2;
    exponent++;
  }
  return [value < 0 ? -mantissa : mantissa, exponent];
}

function ldexp(value: number, exponent: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  const clamped = Math.max(-4000, Math.min(4000, exponent));
  let result = value, rest = clamped;
  while (rest > 1000) {
    result *= 2 ** 1000;
    rest -= 1000;
  }
  if (rest < -1000) {
    // Rounded once only: the mantissa is taken down to where the last step is exact.
    const [mantissa, power] = frexp(value);
    const target = power + clamped;
    if (target < -1080) return value < 0 ? -0 : 0;
    return mantissa * 2 ** Math.max(target + 60, -1000) *
      2 ** (target - Math.max(target + 60, -1000));
  }
  if (rest >= 0) return result * 2 ** rest;
  const [mantissa, power] = frexp(result);
  const target = power + rest;
  if (target >= -1021) return mantissa * 2 ** (target + 1) / 2;
  return mantissa * 2 ** -1000 * 2 ** (target + 1000);
}

function extreme(args: Args, isBetter: (a: number, b: number) => boolean): number {
  let best = numberAt(args, 0);
  for (let i = 1; i < args.length; i++) {
    const value = numberAt(args, i);
    if (isBetter(value, best)) best = value;
  }
  return best;
}

function random(source: RandomSource, args: Args): number {
  const fraction = (source.next() % REDIS_RANDOM_MAX) / REDIS_RANDOM_MAX;
  switch (args.length) {
    case 0:
      return fraction;
    case 1: {
      const upper = int32At(args, 0);
      if (upper < 1) throw argumentError(1, "interval is empty");
      return Math.floor(fraction * upper) + 1;
    }
    case 2: {
      const lower = int32At(args, 0), upper = int32At(args, 1);
      if (lower > upper) throw argumentError(2, "interval is empty");
      return Math.floor(fraction * (upper - lower + 1)) + lower;
    }
  }
  throw luaError("wrong number of arguments");
}

/** The table of the library; `source` gives what `random` uses. */
export function makeMathLibrary(source: RandomSource): LuaTable {
  const one = (code: (value: number) => number) => (...args: Args): LuaResult =>
    code(numberAt(args, 0));
  // The C compiler evaluates arguments from right to left, which errors show.
  const two = (code: (a: number, b: number) => number) => (...args: Args): LuaResult => {
    const b = numberAt(args, 1);
    return code(numberAt(args, 0), b);
  };
  const table = makeLibrary({
    abs: one(Math.abs),
    acos: one(Math.acos),
    asin: one(Math.asin),
    atan2: two(Math.atan2),
    atan: one(Math.atan),
    ceil: one(Math.ceil),
    cosh: one(Math.cosh),
    cos: one(Math.cos),
    deg: one((value) => value / (Math.PI / 180)),
    exp: one(Math.exp),
    floor: one(Math.floor),
    fmod: two((a, b) => a % b),
    frexp: (...args) => frexp(numberAt(args, 0)),
    ldexp: (...args) => {
      const exponent = int32At(args, 1);
      return ldexp(numberAt(args, 0), exponent);
    },
    log10: one(Math.log10),
    log: one(Math.log),
    max: (...args) => extreme(args, (a, b) => a > b),
    min: (...args) => extreme(args, (a, b) => a < b),
    modf: (...args) => {
      const value = numberAt(args, 0);
      const whole = value > 0 ? Math.floor(value) : Math.ceil(value);
      const fraction = Number.isFinite(value) ? value - whole : value === value ? 0 : value;
      // A part that is 0 has the sign of the value, which may be -0.
      return [whole, fraction === 0 && (value < 0 || Object.is(value, -0)) ? -0 : fraction];
    },
    pow: two(powerNumbers),
    rad: one((value) => value * (Math.PI / 180)),
    random: (...args) => random(source, args),
    randomseed: (...args) => {
      source.seed(toInt32(numberAt(args, 0)));
      return [];
    },
    sinh: one(Math.sinh),
    sin: one(Math.sin),
    sqrt: one(Math.sqrt),
    tanh: one(Math.tanh),
    tan: one(Math.tan),
    pi: Math.PI,
    huge: Infinity,
  });
  table.set("mod", table.get("fmod"));
  return table;
}
