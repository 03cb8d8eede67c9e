import { assertEquals } from "@std/assert";
import { HASH_COMMANDS } from "../../../src/commands/hash/mod.ts";
import { STRING_COMMANDS } from "../../../src/commands/string/mod.ts";
import { bulk, CommandHarness, START } from "../../support/command_harness.ts";

const NULL = "$-1\r\n";
const WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";

Deno.test("GET replies null in each protocol when there is no key", () => {
  const { run, client, keyspace } = new CommandHarness(STRING_COMMANDS);
  assertEquals(run("GET", "k"), NULL);
  client.protocol = 3;
  assertEquals(run("GET", "k"), "_\r\n");
  assertEquals(keyspace.misses, 2);
});

Deno.test("GETDEL removes the key and is propagated as DEL", () => {
  const harness = new CommandHarness(STRING_COMMANDS);
  harness.run("SET", "k", "v");
  harness.takePropagated();
  harness.takeEvents();
  assertEquals(harness.run("GETDEL", "k"), bulk("v"));
  assertEquals(harness.run("GETDEL", "k"), NULL);
  assertEquals(harness.takePropagated(), ["0 DEL k"]);
  assertEquals(harness.takeEvents(), ["del k"]);
  assertEquals(harness.client.db.size, 0);
});

Deno.test("GETEX changes the time to live and is propagated with the time itself", () => {
  const harness = new CommandHarness(STRING_COMMANDS);
  harness.run("SET", "k", "v");
  harness.takePropagated();
  harness.takeEvents();
  const getEx = (...options: string[]) => {
    assertEquals(harness.run("GETEX", "k", ...options), bulk("v"));
    return harness.expiryOf("k");
  };
  assertEquals(getEx(), null);
  assertEquals(getEx("EX", "10"), START + 10_000);
  assertEquals(getEx(), START + 10_000);
  assertEquals(getEx("PXAT", String(START + 7)), START + 7);
  assertEquals(getEx("PERSIST"), null);
  assertEquals(getEx("PERSIST"), null);
  assertEquals(harness.takePropagated(), [
    `0 PEXPIREAT k ${START + 10_000}`,
    `0 PEXPIREAT k ${START + 7}`,
    "0 PERSIST k",
  ]);
  assertEquals(harness.takeEvents(), ["expire k", "expire k", "persist k"]);
});

Deno.test("GETEX removes the key when the time is past", () => {
  const harness = new CommandHarness(STRING_COMMANDS);
  for (const [lazy, command] of [[false, "DEL"], [true, "UNLINK"]] as const) {
    harness.configuration.assign("lazyfree-lazy-expire", lazy);
    harness.run("SET", "k", "v");
    harness.takePropagated();
    harness.takeEvents();
    assertEquals(harness.run("GETEX", "k", "EXAT", "1"), bulk("v"));
    assertEquals(harness.client.db.size, 0);
    assertEquals(harness.takePropagated(), [`0 ${command} k`]);
    assertEquals(harness.takeEvents(), ["del k"]);
  }
});

Deno.test("GETEX refuses bad options before it looks for the key, and bad times after it", () => {
  const { run } = new CommandHarness([...STRING_COMMANDS, ...HASH_COMMANDS]);
  for (const options of ["NX", "KEEPTTL", "GET", "EX", "EX 1 PERSIST", "PERSIST PX 1"]) {
    assertEquals(run("GETEX", "k", ...options.split(" ")), "-ERR syntax error\r\n", options);
  }
  assertEquals(run("GETEX", "k", "EX", "0"), NULL);
  run("HSET", "h", "f", "v");
  assertEquals(run("GETEX", "h", "EX", "0"), WRONG_TYPE);
  run("SET", "k", "v");
  assertEquals(run("GETEX", "k", "EX", "0"), "-ERR invalid expire time in 'getex' command\r\n");
  assertEquals(run("GETEX", "k", "EX", "x"), "-ERR value is not an integer or out of range\r\n");
});

Deno.test("string commands refuse a key of another type", () => {
  const { run } = new CommandHarness([...STRING_COMMANDS, ...HASH_COMMANDS]);
  run("HSET", "h", "f", "v");
  const calls = [
    "GET h",
    "GETDEL h",
    "GETEX h",
    "APPEND h v",
    "STRLEN h",
    "GETRANGE h 0 1",
    "SUBSTR h 0 1",
    "SETRANGE h 0 v",
    "SETRANGE h 600000000 v",
    "INCR h",
    "DECR h",
    "INCRBY h 1",
    "DECRBY h 1",
    "INCRBYFLOAT h 1",
  ];
  for (const call of calls) assertEquals(run(...call.split(" ")), WRONG_TYPE, call);
  assertEquals(run("MGET", "h", "k"), `*2\r\n${NULL}${NULL}`);
  assertEquals(run("HGET", "h", "f"), bulk("v"));
});
