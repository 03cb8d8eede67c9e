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
    run("DEBUG", "QUICKLIST-PACKED-THRESHOLD", "100b"),
    "-ERR DEBUG QUICKLIST-PACKED-THRESHOLD is not supported: every element of a list is in a " +
      "listpack\r\n",
  );
  assertStringIncludes(run("debug", "segfault"), "-ERR DEBUG SEGFAULT is not supported: ");
  assertStringIncludes(run("DEBUG", "HTSTATS", "0"), "-ERR DEBUG HTSTATS is not supported: ");
  assertEquals(
    run("DEBUG", "NOSUCH"),
    "-ERR unknown subcommand or wrong number of arguments for 'NOSUCH'. Try DEBUG HELP.\r\n",
  );
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
