/** Where `logfile` has the log go. */

import { DescriptorReserve } from "../base/descriptor_reserve.ts";
import { absolutePath, bytePath, systemPath } from "../config/paths.ts";
import { fileSink, type LogSink, streamSink } from "../observe/log.ts";

/** As many symbolic links are followed, one after the other, as Linux follows. */
const MOST_LINKS = 40;

/**
 * The sink for a `logfile`; relative paths start at `directory`. No name stands for the standard output, and
 * so do the names that the system has for it, or links to them: the stream is open, and Deno opens nothing in
 * /dev and /proc for a program with narrow permissions. Throws what Deno throws where a file can't be opened.
 */
export function openLogSink(
  logfile: string,
  directory: string,
  descriptors: DescriptorReserve = new DescriptorReserve(),
): LogSink {
  if (logfile === "") return streamSink(Deno.stdout);
  const path = absolutePath(logfile, directory);
  switch (streamAt(path)) {
    case 1:
      return streamSink(Deno.stdout);
    case 2:
      return streamSink(Deno.stderr);
    default:
      return fileSink(systemPath(path), descriptors);
  }
}

/** The number of the open file that a path leads to by name, or null where it leads to none. */
function streamAt(path: string): number | null {
  let at = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    const named = numberOf(at);
    if (named !== null) return named;
    const target = linkAt(at);
    if (target === null) return null;
    at = absolutePath(target, at.slice(0, at.lastIndexOf("/")));
  }
  return null;
}

function numberOf(path: string): number | null {
  const plain = path.replace(/\/+(?:\.\/+)*/g, "/");
  if (plain === "/dev/stdout") return 1;
  if (plain === "/dev/stderr") return 2;
  const found = /^\/(?:dev|proc\/(self|thread-self|\d+))\/fd\/(\d+)$/.exec(plain);
  if (found === null) return null;
  const [, process, number] = found;
  const isOurs = process === undefined || !/^\d/.test(process) || Number(process) === Deno.pid;
  return isOurs ? Number(number) : null;
}

/** Where a symbolic link leads; null for what is none, or can't be looked at. */
function linkAt(path: string): string | null {
  try {
    return bytePath(Deno.readLinkSync(systemPath(path)));
  } catch (error) {
    // Who opens it will hear what is wrong with it.
    if (error instanceof Error) return null;
    throw error;
  }
}
