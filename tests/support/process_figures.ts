/** What a server process takes of the machine, and what it says of itself. */

import type { RawClient } from "./raw_client.ts";

/** Resident memory of a process in bytes; Linux only, like the tests that ask. */
export function residentMemory(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** The most resident memory that a process has had, in bytes; Linux only. */
export function peakMemory(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** How many file descriptors a process has open, those below `limit` if given; Linux only. */
export function openDescriptors(pid: number, limit = Infinity): number {
  // What whoever started it has left open may lie beyond its limit.
  return Array.from(Deno.readDirSync(`/proc/${pid}/fd`)).filter(({ name }) => Number(name) < limit)
    .length;
}

/** One number of INFO. */
export async function infoNumber(client: RawClient, name: string): Promise<number> {
  const [text] = await client.texts("INFO", "everything");
  const found = new RegExp(`^${name}:(\\d+)`, "m").exec(text);
  if (found === null) throw new Error(`INFO has no ${name}`);
  return Number(found[1]);
}

const MEGABYTE = 1024 * 1024;

/** So many MiB in bytes. */
export function megabytes(count: number): number {
  return count * MEGABYTE;
}
