/** What the benchmark is asked to do. */

import { parseArgs } from "@std/cli/parse-args";
import { type Contender, denoCommand } from "./server.ts";

/** The options of a run. */
export interface BenchOptions {
  /** Names of the benchmarks, in the order in which they run. */
  readonly names: readonly string[];
  readonly miniredis: Contender;
  /** Miniredis with so many MB of heap; an executable has the heap that it was compiled with. */
  readonly miniredisWithHeap: (megabytes: number) => Contender;
  /** Miniredis whose MEMORY PURGE also collects garbage; an executable can't be told to. */
  readonly miniredisCollecting: Contender;
  readonly redis: Contender;
  /** A Valkey that `throughput` and `data` drive beside both, where one was named. */
  readonly valkey: Contender | undefined;
  /** Alternating runs of each measurement; the median counts. */
  readonly runs: number;
  /** Requests of a run of `throughput` or `data`; by default what takes a second or two. */
  readonly requests: number | undefined;
  readonly clients: number;
  /** How long `soak` keeps the load up, in s. */
  readonly seconds: number;
  readonly pipelines: readonly number[];
  /** Commands of `throughput` and `data`; each has its own unless said otherwise. */
  readonly commands: readonly string[] | undefined;
  /** Value sizes in bytes. */
  readonly sizes: readonly number[];
  readonly aof: readonly boolean[];
  readonly json: string | undefined;
}

/** What `--help` prints. */
export const HELP = `deno task bench [names…] [options]

Compares miniredis with a real redis-server, side by side. Names (all of them by default):
  throughput  requests/s and CPU per request, driven by redis-benchmark
  data        the same for commands of all types, at -P 16
  memory      one million keys, hashes, a sorted set
  accounting  used_memory beside what the process really grows by, for all types
  large       20,000,000 keys, and a hash of 5,000,000 fields that goes: stalls and memory
  scripts     calls of Lua scripts, and the memory of those that are kept
  jobs        jobs of BullMQ, whose every step is a script
  load        time to load an append-only file of two million commands
  snapshot    BGSAVE of two million keys and two large ones, idle and under load; loading them
  replication what a replica costs, full syncs, catching up, and a full sync under load
  values      memory while a value of 500 MB comes, is read, and goes
  start       time and CPU from the start of the process to its first answer
  idle        memory of idle connections
  soak        10,000 connections, 200 of them active with commands of all kinds, for a minute
  pipeline    one million GETs of 1 KB sent before the first reply is read

Options:
  --runs N          alternating runs of which the median counts (5)
  --requests N      requests of a run (100,000 un-pipelined; 500,000 pipelined, 200,000 of 1 KB or data)
  --clients N       connections (50)
  --seconds N       how long soak keeps its load up (60)
  --pipelines A,B   pipeline lengths (1,16,100)
  --commands A,B    commands of throughput (set,get,hset,incr) or data (all that it knows)
  --sizes A,B       value sizes in bytes (32,1024)
  --aof A,B         append-only file (off,on); on is everysec
  --binary PATH     the compiled miniredis; by default it runs from source, as deno task start does
  --v8-flags FLAGS  V8 flags for miniredis from source, as in --max-semi-space-size=16
  --redis PATH      the redis-server (redis-server)
  --valkey PATH     a valkey-server, for four more columns of throughput and data
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
      ...["binary", "v8-flags", "redis", "valkey", "json", "seconds"],
    ],
    default: {
      runs: "5",
      clients: "50",
      seconds: "60",
      pipelines: "1,16,100",
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
    miniredis: miniredis(flags.binary, flags["v8-flags"]),
    miniredisWithHeap: (megabytes) =>
      miniredis(
        flags.binary,
        [`--max-old-space-size=${megabytes}`, flags["v8-flags"]].filter(Boolean).join(","),
      ),
    miniredisCollecting: miniredis(
      flags.binary,
      ["--expose-gc", flags["v8-flags"]].filter(Boolean).join(","),
    ),
    redis: { name: "redis-server", command: [flags.redis] },
    valkey: flags.valkey === undefined ? undefined : { name: "valkey", command: [flags.valkey] },
    runs: positive("runs", flags.runs),
    requests: flags.requests === undefined ? undefined : positive("requests", flags.requests),
    clients: positive("clients", flags.clients),
    seconds: positive("seconds", flags.seconds),
    pipelines: flags.pipelines.split(",").map((text: string) => positive("pipelines", text)),
    commands: flags.commands?.split(","),
    sizes: flags.sizes.split(",").map((text: string) => positive("sizes", text)),
    aof: flags.aof.split(",").map((text: string) => onOrOff(text)),
    json: flags.json,
  };
}

function miniredis(binary: string | undefined, v8Flags: string | undefined): Contender {
  const name = "miniredis";
  if (binary !== undefined) return { name, command: [Deno.realPathSync(binary)] };
  const [deno, run, ...rest] = denoCommand();
  const flags = v8Flags === undefined ? [] : [`--v8-flags=${v8Flags}`];
  return { name, command: [deno, run, ...flags, ...rest] };
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
