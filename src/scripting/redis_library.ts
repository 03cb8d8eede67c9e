/** The library `redis`: what scripts can ask of the server. */

import { untilNul } from "../base/c_string.ts";
import { hexOf } from "../base/hex.ts";
import { sha1 } from "../base/sha1.ts";
import { bytesOf } from "../base/span.ts";
import type { Frame } from "../resp/frame.ts";
import {
  hostFunction,
  LuaError,
  LuaTable,
  type LuaValue,
  NOTHING,
  numberText,
  parseNumber,
  type PlainCode,
} from "../lua/mod.ts";
import { LOG_LEVELS, type LogLevel } from "../observe/log.ts";
import { CommandFrame } from "./command_frame.ts";
import { errorTable } from "./error_table.ts";

/** The version whose behaviour scripts may expect. */
const VERSION = "7.0.15", VERSION_NUMBER = 0x07000f;

/** To whom a script's changes are told (redis.set_repl), as bits. */
const REPL_NONE = 0, REPL_AOF = 1, REPL_REPLICA = 2, REPL_ALL = 3;

const NO_ARGUMENTS = "ERR Please specify at least one argument for this redis lib call";
const WRONG_ARGUMENT = "ERR Lua redis lib command arguments must be strings or integers";
const ONE_STRING = "ERR wrong number or type of arguments";

/** What the library asks of whoever runs the script. */
export interface ScriptHost {
  /** Runs a command; its reply, which is a table with `err` where it failed. */
  call(frame: Frame): LuaValue;
  /** Whether the script's user may make a call; null: there is no such command. */
  mayCall(frame: Frame): boolean | null;
  /** From now on replies are those of this protocol. */
  setProtocol(version: 2 | 3): void;
  /** From now on changes are told to these: bits of `REPL_ALL`. */
  setTargets(targets: number): void;
  log(level: LogLevel, text: string): void;
}

/** Makes the library. */
export function makeRedisLibrary(host: ScriptHost): LuaTable {
  const frames = new CommandFrame();

  const run = (args: LuaValue[]): LuaValue => {
    if (args.length === 0) return errorTable(NO_ARGUMENTS);
    const frame = frames.of(args);
    if (frame === null) return errorTable(WRONG_ARGUMENT);
    const reply = host.call(frame);
    frames.release();
    return reply;
  };

  const call = (...args: LuaValue[]): LuaValue => {
    const reply = run(args);
    if (reply instanceof LuaTable && reply.get("err") !== undefined) throw new LuaError(reply);
    return reply;
  };

  const mayCall = (...args: LuaValue[]): LuaValue => {
    if (args.length === 0) fail(NO_ARGUMENTS);
    const frame = frames.of(args);
    if (frame === null) return fail(WRONG_ARGUMENT);
    const may = host.mayCall(frame);
    frames.release();
    return may ?? fail("ERR Invalid command passed to redis.acl_check_cmd()");
  };

  const setProtocol = (...args: LuaValue[]): LuaValue[] => {
    if (args.length !== 1) fail("ERR redis.setresp() requires one argument.");
    const version = Math.trunc(numberOf(args[0]) ?? 0);
    if (version !== 2 && version !== 3) return fail("ERR RESP version must be 2 or 3.");
    host.setProtocol(version);
    return NOTHING;
  };

  const setTargets = (...args: LuaValue[]): LuaValue[] => {
    if (args.length !== 1) fail("ERR redis.set_repl() requires two arguments.");
    const targets = Math.trunc(numberOf(args[0]) ?? 0);
    if ((targets & ~REPL_ALL) !== 0) {
      fail("ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
    }
    host.setTargets(targets);
    return NOTHING;
  };

  return grown({
    call,
    pcall: (...args) => run(args),
    ...logParts(host),
    ...VERSION_PARTS,
    setresp: setProtocol,
    sha1hex,
    error_reply: errorReply,
    status_reply: statusReply,
    set_repl: setTargets,
    REPL_NONE,
    REPL_AOF,
    REPL_SLAVE: REPL_REPLICA,
    REPL_REPLICA,
    REPL_ALL,
    acl_check_cmd: mayCall,
  });
}

/** Makes the library as a function library finds it while it is loaded. */
export function makeLoadLibrary(host: Pick<ScriptHost, "log">, register: PlainCode): LuaTable {
  return grown({ register_function: register, ...logParts(host), ...VERSION_PARTS });
}

const VERSION_PARTS = { REDIS_VERSION_NUM: VERSION_NUMBER, REDIS_VERSION: VERSION } as const;

function logParts(host: Pick<ScriptHost, "log">): Parts {
  const log = (...args: LuaValue[]): LuaValue[] => {
    if (args.length < 2) fail("ERR redis.log() requires two arguments or more.");
    const level = numberOf(args[0]) ??
      fail("ERR First argument must be a number (log level).");
    const name = LOG_LEVELS[Math.trunc(level)] ?? fail("ERR Invalid debug level.");
    host.log(name, args.slice(1).map(textOf).filter((text) => text !== undefined).join(" "));
    return NOTHING;
  };
  return { log, LOG_DEBUG: 0, LOG_VERBOSE: 1, LOG_NOTICE: 2, LOG_WARNING: 3 };
}

/** Adds what EVAL's scripts have and functions don't. */
export function addScriptOnlyParts(redis: LuaTable): void {
  addParts(redis, {
    breakpoint: () => false,
    debug: () => NOTHING,
    replicate_commands: () => true,
  });
}

type Parts = Readonly<Record<string, PlainCode | number | string>>;

/** A table that has grown as Redis' does: `pairs` shows the order in which it was filled. */
function grown(parts: Parts): LuaTable {
  const table = new LuaTable();
  addParts(table, parts);
  return table;
}

function addParts(table: LuaTable, parts: Parts): void {
  for (const [name, part] of Object.entries(parts)) {
    table.set(name, typeof part === "function" ? hostFunction(name, part) : part);
  }
}

/** Ends the function with an error that has no position of its own, as Redis' own have none. */
export function fail(text: string): never {
  throw new LuaError(errorTable(text));
}

function sha1hex(...args: LuaValue[]): string {
  if (args.length !== 1) fail("ERR wrong number of arguments");
  return hexOf(sha1(bytesOf(textOf(args[0]) ?? "")));
}

function errorReply(...args: LuaValue[]): LuaTable {
  const [text] = args;
  if (args.length !== 1 || typeof text !== "string") return errorTable(ONE_STRING);
  const whole = untilNul(text);
  const message = whole.startsWith("-") ? whole.slice(1) : whole;
  const trimmed = message.replace(/^[\r\n]+|[\r\n]+$/g, "");
  // Without a space there is no code.
  return errorTable(trimmed.includes(" ") ? trimmed : `ERR ${trimmed}`);
}

function statusReply(...args: LuaValue[]): LuaTable {
  const [text] = args;
  if (args.length !== 1 || typeof text !== "string") return errorTable(ONE_STRING);
  const table = new LuaTable(0, 1);
  table.set("ok", text);
  return table;
}

/** A string or a number as a text, as `lua_tolstring` gives it. */
export function textOf(value: LuaValue): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" ? numberText(value) : undefined;
}

/** A number, or the number that a text is. */
function numberOf(value: LuaValue): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" ? parseNumber(value) : undefined;
}
