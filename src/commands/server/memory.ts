/** MEMORY: what keys and the server take. */

import { SYNTAX_ERROR } from "../../base/errors.ts";
import { requireSafeInteger } from "../../base/numbers.ts";
import { NO_ROW } from "../../keyspace/database.ts";
import { humanBytes } from "../../observe/info.ts";
import { fragmentation, heapStatistics, processMemory } from "../../observe/process.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, key, keyAt } from "../arguments.ts";
import type { CommandContext, ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { helpSubcommand } from "../help.ts";

function usage({ db, reply }: CommandContext, args: Frame): void {
  for (let i = 3; i < args.argc; i += 2) {
    if (!args.is(i, "SAMPLES") || i + 1 >= args.argc) throw SYNTAX_ERROR;
    // Nothing is sampled here, as every value knows what it takes; but the number must be one.
    if (requireSafeInteger(args.span(i + 1)) < 0) throw SYNTAX_ERROR;
  }
  const row = db.peek(args.span(2));
  if (row === NO_ROW) reply.null();
  else reply.integer(db.memoryOf(row));
}

function stats(
  { keyspace, reply, server: { memory, cluster } }: ServerContext<"memory" | "cluster">,
): void {
  const { used, peak, startup } = memory;
  const { used: allocated, allocated: active, resident } = processMemory();
  const wasted = fragmentation(used, resident);
  const dataset = keyspace.memoryBytes;
  const keys = keyspace.databases.reduce((sum, { size }) => sum + size, 0);
  const databases = keyspace.databases.filter(({ size }) => size > 0);
  const fields: [string, number][] = [
    ["peak.allocated", peak],
    ["total.allocated", used],
    ["startup.allocated", startup],
    ["replication.backlog", memory.backlog],
    ["clients.slaves", memory.replicas],
    ["clients.normal", memory.clients],
    ["cluster.links", cluster?.linkBytes ?? 0],
    ["aof.buffer", memory.aofBuffer],
    ["lua.caches", 0],
    ["functions.caches", keyspace.libraries.bytes],
  ];
  const totals: [string, number][] = [
    ["overhead.total", used - dataset],
    ["keys.count", keys],
    ["keys.bytes-per-key", keys > 0 ? Math.floor(dataset / keys) : 0],
    ["dataset.bytes", dataset],
  ];
  const ratios: [string, number, boolean][] = [
    ["dataset.percentage", 100 * dataset / Math.max(1, used - startup), true],
    ["peak.percentage", 100 * used / peak, true],
    ["allocator.allocated", allocated, false],
    ["allocator.active", active, false],
    ["allocator.resident", resident, false],
    ["allocator-fragmentation.ratio", active / allocated, true],
    ["allocator-fragmentation.bytes", active - allocated, false],
    ["allocator-rss.ratio", resident / active, true],
    ["allocator-rss.bytes", resident - active, false],
    ["rss-overhead.ratio", 1, true],
    ["rss-overhead.bytes", 0, false],
    ["fragmentation", wasted.ratio, true],
    ["fragmentation.bytes", wasted.bytes, false],
  ];
  reply.map(fields.length + databases.length + totals.length + ratios.length);
  const replyIntegers = (pairs: readonly [string, number][]) => {
    for (const [name, value] of pairs) {
      reply.bulkString(name);
      reply.integer(value);
    }
  };
  replyIntegers(fields);
  for (const database of databases) {
    reply.bulkString(`db.${database.index}`);
    reply.map(3);
    replyIntegers([
      ["overhead.hashtable.main", database.indexBytes],
      ["overhead.hashtable.expires", database.expiry.memoryBytes],
      ["overhead.hashtable.slot-to-keys", 0],
    ]);
  }
  replyIntegers(totals);
  for (const [name, value, isFraction] of ratios) {
    reply.bulkString(name);
    if (isFraction) reply.double(value);
    else reply.integer(value);
  }
}

/** Below this the figures say more about the runtime than about the data, in bytes. */
const LITTLE_MEMORY = 5 * 1024 * 1024;
const SUSPICIOUS_RATIO = 1.5;

function doctor({ reply, server }: ServerContext<"memory">): void {
  const { used, peak } = server.memory;
  const { resident } = processMemory();
  const findings: string[] = [];
  if (peak > SUSPICIOUS_RATIO * used) {
    findings.push(
      `At its peak the data took ${humanBytes(peak)}, now it takes ${humanBytes(used)}: ` +
        "what was freed may still be held by the process.",
    );
  }
  const { ratio, bytes } = fragmentation(used, resident);
  if (ratio > SUSPICIOUS_RATIO) {
    findings.push(
      `Beside what the runtime takes for itself, the process takes ${
        humanBytes(bytes)
      } more than ` +
        `the ${humanBytes(used)} of data need.`,
    );
  }
  const text = used < LITTLE_MEMORY
    ? "There is so little data here that its memory cannot be judged."
    : findings.length === 0
    ? "Memory use looks healthy."
    : findings.map((finding) => ` * ${finding}`).join("\n");
  reply.verbatim(text + "\n", "txt");
}

function purge({ reply, server }: ServerContext<"memory">): void {
  server.memory.releaseUnused();
  reply.ok();
}

function mallocStats({ reply }: CommandContext): void {
  reply.verbatim(heapStatistics(), "txt");
}

const COMMON = { since: "4.0.0", group: "server" } as const;
const REPORT = {
  ...COMMON,
  arity: 2,
  flags: [],
  tips: ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
} as const;

export const MEMORY: CommandDeclaration<ServerContext> = {
  ...COMMON,
  name: "memory",
  summary: "Holds the commands that tell about memory",
  complexity: "Depends on the sub-command",
  arity: -2,
  flags: [],
  subcommands: [
    {
      ...REPORT,
      name: "stats",
      summary: "Tells what the server's memory is used for",
      complexity: "O(1)",
      run: stats,
    },
    {
      ...COMMON,
      name: "purge",
      summary: "Gives memory back that is kept for later use",
      complexity: "Depends on how much is kept",
      arity: 2,
      flags: [],
      tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
      run: purge,
    },
    {
      ...COMMON,
      name: "usage",
      summary: "Estimates how much memory a key and its value take",
      complexity: "O(N) in Redis with N samples; O(1) here",
      arity: -3,
      flags: ["readonly"],
      keys: [keyAt(2, ["RO"])],
      arguments: [key(), integer("count", { token: "SAMPLES", optional: true })],
      run: usage,
    },
    {
      ...REPORT,
      name: "malloc-stats",
      summary: "Shows the statistics of V8, which allocates the memory here",
      complexity: "Depends on how much memory is allocated",
      run: mallocStats,
    },
    {
      ...REPORT,
      name: "doctor",
      summary: "Looks for trouble with memory",
      complexity: "O(1)",
      run: doctor,
    },
    helpSubcommand(COMMON),
  ],
};
