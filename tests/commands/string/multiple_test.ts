import { assertEquals } from "@std/assert";
import { STRING_COMMANDS } from "../../../src/commands/string/mod.ts";
import { array, bulk, CommandHarness } from "../../support/command_harness.ts";

Deno.test("MSET sets all keys, the last value winning, and forgets their times to live", () => {
  const harness = new CommandHarness(STRING_COMMANDS);
  const { run } = harness;
  run("SET", "a", "0", "EX", "10");
  harness.takePropagated();
  harness.takeEvents();
  assertEquals(run("MSET", "a", "1", "b", "2", "a", "3"), "+OK\r\n");
  assertEquals(run("MGET", "a", "b", "c", "a"), array(bulk("3"), bulk("2"), "$-1\r\n", bulk("3")));
  assertEquals(harness.expiryOf("a"), null);
  assertEquals(harness.takePropagated(), ["0 MSET a 1 b 2 a 3"]);
  assertEquals(harness.takeEvents(), ["set a", "set b", "set a"]);
});

Deno.test("MSETNX sets nothing when one of the keys exists", () => {
  const harness = new CommandHarness(STRING_COMMANDS);
  const { run } = harness;
  run("SET", "b", "0");
  harness.takePropagated();
  assertEquals(run("MSETNX", "a", "1", "b", "2"), ":0\r\n");
  assertEquals(run("MSETNX", "a", "1", "c", "2", "c", "3"), ":1\r\n");
  assertEquals(run("MGET", "a", "b", "c"), array(bulk("1"), bulk("0"), bulk("3")));
  assertEquals(harness.takePropagated(), ["0 MSETNX a 1 c 2 c 3"]);
});

Deno.test("MSET and MSETNX refuse a key without a value", () => {
  const { run, client } = new CommandHarness(STRING_COMMANDS);
  for (const name of ["mset", "msetnx"]) {
    assertEquals(
      run(name, "a", "1", "b"),
      `-ERR wrong number of arguments for '${name}' command\r\n`,
    );
  }
  assertEquals(client.db.size, 0);
});

Deno.test("MSET and MGET take hundreds of keys", () => {
  const { run } = new CommandHarness(STRING_COMMANDS);
  const keys = Array.from({ length: 500 }, (_, i) => `k${i}`);
  run("MSET", ...keys.flatMap((key, i) => [key, `v${i}`]));
  assertEquals(run("MGET", ...keys), array(...keys.map((_, i) => bulk(`v${i}`))));
});
