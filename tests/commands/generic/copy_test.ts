import { assertEquals } from "@std/assert";
import { array, bulk, START } from "../../support/command_harness.ts";
import { harnessWith, integer, NULL, pass, takePropagated } from "./generic_harness.ts";

const SAME = "-ERR source and destination objects are the same\r\n";
const NO_DATABASE = "-ERR DB index is out of range\r\n";
const NOT_AN_INTEGER = "-ERR value is not an integer or out of range\r\n";

Deno.test("COPY makes a value of its own with the same time to live", () => {
  const harness = harnessWith("SET s text EX 10", "HSET h f v");
  assertEquals(harness.run("COPY", "s", "t"), integer(1));
  assertEquals(harness.run("COPY", "h", "i"), integer(1));
  assertEquals(takePropagated(harness), ["0 COPY s t", "0 COPY h i"]);
  assertEquals(harness.takeAllEvents(), ["new t", "copy_to t", "new i", "copy_to i"]);
  assertEquals(harness.expiryOf("t"), START + 10_000);
  harness.run("APPEND", "t", "!");
  harness.run("HSET", "i", "f", "w");
  assertEquals(harness.run("GET", "s"), bulk("text"));
  assertEquals(harness.run("HGET", "h", "f"), bulk("v"));
});

Deno.test("COPY copies large hashes as a whole", () => {
  const { run } = harnessWith(...Array.from({ length: 600 }, (_, i) => `HSET h f${i} ${i}`));
  assertEquals(run("COPY", "h", "i", "DB", "3"), integer(1));
  run("HSET", "h", "f7", "changed");
  run("SELECT", "3");
  assertEquals(run("OBJECT", "ENCODING", "i"), bulk("hashtable"));
  assertEquals(run("HLEN", "i"), integer(600));
  assertEquals(run("HGET", "i", "f7"), bulk("7"));
});

Deno.test("COPY replaces a key only with REPLACE", () => {
  const harness = harnessWith("SET a 1", "HSET b f v", "EXPIRE b 10");
  assertEquals(harness.run("COPY", "a", "b"), integer(0));
  assertEquals(takePropagated(harness), []);
  assertEquals(harness.run("COPY", "a", "b", "replace"), integer(1));
  assertEquals(harness.run("GET", "b"), bulk("1"));
  assertEquals(harness.expiryOf("b"), null);
  assertEquals(harness.takeAllEvents(), ["new b", "copy_to b"]);
});

Deno.test("COPY works when its destination expires and rows move", () => {
  for (const order of [["SET a 1", "SET b 2 PX 5"], ["SET b 2 PX 5", "SET a 1"]]) {
    const harness = harnessWith(...order);
    pass(harness, 6);
    assertEquals(harness.run("COPY", "a", "b"), integer(1));
    assertEquals(takePropagated(harness), ["MULTI", "0 DEL b", "0 COPY a b", "EXEC"]);
    assertEquals(harness.run("MGET", "a", "b"), array(bulk("1"), bulk("1")));
  }
});

Deno.test("COPY reads its options before it looks at the keys", () => {
  const { run } = harnessWith("SET a 1");
  assertEquals(run("COPY", "a", "a"), SAME);
  assertEquals(run("COPY", "none", "none", "DB", "0", "REPLACE"), SAME);
  assertEquals(run("COPY", "none", "none", "DB", "1"), integer(0));
  assertEquals(run("COPY", "a", "b", "DB", "16"), NO_DATABASE);
  assertEquals(run("COPY", "a", "b", "DB", "-1", "FOO"), NO_DATABASE);
  assertEquals(run("COPY", "a", "b", "FOO", "DB", "99"), "-ERR syntax error\r\n");
  assertEquals(run("COPY", "a", "b", "DB"), "-ERR syntax error\r\n");
  assertEquals(run("COPY", "a", "b", "DB", "1.5"), NOT_AN_INTEGER);
  assertEquals(run("EXISTS", "b"), integer(0));
});

Deno.test("MOVE takes a key to another database with its time to live", () => {
  const harness = harnessWith("SET a 1 EX 10");
  assertEquals(harness.run("MOVE", "a", "5"), integer(1));
  assertEquals(takePropagated(harness), ["0 MOVE a 5"]);
  assertEquals(harness.takeAllEvents(), ["new a", "move_from a", "move_to a"]);
  assertEquals(harness.run("GET", "a"), NULL);
  assertEquals(harness.client.db.store.allocatedBytes, 0);
  assertEquals(harness.expiryOf("a", harness.keyspace.databases[5]), START + 10_000);
});

Deno.test("MOVE leaves a key of that name in the other database", () => {
  const harness = harnessWith("SELECT 1", "SET a there", "SELECT 0", "SET a here");
  assertEquals(harness.run("MOVE", "a", "1"), integer(0));
  assertEquals(harness.run("MOVE", "none", "1"), integer(0));
  assertEquals(takePropagated(harness), []);
  assertEquals(harness.run("GET", "a"), bulk("here"));
});

Deno.test("MOVE checks the database before it looks at the key", () => {
  const { run } = harnessWith("SET a 1");
  assertEquals(run("MOVE", "none", "0"), SAME);
  assertEquals(run("MOVE", "a", "16"), NO_DATABASE);
  assertEquals(run("MOVE", "a", "-1"), NO_DATABASE);
  assertEquals(run("MOVE", "a", "x"), NOT_AN_INTEGER);
  assertEquals(
    run("MOVE", "a", "99999999999"),
    "-ERR value is out of range, value must between -2147483648 and 2147483647\r\n",
  );
});
