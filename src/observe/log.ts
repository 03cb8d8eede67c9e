/** The server log, in Redis' format: `pid:role dd Mon yyyy hh:mm:ss.mmm level message`. */

import type { Clock } from "../base/clock.ts";
import { DescriptorReserve } from "../base/descriptor_reserve.ts";

/** The levels of the `loglevel` directive, least important first. */
export const LOG_LEVELS = ["debug", "verbose", "notice", "warning"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const LEVEL_SIGNS: Readonly<Record<LogLevel, string>> = {
  debug: ".",
  verbose: "-",
  notice: "*",
  warning: "#",
};

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** Where finished lines go; a line ends with a newline. */
export type LogSink = (line: string) => void;

/** Lines to a stream that is open already: the process' standard output or standard error. */
export function streamSink(stream: { writeSync(bytes: Uint8Array): number }): LogSink {
  const encoder = new TextEncoder();
  return (line) => write(() => writeAll(stream, encoder.encode(line)));
}

/**
 * Lines appended to a file, which is opened anew for each line, so that a rotated log starts a new
 * file at once, as with Redis; `descriptors` are given up where it can't be opened without them. Throws
 * where the file cannot be opened.
 */
export function fileSink(
  path: string,
  descriptors: DescriptorReserve = new DescriptorReserve(),
): LogSink {
  const encoder = new TextEncoder();
  const open = () => Deno.openSync(path, { append: true, create: true });
  const append = (line: string) => {
    using file = descriptors.opening(open);
    writeAll(file, encoder.encode(line));
  };
  append("");
  return (line) => write(() => append(line));
}

/** Lines to nowhere: what an embedded server has unless told otherwise. */
export const silentSink: LogSink = () => {};

/** Writes lines at or above its level, in Redis' format, to its sink. */
export class Log {
  level: LogLevel = "notice";
  /** `C` for a process that is starting, `M` for a primary, `S` for a replica. */
  role: "C" | "M" | "S" = "C";
  sink: LogSink;
  readonly #clock: Clock;

  constructor(clock: Clock, sink: LogSink) {
    this.#clock = clock;
    this.sink = sink;
  }

  debug(message: string): void {
    this.write("debug", message);
  }

  verbose(message: string): void {
    this.write("verbose", message);
  }

  notice(message: string): void {
    this.write("notice", message);
  }

  warning(message: string): void {
    this.write("warning", message);
  }

  /** Writes a text as it is, which may have several lines. */
  raw(level: LogLevel, text: string): void {
    if (LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(this.level)) this.sink(text);
  }

  /** Writes one line; line breaks inside the message are kept from starting another. */
  write(level: LogLevel, message: string): void {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(this.level)) return;
    const time = formatTime(new Date(this.#clock.now()));
    const text = message.replaceAll(/[\r\n]+/g, " ");
    this.sink(`${Deno.pid}:${this.role} ${time} ${LEVEL_SIGNS[level]} ${text}\n`);
  }
}

function formatTime(date: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const milliseconds = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getDate())} ${MONTHS[date.getMonth()]} ${date.getFullYear()} ` +
    `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${milliseconds}`;
}

/**
 * Writes a line, or loses it: a full disk, or a pipe that nobody reads any more, must not end the server,
 * and where the log can't be written there is no place to say so. Redis does the same.
 */
function write(writeLine: () => void): void {
  try {
    writeLine();
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
  }
}

function writeAll(target: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) {
    written += target.writeSync(bytes.subarray(written));
  }
}
