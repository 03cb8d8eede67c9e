import { assertEquals } from "@std/assert";
import { START } from "../../support/command_harness.ts";
import { forget, harnessWith, integer, pass, takePropagated } from "./generic_harness.ts";

Deno.test("EXPIRE and its relatives set the time that their unit and origin say", () => {
  const harness = harnessWith("SET k v");
  const expire = (...command: string[]) => {
    assertEquals(harness.run(...command), integer(1));
    return harness.expiryOf("k");
  };
  assertEquals(expire("EXPIRE", "k", "10"), START + 10_000);
  assertEquals(expire("PEXPIRE", "k", "10"), START + 10);
  assertEquals(expire("EXPIREAT", "k", String(START / 1000 + 5)), START + 5000);
  assertEquals(expire("pexpireat", "k", String(START + 5)), START + 5);
  assertEquals(takePropagated(harness), [
    `0 PEXPIREAT k ${START + 10_000}`,
    `0 PEXPIREAT k ${START + 10}`,
    `0 PEXPIREAT k ${START + 5000}`,
    `0 pexpireat k ${START + 5}`,
  ]);
  assertEquals(harness.takeEvents(), Array(4).fill("expire k"));
});

Deno.test("EXPIRE is propagated with its options", () => {
  const harness = harnessWith("SET k v");
  harness.run("EXPIRE", "k", "10", "nx");
  harness.run("PEXPIRE", "k", "20000", "XX", "gt");
  assertEquals(takePropagated(harness), [
    `0 PEXPIREAT k ${START + 10_000} nx`,
    `0 PEXPIREAT k ${START + 20_000} XX gt`,
  ]);
});

Deno.test("EXPIRE of a key that is not there does nothing", () => {
  const harness = harnessWith();
  for (const seconds of ["10", "-10"]) {
    assertEquals(harness.run("EXPIRE", "none", seconds), integer(0));
  }
  assertEquals([takePropagated(harness), harness.takeAllEvents()], [[], []]);
});

// Whether EXPIRE k 100 OPTIONS does it where the key lives for ever, for 50 s, for 100 s and for 200 s.
const CONDITIONS: [options: string, ...does: boolean[]][] = [
  ["NX", true, false, false, false],
  ["XX", false, true, true, true],
  ["GT", false, true, false, false],
  ["LT", true, false, false, true],
  ["XX GT", false, true, false, false],
  ["LT XX", false, false, false, true],
  ["XX XX", false, true, true, true],
];

for (const [options, ...does] of CONDITIONS) {
  Deno.test(`EXPIRE ${options} depends on the time to live so far`, () => {
    [null, 50, 100, 200].forEach((seconds, i) => {
      const harness = harnessWith("SET k v");
      if (seconds !== null) harness.run("EXPIRE", "k", String(seconds));
      forget(harness);
      const before = harness.expiryOf("k");
      assertEquals(
        harness.run("EXPIRE", "k", "100", ...options.split(" ")),
        integer(does[i] ? 1 : 0),
        `${seconds}`,
      );
      assertEquals(harness.expiryOf("k"), does[i] ? START + 100_000 : before);
      assertEquals(takePropagated(harness).length, does[i] ? 1 : 0);
    });
  });
}

Deno.test("EXPIRE to a time that is past removes the key, under the conditions too", () => {
  for (const [lazy, command] of [[false, "DEL"], [true, "UNLINK"]] as const) {
    const harness = harnessWith("SET k v EX 100", "HSET h f v");
    harness.configuration.assign("lazyfree-lazy-expire", lazy);
    assertEquals(harness.run("EXPIRE", "k", "-1", "GT"), integer(0));
    assertEquals(harness.run("EXPIRE", "k", "-1", "NX"), integer(0));
    assertEquals(harness.run("EXPIRE", "k", "0", "LT"), integer(1));
    assertEquals(harness.run("PEXPIREAT", "h", String(START)), integer(1));
    assertEquals(takePropagated(harness), [`0 ${command} k`, `0 ${command} h`]);
    assertEquals(harness.takeEvents(), ["del k", "del h"]);
    assertEquals(harness.client.db.size, 0);
  }
});

Deno.test("EXPIRE keeps a time that is past where keys may not expire by themselves", () => {
  const harness = harnessWith("SET k v", "SET l v");
  const { keyspace, run } = harness;
  const release = keyspace.keepsExpired.hold();
  assertEquals(run("PEXPIREAT", "k", "-5"), integer(1));
  assertEquals(run("PEXPIREAT", "l", "12"), integer(1));
  assertEquals(keyspace.databases[0].size, 2);
  release();
  forget(harness);
  assertEquals(run("EXISTS", "k", "l"), integer(0));
  assertEquals(harness.takeEvents(), ["expired k", "expired l"]);
});

Deno.test("EXPIRE checks its options, then its number, then the key", () => {
  const { run } = harnessWith("SET k v");
  const error = (...args: string[]) => run("EXPIRE", ...args).slice(1, -2);
  const NX_AND_OTHERS = "ERR NX and XX, GT or LT options at the same time are not compatible";
  for (const other of ["XX", "GT", "LT"]) {
    assertEquals(error("k", "x", "NX", other), NX_AND_OTHERS);
    assertEquals(error("k", "x", other, "NX"), NX_AND_OTHERS);
  }
  assertEquals(
    error("k", "x", "LT", "GT"),
    "ERR GT and LT options at the same time are not compatible",
  );
  assertEquals(error("k", "x", "NX", "XX", "Foo"), "ERR Unsupported option Foo");
  assertEquals(error("none", "x"), "ERR value is not an integer or out of range");
  assertEquals(
    error("none", "9223372036854775"),
    "ERR invalid expire time in 'expire' command",
  );
});

Deno.test("EXPIRE refuses times that no int64 of milliseconds holds", () => {
  const { run } = harnessWith("SET k v");
  const refused: [string, string][] = [
    ["EXPIRE", "9223372036854776"],
    ["EXPIRE", "-9223372036854776"],
    ["EXPIRE", "9223372036854000"],
    ["EXPIREAT", "9223372036854776"],
    ["PEXPIRE", "9223372036854775807"],
  ];
  for (const [name, time] of refused) {
    assertEquals(
      run(name, "k", time),
      `-ERR invalid expire time in '${name.toLowerCase()}' command\r\n`,
    );
  }
  assertEquals(run("EXPIREAT", "k", "9223372036854775"), integer(1));
  assertEquals(run("PEXPIREAT", "k", "9223372036854775807"), integer(1));
  assertEquals(run("PEXPIREAT", "k", "-9223372036854775808"), integer(1));
  assertEquals(run("EXISTS", "k"), integer(0));
});

Deno.test("Times beyond 2^53 are told and compared exactly", () => {
  const { run } = harnessWith("SET k v");
  assertEquals(run("PEXPIREAT", "k", "9223372036854775806"), integer(1));
  assertEquals(run("PEXPIREAT", "k", "9223372036854775807", "LT"), integer(0));
  assertEquals(run("PEXPIREAT", "k", "9223372036854775807", "GT"), integer(1));
  assertEquals(run("PEXPIREAT", "k", "9223372036854775807", "GT"), integer(0));
  assertEquals(run("PEXPIRETIME", "k"), integer(9223372036854775807n));
  assertEquals(run("EXPIRETIME", "k"), integer(9223372036854776));
  assertEquals(run("PTTL", "k"), integer(9223372036854775807n - BigInt(START)));
  run("PEXPIREAT", "k", "9007199254740993");
  assertEquals(run("PEXPIRETIME", "k"), integer(9007199254740993n));
  run("PEXPIREAT", "k", "7");
  assertEquals(run("PEXPIRETIME", "k"), integer(-2));
});

Deno.test("PERSIST makes a key live for ever, once", () => {
  const harness = harnessWith("SET k v EX 10");
  assertEquals(harness.run("PERSIST", "k"), integer(1));
  assertEquals(harness.run("PERSIST", "k"), integer(0));
  assertEquals(harness.run("PERSIST", "none"), integer(0));
  assertEquals(takePropagated(harness), ["0 PERSIST k"]);
  assertEquals(harness.takeEvents(), ["persist k"]);
  harness.clock.advance(20_000);
  assertEquals(harness.run("TTL", "k"), integer(-1));
});

Deno.test("TTL and PTTL count down, EXPIRETIME and PEXPIRETIME stay", () => {
  const harness = harnessWith("SET k v PX 1500", "SET forever v");
  const times = () =>
    ["TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"].map((name) => harness.run(name, "k"));
  const [second, ms] = [integer(START / 1000 + 2), integer(START + 1500)];
  assertEquals(times(), [integer(2), integer(1500), second, ms]);
  harness.clock.advance(1);
  assertEquals(times(), [integer(1), integer(1499), second, ms]);
  harness.clock.advance(1498);
  assertEquals(times(), [integer(0), integer(1), second, ms]);
  harness.clock.advance(1);
  assertEquals(times(), [integer(0), integer(0), second, ms]);
  pass(harness, 1);
  assertEquals(times(), Array(4).fill(integer(-2)));
  assertEquals(harness.run("PTTL", "forever"), integer(-1));
  assertEquals(takePropagated(harness), ["0 DEL k"]);
});
