import { assertEquals } from "@std/assert";
import { BITMAP_COMMANDS } from "../../../src/commands/bitmap/mod.ts";
import { CallKeys } from "../../../src/access/call_keys.ts";
import { type KeyFlag, keyFlagsOf } from "../../../src/access/key_flags.ts";
import { CommandKeys } from "../../../src/commands/key_positions.ts";
import { STRING_COMMANDS } from "../../../src/commands/string/mod.ts";
import { Frame } from "../../../src/resp/frame.ts";
import { array, bulk, CommandHarness } from "../../support/command_harness.ts";

function makeHarness(): CommandHarness {
  return new CommandHarness([...BITMAP_COMMANDS, ...STRING_COMMANDS]);
}

/** The harness' events, changes and commands since the last call. */
function taken(harness: CommandHarness): { events: string[]; propagated: string[] } {
  return { events: harness.takeAllEvents(), propagated: harness.takePropagated() };
}

Deno.test("SETBIT tells of a bit that changed and of a string that grew, and of nothing else", () => {
  const harness = makeHarness();
  assertEquals(harness.run("SETBIT", "k", "9", "0"), ":0\r\n");
  assertEquals(taken(harness), {
    events: ["new k", "setbit k"],
    propagated: ["0 SETBIT k 9 0"],
  });
  assertEquals(harness.run("SETBIT", "k", "9", "0"), ":0\r\n");
  assertEquals(taken(harness), { events: [], propagated: [] });
  assertEquals(harness.run("SETBIT", "k", "9", "1"), ":0\r\n");
  assertEquals(harness.run("SETBIT", "k", "9", "1"), ":1\r\n");
  assertEquals(taken(harness), { events: ["setbit k"], propagated: ["0 SETBIT k 9 1"] });
  assertEquals(harness.run("GET", "k"), bulk("\x00\x40"));
});

Deno.test("SETBIT makes a string raw, even if it changes nothing", () => {
  const harness = makeHarness();
  harness.run("SET", "n", "12345");
  harness.takePropagated();
  assertEquals(harness.run("SETBIT", "n", "0", "0"), ":0\r\n");
  assertEquals(harness.encodingOf("n"), "raw");
  assertEquals(harness.takePropagated(), []);
});

Deno.test("BITFIELD counts its changes, and is propagated as it came", () => {
  const harness = makeHarness();
  const { keyspace } = harness;
  harness.run("BITFIELD", "k", "SET", "u8", "0", "1", "GET", "u8", "0", "SET", "u8", "8", "0");
  assertEquals(keyspace.dirty, 2);
  assertEquals(taken(harness), {
    events: ["new k", "setbit k"],
    propagated: ["0 BITFIELD k SET u8 0 1 GET u8 0 SET u8 8 0"],
  });
  harness.run("BITFIELD", "k", "SET", "u8", "0", "1", "INCRBY", "u8", "8", "5");
  assertEquals(keyspace.dirty, 3);
  taken(harness);
  harness.run(
    "BITFIELD",
    "k",
    "SET",
    "u8",
    "0",
    "1",
    "OVERFLOW",
    "FAIL",
    "INCRBY",
    "u8",
    "8",
    "999",
  );
  assertEquals(keyspace.dirty, 3);
  assertEquals(taken(harness), { events: [], propagated: [] });
});

Deno.test("BITFIELD replies null where a field fails, and the other fields", () => {
  const { run, client } = makeHarness();
  const call = [
    "BITFIELD",
    "k",
    "OVERFLOW",
    "FAIL",
    "INCRBY",
    "u2",
    "0",
    "9",
    "SET",
    "u2",
    "0",
    "3",
  ];
  assertEquals(run(...call), array("$-1\r\n", ":0\r\n"));
  client.protocol = 3;
  assertEquals(run(...call), array("_\r\n", ":3\r\n"));
});

Deno.test("BITFIELD checks all of its arguments before it changes anything", () => {
  const harness = makeHarness();
  const { run } = harness;
  for (
    const bad of [["GET", "u8"], ["SET", "u64", "0", "1"], ["GET", "u8", "-1"], ["OVERFLOW", "x"]]
  ) {
    assertEquals(run("BITFIELD", "k", "SET", "u8", "0", "1", ...bad).startsWith("-ERR"), true);
  }
  assertEquals(harness.encodingOf("k"), null);
});

Deno.test("BITFIELD's key is only read where it is only asked for GET", () => {
  const bitfield = BITMAP_COMMANDS.find(({ name }) => name === "bitfield")!;
  const flagsOf = (...args: string[]) => {
    const keys = new CallKeys(), flags: KeyFlag[][] = [];
    new CommandKeys(bitfield).find(Frame.fromStrings(["BITFIELD", "k", ...args]), keys);
    while (keys.next()) flags.push(keyFlagsOf(keys.flags));
    return flags;
  };
  assertEquals(flagsOf("GET", "u8", "0", "OVERFLOW", "SAT", "get", "i8", "9"), [["RO", "access"]]);
  assertEquals(flagsOf("GET", "u8", "0", "SET", "u8", "0", "1"), [["RW", "access", "update"]]);
  assertEquals(flagsOf("GET", "u8"), [["RW", "access", "update"]]);
});

Deno.test("BITOP takes its own destination as a source and keeps nothing else", () => {
  const { run, client: { db } } = makeHarness();
  run("SET", "a", "\xf0\x0f\xff");
  run("SET", "b", "\x3c");
  const before = db.store.allocatedBytes;
  assertEquals(run("BITOP", "XOR", "a", "a", "b", "none"), ":3\r\n");
  assertEquals(run("GET", "a"), bulk("\xcc\x0f\xff"));
  assertEquals(run("BITOP", "NOT", "a", "a"), ":3\r\n");
  assertEquals(run("GET", "a"), bulk("\x33\xf0\x00"));
  assertEquals(db.store.allocatedBytes, before);
});

Deno.test("BITOP removes its destination when all sources are empty", () => {
  const harness = makeHarness();
  harness.run("SET", "d", "x");
  taken(harness);
  assertEquals(harness.run("BITOP", "OR", "d", "none"), ":0\r\n");
  assertEquals(harness.takeEvents(), ["del d"]);
  assertEquals(harness.takePropagated(), ["0 BITOP OR d none"]);
  assertEquals(harness.run("BITOP", "OR", "d", "none"), ":0\r\n");
  assertEquals(harness.takePropagated(), []);
});
