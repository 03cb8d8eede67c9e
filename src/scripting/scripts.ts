/** The scripts that the server keeps: EVAL and its like, SCRIPT. */

import { NOT_AN_INTEGER, ReplyError } from "../base/errors.ts";
import { parseInteger } from "../base/numbers.ts";
import type { ScriptsView } from "../commands/views/scripts.ts";
import type { ScriptFlags } from "../execution/admission.ts";
import { LuaError, LuaKill, type LuaState, type LuaTable, type LuaValue } from "../lua/mod.ts";
import type { Frame } from "../resp/frame.ts";
import { type EnvironmentOptions, makeEnvironment } from "./environment.ts";
import { LastKeys } from "./last_keys.ts";
import { addScriptOnlyParts, makeRedisLibrary } from "./redis_library.ts";
import { type Script, ScriptCache, shaOf } from "./script_cache.ts";
import { declares, flagsIn, flagsOfCall, readFirstLine, ScriptFlag } from "./script_flags.ts";
import { FIRST_KEY, type Runnable, type ScriptRunner } from "./script_runner.ts";

const SHA_LENGTH = 40;

const NO_SCRIPT = new ReplyError("NOSCRIPT No matching script. Please use EVAL.");
const TOO_MANY_KEYS = new ReplyError(
  "ERR Number of keys can't be greater than number of args",
);
const NEGATIVE_KEYS = new ReplyError("ERR Number of keys can't be negative");

/** So many scripts, when they are forgotten, are worth the time that collecting them takes. */
const MANY_SCRIPTS = 5000;

/** What scripts need of a server. */
export interface ScriptsParts {
  readonly runner: ScriptRunner;
  /** What scripts may use. */
  readonly environment: EnvironmentOptions;
  /** Has the engine collect garbage, which it may not do for long by itself. */
  readonly collectGarbage: () => void;
}

/** The scripts of a server. */
export class Scripts implements ScriptsView, ScriptFlags {
  readonly #parts: ScriptsParts;
  readonly #runner: ScriptRunner;
  readonly #cache = new ScriptCache();
  #state: LuaState | null = null;

  constructor(parts: ScriptsParts) {
    this.#parts = parts;
    this.#runner = parts.runner;
  }

  /** How many scripts are kept. */
  get count(): number {
    return this.#cache.size;
  }

  /** What they take, about, in bytes. */
  get bytes(): number {
    return this.#cache.bytes;
  }

  // --- What commands ask for ---------------------------------------------------------------------

  evaluate(args: Frame, isReadOnly: boolean): void {
    this.#runner.show(args);
    const keyCount = countKeys(args);
    const text = args.string(1);
    const script = this.#cache.ofText(text) ?? this.#add(text);
    this.#runner.run(this.#runnable(script), args, keyCount, isReadOnly);
  }

  evaluateKept(args: Frame, isReadOnly: boolean): void {
    this.#runner.show(args);
    if (args.argLength(1) !== SHA_LENGTH) throw NO_SCRIPT;
    const keyCount = countKeys(args);
    const script = this.#cache.ofSha(args.string(1));
    if (script === undefined) throw NO_SCRIPT;
    this.#runner.run(this.#runnable(script), args, keyCount, isReadOnly);
  }

  load(text: string): string {
    return (this.#cache.ofText(text) ?? this.#add(text)).sha;
  }

  has(sha: string): boolean {
    return this.#cache.ofSha(sha) !== undefined;
  }

  clear(): void {
    const isMuch = this.#cache.size >= MANY_SCRIPTS;
    this.#cache.clear();
    this.#state = null;
    if (isMuch) this.#parts.collectGarbage();
  }

  // --- What the rules of admission ask -----------------------------------------------------------

  flagsOf(flags: number, frame: Frame): number {
    return flagsOfCall(flags, this.#declaredFlags(frame));
  }

  /** The flags of the script that a call names by its SHA-1 or brings along. */
  #declaredFlags(frame: Frame): number {
    if (declares(frame)) return flagsIn(frame.string(1));
    const script = this.#cache.hasDeclared ? this.#cache.ofSha(frame.string(1)) : undefined;
    return script?.flags ?? ScriptFlag.Undeclared;
  }

  // --- How scripts are compiled ------------------------------------------------------------------

  /** Keeps a script, compiled. Throws `ReplyError`. */
  #add(text: string): Script {
    const { flags, end } = readFirstLine(text);
    const script = {
      ...{ text, codeAt: end, sha: shaOf(text), flags },
      ...{ runnable: null, calls: 0, isKnown: false },
    };
    const runnable = this.#compile(script);
    this.#cache.add(script);
    this.#cache.setRunnable(script, runnable);
    return script;
  }

  /** A script that is kept, which is about to be called, compiled. Throws `ReplyError`. */
  #runnable(script: Script): Runnable {
    script.calls++;
    if (script.runnable !== null) return script.runnable;
    const runnable = this.#compile(script);
    this.#cache.setRunnable(script, runnable);
    return runnable;
  }

  #compile({ text, codeAt, sha, flags }: Script): Runnable {
    const state = this.#state ??= this.#makeState();
    try {
      const main = state.compile(text.slice(codeAt), "@user_script");
      const lastKeys = new LastKeys();
      return { name: sha, isFunction: false, flags, main, lastKeys, state, pass: setGlobals };
    } catch (error) {
      if (!(error instanceof LuaError || error instanceof LuaKill)) throw error;
      const reason = error instanceof LuaError ? error.text : error.reason;
      throw new ReplyError(`ERR Error compiling script (new function): ${reason}`);
    }
  }

  /** Makes what scripts run in before the first one comes, as Redis does. */
  prepare(): void {
    this.#state ??= this.#makeState();
    this.#state.compile('return redis.call("PING")', "@user_script");
  }

  #makeState(): LuaState {
    const { runner, environment } = this.#parts;
    const redis = makeRedisLibrary(runner);
    addScriptOnlyParts(redis);
    return makeEnvironment(redis, environment);
  }
}

/** Scripts find their arguments in two global variables. */
function setGlobals({ globals }: LuaState, keys: LuaTable, argv: LuaTable): LuaValue[] {
  globals.set("KEYS", keys);
  globals.set("ARGV", argv);
  return [];
}

/** How many of a call's arguments are keys. Throws `ReplyError`, which is `notANumber` where that is so. */
export function countKeys(args: Frame, notANumber: ReplyError = NOT_AN_INTEGER): number {
  const count = parseInteger(args.buffer, args.argStart(2), args.argEnd(2));
  if (count === undefined) throw notANumber;
  if (count > args.argc - FIRST_KEY) throw TOO_MANY_KEYS;
  if (count < 0) throw NEGATIVE_KEYS;
  return Number(count);
}
