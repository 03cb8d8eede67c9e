/** Requests per second and CPU per request of commands of all types, at `-P 16`. */

import {
  compare,
  type Comparison,
  comparisonCells,
  comparisonHeader,
  type Pair,
} from "./comparison.ts";
import { type BenchOptions, OptionError } from "./options.ts";
import { chunked, encodeCommand } from "./raw_connection.ts";
import type { Load } from "./redis_benchmark.ts";
import { BenchServer } from "./server.ts";
import { formatTable } from "./table.ts";

const PIPELINE = 16;
const REQUESTS = 200_000;
/** The members of the large sorted set. */
const MEMBERS = 1_000_000;
/** Elements are added so many at a time when a key is filled. */
const FILL_STEP = 100;

/** What is in a key before requests are sent. */
interface Filling {
  /** How many elements, given how many requests there will be. */
  readonly count: (requests: number) => number;
  /** The beginning of the command that adds elements. */
  readonly command: readonly string[];
  /** The arguments that add element `i`. */
  readonly element: (i: number) => readonly string[];
  /** Whether requests use the elements up: the key is made anew before each run. */
  readonly usedUp: boolean;
}

/** A command that is measured. */
interface DataCase {
  readonly name: string;
  readonly test: readonly string[];
  /** Random numbers in arguments are below this. */
  readonly keys: number;
  readonly filling?: Filling;
  /** The ratio of requests/s to reach. */
  readonly atLeast: number;
}

const KEYS = 100_000;
const SMALL = { keys: KEYS, atLeast: 0.4 };
const LARGE = { keys: MEMBERS, atLeast: 0.3 };

/** Enough for a run, and some: pops never find their key gone. */
function poppedUp(command: readonly string[], element: (i: number) => readonly string[]): Filling {
  return { count: (requests) => requests + FILL_STEP, command, element, usedUp: true };
}

/** The members of the large sorted set have scores 0 to `MEMBERS - 1`, in no order. */
const BOARD: Filling = {
  count: () => MEMBERS,
  command: ["ZADD", "board"],
  element: (i) => [String(i * 7919 % MEMBERS), `member:${padded(i)}`],
  usedUp: false,
};

const CASES: readonly DataCase[] = [
  { name: "lpush", test: ["-t", "lpush"], ...SMALL },
  {
    name: "lpop",
    test: ["-t", "lpop"],
    filling: poppedUp(["RPUSH", "mylist"], () => ["xxx"]),
    ...SMALL,
  },
  { name: "sadd", test: ["-t", "sadd"], ...SMALL },
  {
    name: "spop",
    test: ["-t", "spop"],
    filling: poppedUp(["SADD", "myset"], (i) => [`element:${padded(i)}`]),
    ...SMALL,
  },
  { name: "hset", test: ["-t", "hset"], ...SMALL },
  { name: "zadd", test: ["-t", "zadd"], ...SMALL },
  {
    name: "zpopmin",
    test: ["-t", "zpopmin"],
    filling: poppedUp(["ZADD", "myzset"], (i) => [`${i * 7919 % KEYS}`, `element:${padded(i)}`]),
    ...SMALL,
  },
  {
    name: "lrange_100",
    test: ["LRANGE", "mylist", "0", "99"],
    filling: {
      count: () => 300,
      command: ["RPUSH", "mylist"],
      element: () => ["xxx"],
      usedUp: false,
    },
    ...SMALL,
  },
  { name: "mset", test: ["-t", "mset"], ...SMALL },
  { name: "xadd", test: ["XADD", "mystream", "*", "field", "value"], ...SMALL },
  { name: "zrank", test: ["ZRANK", "board", "member:__rand_int__"], filling: BOARD, ...LARGE },
  {
    name: "zrangebyscore",
    test: ["ZRANGEBYSCORE", "board", "__rand_int__", "+inf", "LIMIT", "0", "10"],
    filling: BOARD,
    ...LARGE,
  },
];

/** One measured command. */
export interface DataResult extends Comparison {
  readonly command: string;
  readonly atLeast: number;
}

/** Runs all cases and prints them as they come. Throws `OptionError` for a command it does not know. */
export async function data(options: BenchOptions): Promise<DataResult[]> {
  const results: DataResult[] = [];
  for (const its of chooseCases(options.commands)) {
    const result = { command: its.name, atLeast: its.atLeast, ...await measure(options, its) };
    console.error(tableRow(result).join("  "));
    results.push(result);
  }
  return results;
}

function chooseCases(names: readonly string[] | undefined): readonly DataCase[] {
  if (names === undefined) return CASES;
  return names.map((name) => {
    const found = CASES.find((its) => its.name === name);
    if (found === undefined) throw new OptionError(`data knows no command ${name}`);
    return found;
  });
}

async function measure(options: BenchOptions, its: DataCase): Promise<Comparison> {
  await using redis = await BenchServer.start(options.redis, { appendonly: false });
  await using miniredis = await BenchServer.start(options.miniredis, { appendonly: false });
  await using valkey = options.valkey === undefined
    ? null
    : await BenchServer.start(options.valkey, { appendonly: false });
  const { clients, requests = REQUESTS, runs } = options;
  const { test, keys, filling } = its;
  const load: Load = { test, keys, requests, clients, pipeline: PIPELINE, valueBytes: 3 };
  if (filling !== undefined && !filling.usedUp) {
    for (const server of [redis, miniredis, valkey]) {
      if (server !== null) await fill(server, filling, requests);
    }
  }
  const pair: Pair = { redis, miniredis, ...valkey === null ? {} : { valkey } };
  const [comparison] = await compare([pair], load, runs, async (server) => {
    if (filling?.usedUp) await fill(server, filling, requests);
  });
  return comparison;
}

/** Makes a key of elements anew. */
async function fill(server: BenchServer, filling: Filling, requests: number): Promise<void> {
  const { command, element } = filling;
  const count = filling.count(requests);
  using connection = await server.connect();
  await connection.call("DEL", command[1]);
  const steps = Math.ceil(count / FILL_STEP);
  const step = (at: number) => {
    const elements: string[] = [];
    const end = Math.min(count, (at + 1) * FILL_STEP);
    for (let i = at * FILL_STEP; i < end; i++) elements.push(...element(i));
    return encodeCommand(...command, ...elements);
  };
  await connection.pipeline(chunked(steps, step), steps);
}

/** A number as `redis-benchmark` writes random ones. */
function padded(i: number): string {
  return String(i).padStart(12, "0");
}

/** The table of all commands. */
export function formatData(results: readonly DataResult[]): string {
  return formatTable([`-P ${PIPELINE}`, ...comparisonHeader(results)], results.map(tableRow));
}

function tableRow(result: DataResult): string[] {
  return [result.command.toUpperCase(), ...comparisonCells(result, result.atLeast)];
}
