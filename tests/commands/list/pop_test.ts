import { assertEquals } from "@std/assert";
import { LIST_COMMANDS } from "../../../src/commands/list/mod.ts";
import { array, bulk, CommandHarness, runCommands } from "../../support/command_harness.ts";

Deno.test("LPOP and RPOP reply one element, or null when there is no list", () => {
  const run = runCommands(LIST_COMMANDS);
  run("RPUSH", "l", "a", "7", "c");
  assertEquals(run("LPOP", "l"), bulk("a"));
  assertEquals(run("RPOP", "l"), bulk("c"));
  assertEquals(run("RPOP", "l"), bulk("7"));
  assertEquals(run("RPOP", "l"), "$-1\r\n");
});

Deno.test("LPOP and RPOP with a count reply an array when the list exists", () => {
  const run = runCommands(LIST_COMMANDS);
  run("RPUSH", "l", "a", "b", "c", "d", "e");
  assertEquals(run("LPOP", "l", "2"), array(bulk("a"), bulk("b")));
  assertEquals(run("RPOP", "l", "2"), array(bulk("e"), bulk("d")));
  assertEquals(run("LPOP", "l", "0"), array());
  assertEquals(run("LPOP", "l", "9223372036854775807"), array(bulk("c")));
  assertEquals(run("LPOP", "l", "0"), "*-1\r\n");
  assertEquals(run("LPOP", "l", "-1"), "-ERR value is out of range, must be positive\r\n");
  assertEquals(
    run("RPOP", "l", "1", "2"),
    "-ERR wrong number of arguments for 'rpop' command\r\n",
  );
});

Deno.test("LPOP removes the key and tells so when it takes the last element", () => {
  const harness = new CommandHarness(LIST_COMMANDS);
  harness.run("RPUSH", "l", "a", "b", "c");
  harness.takeEvents();
  harness.run("LPOP", "l", "2");
  assertEquals(harness.keyspace.dirty, 5);
  assertEquals(harness.takeEvents(), ["lpop l"]);
  harness.run("RPOP", "l", "5");
  assertEquals(harness.takeEvents(), ["rpop l", "del l"]);
  assertEquals(harness.encodingOf("l"), null);
});

Deno.test("LPOP changes nothing when it takes none", () => {
  const harness = new CommandHarness(LIST_COMMANDS);
  harness.run("RPUSH", "l", "a");
  harness.takeEvents();
  harness.takePropagated();
  harness.run("LPOP", "l", "0");
  harness.run("LPOP", "none");
  assertEquals([harness.takeEvents(), harness.takePropagated()], [[], []]);
  assertEquals(harness.keyspace.dirty, 1);
});

Deno.test("LMPOP takes elements of the first list that exists, and propagates what it took", () => {
  const harness = new CommandHarness(LIST_COMMANDS);
  const { run } = harness;
  run("RPUSH", "l", "a", "b", "c");
  run("RPUSH", "m", "d");
  harness.takePropagated();
  assertEquals(run("LMPOP", "2", "none", "l", "left"), array(bulk("l"), array(bulk("a"))));
  assertEquals(
    run("LMPOP", "2", "l", "m", "RIGHT", "count", "9"),
    array(bulk("l"), array(bulk("c"), bulk("b"))),
  );
  assertEquals(run("LMPOP", "1", "l", "LEFT"), "*-1\r\n");
  assertEquals(harness.takePropagated(), ["0 LPOP l 1", "0 RPOP l 2"]);
});

Deno.test("LMPOP names the argument that is wrong", () => {
  const run = runCommands(LIST_COMMANDS);
  const errors: [string, string[]][] = [
    ["numkeys should be greater than 0", ["0", "l", "LEFT"]],
    ["numkeys should be greater than 0", ["x", "l", "LEFT"]],
    ["syntax error", ["2", "l", "LEFT"]],
    ["syntax error", ["9223372036854775807", "l", "LEFT"]],
    ["syntax error", ["1", "l", "UP", "COUNT", "0"]],
    ["syntax error", ["1", "l", "LEFT", "COUNT"]],
    ["syntax error", ["1", "l", "LEFT", "FOO", "1"]],
    ["syntax error", ["1", "l", "LEFT", "COUNT", "1", "COUNT", "1"]],
    ["count should be greater than 0", ["1", "l", "LEFT", "COUNT", "0"]],
    ["count should be greater than 0", ["1", "l", "LEFT", "COUNT", "9223372036854775808"]],
  ];
  for (const [text, args] of errors) {
    assertEquals(run("LMPOP", ...args), `-ERR ${text}\r\n`, args.join(" "));
  }
});
