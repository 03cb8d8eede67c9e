import { assertEquals } from "@std/assert";
import { bulk } from "../../support/command_harness.ts";
import { addEntries, forget, streamHarness } from "./stream_harness.ts";

Deno.test("XGROUP CREATE needs the key unless it may make it", () => {
  const harness = streamHarness();
  const { run } = harness;
  assertEquals(
    run("XGROUP", "CREATE", "s", "g", "$"),
    "-ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use " +
      "the MKSTREAM option to create an empty stream automatically.\r\n",
  );
  assertEquals(run("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM"), "+OK\r\n");
  assertEquals(harness.encodingOf("s"), "stream");
  assertEquals(
    run("XGROUP", "CREATE", "s", "g", "0"),
    "-BUSYGROUP Consumer Group name already exists\r\n",
  );
  assertEquals(harness.takeEvents(), ["xgroup-create s"]);
  assertEquals(harness.takePropagated(), ["0 XGROUP CREATE s g $ MKSTREAM"]);
});

Deno.test("XGROUP changes groups without a change to those who watch the key", () => {
  const harness = streamHarness();
  const { run } = harness;
  addEntries(harness, "s", 2);
  run("WATCH", "s");
  forget(harness);
  run("XGROUP", "CREATE", "s", "g", "0", "ENTRIESREAD", "1");
  run("XGROUP", "SETID", "s", "g", "$");
  assertEquals(run("XGROUP", "CREATECONSUMER", "s", "g", "c"), ":1\r\n");
  assertEquals(run("XGROUP", "CREATECONSUMER", "s", "g", "c"), ":0\r\n");
  assertEquals(run("XGROUP", "DELCONSUMER", "s", "g", "c"), ":0\r\n");
  assertEquals(run("XGROUP", "DESTROY", "s", "g"), ":1\r\n");
  assertEquals(run("XGROUP", "DESTROY", "s", "g"), ":0\r\n");
  assertEquals(
    harness.takeEvents(),
    ["create", "setid", "createconsumer", "delconsumer", "destroy"].map((name) =>
      `xgroup-${name} s`
    ),
  );
  assertEquals(harness.takePropagated().length, 5);
  run("MULTI");
  run("XLEN", "s");
  assertEquals(run("EXEC"), "*1\r\n:2\r\n");
});

Deno.test("XGROUP DELCONSUMER tells how much was pending, which is then nobody's", () => {
  const harness = streamHarness();
  const { run } = harness;
  addEntries(harness, "s", 3);
  run("XGROUP", "CREATE", "s", "g", "0");
  run("XREADGROUP", "GROUP", "g", "a", "COUNT", "2", "STREAMS", "s", ">");
  run("XREADGROUP", "GROUP", "g", "b", "STREAMS", "s", ">");
  assertEquals(run("XGROUP", "DELCONSUMER", "s", "g", "a"), ":2\r\n");
  assertEquals(
    run("XPENDING", "s", "g"),
    `*4\r\n:1\r\n${bulk("3-1")}${bulk("3-1")}*1\r\n*2\r\n${bulk("b")}${bulk("1")}`,
  );
});

Deno.test("XGROUP tells what is missing and what makes no sense", () => {
  const { run } = streamHarness();
  run("XGROUP", "CREATE", "s", "g", "0", "MKSTREAM");
  for (const command of [["SETID", "s", "h", "0"], ["CREATECONSUMER", "s", "h", "c"]]) {
    assertEquals(
      run("XGROUP", ...command),
      "-NOGROUP No such consumer group 'h' for key name 's'\r\n",
    );
  }
  assertEquals(
    run("XGROUP", "SETID", "s", "g", "0", "MKSTREAM"),
    "-ERR unknown subcommand or wrong number of arguments for 'SETID'. Try XGROUP HELP.\r\n",
  );
  assertEquals(
    run("XGROUP", "CREATE", "s", "h", "0", "ENTRIESREAD", "-2"),
    "-ERR value for ENTRIESREAD must be positive or -1\r\n",
  );
});
