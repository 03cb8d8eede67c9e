import { assertEquals } from "@std/assert";
import { array, bulk, START } from "../../support/command_harness.ts";
import { harnessWith, integer, NULL, OK, pass, takePropagated } from "./generic_harness.ts";

const NO_SUCH_KEY = "-ERR no such key\r\n";

Deno.test("RENAME moves a value and its time to live to another key", () => {
  const harness = harnessWith("SET a 1 EX 10", "HSET h f v");
  assertEquals(harness.run("RENAME", "a", "b"), OK);
  assertEquals(harness.run("RENAMENX", "h", "i"), integer(1));
  assertEquals(takePropagated(harness), ["0 RENAME a b", "0 RENAMENX h i"]);
  assertEquals(harness.takeEvents(), [
    "rename_from a",
    "rename_to b",
    "rename_from h",
    "rename_to i",
  ]);
  assertEquals(harness.run("EXISTS", "a", "h"), integer(0));
  assertEquals(harness.expiryOf("b"), START + 10_000);
  assertEquals(harness.run("HGETALL", "i"), array(bulk("f"), bulk("v")));
});

Deno.test("RENAME replaces what had the new name, with its time to live", () => {
  const harness = harnessWith("SET a 1", "HSET b f v", "EXPIRE b 10");
  assertEquals(harness.run("RENAME", "a", "b"), OK);
  assertEquals(harness.run("GET", "b"), bulk("1"));
  assertEquals(harness.expiryOf("b"), null);
  assertEquals(harness.keyspace.dirty, 4);
  assertEquals(harness.client.db.size, 1);
});

Deno.test("RENAMENX leaves what has the new name", () => {
  const harness = harnessWith("MSET a 1 b 2");
  assertEquals(harness.run("RENAMENX", "a", "b"), integer(0));
  assertEquals(harness.run("MGET", "a", "b"), array(bulk("1"), bulk("2")));
  assertEquals(takePropagated(harness), []);
});

Deno.test("RENAME of a key to itself changes nothing if the key exists", () => {
  const harness = harnessWith("SET a 1 EX 10");
  assertEquals(harness.run("RENAME", "a", "a"), OK);
  assertEquals(harness.run("RENAMENX", "a", "a"), integer(0));
  assertEquals(harness.run("RENAME", "none", "none"), NO_SUCH_KEY);
  assertEquals(harness.run("RENAMENX", "none", "a"), NO_SUCH_KEY);
  assertEquals([takePropagated(harness), harness.takeEvents()], [[], []]);
  assertEquals(harness.expiryOf("a"), START + 10_000);
});

Deno.test("RENAME works when the new name expires and rows move", () => {
  for (const order of [["SET a 1", "SET b 2 PX 5"], ["SET b 2 PX 5", "SET a 1"]]) {
    const harness = harnessWith(...order, "SET c 3");
    pass(harness, 6);
    assertEquals(harness.run("RENAMENX", "a", "b"), integer(1));
    assertEquals(takePropagated(harness), ["MULTI", "0 DEL b", "0 RENAMENX a b", "EXEC"]);
    assertEquals(harness.takeAllEvents(), ["expired b", "new b", "rename_from a", "rename_to b"]);
    assertEquals(harness.run("MGET", "a", "b", "c"), array(NULL, bulk("1"), bulk("3")));
  }
});

Deno.test("RENAME of an expired key removes it and fails", () => {
  const harness = harnessWith("SET a 1 PX 5", "SET b 2");
  pass(harness, 6);
  assertEquals(harness.run("RENAME", "a", "b"), NO_SUCH_KEY);
  assertEquals(takePropagated(harness), ["0 DEL a"]);
  assertEquals(harness.run("GET", "b"), bulk("2"));
});

Deno.test("RENAME onto a key lets a scan under way find it", () => {
  const names = Array.from({ length: 20 }, (_, i) => `k${String(i).padStart(2, "0")}`);
  const { run } = harnessWith(...names.map((name) => `SET ${name} v`));
  const first = run("SCAN", "0", "COUNT", "10");
  const cursor = /^\*2\r\n\$\d+\r\n(\d+)\r\n/.exec(first)![1];
  const rest = names.filter((name) => !first.includes(name));
  const seen = names.find((name) => first.includes(name)) ?? "";
  run("RENAME", seen, rest[0]);
  const second = run("SCAN", cursor, "COUNT", "10");
  for (const name of rest) assertEquals(second.includes(name), true, name);
});
