import { assert, assertEquals } from "@std/assert";
import { HASH_COMMANDS } from "../../../src/commands/hash/mod.ts";
import { leaves, parseReply } from "../../support/reply.ts";
import { array, bulk, CommandHarness, runCommands } from "../../support/command_harness.ts";

const SYNTAX = "-ERR syntax error\r\n";
const EMPTY_SCAN = array(bulk("0"), array());

Deno.test("HSCAN replies a listpack as a whole, whatever the cursor and COUNT", () => {
  const run = runCommands(HASH_COMMANDS);
  run("HSET", "h", "a", "1", "b", "2");
  const all = array(bulk("0"), array(...["a", "1", "b", "2"].map(bulk)));
  assertEquals(run("HSCAN", "h", "0"), all);
  assertEquals(run("HSCAN", "h", "5", "COUNT", "1"), all);
  assertEquals(run("HSCAN", "h", "18446744073709551615"), all);
});

Deno.test("HSCAN goes through a table in steps of COUNT", () => {
  const { run, configuration } = new CommandHarness(HASH_COMMANDS);
  configuration.apply(["hash-max-listpack-entries", "0"]);
  for (let i = 0; i < 100; i++) run("HSET", "h", `f${i}`, `v${i}`);
  const found: string[] = [];
  let cursor = "0", calls = 0;
  do {
    const [next, ...texts] = leaves(parseReply(run("HSCAN", "h", cursor, "COUNT", "7"))!.reply);
    assert(texts.length < 60, `${texts.length / 2} fields`);
    for (let i = 0; i < texts.length; i += 2) found.push(`${texts[i]}=${texts[i + 1]}`);
    cursor = next;
    calls++;
  } while (cursor !== "0");
  assert(calls > 5 && calls <= 15, `${calls} calls`);
  assertEquals(found.sort(), Array.from({ length: 100 }, (_, i) => `f${i}=v${i}`).sort());
  const [end, ...all] = leaves(
    parseReply(run("HSCAN", "h", "0", "COUNT", "9223372036854775807", "MATCH", "f[12]"))!.reply,
  );
  assertEquals([end, all.length], ["0", 4]);
});

Deno.test("HSCAN MATCH looks at fields, also those stored as integers", () => {
  const run = runCommands(HASH_COMMANDS);
  run("HSET", "h", "123", "a", "abc", "123", "", "empty");
  const found = (...texts: string[]) => array(bulk("0"), array(...texts.map(bulk)));
  assertEquals(run("HSCAN", "h", "0", "MATCH", "1*"), found("123", "a"));
  assertEquals(run("HSCAN", "h", "0", "MATCH", ""), found("", "empty"));
  assertEquals(
    run("HSCAN", "h", "0", "MATCH", "*"),
    found("123", "a", "abc", "123", "", "empty"),
  );
  assertEquals(run("HSCAN", "h", "0", "MATCH", "x", "MATCH", "a??"), found("abc", "123"));
});

Deno.test("HSCAN refuses bad options only when there is a hash", () => {
  const run = runCommands(HASH_COMMANDS);
  run("HSET", "h", "a", "1");
  for (const options of [["COUNT", "0"], ["COUNT"], ["MATCH"], ["FOO", "1"], ["TYPE", "hash"]]) {
    assertEquals(run("HSCAN", "h", "0", ...options), SYNTAX, options.join(" "));
    assertEquals(run("HSCAN", "none", "0", ...options), EMPTY_SCAN);
  }
  assertEquals(
    run("HSCAN", "h", "0", "COUNT", "x"),
    "-ERR value is not an integer or out of range\r\n",
  );
  assertEquals(run("HSCAN", "none", "x"), "-ERR invalid cursor\r\n");
});
