/** What the system says of the process that the server runs in. */

import nodeProcess from "node:process";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ADDRESS_SPACE } from "../base/allocate.ts";
import { bytePath } from "../config/paths.ts";

/** The memory of the process, in bytes. */
export interface ProcessMemory {
  /** In use by the program: objects and buffers. */
  readonly used: number;
  /** What the engine took from the system for objects and buffers. */
  readonly allocated: number;
  /** Resident in RAM. */
  readonly resident: number;
}

/** The memory that the process takes now; some 10 µs. */
export function processMemory(): ProcessMemory {
  const { heapUsed, heapTotal, external, rss } = Deno.memoryUsage();
  return { used: heapUsed + external, allocated: heapTotal + external, resident: rss };
}

/**
 * So much of the memory of a process is the runtime's own, in bytes: it takes 80 MB at once, and 120 MB when it
 * has compiled what runs often, however little data there is.
 */
const OF_THE_RUNTIME = 128 * 1024 * 1024;

/** How much more memory data takes than it needs: what alarms are set on. */
export interface Fragmentation {
  /** Above 1: more than is in use; below 1: a part of it is not in RAM. */
  readonly ratio: number;
  readonly bytes: number;
}

/**
 * What `mem_fragmentation_ratio` and its like tell, for bytes that are in use and resident. What is resident
 * beyond those in use is the runtime's own, up to what it takes without data.
 */
export function fragmentation(used: number, resident: number): Fragmentation {
  const own = Math.min(Math.max(0, resident - used), OF_THE_RUNTIME);
  const bytes = resident - own - used;
  return { ratio: used > 0 ? (used + bytes) / used : 0, bytes };
}

/** What the engine counts in its limit for young objects; the limit for old ones, which ends the process, is less. */
const YOUNG_BYTES = 3 * 32 * 1024 * 1024;

/** How many bytes the engine's heap may have: beyond that the process ends. */
export function heapLimit(): number {
  const { heap_size_limit: limit } = getHeapStatistics();
  return Math.max(limit - YOUNG_BYTES, limit / 2);
}

/** Of a limit that was reached, so much must be left after garbage was collected for work to go on. */
const ENOUGH = 0.1;

/** How much of the heap's limit the engine may have taken from the system: pages are not filled to the last byte. */
const TAKEN_SHARE = 0.92;

/** What the heap is taken to have in use where there is no way to go on. */
const FULL = Infinity;

/**
 * Makes what says how many bytes of the heap are in use, in 0.3 µs; where those that are about to be taken would
 * go beyond `limit`, garbage is collected first. The heap is full where little is left then, as collecting again
 * and again would take all time, and where the engine has no more to take, in however many pieces it is unused.
 */
export function heapGauge(limit: number): (more: number) => number {
  const most = heapLimit() * TAKEN_SHARE;
  return (more) => {
    const { used_heap_size: used, total_heap_size: taken } = getHeapStatistics();
    if (used + more <= limit && taken <= most) return used;
    collectGarbage();
    const { used_heap_size: left, total_heap_size: kept } = getHeapStatistics();
    return left + more > limit * (1 - ENOUGH) || kept > most ? FULL : left;
  };
}

/** Has the engine collect garbage now. */
export function collectGarbage(): void {
  collector ??= findCollector();
  collector();
}

let collector: (() => void) | null = null;

/** What collects garbage; nothing where the runtime takes no flags any more, as Deno 2.7 does. */
function findCollector(): () => void {
  const { gc } = globalThis as { gc?: () => void };
  if (gc !== undefined) return gc;
  setFlagsFromString("--expose-gc");
  const found: unknown = runInNewContext("typeof gc === 'function' ? gc : null");
  return typeof found === "function" ? () => found() : () => {};
}

/** The figures of the engine that allocates the memory, a line each. */
export function heapStatistics(): string {
  return Object.entries(getHeapStatistics()).map(([name, value]) => `${name}:${value}\n`).join("");
}

/** The time that the processors spent for the process, in µs. */
export interface ProcessorTime {
  readonly system: number;
  readonly user: number;
}

/** The processors' time since the process began. */
export function processorTime(): ProcessorTime {
  return nodeProcess.cpuUsage();
}

/** The memory of the machine in bytes; 0 where the program may not know. */
export function systemMemory(): number {
  return ifAllowed(() => Deno.systemMemoryInfo().total, 0, {
    name: "sys",
    kind: "systemMemoryInfo",
  });
}

/** Whether something takes more memory, in bytes, than the machine has at all. */
export function exceedsMemory(bytes: number): boolean {
  return bytes > (systemMemory() || ADDRESS_SPACE);
}

/** Name, release and architecture of the system, as `uname -srm` prints them. */
export function systemName(): string {
  const names: Partial<Record<typeof Deno.build.os, string>> = {
    linux: "Linux",
    darwin: "Darwin",
    freebsd: "FreeBSD",
    windows: "Windows",
  };
  const name = names[Deno.build.os] ?? Deno.build.os;
  const release = ifAllowed(() => Deno.osRelease(), "", { name: "sys", kind: "osRelease" });
  return [name, release, Deno.build.arch].filter((part) => part !== "").join(" ");
}

/** The program that runs; empty where it may not know. */
export function executablePath(): string {
  return bytePath(ifAllowed(() => Deno.execPath(), ""));
}

/**
 * How many files and connections the process may have open; null where that can't be known: Deno shows
 * /proc only to a program that may do everything, and other systems have no such file.
 */
export function openFileLimit(): number | null {
  if (Deno.build.os !== "linux") return null;
  const path = "/proc/self/limits";
  const limits = ifAllowed(() => Deno.readTextFileSync(path), "", { name: "read", path });
  const soft = /^Max open files +(\d+)/m.exec(limits);
  return soft === null ? null : Number(soft[1]);
}

/**
 * The result of `ask`, or `otherwise` where the permissions don't let the program ask. With `permission` only
 * where that was granted: in a terminal Deno would stop the whole program until its user has answered.
 */
function ifAllowed<T>(ask: () => T, otherwise: T, permission?: Deno.PermissionDescriptor): T {
  if (permission !== undefined && Deno.permissions.querySync(permission).state !== "granted") {
    return otherwise;
  }
  try {
    return ask();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.NotFound) {
      return otherwise;
    }
    throw error;
  }
}
