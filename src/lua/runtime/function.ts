/** A function value. */

import type { LuaObject, LuaResult, LuaValue } from "./values.ts";

/** What paced code asks of the driver: its kinds stand in requests.ts. */
export abstract class Request {
  /** Keeps other objects from being taken for requests; it exists for the compiler only. */
  declare protected readonly isRequest: true;
}

/** Code that runs to its end at once: arguments in, results out (see `LuaResult`). */
export type PlainCode = (...args: LuaValue[]) => LuaResult;

/**
 * Code that can pause: a generator function. Its first argument is its depth in the driver's segment
 * (driver.ts); what it yields are requests to the driver,
 * or undefined to ask for a pause.
 */
export type PacedCode = (depth: number, ...args: LuaValue[]) => Paced;

/** Paced code that runs. */
export type Paced = Generator<Request | undefined, LuaResult, LuaResult>;

/** A function has exactly one form: plain code, or paced code for what may run long. */
export class LuaFunction implements LuaObject {
  id = 0;

  constructor(
    readonly plain: PlainCode | null,
    readonly paced: PacedCode | null,
    /** The name of a function of the library or the host, for messages of ours; "" for Lua functions. */
    readonly name = "",
  ) {}

  get typeName(): string {
    return "function";
  }
}

/** A function of the host, from plain code. */
export function hostFunction(name: string, code: PlainCode): LuaFunction {
  return new LuaFunction(code, null, name);
}

/** The result of a function that returns nothing. Never changed. */
export const NOTHING: LuaValue[] = [];

/** The first of a function's results. */
export function first(result: LuaResult): LuaValue {
  return result instanceof Array ? result[0] : result;
}

/** All of a function's results, as an array that must not be changed. */
export function all(result: LuaResult): LuaValue[] {
  return result instanceof Array ? result : [result];
}
