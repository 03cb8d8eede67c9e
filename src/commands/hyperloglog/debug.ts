/** PFDEBUG and PFSELFTEST: a look inside, for those who test HyperLogLogs. */

import { ReplyError } from "../../base/errors.ts";
import { Span } from "../../base/span.ts";
import { emptyHyperLogLog, HyperLogLog, REGISTERS } from "../../data/hyperloglog.ts";
import type { Frame } from "../../resp/frame.ts";
import { key, keyAt, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { guardCorruption, saveHyperLogLog, takeHyperLogLog } from "./access.ts";

const NO_KEY = new ReplyError("ERR The specified key does not exist");
const NOT_SPARSE = new ReplyError("ERR HLL encoding is not sparse");

function pfDebug(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const name = args.span(2);
  const log = takeHyperLogLog(db, name);
  if (log === undefined) throw NO_KEY;
  if (args.is(1, "GETREG")) {
    makeDense(context, name, log);
    reply.array(REGISTERS);
    for (const value of log.registers()) reply.integer(value);
  } else if (args.is(1, "DECODE")) {
    if (log.isDense) throw NOT_SPARSE;
    reply.bulkString(describeRuns(log));
  } else if (args.is(1, "ENCODING")) {
    reply.simple(log.isDense ? "dense" : "sparse");
  } else if (args.is(1, "TODENSE")) {
    reply.integer(makeDense(context, name, log) ? 1 : 0);
  } else {
    throw new ReplyError(`ERR Unknown PFDEBUG subcommand '${args.shownText(1)}'`);
  }
}

function makeDense({ db, keyspace }: CommandContext, name: Span, log: HyperLogLog): boolean {
  const changed = guardCorruption(() => log.makeDense());
  if (changed) {
    saveHyperLogLog(db, name, log);
    keyspace.dirty++;
  }
  return changed;
}

function describeRuns(log: HyperLogLog): string {
  return Array.from(log.runs(), ({ value, length, isLong }) => {
    return value > 0 ? `v:${value},${length}` : `${isLong ? "Z" : "z"}:${length}`;
  }).join(" ");
}

export const PFDEBUG: CommandDeclaration = {
  name: "pfdebug",
  summary: "Shows the inside of a HyperLogLog",
  since: "2.8.9",
  group: "hyperloglog",
  complexity: "N/A",
  arity: 3,
  flags: ["write", "denyoom", "admin"],
  categories: ["hyperloglog"],
  keys: [keyAt(2, ["RW", "access"])],
  arguments: [string("subcommand"), key()],
  systemCommand: true,
  run: pfDebug,
};

/** How many elements PFSELFTEST counts, and how far off the estimate may be: five standard errors. */
const TESTED_ELEMENTS = 100_000;
const TOLERANCE = 5 * 1.04 / Math.sqrt(REGISTERS);

function pfSelfTest({ reply, settings }: CommandContext): void {
  const limit = settings["hll-sparse-max-bytes"];
  const log = new HyperLogLog(emptyHyperLogLog());
  const expected = new Uint8Array(REGISTERS);
  for (let i = 0; i < REGISTERS; i++) {
    const index = Math.floor(Math.random() * REGISTERS), value = 1 + Math.floor(Math.random() * 50);
    log.raise(index, value, limit);
    expected[index] = Math.max(expected[index], value);
  }
  if (log.registers().some((value, index) => value !== expected[index])) {
    throw new ReplyError("ERR TESTFAILED a register does not hold what was put into it");
  }
  const counter = new HyperLogLog(emptyHyperLogLog());
  for (let i = 1; i <= TESTED_ELEMENTS; i++) counter.add(Span.ofString(`element:${i}`), limit);
  const error = Math.abs(Number(counter.count()) - TESTED_ELEMENTS) / TESTED_ELEMENTS;
  if (error > TOLERANCE) {
    throw new ReplyError(`ERR TESTFAILED the estimate is off by ${(100 * error).toFixed(2)}%`);
  }
  reply.ok();
}

export const PFSELFTEST: CommandDeclaration = {
  name: "pfselftest",
  summary: "Tests registers and estimates",
  since: "2.8.9",
  group: "hyperloglog",
  complexity: "N/A",
  arity: 1,
  flags: ["admin"],
  categories: ["hyperloglog"],
  systemCommand: true,
  run: pfSelfTest,
};
