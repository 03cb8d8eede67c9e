import { assertEquals } from "@std/assert";
import { LIST_COMMANDS } from "../../../src/commands/list/mod.ts";
import { STRING_COMMANDS } from "../../../src/commands/string/mod.ts";
import { array, bulk, CommandHarness } from "../../support/command_harness.ts";

/** What was propagated, without the commands that tests themselves write. */
function served(harness: CommandHarness): string[] {
  return harness.takePropagated().filter((command) => !/ (RPUSH|SET) /.test(command));
}

Deno.test("blocking pops reply at once when a list is there", () => {
  const harness = new CommandHarness(LIST_COMMANDS);
  const { run } = harness;
  run("RPUSH", "l", ..."abcdefg");
  assertEquals(run("BLPOP", "none", "l", "0"), array(bulk("l"), bulk("a")));
  assertEquals(run("BRPOP", "l", "0"), array(bulk("l"), bulk("g")));
  assertEquals(run("BLMOVE", "l", "m", "right", "LEFT", "0"), bulk("f"));
  assertEquals(run("BRPOPLPUSH", "l", "m", "0"), bulk("e"));
  assertEquals(
    run("BLMPOP", "0", "2", "none", "l", "LEFT", "COUNT", "2"),
    array(bulk("l"), array(bulk("b"), bulk("c"))),
  );
  assertEquals(served(harness), [
    "0 LPOP l",
    "0 RPOP l",
    "0 LMOVE l m right LEFT",
    "0 RPOPLPUSH l m",
    "0 LPOP l 2",
  ]);
});

Deno.test("blocking pops are served from the key that comes, and propagate what does not wait", () => {
  const waits: [string[], string, string][] = [
    [["BLPOP", "x", "l", "0"], array(bulk("l"), bulk("1")), "LPOP l"],
    [["BRPOP", "x", "l", "0"], array(bulk("l"), bulk("2")), "RPOP l"],
    [["BLMOVE", "l", "m", "LEFT", "right", "0"], bulk("1"), "LMOVE l m left right"],
    [["BRPOPLPUSH", "l", "m", "0"], bulk("2"), "RPOPLPUSH l m"],
    [
      ["BLMPOP", "0", "2", "x", "l", "RIGHT", "COUNT", "5"],
      array(bulk("l"), array(bulk("2"), bulk("1"))),
      "RPOP l 2",
    ],
  ];
  for (const [command, reply, propagated] of waits) {
    const harness = new CommandHarness(LIST_COMMANDS);
    assertEquals(harness.run(...command), "");
    assertEquals(harness.run("RPUSH", "l", "1", "2"), `:2\r\n${reply}`);
    assertEquals(served(harness), [`0 ${propagated}`]);
    assertEquals(harness.run("RPUSH", "x", "3"), ":1\r\n");
  }
});

Deno.test("blocking pops go on waiting when the key that comes holds no list", () => {
  const harness = new CommandHarness([...LIST_COMMANDS, ...STRING_COMMANDS]);
  const { run } = harness;
  run("BLPOP", "l", "0");
  assertEquals(run("SET", "l", "text"), "+OK\r\n");
  assertEquals(run("RPUSH", "other", "1"), ":1\r\n");
  assertEquals(run("GETDEL", "l"), bulk("text"));
  assertEquals(run("RPUSH", "l", "1"), ":1\r\n" + array(bulk("l"), bulk("1")));
});

Deno.test("BLMOVE gets an error and takes nothing when its destination holds another type", () => {
  const harness = new CommandHarness([...LIST_COMMANDS, ...STRING_COMMANDS]);
  const { run } = harness;
  run("BLMOVE", "l", "s", "LEFT", "LEFT", "0");
  run("SET", "s", "text");
  assertEquals(
    run("RPUSH", "l", "1"),
    ":1\r\n-WRONGTYPE Operation against a key holding the wrong kind of value\r\n",
  );
  assertEquals(run("LRANGE", "l", "0", "-1"), array(bulk("1")));
  assertEquals(served(harness), []);
});

Deno.test("blocking pops reply null when their time is over", () => {
  const waits = [
    ["BLPOP", "l", "1.5"],
    ["BRPOP", "l", "1.5"],
    ["BLMOVE", "l", "m", "LEFT", "LEFT", "1.5"],
    ["BRPOPLPUSH", "l", "m", "1.5"],
    ["BLMPOP", "1.5", "1", "l", "LEFT"],
  ];
  for (const command of waits) {
    const harness = new CommandHarness(LIST_COMMANDS);
    harness.run(...command);
    harness.clock.advance(1499);
    assertEquals(harness.run("LLEN", "l"), ":0\r\n");
    harness.clock.advance(1);
    assertEquals(harness.run("LLEN", "l"), "*-1\r\n:0\r\n");
    assertEquals(harness.run("RPUSH", "l", "1"), ":1\r\n");
  }
});

Deno.test("blocking pops own their keys when the buffer that they came in is used again", () => {
  const harness = new CommandHarness(LIST_COMMANDS);
  harness.run("BLMOVE", "source", "destination", "LEFT", "LEFT", "0");
  harness.run("LLEN", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
  assertEquals(harness.run("RPUSH", "source", "1"), ":1\r\n" + bulk("1"));
  assertEquals(harness.run("LRANGE", "destination", "0", "-1"), array(bulk("1")));
});
