import { assertEquals } from "@std/assert";
import { bulk } from "../../support/command_harness.ts";
import { forget, harnessWith, integer, NULL, OK } from "../generic/generic_harness.ts";

const SYNTAX_ERROR = "-ERR syntax error\r\n";

Deno.test("DBSIZE counts the keys of the selected database", () => {
  const { run } = harnessWith("MSET a 1 b 2", "SELECT 1", "SET c 3");
  assertEquals(run("DBSIZE"), integer(1));
  run("SELECT", "0");
  assertEquals(run("DBSIZE"), integer(2));
});

Deno.test("FLUSHDB empties the selected database and is propagated even when it was empty", () => {
  const harness = harnessWith("MSET a 1 b 2", "SELECT 1", "SET c 3");
  const { keyspace } = harness;
  const before = keyspace.dirty;
  assertEquals(harness.run("FLUSHDB"), OK);
  assertEquals(harness.run("FLUSHDB", "async"), OK);
  assertEquals(harness.run("FLUSHDB", "SYNC"), OK);
  assertEquals(keyspace.dirty, before + 1);
  assertEquals(harness.takePropagated(), ["1 FLUSHDB", "1 FLUSHDB async", "1 FLUSHDB SYNC"]);
  assertEquals(keyspace.databases[0].size, 2);
  assertEquals(keyspace.databases[1].size, 0);
});

Deno.test("FLUSHALL empties every database and leaves the client where it is", () => {
  const harness = harnessWith("MSET a 1 b 2", "SELECT 1", "SET c 3");
  const { keyspace } = harness;
  const before = keyspace.dirty;
  assertEquals(harness.run("FLUSHALL"), OK);
  assertEquals(harness.run("FLUSHALL", "ASYNC"), OK);
  assertEquals(keyspace.dirty, before + 3);
  assertEquals(harness.takePropagated(), ["1 FLUSHALL", "1 FLUSHALL ASYNC"]);
  assertEquals(harness.takeAllEvents(), []);
  assertEquals(harness.client.db.index, 1);
  for (const database of keyspace.databases) {
    assertEquals([database.size, database.store.reservedBytes], [0, 0]);
  }
});

Deno.test("FLUSHALL and FLUSHDB refuse what is no option and then do nothing", () => {
  const harness = harnessWith("SET a 1");
  for (const name of ["FLUSHALL", "FLUSHDB"]) {
    for (const options of [["FOO"], [""], ["SYNC", "ASYNC"]]) {
      assertEquals(harness.run(name, ...options), SYNTAX_ERROR);
    }
  }
  assertEquals(harness.run("DBSIZE"), integer(1));
  assertEquals(harness.takePropagated(), []);
});

Deno.test("SWAPDB exchanges two databases with their times to live", () => {
  const harness = harnessWith("SET a zero PX 50", "SELECT 1", "SET b one");
  const { run } = harness;
  assertEquals(run("SWAPDB", "0", "1"), OK);
  assertEquals(run("GET", "a"), bulk("zero"));
  assertEquals(run("PTTL", "a"), integer(50));
  assertEquals(run("GET", "b"), NULL);
  assertEquals(harness.takePropagated(), ["1 SWAPDB 0 1"]);
  harness.clock.advance(51);
  assertEquals(run("EXISTS", "a"), integer(0));
  assertEquals(harness.takePropagated(), ["1 DEL a"]);
  run("SELECT", "0");
  assertEquals(run("GET", "b"), bulk("one"));
  forget(harness);
  assertEquals(run("SWAPDB", "0", "0"), OK);
  assertEquals(harness.takePropagated(), ["0 SWAPDB 0 0"]);
  assertEquals(run("GET", "b"), bulk("one"));
});

Deno.test("SWAPDB says which of its numbers is none", () => {
  const { run } = harnessWith();
  assertEquals(run("SWAPDB", "x", "99"), "-ERR invalid first DB index\r\n");
  assertEquals(run("SWAPDB", "99999999999", "0"), "-ERR invalid first DB index\r\n");
  assertEquals(run("SWAPDB", "99", "x"), "-ERR invalid second DB index\r\n");
  assertEquals(run("SWAPDB", "0", "16"), "-ERR DB index is out of range\r\n");
  assertEquals(run("SWAPDB", "-1", "0"), "-ERR DB index is out of range\r\n");
});
