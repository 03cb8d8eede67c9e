/** Text to function. */

import { LuaError } from "../runtime/lua_error.ts";
import type { ChunkSites } from "../runtime/frames.ts";
import { LuaFunction, type PacedCode, type PlainCode } from "../runtime/function.ts";
import { helpers } from "../runtime/helpers.ts";
import { machine } from "../runtime/machine.ts";
import type { LuaTable } from "../runtime/table.ts";
import { displayName, LONG_NAME, SHORT_NAME } from "./chunk_name.ts";
import { ChunkParts } from "./chunk_parts.ts";
import { Library } from "./library.ts";
import { parseChunk } from "./parser.ts";
import { StatementEmitter } from "./statement_emitter.ts";

/** Names of JavaScript's world that mean nothing in generated code: belt and braces. */
const SHADOWED = [
  "globalThis",
  "self",
  "window",
  "global",
  "process",
  "Deno",
  "Function",
  "Object",
  "Reflect",
  "console",
  "fetch",
  "setTimeout",
];

const PARAMETERS = ["H", "K", "L", "G", "C", "M", ...SHADOWED];

/**
 * Functions that make chunks, by their code. Programs that put values into the texts of scripts send many of which
 * only these differ: JavaScript then compiles one of them.
 */
const makers = new Map<string, (...parts: unknown[]) => unknown>();
/** How many are kept, and how long their code may be, in characters. */
const MOST_MAKERS = 500, LONGEST_KEPT = 8192;

function makerOf(code: string): (...parts: unknown[]) => unknown {
  let make = makers.get(code);
  if (make !== undefined) return make;
  make = new Function(...PARAMETERS, code) as (...parts: unknown[]) => unknown;
  if (code.length > LONGEST_KEPT) return make;
  if (makers.size >= MOST_MAKERS) makers.clear();
  makers.set(code, make);
  return make;
}

/** The code that is made of a chunk, and what it refers to. */
export interface GeneratedCode {
  readonly code: string;
  readonly paced: boolean;
  readonly parts: ChunkParts;
}

/** The JavaScript of a chunk; `known` are the global variables as they will be when its functions run. */
export function generateCode(
  text: string,
  chunkName: string,
  known: LuaTable,
  baseLevel = 0,
): GeneratedCode {
  const body = parseChunk(text, chunkName, baseLevel);
  const parts = new ChunkParts(new Library(known));
  const emitter = new StatementEmitter(parts, body);
  const main = emitter.emitCode();
  const code = `"use strict";${parts.declarations()}return ${main}`;
  return { code, paced: emitter.paced, parts };
}

/**
 * Compiles a chunk to a function over global variables. Throws a LuaError whose text is Lua's where the
 * text is no chunk. `chunkName` is "@name" or "=name" for a name, else the text itself is shown. `baseLevel`
 * is how many of Lua's 200 levels of nesting are used up already. `known`: see `generateCode`.
 */
export function compileChunk(
  text: string,
  chunkName: string,
  globals: LuaTable,
  baseLevel = 0,
  known: LuaTable = globals,
): LuaFunction {
  try {
    const { code, paced, parts } = generateCode(text, chunkName, known, baseLevel);
    machine.reserve(code.length * 2);
    const make = makerOf(code);
    const sites: ChunkSites = {
      name: displayName(chunkName, SHORT_NAME),
      source: chunkName,
      lines: parts.lines,
      names: parts.names,
    };
    const { constants, literals } = parts;
    const main = make(helpers, constants, literals, globals, sites, machine);
    return paced
      ? new LuaFunction(null, main as PacedCode)
      : new LuaFunction(main as PlainCode, null);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // Too deep for JavaScript, though not for Lua.
    const where = displayName(chunkName, LONG_NAME);
    throw new LuaError(`${where}:1: chunk has too many syntax levels`);
  }
}
