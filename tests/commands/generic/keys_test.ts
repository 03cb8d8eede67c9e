import { assert, assertEquals } from "@std/assert";
import { array, bulk } from "../../support/command_harness.ts";
import { harnessWith, integer, namesIn, NULL, pass, takePropagated } from "./generic_harness.ts";

const SYNTAX_ERROR = "-ERR syntax error\r\n";

Deno.test("KEYS replies the keys that match", () => {
  const { run } = harnessWith("MSET one 1 two 2 three 3");
  assertEquals(namesIn(run("KEYS", "*")), ["one", "three", "two"]);
  assertEquals(namesIn(run("KEYS", "t*")), ["three", "two"]);
  assertEquals(namesIn(run("KEYS", "t[^h]o")), ["two"]);
  assertEquals(run("KEYS", "ONE"), array());
});

Deno.test("KEYS leaves expired keys out and where they are", () => {
  const harness = harnessWith("MSET one 1 two 2", "SET dead v PX 5");
  pass(harness, 6);
  assertEquals(namesIn(harness.run("KEYS", "*")), ["one", "two"]);
  assertEquals(harness.run("DBSIZE"), integer(3));
  assertEquals(takePropagated(harness), []);
});

Deno.test("SCAN visits about COUNT keys a call and ends with cursor 0", () => {
  const names = Array.from({ length: 25 }, (_, i) => `k${i}`);
  const { run } = harnessWith(...names.map((name) => `SET ${name} v`));
  const found: string[] = [], sizes: number[] = [];
  let cursor = "0";
  do {
    const reply = run("SCAN", cursor, "COUNT", "10");
    cursor = /^\*2\r\n\$\d+\r\n(\d+)\r\n/.exec(reply)![1];
    const page = namesIn(reply);
    found.push(...page);
    sizes.push(page.length);
  } while (cursor !== "0");
  // Those whose hashes end alike come together.
  assertEquals(sizes.slice(0, -1).every((size) => size >= 10), true, String(sizes));
  assertEquals(sizes.length <= 3, true);
  assertEquals(found.sort(), names.sort());
});

Deno.test("SCAN shows keys of the type and pattern that are asked for", () => {
  const { run, keyspace } = harnessWith("MSET s1 1 s2 2", "HSET h1 f v", "HSET h2 f v");
  const scan = (...options: string[]) => namesIn(run("SCAN", "0", ...options));
  assertEquals(scan(), ["h1", "h2", "s1", "s2"]);
  assertEquals(scan("TYPE", "hash"), ["h1", "h2"]);
  assertEquals(scan("type", "STRING", "MATCH", "*1"), ["s1"]);
  assertEquals(scan("TYPE", "nosuchtype"), []);
  assertEquals(scan("TYPE", "zset"), []);
  assertEquals(scan("MATCH", "s1", "MATCH", "h*"), ["h1", "h2"]);
  // As in Redis, each key whose type is looked at counts as a hit.
  assertEquals(keyspace.hits, 4 + 2 + 4 + 4);
});

Deno.test("SCAN removes the expired keys that it meets, each by itself", () => {
  const harness = harnessWith("MSET one 1 two 2", "SET dead1 v PX 5", "SET dead2 v PX 5");
  pass(harness, 6);
  assertEquals(namesIn(harness.run("SCAN", "0", "MATCH", "t*")), ["two"]);
  assertEquals(harness.run("DBSIZE"), integer(4), "keys that do not match are not looked at");
  assertEquals(namesIn(harness.run("SCAN", "0")), ["one", "two"]);
  assertEquals(takePropagated(harness).sort(), ["0 DEL dead1", "0 DEL dead2"]);
  assertEquals(harness.takeEvents().sort(), ["expired dead1", "expired dead2"]);
  assertEquals(harness.run("DBSIZE"), integer(2));
});

Deno.test("SCAN TYPE tells of the expired keys that it looks up", () => {
  const harness = harnessWith("SET one 1", "SET dead v PX 5");
  pass(harness, 6);
  assertEquals(namesIn(harness.run("SCAN", "0", "TYPE", "string")), ["one"]);
  assertEquals(harness.takeAllEvents(), ["expired dead", "keymiss dead"]);
  assertEquals([harness.keyspace.hits, harness.keyspace.misses], [1, 1]);
});

Deno.test("SCAN finds what stays when a call of it removes expired keys", () => {
  const harness = harnessWith();
  for (let i = 0; i < 300; i++) {
    harness.run("SET", `k${i}`, "v", ...(i % 3 === 0 ? [] : ["PX", "5"]));
  }
  pass(harness, 6);
  const found = new Set<string>();
  let cursor = "0", calls = 0;
  do {
    const reply = harness.run("SCAN", cursor, "COUNT", "7");
    cursor = /^\*2\r\n\$\d+\r\n(\d+)\r\n/.exec(reply)![1];
    for (const name of namesIn(reply)) found.add(name);
    assert(++calls < 100);
  } while (cursor !== "0");
  assertEquals(found.size, 100);
  assertEquals(harness.client.db.size, 100);
});

Deno.test("SCAN takes any cursor of 64 bits and refuses others", () => {
  const { run } = harnessWith("SET one 1");
  for (const cursor of ["0", "1", "+1", "007", "-1", "18446744073709551615", ""]) {
    assertEquals(run("SCAN", cursor), array(bulk("0"), array(bulk("one"))), cursor);
  }
  for (const cursor of ["x", " 1", "1.5", "0x1", "18446744073709551616"]) {
    assertEquals(run("SCAN", cursor), "-ERR invalid cursor\r\n", cursor);
  }
  assertEquals(run("SCAN", "0", "COUNT", "0"), SYNTAX_ERROR);
  assertEquals(run("SCAN", "0", "NOVALUES"), SYNTAX_ERROR);
  assertEquals(run("SCAN", "0", "TYPE"), SYNTAX_ERROR);
});

Deno.test("RANDOMKEY replies every key sooner or later, and null without keys", () => {
  const { run } = harnessWith("MSET one 1 two 2 three 3");
  const seen = new Set<string>();
  for (let i = 0; i < 1000; i++) seen.add(run("RANDOMKEY"));
  assertEquals([...seen].sort(), [bulk("one"), bulk("two"), bulk("three")].sort());
  run("FLUSHALL");
  assertEquals(run("RANDOMKEY"), NULL);
});

Deno.test("RANDOMKEY removes the expired keys that it meets, each by itself", () => {
  const harness = harnessWith("SET dead1 v PX 5", "SET dead2 v PX 5");
  pass(harness, 6);
  assertEquals(harness.run("RANDOMKEY"), NULL);
  assertEquals(takePropagated(harness).sort(), ["0 DEL dead1", "0 DEL dead2"]);
});
