import { assertEquals, assertStringIncludes } from "@std/assert";
import { DEBUG } from "../../../src/commands/server/debug.ts";
import { RPUSH } from "../../../src/commands/list/push.ts";
import { CommandHarness } from "../../support/command_harness.ts";

function start(): CommandHarness {
  const harness = new CommandHarness([DEBUG, RPUSH]);
  harness.configuration.assign("enable-debug-command", "yes");
  return harness;
}

/** What `act` prints. */
function printed(act: () => void): string {
  const { log } = console;
  const lines: unknown[] = [];
  console.log = (line: unknown) => lines.push(line);
  try {
    act();
  } finally {
    console.log = log;
  }
  return lines.join("\n");
}

Deno.test("DEBUG says why it has not what only Redis' own inside needs", () => {
  const { run } = start();
  assertEquals(
    run("DEBUG", "OOM"),
    "-ERR DEBUG OOM is not supported: only DEBUG PANIC ends the server; send its process a signal\r\n",
  );
  // The process is the test's here.
  assertStringIncludes(run("DEBUG", "PANIC"), "-ERR DEBUG PANIC is not supported: the process ");
  assertStringIncludes(run("debug", "segfault"), "-ERR DEBUG SEGFAULT is not supported: ");
  assertStringIncludes(run("DEBUG", "HTSTATS", "0"), "-ERR DEBUG HTSTATS is not supported: ");
  assertEquals(
    run("DEBUG", "NOSUCH"),
    "-ERR unknown subcommand or wrong number of arguments for 'NOSUCH'. Try DEBUG HELP.\r\n",
  );
});

Deno.test("DEBUG QUICKLIST-PACKED-THRESHOLD decides which elements are plain nodes from then on", () => {
  const { run, configuration } = start();
  const nodes = (key: string) => printed(() => run("DEBUG", "QUICKLIST", key)).split("\n").slice(1);
  assertEquals(run("DEBUG", "QUICKLIST-PACKED-THRESHOLD", "5b"), "+OK\r\n");
  run("RPUSH", "l", "abcd", "abcde", "x");
  assertEquals(nodes("l"), [
    "{node 1 of 13 bytes}",
    "{plain node 2 of 5 bytes}",
    "{node 3 of 10 bytes}",
  ]);
  assertEquals(
    run("DEBUG", "QUICKLIST-PACKED-THRESHOLD", "4gb"),
    "-ERR argument must be a memory value bigger than 1 and smaller than 4gb\r\n",
  );
  assertEquals(configuration.settings["quicklist-packed-threshold"], 5);
  run("DEBUG", "QUICKLIST-PACKED-THRESHOLD", "0");
  assertEquals(configuration.settings["quicklist-packed-threshold"], 2 ** 30);
  assertEquals(start().configuration.settings["quicklist-packed-threshold"], 2 ** 30);
  run("RPUSH", "m", "abcdef");
  assertEquals(nodes("m"), ["{node 1 of 15 bytes}"]);
});

Deno.test("DEBUG QUICKLIST prints a list's nodes, and their elements where that is asked for", () => {
  const { run, configuration } = start();
  configuration.assign("list-max-listpack-size", 2);
  run("RPUSH", "l", "a", "17", "c");
  const short = printed(() => {
    assertEquals(run("DEBUG", "QUICKLIST", "l"), "+Quicklist structure printed on stdout\r\n");
  });
  assertEquals(short, "l: 3 elements\n{node 1 of 12 bytes}\n{node 2 of 10 bytes}");
  assertEquals(
    printed(() => run("DEBUG", "QUICKLIST", "l", "1")).split("\n").filter((line) =>
      /at/.test(line)
    ),
    ['{0 at 6: "a"}', "{1 at 9: 17}", '{0 at 6: "c"}'],
  );
});

Deno.test("DEBUG POPULATE replies an error when there is no memory for so many keys, or such values", () => {
  const { run } = start();
  const calls = [["9223372036854775807"], ["1000000000000"], ["1", "k", "9223372036854775807"]];
  for (const call of calls) {
    assertEquals(run("DEBUG", "POPULATE", ...call).slice(0, 5), "-OOM ", call.join(" "));
  }
  assertEquals(run("DEBUG", "POPULATE", "2", "k", "5"), "+OK\r\n");
});
