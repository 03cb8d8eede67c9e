import { assertEquals } from "@std/assert";
import { Span, spanString } from "../../src/base/span.ts";
import { GENERIC_COMMANDS } from "../../src/commands/generic/mod.ts";
import { LIST_COMMANDS } from "../../src/commands/list/mod.ts";
import { SET_COMMANDS } from "../../src/commands/set/mod.ts";
import { SORTED_SET_COMMANDS } from "../../src/commands/sorted_set/mod.ts";
import { STREAM_COMMANDS } from "../../src/commands/stream/mod.ts";
import type { Stream } from "../../src/data/stream.ts";
import { SnapshotRow } from "../../src/keyspace/snapshot.ts";
import { dumpRow } from "../../src/persistence/dump.ts";
import { CommandHarness, START } from "../support/command_harness.ts";

/** The commands that make what the keyspace holds, as byte strings. */
function dump({ keyspace: { databases } }: CommandHarness): string[][] {
  const row = new SnapshotRow();
  const commands: string[][] = [];
  for (const { contents } of databases) {
    for (let i = 0; i < contents.table.size; i++) {
      for (const args of dumpRow(row.read(contents, i))) {
        commands.push(args.map((arg) => typeof arg === "string" ? arg : spanString(arg)));
      }
    }
  }
  return commands;
}

Deno.test("dump adds the members of a set 64 at a time, whatever its encoding", () => {
  const numbers = Array.from({ length: 129 }, (_, i) => String(i));
  for (const prefix of ["", "m", "m".repeat(65)]) {
    const members = numbers.map((number) => prefix + number);
    const harness = new CommandHarness(SET_COMMANDS);
    harness.run("SADD", "s", ...members);
    assertEquals(dump(harness), [
      ["SADD", "s", ...members.slice(0, 64)],
      ["SADD", "s", ...members.slice(64, 128)],
      ["SADD", "s", members[128]],
    ]);
  }
});

Deno.test("dump gives a set its time to live after its members", () => {
  const harness = new CommandHarness([...SET_COMMANDS, ...GENERIC_COMMANDS]);
  harness.run("SADD", "s", "a", "1");
  harness.run("PEXPIREAT", "s", String(START + 5000));
  assertEquals(dump(harness), [
    ["SADD", "s", "a", "1"],
    ["PEXPIREAT", "s", String(START + 5000)],
  ]);
});

Deno.test("dump appends the elements of a list 64 at a time, in their order", () => {
  for (const suffix of ["", "x".repeat(100)]) {
    const elements = Array.from({ length: 129 }, (_, i) => `${i}${suffix}`);
    const harness = new CommandHarness(LIST_COMMANDS);
    harness.run("RPUSH", "l", ...elements);
    assertEquals(dump(harness), [
      ["RPUSH", "l", ...elements.slice(0, 64)],
      ["RPUSH", "l", ...elements.slice(64, 128)],
      ["RPUSH", "l", elements[128]],
    ]);
  }
});

Deno.test("dump adds the members of a sorted set 64 at a time, in their order", () => {
  for (const suffix of ["", "x".repeat(100)]) {
    const pairs = Array.from({ length: 129 }, (_, i) => [`${i}.5`, `${i}${suffix}`]);
    const harness = new CommandHarness(SORTED_SET_COMMANDS);
    harness.run("ZADD", "z", ...pairs.toReversed().flat());
    assertEquals(dump(harness), [
      ["ZADD", "z", ...pairs.slice(0, 64).flat()],
      ["ZADD", "z", ...pairs.slice(64, 128).flat()],
      ["ZADD", "z", ...pairs[128]],
    ]);
  }
});

Deno.test("dump writes scores with 17 digits, whatever the encoding", () => {
  for (const entries of ["128", "0"]) {
    const harness = new CommandHarness(SORTED_SET_COMMANDS);
    harness.configuration.apply(["zset-max-listpack-entries", entries]);
    harness.run("ZADD", "z", "-inf", "a", "0.1", "b", "1e17", "c");
    assertEquals(dump(harness), [
      ["ZADD", "z", "-inf", "a", "0.10000000000000001", "b", "1e+17", "c"],
    ]);
  }
});

Deno.test("dump makes a stream of its entries, what it remembers and its groups", () => {
  const harness = new CommandHarness(STREAM_COMMANDS);
  const { run } = harness;
  run("XADD", "s", "1-1", "a", "1");
  run("XADD", "s", "1-2", "a", "2", "b", "");
  run("XADD", "s", "1-3", "a", "3");
  run("XDEL", "s", "1-1");
  run("XGROUP", "CREATE", "s", "g", "0");
  run("XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">");
  run("XGROUP", "CREATECONSUMER", "s", "g", "d");
  const counted = ["TIME", String(START), "RETRYCOUNT", "1", "JUSTID", "FORCE"];
  assertEquals(dump(harness), [
    ["XADD", "s", "1-2", "a", "2", "b", ""],
    ["XADD", "s", "1-3", "a", "3"],
    ["XSETID", "s", "1-3", "ENTRIESADDED", "3", "MAXDELETEDID", "1-1"],
    ["XGROUP", "CREATE", "s", "g", "1-3", "ENTRIESREAD", "3"],
    ["XCLAIM", "s", "g", "c", "0", "1-2", ...counted],
    ["XCLAIM", "s", "g", "c", "0", "1-3", ...counted],
    ["XGROUP", "CREATECONSUMER", "s", "g", "d"],
  ]);
});

Deno.test("dump goes by the entries of a stream that says it has others", () => {
  const harness = new CommandHarness(STREAM_COMMANDS);
  harness.run("XADD", "s", "1-1", "a", "1");
  harness.run("XADD", "s", "1-2", "a", "2");
  const [db] = harness.keyspace.databases;
  const stream = db.load(db.peek(Span.ofString("s"))).object as Stream;
  for (const said of [0, 7]) {
    stream.length = said;
    stream.entriesAdded = 1;
    assertEquals(dump(harness), [
      ["XADD", "s", "1-1", "a", "1"],
      ["XADD", "s", "1-2", "a", "2"],
      ["XSETID", "s", "1-2", "ENTRIESADDED", "2", "MAXDELETEDID", "0-0"],
    ]);
  }
});

Deno.test("dump makes a stream without entries of one that is trimmed at once", () => {
  const harness = new CommandHarness(STREAM_COMMANDS);
  harness.run("XADD", "s", "5-5", "a", "1");
  harness.run("XTRIM", "s", "MAXLEN", "0");
  const commands = dump(harness);
  assertEquals(commands, [
    ["XADD", "s", "MAXLEN", "0", "0-1", "x", "y"],
    ["XSETID", "s", "5-5", "ENTRIESADDED", "1", "MAXDELETEDID", "0-0"],
  ]);
  const copy = new CommandHarness(STREAM_COMMANDS);
  for (const command of commands) copy.run(...command);
  assertEquals(copy.run("XINFO", "STREAM", "s"), harness.run("XINFO", "STREAM", "s"));
});
