import { assertEquals } from "@std/assert";
import { forget, harnessWith, integer, pass, takePropagated } from "./generic_harness.ts";

Deno.test("EXISTS and TOUCH count a key as often as it is named", () => {
  const { run, keyspace } = harnessWith("MSET a 1 b 2", "HSET h f v");
  for (const name of ["EXISTS", "TOUCH"]) {
    assertEquals(run(name, "a", "none", "h", "a"), integer(3));
    assertEquals(run(name, "none"), integer(0));
  }
  assertEquals([keyspace.hits, keyspace.misses], [6, 4]);
});

Deno.test("TOUCH marks keys as used and EXISTS and TYPE do not", () => {
  const harness = harnessWith("SET k v");
  harness.clock.advance(9000);
  harness.run("EXISTS", "k");
  harness.run("TYPE", "k");
  assertEquals(harness.run("OBJECT", "IDLETIME", "k"), integer(9));
  harness.run("TOUCH", "k");
  assertEquals(harness.run("OBJECT", "IDLETIME", "k"), integer(0));
});

Deno.test("TYPE names the type of a value", () => {
  const { run } = harnessWith("SET s 1", "HSET h f v");
  assertEquals(run("TYPE", "s"), "+string\r\n");
  assertEquals(run("TYPE", "h"), "+hash\r\n");
  assertEquals(run("TYPE", "none"), "+none\r\n");
});

Deno.test("EXISTS of several expired keys propagates their removals as one transaction", () => {
  const harness = harnessWith("SET a 1 PX 5", "SET b 1 PX 5", "SET c 1");
  pass(harness, 6);
  assertEquals(harness.run("EXISTS", "a", "b", "c"), integer(1));
  assertEquals(takePropagated(harness), ["MULTI", "0 DEL a", "0 DEL b", "EXEC"]);
  assertEquals(harness.takeAllEvents(), ["expired a", "keymiss a", "expired b", "keymiss b"]);
  forget(harness);
});
