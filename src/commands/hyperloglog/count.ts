/** PFADD, PFCOUNT and PFMERGE. */

import { Span } from "../../base/span.ts";
import {
  emptyHyperLogLog,
  estimateCardinality,
  HyperLogLog,
  REGISTERS,
} from "../../data/hyperloglog.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { key, keyAt, keyRange, string } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { guardCorruption, readHyperLogLog, saveHyperLogLog, takeHyperLogLog } from "./access.ts";

function sparseLimit({ settings }: CommandContext): number {
  return settings["hll-sparse-max-bytes"];
}

function pfAdd(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const name = args.span(1);
  const existing = takeHyperLogLog(db, name);
  const log = existing ?? new HyperLogLog(emptyHyperLogLog());
  const limit = sparseLimit(context), element = new Span();
  let updates = existing === undefined ? 1 : 0;
  guardCorruption(() => {
    for (let i = 2; i < args.argc; i++) {
      if (log.add(args.spanInto(i, element), limit)) updates++;
    }
  });
  if (updates > 0) {
    log.invalidateEstimate();
    saveHyperLogLog(db, name, log);
    db.changed(name, EventClass.String, "pfadd", updates);
  }
  reply.integer(updates > 0 ? 1 : 0);
}

export const PFADD: CommandDeclaration = {
  name: "pfadd",
  summary: "Adds elements to a HyperLogLog, which is made where there is none",
  since: "2.8.9",
  group: "hyperloglog",
  complexity: "O(1) for each element",
  arity: -2,
  flags: ["write", "denyoom", "fast"],
  traits: ["quick"],
  categories: ["hyperloglog"],
  keys: [keyAt(1, ["RW", "insert"])],
  arguments: [key(), string("element", { optional: true, multiple: true })],
  run: pfAdd,
};

function pfCount(context: CommandContext, args: Frame): void {
  if (args.argc === 2) countOne(context, args);
  else countUnion(context, args);
}

function countOne({ db, keyspace, reply }: CommandContext, args: Frame): void {
  const name = args.span(1);
  const log = readHyperLogLog(db, name);
  if (log === undefined) {
    reply.integer(0);
    return;
  }
  let estimate = log.knownEstimate;
  if (estimate === null) {
    estimate = guardCorruption(() => log.count());
    saveHyperLogLog(db, name, log);
    // The estimate is a part of the value, though nobody is told of this change.
    db.keyspace.observer.keyChanged(db, name);
    keyspace.dirty++;
  }
  reply.integer(estimate);
}

function countUnion({ db, reply }: CommandContext, args: Frame): void {
  const union = new Uint8Array(REGISTERS);
  for (let i = 1; i < args.argc; i++) {
    const log = readHyperLogLog(db, args.span(i));
    if (log !== undefined) guardCorruption(() => mergeInto(union, log));
  }
  reply.integer(estimateCardinality(union));
}

function mergeInto(union: Uint8Array, log: HyperLogLog): void {
  const registers = log.registers();
  for (let i = 0; i < REGISTERS; i++) if (registers[i] > union[i]) union[i] = registers[i];
}

export const PFCOUNT: CommandDeclaration = {
  name: "pfcount",
  summary: "Estimates how many different elements HyperLogLogs have seen together",
  since: "2.8.9",
  group: "hyperloglog",
  complexity: "O(1) for one key; O(N) for N keys, each of which is read whole",
  arity: -2,
  flags: ["readonly", "may_replicate"],
  categories: ["hyperloglog"],
  keys: [
    keyRange(1, -1, 1, ["RW", "access"], "RW because the estimate is kept in the value"),
  ],
  arguments: [key("key", { multiple: true })],
  run: pfCount,
};

function pfMerge(context: CommandContext, args: Frame): void {
  const { db, reply } = context;
  const union = new Uint8Array(REGISTERS);
  let dense = false;
  for (let i = 1; i < args.argc; i++) {
    const log = readHyperLogLog(db, args.span(i));
    if (log === undefined) continue;
    if (log.isDense) dense = true;
    guardCorruption(() => mergeInto(union, log));
  }
  const name = args.span(1), limit = sparseLimit(context);
  const target = takeHyperLogLog(db, name) ?? new HyperLogLog(emptyHyperLogLog());
  guardCorruption(() => {
    if (dense) target.makeDense();
    union.forEach((value, index) => {
      if (value > 0) target.raise(index, value, limit);
    });
  });
  target.invalidateEstimate();
  saveHyperLogLog(db, name, target);
  db.changed(name, EventClass.String, "pfadd");
  reply.ok();
}

export const PFMERGE: CommandDeclaration = {
  name: "pfmerge",
  summary: "Makes a HyperLogLog the union of itself and others",
  since: "2.8.9",
  group: "hyperloglog",
  complexity: "O(N) for N keys, each of which is read whole",
  arity: -2,
  flags: ["write", "denyoom"],
  categories: ["hyperloglog"],
  keys: [keyAt(1, ["RW", "access", "insert"]), keyRange(2, -1, 1, ["RO", "access"])],
  arguments: [key("destkey"), key("sourcekey", { keySpecIndex: 1, multiple: true })],
  run: pfMerge,
};
