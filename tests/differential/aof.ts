/** Reading what a server has appended to its AOF, and comparing it with what another one has. */

import { byteString } from "../../src/base/span.ts";
import { escapeBytes } from "../support/quoting.ts";
import { parseReply } from "../support/reply.ts";
import type { AofMask } from "./script.ts";

/** A place in a server's AOF: the incremental file that was being written, and a length in bytes. */
export interface AofMark {
  readonly path: string;
  readonly size: number;
}

/** A command of an AOF. */
export interface LoggedCommand {
  /** Byte strings. */
  readonly args: readonly string[];
  /** Where the command starts in its file, in bytes. */
  readonly offset: number;
}

/** How far apart absolute times may be, in milliseconds. */
export const TIME_TOLERANCE = 2000;

/**
 * Where the AOF in `dir` ends now. The incremental file's name comes from the manifest, of which the
 * last `type i` line counts (https://redis.io/docs/management/persistence, "multi part AOF").
 */
export function aofMark(dir: string): AofMark {
  const manifest = Deno.readTextFileSync(`${dir}/appendonlydir/appendonly.aof.manifest`);
  const incremental = [...manifest.matchAll(/^file "?(.+?)"? seq \d+ type i\s*$/gm)].at(-1);
  if (!incremental) throw new Error(`no incremental file in the manifest of ${dir}:\n${manifest}`);
  const path = `${dir}/appendonlydir/${incremental[1]}`;
  return { path, size: Deno.statSync(path).size };
}

/**
 * The commands appended since `mark`; if the server has switched to another file since, all that is in
 * that one. Throws if what was appended is not a whole number of commands.
 */
export function commandsSince(dir: string, mark: AofMark): LoggedCommand[] {
  const now = aofMark(dir);
  const start = now.path === mark.path ? mark.size : 0;
  const text = byteString(Deno.readFileSync(now.path));
  const commands: LoggedCommand[] = [];
  for (let at = start; at < text.length;) {
    if (text[at] === "#") {
      at = text.indexOf("\n", at) + 1;
      continue;
    }
    const parsed = parseReply(text, at);
    const children = parsed?.reply.children;
    if (!parsed || !children || children.some((child) => child.type !== "$")) {
      throw new Error(
        `${now.path}: no whole command at ${at}: "${escapeBytes(text.slice(at), 100)}"`,
      );
    }
    commands.push({ args: children.map((child) => child.text!), offset: at });
    at = parsed.end;
  }
  return commands;
}

/** The commands with what the masks leave out of account taken away. */
export function applyAofMasks(
  commands: readonly LoggedCommand[],
  masks: readonly AofMask[],
): readonly LoggedCommand[] {
  let list = commands;
  if (masks.includes("multi")) {
    list = list.filter(({ args }) => !(args.length === 1 && /^(multi|exec)$/i.test(args[0])));
  }
  if (masks.includes("order")) {
    list = list.toSorted((a, b) => a.args.join(" ") < b.args.join(" ") ? -1 : 1);
  }
  return list;
}

/** Whether two logged commands are the same but for absolute times within the tolerance. */
export function sameLoggedCommand(a: LoggedCommand, b: LoggedCommand): boolean {
  return a.args.length === b.args.length &&
    a.args.every((arg, index) => arg === b.args[index] || sameTime(a.args, b.args, index));
}

/**
 * Only milliseconds of this century, and only where a command takes an absolute time. A stream ID is
 * such a time with a number behind it, which must be the same.
 */
function sameTime(a: readonly string[], b: readonly string[], index: number): boolean {
  const left = timeAt(a, index), right = timeAt(b, index);
  return left !== undefined && right !== undefined && left.rest === right.rest &&
    Math.abs(left.time - right.time) <= TIME_TOLERANCE;
}

function timeAt(
  args: readonly string[],
  index: number,
): { time: number; rest: string } | undefined {
  const match = /^(\d{13})(-\d+)?$/.exec(args[index]);
  if (!match) return undefined;
  const command = args[0].toLowerCase(), before = args[index - 1]?.toLowerCase();
  const isId = match[2] !== undefined;
  const isTime = command === "xadd"
    ? isId
    : !isId && (before === "pxat" || (command === "xclaim" && before === "time") ||
      (index === 2 && (command === "pexpireat" || command === "restore")));
  return isTime ? { time: Number(match[1]), rest: match[2] ?? "" } : undefined;
}

/** A logged command as a line for people. */
export function describeLoggedCommand(command: LoggedCommand | undefined): string {
  return command ? command.args.map((arg) => `"${escapeBytes(arg, 200)}"`).join(" ") : "(nothing)";
}
