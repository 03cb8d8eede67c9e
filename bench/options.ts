/** What the benchmark is asked to do. */

import { parseArgs } from "@std/cli/parse-args";
import { type Contender, denoCommand } from "./server.ts";

/** The options of a run. */
export interface BenchOptions {
  /** Names of the benchmarks, in the order in which they run. */
  readonly names: readonly string[];
  readonly miniredis: Contender;
  readonly redis: Contender;
  /** Alternating runs of each measurement; the median counts. */
  readonly runs: number;
  /** Requests of a `throughput` run; by default what takes a second or two. */
  readonly requests: number | undefined;
  readonly clients: number;
  readonly pipelines: readonly number[];
  readonly commands: readonly string[];
  /** Value sizes in bytes. */
  readonly sizes: readonly number[];
  readonly aof: readonly boolean[];
  readonly json: string | undefined;
}

/** What `--help` prints. */
export const HELP = `deno task bench [names…] [options]

Compares miniredis with a real redis-server, side by side. Names (all of them by default):
  throughput  requests/s and CPU per request, driven by redis-benchmark
  memory      one million keys of 16 bytes with values of 32
  load        time to load an append-only file of two million commands
  idle        memory of idle connections
  pipeline    one million GETs of 1 KB sent before the first reply is read

Options:
  --runs N          alternating runs of which the median counts (5)
  --requests N      requests of a throughput run (100,000 un-pipelined; 500,000 pipelined, 200,000 of 1 KB)
  --clients N       connections (50)
  --pipelines A,B   pipeline lengths (1,16,100)
  --commands A,B    commands (set,get,hset,incr)
  --sizes A,B       value sizes in bytes (32,1024)
  --aof A,B         append-only file (off,on); on is everysec
  --binary PATH     the compiled miniredis; by default it runs from source, as deno task start does
  --v8-flags FLAGS  V8 flags for miniredis from source, as in --max-semi-space-size=16
  --redis PATH      the redis-server (redis-server)
  --json PATH       writes all results there, too
`;

/** Options that are wrong, told in one line. */
export class OptionError extends Error {}

/** Reads the command line; null when help was asked for. Throws `OptionError`. */
export function parseOptions(args: string[], known: readonly string[]): BenchOptions | null {
  const flags = parseArgs(args, {
    boolean: ["help"],
    string: [
      ...["runs", "requests", "clients", "pipelines", "commands", "sizes", "aof"],
      ...["binary", "v8-flags", "redis", "json"],
    ],
    default: {
      runs: "5",
      clients: "50",
      pipelines: "1,16,100",
      commands: "set,get,hset,incr",
      sizes: "32,1024",
      aof: "off,on",
      redis: "redis-server",
    },
    unknown: (arg: string) => {
      if (arg.startsWith("-")) throw new OptionError(`unknown option ${arg}`);
      return true;
    },
  });
  if (flags.help) return null;
  const names = flags._.map(String);
  for (const name of names) {
    if (!known.includes(name)) throw new OptionError(`no benchmark is called ${name}`);
  }
  return {
    names: names.length > 0 ? names : known,
    miniredis: { name: "miniredis", command: miniredisCommand(flags.binary, flags["v8-flags"]) },
    redis: { name: "redis-server", command: [flags.redis] },
    runs: positive("runs", flags.runs),
    requests: flags.requests === undefined ? undefined : positive("requests", flags.requests),
    clients: positive("clients", flags.clients),
    pipelines: flags.pipelines.split(",").map((text: string) => positive("pipelines", text)),
    commands: flags.commands.split(","),
    sizes: flags.sizes.split(",").map((text: string) => positive("sizes", text)),
    aof: flags.aof.split(",").map((text: string) => onOrOff(text)),
    json: flags.json,
  };
}

function miniredisCommand(binary: string | undefined, v8Flags: string | undefined): string[] {
  if (binary !== undefined) return [Deno.realPathSync(binary)];
  const [deno, run, ...rest] = denoCommand();
  return v8Flags === undefined
    ? [deno, run, ...rest]
    : [deno, run, `--v8-flags=${v8Flags}`, ...rest];
}

function positive(name: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) {
    throw new OptionError(`--${name} wants a positive number: ${text}`);
  }
  return Number(text);
}

function onOrOff(text: string): boolean {
  if (text !== "on" && text !== "off") throw new OptionError(`--aof wants on or off: ${text}`);
  return text === "on";
}
