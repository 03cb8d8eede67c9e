import { assertEquals } from "@std/assert";
import { SORTED_SET_COMMANDS } from "../../../src/commands/sorted_set/mod.ts";
import { array, bulk, CommandHarness } from "../../support/command_harness.ts";

const SYNTAX = "-ERR syntax error\r\n";
const NOT_A_FLOAT = "-ERR value is not a valid float\r\n";

/** A harness for each encoding. */
function* harnesses(): Generator<CommandHarness> {
  for (const entries of ["128", "0"]) {
    const harness = new CommandHarness(SORTED_SET_COMMANDS);
    harness.configuration.apply(["zset-max-listpack-entries", entries]);
    yield harness;
  }
}

Deno.test("ZADD tells what is new, or with CH what is new or different", () => {
  for (const { run } of harnesses()) {
    assertEquals(run("ZADD", "z", "1", "a", "2", "b", "1", "a"), ":2\r\n");
    assertEquals(run("ZADD", "z", "5", "a", "3", "c"), ":1\r\n");
    assertEquals(run("ZADD", "z", "CH", "6", "a", "3", "c", "4", "d"), ":2\r\n");
    assertEquals(
      run("ZRANGE", "z", "0", "-1", "WITHSCORES"),
      array(...["b", "2", "c", "3", "d", "4", "a", "6"].map(bulk)),
    );
  }
});

Deno.test("ZADD leaves scores alone when an option forbids the change", () => {
  const cases: [string[], string, string | null][] = [
    [["NX"], "9", "5"],
    [["XX"], "9", "9"],
    [["GT"], "4", "5"],
    [["GT"], "6", "6"],
    [["LT"], "6", "5"],
    [["LT"], "4", "4"],
    [["xx", "gt"], "6", "6"],
  ];
  for (const [options, score, result] of cases) {
    for (const { run } of harnesses()) {
      run("ZADD", "z", "5", "m");
      assertEquals(
        run("ZADD", "z", ...options, "CH", score, "m"),
        `:${result === "5" ? 0 : 1}\r\n`,
      );
      assertEquals(run("ZSCORE", "z", "m"), bulk(result as string));
    }
  }
  for (const harness of harnesses()) {
    assertEquals(harness.run("ZADD", "none", "XX", "1", "a"), ":0\r\n");
    assertEquals(harness.run("ZADD", "none", "XX", "INCR", "1", "a"), "$-1\r\n");
    assertEquals(harness.encodingOf("none"), null);
    assertEquals(harness.run("ZADD", "none", "GT", "1", "a"), ":1\r\n");
  }
});

Deno.test("ZADD INCR and ZINCRBY reply the sum, or nothing when it was not to be", () => {
  for (const { run } of harnesses()) {
    assertEquals(run("ZADD", "z", "INCR", "0.1", "m"), bulk("0.10000000000000001"));
    assertEquals(run("ZINCRBY", "z", "0.2", "m"), bulk("0.30000000000000004"));
    assertEquals(run("ZADD", "z", "NX", "INCR", "1", "m"), "$-1\r\n");
    assertEquals(run("ZADD", "z", "GT", "INCR", "-1", "m"), "$-1\r\n");
    assertEquals(run("ZINCRBY", "z", "inf", "m"), bulk("inf"));
    assertEquals(
      run("ZINCRBY", "z", "-inf", "m"),
      "-ERR resulting score is not a number (NaN)\r\n",
    );
    assertEquals(run("ZSCORE", "z", "m"), bulk("inf"));
  }
});

Deno.test("ZADD checks its options, then all scores, then the key", () => {
  const { run, keyspace } = new CommandHarness(SORTED_SET_COMMANDS);
  assertEquals(run("ZADD", "z", "1", "a", "2"), SYNTAX);
  assertEquals(run("ZADD", "z", "NX", "1"), SYNTAX);
  assertEquals(run("ZADD", "z", "NX", "XX"), SYNTAX);
  assertEquals(
    run("ZADD", "z", "NX", "XX", "x", "a"),
    "-ERR XX and NX options at the same time are not compatible\r\n",
  );
  for (const pair of [["NX", "GT"], ["LT", "NX"], ["GT", "LT"]]) {
    assertEquals(
      run("ZADD", "z", ...pair, "x", "a"),
      "-ERR GT, LT, and/or NX options at the same time are not compatible\r\n",
    );
  }
  assertEquals(
    run("ZADD", "z", "INCR", "1", "a", "2", "b"),
    "-ERR INCR option supports a single increment-element pair\r\n",
  );
  assertEquals(run("ZADD", "z", "1", "a", "x", "b"), NOT_A_FLOAT);
  assertEquals(run("ZADD", "z", "nan", "a"), NOT_A_FLOAT);
  assertEquals(run("ZADD", "z", " 1", "a"), NOT_A_FLOAT);
  assertEquals(keyspace.dirty, 0);
});

Deno.test("ZADD and ZINCRBY tell their events and propagate when something changed", () => {
  for (const harness of harnesses()) {
    const { run } = harness;
    run("ZADD", "z", "1", "a", "2", "b");
    assertEquals(harness.takeAllEvents(), ["new z", "zadd z"]);
    run("ZADD", "z", "INCR", "1", "a");
    run("ZINCRBY", "z", "1", "a");
    assertEquals(harness.takeEvents(), ["zincr z", "zincr z"]);
    assertEquals(harness.takePropagated(), [
      "0 ZADD z 1 a 2 b",
      "0 ZADD z INCR 1 a",
      "0 ZINCRBY z 1 a",
    ]);
    assertEquals(harness.keyspace.dirty, 4);
    run("ZADD", "z", "2", "b");
    run("ZADD", "z", "XX", "1", "c");
    run("ZINCRBY", "z", "0", "b");
    assertEquals(harness.takeEvents(), []);
    assertEquals(harness.takePropagated(), []);
  }
});

Deno.test("ZADD forgets the sign of zero in a listpack only", () => {
  for (const harness of harnesses()) {
    harness.run("ZADD", "z", "-0", "a");
    const kept = harness.encodingOf("z") === "skiplist" ? "-0" : "0";
    assertEquals(harness.run("ZSCORE", "z", "a"), bulk(kept));
    assertEquals(harness.run("ZADD", "z", "CH", "0", "a"), ":0\r\n");
    assertEquals(harness.run("ZSCORE", "z", "a"), bulk(kept));
  }
});
