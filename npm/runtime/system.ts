/** The process and the machine. */

import { isatty } from "node:tty";
import * as os from "node:os";
import process from "node:process";
import { errors } from "./errors.ts";
import { StandardStream } from "./files.ts";

/** What the runtime calls itself, as `navigator.userAgent` does where there is one: `Node.js/24.1.0`. */
export const userAgent: string = process.versions.bun === undefined
  ? `Node.js/${process.versions.node}`
  : `Bun/${process.versions.bun}`;

/** As `Deno.build`; `os` and `arch` are named as there. */
export const build = { os: systemOf(process.platform), arch: architectureOf(process.arch) };

function systemOf(platform: string): typeof Deno.build.os {
  return platform === "win32" ? "windows" : platform as typeof Deno.build.os;
}

function architectureOf(name: string): string {
  return { x64: "x86_64", arm64: "aarch64" }[name] ?? name;
}

/** As `Deno.version`. */
export const version = { deno: "", v8: process.versions.v8 ?? "", typescript: "" };

/** As `Deno.memoryUsage`. */
export function memoryUsage(): Deno.MemoryUsage {
  return process.memoryUsage();
}

/** As `Deno.systemMemoryInfo`, as far as that is asked for. */
export function systemMemoryInfo(): Pick<Deno.SystemMemoryInfo, "total" | "free"> {
  return { total: os.totalmem(), free: os.freemem() };
}

/** As `Deno.cwd`. */
export function cwd(): string {
  let path: string;
  try {
    path = process.cwd();
  } catch {
    throw new errors.NotFound("No such file or directory (os error 2)");
  }
  // Bytes that are no UTF-8 come as this.
  if (path.includes("\ufffd")) throw new errors.InvalidData("the path is not UTF-8");
  return path;
}

/** As `Deno.addSignalListener`. */
export function addSignalListener(signal: Deno.Signal, listener: () => void): void {
  process.on(signal as NodeJS.Signals, listener);
}

/** As `Deno.exit`. */
export function exit(code = 0): never {
  process.exit(code);
}

/** As `Deno.kill`. */
export function kill(pid: number, signal: Deno.Signal): void {
  process.kill(pid, signal as NodeJS.Signals);
}

/** As `Deno.stdin`. */
export const stdin = new StandardStream(0);
/** As `Deno.stdout`. */
export const stdout = Object.assign(new StandardStream(1), { isTerminal: () => isatty(1) });
/** As `Deno.stderr`. */
export const stderr = new StandardStream(2);

/** Everything may be asked: neither runtime restricts a program as Deno does. */
export const permissions = { querySync: () => ({ state: "granted" as const }) };

/** As `Deno.env`. */
export const env = { get: (name: string) => process.env[name] };

/** As `Deno.execPath`. */
export function execPath(): string {
  return process.execPath;
}

/** As `Deno.osRelease`. */
export function osRelease(): string {
  return os.release();
}

/** As `Deno.pid`. */
export const pid: number = process.pid;
/** As `Deno.args`. */
export const args: readonly string[] = process.argv.slice(2);
