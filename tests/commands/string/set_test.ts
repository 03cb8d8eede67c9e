import { assertEquals } from "@std/assert";
import { HASH_COMMANDS } from "../../../src/commands/hash/mod.ts";
import { STRING_COMMANDS } from "../../../src/commands/string/mod.ts";
import { bulk, CommandHarness, runCommands, START } from "../../support/command_harness.ts";

const OK = "+OK\r\n";
const NULL = "$-1\r\n";
const SYNTAX = "-ERR syntax error\r\n";
const WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";

Deno.test("SET stores any bytes when they are short or long", () => {
  const run = runCommands(STRING_COMMANDS);
  for (const value of ["", "v", "\0\r\n\xff", "x".repeat(100), "y".repeat(70_000), "z"]) {
    assertEquals(run("SET", "k\0", value), OK);
    assertEquals(run("GET", "k\0"), bulk(value));
  }
  assertEquals(run("GET", "k"), NULL);
});

Deno.test("SET uses the memory of the string before when it fits", () => {
  const harness = new CommandHarness(STRING_COMMANDS);
  harness.run("SET", "k", "first");
  const { store } = harness.client.db;
  const before = store.allocatedBytes;
  for (let i = 0; i < 100; i++) harness.run("SET", "k", `v${i}`);
  assertEquals(store.allocatedBytes, before);
});

Deno.test("SET removes the time to live when KEEPTTL is not given", () => {
  const harness = new CommandHarness(STRING_COMMANDS);
  harness.run("SET", "k", "v", "EX", "10");
  assertEquals(harness.expiryOf("k"), START + 10_000);
  harness.run("SET", "k", "w", "KEEPTTL");
  assertEquals(harness.expiryOf("k"), START + 10_000);
  harness.run("SET", "k", "w");
  assertEquals(harness.expiryOf("k"), null);
});

Deno.test("SET takes the time to live in every unit", () => {
  const harness = new CommandHarness(STRING_COMMANDS);
  const expiryWith = (...options: string[]) => {
    assertEquals(harness.run("SET", "k", "v", ...options), OK);
    return harness.expiryOf("k");
  };
  assertEquals(expiryWith("ex", "5"), START + 5000);
  assertEquals(expiryWith("Px", "5"), START + 5);
  assertEquals(expiryWith("EXAT", "1700000007"), 1_700_000_007_000);
  assertEquals(expiryWith("PXAT", "1700000000009"), 1_700_000_000_009);
  harness.clock.advance(10);
  assertEquals(harness.run("GET", "k"), NULL);
});

Deno.test("SET obeys NX and XX when the key exists or not", () => {
  const harness = new CommandHarness(STRING_COMMANDS);
  const { run } = harness;
  assertEquals(run("SET", "k", "1", "XX"), NULL);
  assertEquals(run("SET", "k", "2", "NX"), OK);
  assertEquals(run("SET", "k", "3", "NX"), NULL);
  assertEquals(run("SET", "k", "4", "NX", "GET"), bulk("2"));
  assertEquals(run("SET", "k", "5", "XX", "GET"), bulk("2"));
  assertEquals(run("SET", "n", "6", "XX", "GET"), NULL);
  assertEquals(run("SET", "n", "7", "NX", "GET"), NULL);
  assertEquals(run("MGET", "k", "n"), `*2\r\n${bulk("5")}${bulk("7")}`);
  assertEquals(harness.takePropagated(), ["0 SET k 2 NX", "0 SET k 5 XX", "0 SET n 7 NX"]);
  assertEquals(harness.takeEvents(), ["set k", "set k", "set n"]);
});

Deno.test("SET is propagated with the time when the key expires and without GET", () => {
  const harness = new CommandHarness(STRING_COMMANDS);
  harness.run("set", "k", "v", "ex", "10", "get");
  harness.run("set", "k", "v", "Get", "GET", "keepttl");
  harness.run("SETEX", "k", "1", "v");
  harness.run("PSETEX", "k", "1", "v");
  harness.run("GETSET", "k", "v");
  harness.run("SETNX", "k", "v");
  harness.run("SETNX", "n", "v");
  harness.run("SET", "k", "v", "PXAT", "9223372036854775807");
  assertEquals(harness.takePropagated(), [
    `0 SET k v PXAT ${START + 10_000}`,
    "0 set k v keepttl",
    `0 SET k v PXAT ${START + 1000}`,
    `0 SET k v PXAT ${START + 1}`,
    "0 SET k v",
    "0 SETNX n v",
    "0 SET k v PXAT 9223372036854775807",
  ]);
  assertEquals(harness.takeEvents(), [
    "set k",
    "expire k",
    "set k",
    "set k",
    "expire k",
    "set k",
    "expire k",
    "set k",
    "set n",
    "set k",
    "expire k",
  ]);
});

Deno.test("SET refuses options that exclude each other or are none", () => {
  const run = runCommands(STRING_COMMANDS);
  const refused = [
    "NX XX",
    "EX 1 PX 1",
    "EX 1 KEEPTTL",
    "KEEPTTL PXAT 1",
    "EXAT 1 EX 1",
    "EX",
    "PERSIST",
    "FOO",
    "NX 1",
  ];
  for (const options of refused) {
    assertEquals(run("SET", "k", "v", ...options.split(" ")), SYNTAX, options);
  }
  for (const options of ["EX 1 EX 2", "NX NX", "KEEPTTL KEEPTTL XX"]) {
    run("GETDEL", "k");
    assertEquals(run("SET", "k", "v", ...options.split(" ")) === SYNTAX, false, options);
  }
});

Deno.test("SET refuses times that are no integer, not positive or beyond 64 bits", () => {
  const harness = new CommandHarness(STRING_COMMANDS);
  const { run } = harness;
  const invalid = (name: string) => `-ERR invalid expire time in '${name}' command\r\n`;
  for (const time of ["0", "-1", "9223372036854776", "9223372036854775807", "9223372036854775"]) {
    assertEquals(run("SET", "k", "v", "EX", time), invalid("set"), time);
  }
  assertEquals(run("SET", "k", "v", "PX", "9223372036854775807"), invalid("set"));
  assertEquals(run("SETEX", "k", "0", "v"), invalid("setex"));
  assertEquals(run("PSETEX", "k", "-5", "v"), invalid("psetex"));
  for (const time of ["x", "", "1.5", "+1", " 1", "9223372036854775808"]) {
    assertEquals(
      run("SET", "k", "v", "EX", time),
      "-ERR value is not an integer or out of range\r\n",
      time,
    );
  }
  assertEquals(run("GET", "k"), NULL);
  assertEquals(harness.takePropagated(), []);
});

Deno.test("SET replaces a value of another type, and refuses to reply it", () => {
  const harness = new CommandHarness([...STRING_COMMANDS, ...HASH_COMMANDS]);
  const { run } = harness;
  run("HSET", "h", "f", "v");
  assertEquals(run("SET", "h", "v", "GET"), WRONG_TYPE);
  assertEquals(run("GETSET", "h", "v"), WRONG_TYPE);
  assertEquals(run("SET", "h", "v"), OK);
  assertEquals(run("GET", "h"), bulk("v"));
});

Deno.test("SET meets an expired key as if it did not exist", () => {
  const harness = new CommandHarness(STRING_COMMANDS);
  const { run, clock } = harness;
  run("SET", "k", "old", "PX", "1");
  clock.advance(2);
  harness.takePropagated();
  assertEquals(run("SET", "k", "new", "NX", "GET"), NULL);
  assertEquals(run("GET", "k"), bulk("new"));
  assertEquals(harness.takePropagated(), ["0 MULTI", "0 DEL k", "0 SET k new NX", "0 EXEC"]);
});
