import { assertEquals } from "@std/assert";
import { SORTED_SET_COMMANDS } from "../../../src/commands/sorted_set/mod.ts";
import { STRING_COMMANDS } from "../../../src/commands/string/mod.ts";
import { array, bulk, CommandHarness } from "../../support/command_harness.ts";

/** Five members in each encoding. */
function* harnesses(): Generator<CommandHarness> {
  for (const entries of ["128", "0"]) {
    const harness = new CommandHarness([...SORTED_SET_COMMANDS, ...STRING_COMMANDS]);
    harness.configuration.apply(["zset-max-listpack-entries", entries]);
    harness.run("ZADD", "z", "1", "a", "2", "b", "3", "c", "4", "d", "5", "e");
    harness.takeEvents();
    harness.takePropagated();
    yield harness;
  }
}

Deno.test("ZPOPMIN and ZPOPMAX reply pairs in RESP3 only when a count is given", () => {
  for (const { run, client } of harnesses()) {
    assertEquals(run("ZPOPMIN", "z"), array(bulk("a"), bulk("1")));
    assertEquals(run("ZPOPMAX", "z", "1"), array(bulk("e"), bulk("5")));
    client.reply.resp = 3;
    assertEquals(run("ZPOPMAX", "z"), array(bulk("d"), ",4\r\n"));
    assertEquals(
      run("ZPOPMIN", "z", "9"),
      array(array(bulk("b"), ",2\r\n"), array(bulk("c"), ",3\r\n")),
    );
    assertEquals(run("ZPOPMIN", "z"), "*0\r\n");
  }
});

Deno.test("ZPOPMIN removes the key with the last member, and changes nothing for a count of 0", () => {
  for (const harness of harnesses()) {
    const { run, keyspace } = harness;
    const dirty = keyspace.dirty;
    assertEquals(run("ZPOPMIN", "z", "0"), "*0\r\n");
    assertEquals(keyspace.dirty, dirty);
    run("ZPOPMAX", "z", "2");
    run("ZPOPMIN", "z", "3");
    assertEquals(keyspace.dirty, dirty + 5);
    assertEquals(harness.encodingOf("z"), null);
    assertEquals(harness.takeEvents(), ["zpopmax z", "zpopmin z", "del z"]);
    assertEquals(harness.takePropagated(), ["0 ZPOPMAX z 2", "0 ZPOPMIN z 3"]);
  }
});

Deno.test("ZMPOP takes from the first key that has a sorted set, and propagates which", () => {
  for (const harness of harnesses()) {
    const { run } = harness;
    assertEquals(
      run("ZMPOP", "2", "none", "z", "max", "count", "2"),
      array(bulk("z"), array(array(bulk("e"), bulk("5")), array(bulk("d"), bulk("4")))),
    );
    run("ZMPOP", "1", "z", "MIN", "COUNT", "100");
    assertEquals(run("ZMPOP", "1", "z", "MIN"), "*-1\r\n");
    assertEquals(harness.takePropagated(), ["0 ZPOPMAX z 2", "0 ZPOPMIN z 3"]);
    assertEquals(harness.takeEvents(), ["zpopmax z", "zpopmin z", "del z"]);
  }
});

Deno.test("blocking pops reply at once when a sorted set is there", () => {
  for (const harness of harnesses()) {
    const { run } = harness;
    assertEquals(run("BZPOPMIN", "none", "z", "0"), array(bulk("z"), bulk("a"), bulk("1")));
    assertEquals(run("BZPOPMAX", "z", "0"), array(bulk("z"), bulk("e"), bulk("5")));
    assertEquals(
      run("BZMPOP", "0", "1", "z", "MIN", "COUNT", "2"),
      array(bulk("z"), array(array(bulk("b"), bulk("2")), array(bulk("c"), bulk("3")))),
    );
    assertEquals(harness.takePropagated(), ["0 ZPOPMIN z", "0 ZPOPMAX z", "0 ZPOPMIN z 2"]);
  }
});

Deno.test("blocking pops are served from the key that comes when it is a sorted set", () => {
  const waits: [string[], string, string][] = [
    [["BZPOPMIN", "x", "q", "0"], array(bulk("q"), bulk("a"), bulk("1")), "ZPOPMIN q"],
    [["BZPOPMAX", "x", "q", "0"], array(bulk("q"), bulk("b"), bulk("2")), "ZPOPMAX q"],
    [
      ["BZMPOP", "0", "2", "x", "q", "MAX", "COUNT", "5"],
      array(bulk("q"), array(array(bulk("b"), bulk("2")), array(bulk("a"), bulk("1")))),
      "ZPOPMAX q 2",
    ],
  ];
  for (const [command, reply, propagated] of waits) {
    for (const harness of harnesses()) {
      assertEquals(harness.run(...command), "");
      assertEquals(harness.run("SET", "x", "text"), "+OK\r\n");
      assertEquals(harness.run("ZADD", "q", "1", "a", "2", "b"), `:2\r\n${reply}`);
      assertEquals(harness.takePropagated().at(-1), `0 ${propagated}`);
    }
  }
});

Deno.test("blocking pops reply nothing when their time is over", () => {
  const { run, clock, client } = new CommandHarness(SORTED_SET_COMMANDS);
  for (const command of ["BZPOPMIN q 0.5", "BZMPOP 0.5 1 q MIN"]) {
    assertEquals(run(...command.split(" ")), "");
    clock.advance(499);
    assertEquals(client.reply.size, 0);
    clock.advance(1);
    assertEquals(new TextDecoder().decode(client.reply.bytes()), "*-1\r\n");
  }
});

Deno.test("pops check their arguments before they look at keys", () => {
  const { run } = new CommandHarness([...SORTED_SET_COMMANDS, ...STRING_COMMANDS]);
  run("SET", "s", "text");
  const wrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";
  const syntax = "-ERR syntax error\r\n";
  const positive = "-ERR value is out of range, must be positive\r\n";
  assertEquals(run("ZPOPMIN", "s", "x"), positive);
  assertEquals(run("ZPOPMIN", "s", "-1"), positive);
  assertEquals(run("ZPOPMIN", "s", "0"), wrongType);
  assertEquals(run("ZPOPMIN", "s", "1", "2"), syntax);
  assertEquals(run("ZMPOP", "0", "s", "MIN"), "-ERR numkeys should be greater than 0\r\n");
  assertEquals(run("ZMPOP", "2", "s", "MIN"), syntax);
  assertEquals(run("ZMPOP", "1", "s", "UP"), syntax);
  assertEquals(
    run("ZMPOP", "1", "s", "MIN", "COUNT", "0"),
    "-ERR count should be greater than 0\r\n",
  );
  assertEquals(run("ZMPOP", "1", "s", "MIN", "COUNT", "1", "COUNT"), syntax);
  assertEquals(run("ZMPOP", "1", "s", "MIN"), wrongType);
  assertEquals(run("BZPOPMIN", "s", "-1"), "-ERR timeout is negative\r\n");
  assertEquals(run("BZPOPMIN", "none", "s", "0"), wrongType);
});
