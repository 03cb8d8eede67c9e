import { assertEquals } from "@std/assert";
import { GENERIC_COMMANDS } from "../../../src/commands/generic/mod.ts";
import { SET_COMMANDS } from "../../../src/commands/set/mod.ts";
import { SORTED_SET_COMMANDS } from "../../../src/commands/sorted_set/mod.ts";
import { STRING_COMMANDS } from "../../../src/commands/string/mod.ts";
import { array, bulk, CommandHarness } from "../../support/command_harness.ts";

function harness(): CommandHarness {
  return new CommandHarness([
    ...SORTED_SET_COMMANDS,
    ...SET_COMMANDS,
    ...STRING_COMMANDS,
    ...GENERIC_COMMANDS,
  ]);
}

Deno.test("store commands replace any value and its time to live", () => {
  const made = harness();
  made.run("ZADD", "z", "1", "a", "2", "b");
  for (
    const [command, event] of [
      ["ZUNIONSTORE d 1 z", "zunionstore"],
      ["ZINTERSTORE d 1 z", "zinterstore"],
      ["ZDIFFSTORE d 1 z", "zdiffstore"],
      ["ZRANGESTORE d z 0 -1", "zrangestore"],
    ]
  ) {
    made.run("SET", "d", "text", "EX", "100");
    made.takeEvents();
    made.takePropagated();
    const dirty = made.keyspace.dirty;
    assertEquals(made.run(...command.split(" ")), ":2\r\n");
    assertEquals(made.expiryOf("d"), null);
    assertEquals(made.run("ZRANGE", "d", "0", "-1"), array(bulk("a"), bulk("b")));
    assertEquals(made.takeEvents(), [`${event} d`]);
    assertEquals(made.takePropagated(), [`0 ${command}`]);
    assertEquals(made.keyspace.dirty, dirty + 1);
  }
});

Deno.test("store commands delete the key when there is nothing to store", () => {
  const made = harness();
  made.run("ZADD", "z", "1", "a");
  for (
    const command of [
      "ZUNIONSTORE d 1 none",
      "ZINTERSTORE d 2 z none",
      "ZDIFFSTORE d 2 z z",
      "ZRANGESTORE d z 5 9",
      "ZRANGESTORE d none 0 -1",
    ]
  ) {
    made.run("SET", "d", "text");
    made.takeEvents();
    made.takePropagated();
    assertEquals(made.run(...command.split(" ")), ":0\r\n");
    assertEquals(made.run("EXISTS", "d"), ":0\r\n");
    assertEquals(made.takeEvents(), ["del d"]);
    assertEquals(made.takePropagated(), [`0 ${command}`]);
    assertEquals(made.run(...command.split(" ")), ":0\r\n");
    assertEquals(made.takeEvents(), []);
    assertEquals(made.takePropagated(), []);
  }
});

Deno.test("store commands may store over what they read", () => {
  for (const entries of ["128", "0"]) {
    const made = harness();
    made.configuration.apply(["zset-max-listpack-entries", entries]);
    made.run("ZADD", "z", "1", "a", "2", "b", "3", "c");
    made.run("SADD", "s", "a", "b");
    assertEquals(made.run("ZUNIONSTORE", "z", "2", "z", "z"), ":3\r\n");
    assertEquals(made.run("ZINTERSTORE", "s", "2", "s", "z", "WEIGHTS", "10", "1"), ":2\r\n");
    assertEquals(
      made.run("ZRANGE", "s", "0", "-1", "WITHSCORES"),
      array(...["a", "12", "b", "14"].map(bulk)),
    );
    assertEquals(made.run("ZRANGESTORE", "z", "z", "4", "(6", "BYSCORE"), ":1\r\n");
    assertEquals(made.run("ZRANGE", "z", "0", "-1", "WITHSCORES"), array(bulk("b"), bulk("4")));
  }
});

Deno.test("store commands choose the encoding by what they store", () => {
  const made = harness();
  made.configuration.apply(["zset-max-listpack-entries", "2", "zset-max-listpack-value", "5"]);
  made.run("ZADD", "z", "1", "a", "2", "b", "3", "c");
  made.run("ZADD", "long", "1", "123456");
  made.run("ZUNIONSTORE", "d", "1", "z");
  assertEquals(made.encodingOf("d"), "skiplist");
  made.run("ZRANGESTORE", "d", "z", "0", "1");
  assertEquals(made.encodingOf("d"), "listpack");
  made.run("ZUNIONSTORE", "d", "1", "long");
  assertEquals(made.encodingOf("d"), "skiplist");
  made.run("ZDIFFSTORE", "d", "2", "z", "long");
  assertEquals(made.encodingOf("d"), "skiplist");
  made.run("ZREM", "z", "a");
  made.run("ZDIFFSTORE", "d", "2", "z", "long");
  assertEquals(made.encodingOf("d"), "listpack");
});

Deno.test("combining commands read their keys before their options", () => {
  const { run } = harness();
  run("SET", "s", "text");
  run("ZADD", "z", "1", "a");
  const wrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";
  assertEquals(run("ZUNION", "2", "z", "s", "FOO"), wrongType);
  assertEquals(run("ZINTERCARD", "2", "none", "s", "LIMIT", "x"), wrongType);
  assertEquals(run("ZUNION", "1", "z", "FOO"), "-ERR syntax error\r\n");
  assertEquals(run("ZUNION", "1", "z", "WEIGHTS", "x"), "-ERR weight value is not a float\r\n");
  assertEquals(run("ZINTERCARD", "1", "z", "LIMIT", "-1"), "-ERR LIMIT can't be negative\r\n");
  assertEquals(
    run("ZDIFFSTORE", "d", "0", "z"),
    "-ERR at least 1 input key is needed for 'zdiffstore' command\r\n",
  );
  assertEquals(run("ZINTERCARD", "1", "z", "LIMIT", "0"), ":1\r\n");
});
