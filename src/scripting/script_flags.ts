/** What the first line of a script says of it (`#!lua flags=no-writes,allow-oom`). */

import { ReplyError } from "../base/errors.ts";
import { splitArguments } from "../base/split_arguments.ts";
import { CommandBit } from "../commands/registry.ts";
import type { Frame } from "../resp/frame.ts";

/** A script's flags, as bits. */
export const ScriptFlag = {
  NoWrites: 1 << 0,
  AllowOom: 1 << 1,
  AllowStale: 1 << 2,
  NoCluster: 1 << 3,
  AllowCrossSlotKeys: 1 << 4,
  /** It says nothing of itself, and is run as scripts were before they could. */
  Undeclared: 1 << 5,
} as const;

/** What scripts and functions write to set them, in the order in which they are shown. */
export const FLAG_NAMES: ReadonlyMap<string, number> = new Map([
  ["no-writes", ScriptFlag.NoWrites],
  ["allow-oom", ScriptFlag.AllowOom],
  ["allow-stale", ScriptFlag.AllowStale],
  ["no-cluster", ScriptFlag.NoCluster],
  ["allow-cross-slot-keys", ScriptFlag.AllowCrossSlotKeys],
]);

const FLAGS_OPTION = "flags=";
const NO_LINE = new ReplyError("ERR Invalid script shebang");
const NO_ENGINE = new ReplyError("ERR Invalid engine in script shebang");

/** A script's first line, if it speaks of the script. */
export interface FirstLine {
  /** Bits of `ScriptFlag`. */
  readonly flags: number;
  /** Where the script itself begins: its lines keep their numbers. */
  readonly end: number;
}

/** Reads the first line of a script. Throws `ReplyError`. */
export function readFirstLine(text: string): FirstLine {
  if (!text.startsWith("#!")) return { flags: ScriptFlag.Undeclared, end: 0 };
  const end = text.indexOf("\n");
  if (end < 0) throw NO_LINE;
  const [engine, ...options] = splitArguments(text.slice(0, end)) ?? [];
  if (engine === undefined) throw NO_ENGINE;
  if (engine !== "#!lua") {
    throw new ReplyError(`ERR Unexpected engine in script shebang: ${engine}`);
  }
  let flags = 0;
  for (const option of options) {
    if (!option.startsWith(FLAGS_OPTION)) {
      throw new ReplyError(`ERR Unknown lua shebang option: ${option}`);
    }
    const names = option.slice(FLAGS_OPTION.length);
    for (const name of names === "" ? [] : names.split(",")) {
      const bit = FLAG_NAMES.get(name);
      if (bit === undefined) {
        throw new ReplyError(`ERR Unexpected flag in script shebang: ${name}`);
      }
      flags |= bit;
    }
  }
  return { flags, end };
}

const HASH = 35, BANG = 33;

/** Whether a call brings a script along that has such a line. */
export function declares(frame: Frame): boolean {
  const start = frame.argStart(1);
  return frame.argLength(1) >= 2 && frame.buffer[start] === HASH &&
    frame.buffer[start + 1] === BANG;
}

/** A script's flags; those of one that says nothing where its first line is wrong. */
export function flagsIn(text: string): number {
  try {
    return readFirstLine(text).flags;
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error;
    return ScriptFlag.Undeclared;
  }
}

/** The flags of a call of a command with these, by those of the script or function that it runs. */
export function flagsOfCall(command: number, own: number): number {
  if ((own & ScriptFlag.Undeclared) !== 0) return command;
  const { Stale, DenyOom, Write, MayReplicate } = CommandBit;
  let flags = command & ~(Stale | DenyOom | Write | MayReplicate);
  if ((own & ScriptFlag.NoWrites) === 0) {
    flags |= Write;
    if ((own & ScriptFlag.AllowOom) === 0) flags |= DenyOom;
  }
  if ((own & ScriptFlag.AllowStale) !== 0) flags |= Stale;
  return flags;
}
