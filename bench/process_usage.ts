/** What Linux says of a process: CPU time and memory. */

/** Kernel clock ticks per second, as `/proc` counts them on every Linux that Deno runs on. */
const TICKS_PER_SECOND = 100;

/** CPU time that a process has used in all its threads, in µs; exact to 10 ms. */
export function cpuMicroseconds(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // The command's name stands in parentheses and may contain anything; fields count from behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const userTicks = Number(fields[11]), systemTicks = Number(fields[12]);
  return (userTicks + systemTicks) * (1_000_000 / TICKS_PER_SECOND);
}

/** CPU time that the threads which a process has now have used, in ns. */
export function processorNanoseconds(pid: number): number {
  let sum = 0;
  for (const { name: thread } of Deno.readDirSync(`/proc/${pid}/task`)) {
    sum += Number(Deno.readTextFileSync(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0]);
  }
  return sum;
}

/**
 * How long each thread of a process was ready to run and had no processor, in ms: what others took from it.
 * A server waits for its engine's threads as well, when these collect garbage.
 */
export function waitsForProcessor(pid: number): Map<string, number> {
  const waits = new Map<string, number>();
  for (const { name: thread } of Deno.readDirSync(`/proc/${pid}/task`)) {
    const [, waited] = Deno.readTextFileSync(`/proc/${pid}/task/${thread}/schedstat`).split(" ");
    waits.set(thread, Number(waited) / 1e6);
  }
  return waits;
}

/**
 * How long the main thread of a process was ready to run and had to wait for a processor, in ms; 0 where
 * the kernel does not count that.
 */
export function processorWait(pid: number): number {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/schedstat`);
    return Number(stat.split(" ")[1]) / 1e6;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/** Resident memory of a process in bytes. */
export function residentBytes(pid: number): number {
  return statusBytes(pid, "VmRSS");
}

/** The most resident memory that a process ever had, in bytes. */
export function peakResidentBytes(pid: number): number {
  return statusBytes(pid, "VmHWM");
}

function statusBytes(pid: number, field: string): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const match = new RegExp(`^${field}:\\s*(\\d+) kB`, "m").exec(status);
  if (match === null) throw new Error(`/proc/${pid}/status has no ${field}`);
  return Number(match[1]) * 1024;
}
