import { assertEquals } from "@std/assert";
import { forget, harnessWith, integer, pass, takePropagated } from "./generic_harness.ts";

for (const name of ["DEL", "UNLINK"]) {
  Deno.test(`${name} removes keys of any type and counts those that there were`, () => {
    const harness = harnessWith("MSET a 1 b 2 c 3", "HSET h f v");
    assertEquals(harness.run(name, "a", "none", "h", "a"), integer(2));
    assertEquals(takePropagated(harness), [`0 ${name} a none h a`]);
    assertEquals(harness.takeEvents(), ["del a", "del h"]);
    assertEquals(harness.client.db.size, 2);
    assertEquals(harness.keyspace.dirty, 6);
  });

  Deno.test(`${name} changes nothing where there are no such keys`, () => {
    const harness = harnessWith("SET a 1");
    assertEquals(harness.run(name, "b", "c"), integer(0));
    assertEquals(takePropagated(harness), []);
    assertEquals([harness.keyspace.hits, harness.keyspace.misses], [0, 0]);
  });

  Deno.test(`${name} of expired keys is propagated as their removal alone`, () => {
    const harness = harnessWith("SET a 1 PX 5", "SET b 1 PX 5", "SET c 1");
    pass(harness, 6);
    assertEquals(harness.run(name, "a"), integer(0));
    assertEquals(takePropagated(harness), ["0 DEL a"]);
    assertEquals(harness.run(name, "b", "c"), integer(1));
    assertEquals(takePropagated(harness), ["MULTI", "0 DEL b", `0 ${name} b c`, "EXEC"]);
    assertEquals(harness.takeEvents(), ["expired a", "expired b", "del c"]);
  });
}

Deno.test("DEL finds its keys when those it meets expire and rows move", () => {
  const names = Array.from({ length: 100 }, (_, i) => `k${i}`);
  const harness = harnessWith(
    ...names.map((name, i) => `SET ${name} v${i % 3 === 0 ? " PX 5" : ""}`),
  );
  pass(harness, 6);
  assertEquals(harness.run("DEL", ...names.toReversed()), integer(66));
  assertEquals(harness.client.db.size, 0);
});

Deno.test("A key that expires in the middle of a batch is dead for all of it", () => {
  const harness = harnessWith("SET a 1 PX 5");
  harness.clock.advance(5);
  assertEquals(harness.run("EXISTS", "a"), integer(1));
  harness.clock.advance(1);
  assertEquals(harness.run("EXISTS", "a"), integer(0));
  forget(harness);
});

Deno.test("Expired keys are propagated as UNLINK under lazyfree-lazy-expire", () => {
  const harness = harnessWith("SET a 1 PX 5");
  harness.configuration.assign("lazyfree-lazy-expire", true);
  pass(harness, 6);
  assertEquals(harness.run("GET", "a"), "$-1\r\n");
  assertEquals(takePropagated(harness), ["0 UNLINK a"]);
});

Deno.test("An expired key is propagated in its own database before the command that met it", () => {
  const harness = harnessWith("SELECT 3", "SET a 1 PX 5", "SELECT 0", "SET a 2");
  pass(harness, 6);
  assertEquals(harness.run("MOVE", "a", "3"), integer(1));
  assertEquals(takePropagated(harness), ["MULTI", "3 DEL a", "0 MOVE a 3", "EXEC"]);
});
