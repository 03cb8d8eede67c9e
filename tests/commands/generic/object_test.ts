import { assert, assertEquals, assertMatch } from "@std/assert";
import { bulk } from "../../support/command_harness.ts";
import { harnessWith, integer, NULL } from "./generic_harness.ts";

const SHARED = integer(2147483647);

Deno.test("OBJECT ENCODING names the encoding", () => {
  const { run } = harnessWith("SET i 17", "SET e text", `SET r ${"x".repeat(45)}`, "HSET h f v");
  assertEquals(run("OBJECT", "ENCODING", "i"), bulk("int"));
  assertEquals(run("OBJECT", "encoding", "e"), bulk("embstr"));
  assertEquals(run("OBJECT", "ENCODING", "r"), bulk("raw"));
  assertEquals(run("OBJECT", "ENCODING", "h"), bulk("listpack"));
});

Deno.test("OBJECT replies null without the key, and counts a miss without an event", () => {
  const harness = harnessWith();
  for (const name of ["ENCODING", "FREQ", "IDLETIME", "REFCOUNT"]) {
    assertEquals(harness.run("OBJECT", name, "none"), NULL);
  }
  assertEquals(harness.takeAllEvents(), []);
  assertEquals(harness.keyspace.misses, 4);
});

Deno.test("OBJECT REFCOUNT knows the integers that Redis shares", () => {
  const { run, configuration } = harnessWith();
  const count = (value: string) => {
    run("SET", "k", value);
    return run("OBJECT", "REFCOUNT", "k");
  };
  for (const value of ["0", "7", "9999"]) assertEquals(count(value), SHARED, value);
  for (const value of ["-1", "10000", "07", "text"]) assertEquals(count(value), integer(1), value);
  configuration.assign("maxmemory", 1_000_000);
  assertEquals(count("7"), SHARED);
  configuration.assign("maxmemory-policy", "volatile-ttl");
  assertEquals(count("7"), SHARED);
  for (const policy of ["allkeys-lru", "volatile-lru", "allkeys-lfu", "volatile-lfu"] as const) {
    configuration.assign("maxmemory-policy", policy);
    assertEquals(count("7"), integer(1), policy);
  }
});

Deno.test("OBJECT IDLETIME tells the seconds since the last use and is none itself", () => {
  const { run, clock } = harnessWith("SET k v", "SET other v");
  clock.advance(7500);
  assertEquals(run("OBJECT", "IDLETIME", "k"), integer(7));
  assertEquals(run("OBJECT", "IDLETIME", "k"), integer(7));
  run("GET", "k");
  assertEquals(run("OBJECT", "IDLETIME", "k"), integer(0));
  assertEquals(run("OBJECT", "IDLETIME", "other"), integer(7));
});

Deno.test("OBJECT FREQ and IDLETIME each need the policy that keeps their number", () => {
  const { run, keyspace: { accessClock } } = harnessWith("SET k v");
  assertMatch(run("OBJECT", "FREQ", "k"), /^-ERR An LFU maxmemory policy is not selected, access/);
  accessClock.lfu = true;
  accessClock.logFactor = 0;
  run("SET", "l", "v");
  run("GET", "l");
  run("TOUCH", "l");
  assertEquals(run("OBJECT", "FREQ", "l"), integer(7));
  assertMatch(run("OBJECT", "IDLETIME", "l"), /^-ERR An LFU maxmemory policy is selected, idle/);
});

Deno.test("OBJECT keeps the time and the counter of uses when a key is renamed", () => {
  const { run, keyspace: { accessClock } } = harnessWith();
  accessClock.lfu = true;
  accessClock.logFactor = 0;
  run("SET", "k", "v");
  for (let i = 0; i < 10; i++) run("GET", "k");
  run("RENAME", "k", "l");
  assertEquals(run("OBJECT", "FREQ", "l"), integer(16), "5 at first, 10 reads, 1 renaming");
  run("COPY", "l", "m");
  assertEquals(run("OBJECT", "FREQ", "m"), integer(5));
});

Deno.test("OBJECT HELP lists every sub-command", () => {
  const { run } = harnessWith();
  const reply = run("OBJECT", "HELP");
  for (const name of ["ENCODING", "FREQ", "IDLETIME", "REFCOUNT", "HELP"]) {
    assert(reply.includes(`+${name}`), name);
  }
  assertEquals(run("OBJECT", "FOO", "k"), "-ERR unknown subcommand 'FOO'. Try OBJECT HELP.\r\n");
  assertEquals(
    run("OBJECT", "ENCODING"),
    "-ERR wrong number of arguments for 'object|encoding' command\r\n",
  );
});
