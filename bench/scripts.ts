/** Lua scripts: how many calls a second, and what kept scripts take. */

import { compare, type Comparison, comparisonCells, comparisonHeader } from "./comparison.ts";
import type { BenchOptions } from "./options.ts";
import { residentBytes } from "./process_usage.ts";
import { chunked, encodeCommand } from "./raw_connection.ts";
import { BenchServer, type Contender, pause } from "./server.ts";
import { formatMegabytes, formatRatio, formatTable } from "./table.ts";

const KEYS = 100_000;
const PIPELINE = 16;
/** How long a server may tidy up before it is looked at, in ms. */
const SETTLE = 3000;

/** A script that is measured. */
interface ScriptCase {
  readonly name: string;
  readonly script: string;
  readonly requests: number;
  /** The ratio of requests/s to reach. */
  readonly atLeast: number;
}

const MILLION = "for i = 1, 1000000 do";

const CASES: readonly ScriptCase[] = [
  {
    name: "incr",
    script: "return redis.call('incr', KEYS[1])",
    requests: 200_000,
    atLeast: 0.5,
  },
  {
    name: "1,000 calls of GET",
    script: "local v for i = 1, 1000 do v = redis.call('get', KEYS[1]) end return v",
    requests: 3000,
    atLeast: 0.5,
  },
  {
    name: "1,000,000 turns of a loop",
    script: `local x = 0 ${MILLION} x = (x * 3 + i) % 1000003 end return x`,
    requests: 200,
    atLeast: 1,
  },
  {
    name: "10,000 pieces of a string",
    script: "local t = {} for i = 1, 10000 do t[#t + 1] = 'item ' .. i end " +
      "return #table.concat(t, ',')",
    requests: 2000,
    atLeast: 1,
  },
  {
    name: "sort of 10,000 numbers",
    script: "local t, x = {}, 1 for i = 1, 10000 do x = x * 16807 % 2147483647 t[i] = x end " +
      "table.sort(t) return t[1]",
    requests: 300,
    atLeast: 1,
  },
  {
    name: "cjson of 100 objects",
    script: "local t = {} for i = 1, 100 do t[i] = {id = i, name = 'user ' .. i, on = true, " +
      "tags = {'a', 'b'}} end return #cjson.encode(cjson.decode(cjson.encode(t)))",
    requests: 5000,
    atLeast: 1,
  },
];

/** What is sent as a different script each time, a common misuse. */
const DIFFERENT = { requests: 100_000, atLeast: 0.2 };
/**
 * How many scripts are kept when memory is measured, and how many times as many more: the collector's young
 * generation grows in steps larger than what the scripts take.
 */
const KEPT = 10_000, TIMES = 4;
/** The most memory, of redis-server's. */
const MOST_RATIO = 2;

/** One measured script. */
export interface ScriptResult extends Comparison {
  readonly name: string;
  readonly atLeast: number;
}

/** Resident memory of a server, in bytes. */
export interface ScriptMemory {
  readonly empty: number;
  /** With `KEPT` scripts, which come with compiled code and the collector's young generation. */
  readonly warm: number;
  /** With `TIMES` as many more. */
  readonly kept: number;
  /** After very many different ones, and SCRIPT FLUSH. */
  readonly flushed: number;
}

/** What is known in the end. */
export interface ScriptsResult {
  readonly speed: readonly ScriptResult[];
  readonly miniredis: ScriptMemory;
  readonly redis: ScriptMemory;
}

/** Runs all cases and prints them as they come. */
export async function scripts(options: BenchOptions): Promise<ScriptsResult> {
  const speed: ScriptResult[] = [];
  const add = (name: string, atLeast: number, comparison: Comparison) => {
    const result = { name, atLeast, ...comparison };
    console.error(tableRow(result).join("  "));
    speed.push(result);
  };
  for (const { name, script, requests, atLeast } of CASES) {
    add(name, atLeast, await measure(options, script, requests));
  }
  add("different texts", DIFFERENT.atLeast, await measureDifferent(options));
  const redis = await measureMemory(options.redis);
  const miniredis = await measureMemory(options.miniredis);
  return { speed, miniredis, redis };
}

async function measure(
  options: BenchOptions,
  script: string,
  requests: number,
): Promise<Comparison> {
  await using redis = await BenchServer.start(options.redis, { appendonly: false });
  await using miniredis = await BenchServer.start(options.miniredis, { appendonly: false });
  let sha = "";
  for (const server of [redis, miniredis]) {
    using connection = await server.connect();
    sha = await connection.callBulk("SCRIPT", "LOAD", script);
    await connection.call("SET", "key:000000000000", "1");
  }
  const test = ["EVALSHA", sha, "1", "key:__rand_int__"];
  const load = { test, keys: KEYS, requests, ...shape(options), valueBytes: 3 };
  const [comparison] = await compare([{ redis, miniredis }], load, options.runs);
  return comparison;
}

async function measureDifferent(options: BenchOptions): Promise<Comparison> {
  await using redis = await BenchServer.start(options.redis, { appendonly: false });
  await using miniredis = await BenchServer.start(options.miniredis, { appendonly: false });
  const { requests } = DIFFERENT;
  const test = ["EVAL", "return redis.call('get', 'key:__rand_int__')", "0"];
  const load = { test, keys: 2_000_000_000, requests, ...shape(options), valueBytes: 3 };
  const [comparison] = await compare(
    [{ redis, miniredis }],
    load,
    options.runs,
    async (server) => {
      using connection = await server.connect();
      await connection.call("SCRIPT", "FLUSH");
    },
  );
  return comparison;
}

function shape({ clients }: BenchOptions) {
  return { clients, pipeline: PIPELINE };
}

async function measureMemory(contender: Contender): Promise<ScriptMemory> {
  await using server = await BenchServer.start(contender, { appendonly: false });
  const empty = residentBytes(server.pid);
  using connection = await server.connect();
  const text = (i: number) => `local v = redis.call('get', 'key:${i}') if v then return v end`;
  const send = (first: number, count: number) =>
    connection.pipeline(
      chunked(count, (i) => encodeCommand("EVAL", `${text(first + i)} return 'none'`, "0")),
      2 * count,
    );
  await send(0, KEPT);
  await pause(SETTLE);
  const warm = residentBytes(server.pid);
  await send(KEPT, TIMES * KEPT);
  await pause(SETTLE);
  const kept = residentBytes(server.pid);
  await send((1 + TIMES) * KEPT, DIFFERENT.requests);
  await connection.call("SCRIPT", "FLUSH");
  await pause(SETTLE);
  return { empty, warm, kept, flushed: residentBytes(server.pid) };
}

/** The tables of speed and of memory. */
export function formatScripts({ speed, miniredis, redis }: ScriptsResult): string {
  const row = (title: string, of: (memory: ScriptMemory) => number, isJudged = true) => [
    title,
    formatMegabytes(of(miniredis)),
    formatMegabytes(of(redis)),
    formatRatio(of(miniredis) / of(redis), isJudged ? { atMost: MOST_RATIO } : undefined),
  ];
  return [
    formatTable([`EVALSHA, -P ${PIPELINE}`, ...comparisonHeader(speed)], speed.map(tableRow)),
    formatTable(["memory", "miniredis", "redis-server", "ratio"], [
      row("RSS empty", ({ empty }) => empty, false),
      row(`${KEPT} scripts take`, ({ warm, kept }) => (kept - warm) / TIMES),
      row("RSS after SCRIPT FLUSH", ({ flushed }) => flushed),
    ]),
  ].join("\n\n");
}

function tableRow(result: ScriptResult): string[] {
  return [result.name, ...comparisonCells(result, result.atLeast)];
}
