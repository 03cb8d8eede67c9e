/** The harness' own tests: above all that a difference is reported, wherever it lies. */

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseReply, type Reply } from "../support/reply.ts";
import { referenceTest } from "../support/reference.ts";
import { unusedTokens } from "./command_docs.ts";
import { sameLoggedCommand } from "./aof.ts";
import { repliesMatch } from "./masks.ts";
import { Pair } from "./pair.ts";
import { runScript } from "./run_script.ts";
import { expand, type Mask, parseScripts } from "./script.ts";

function reply(raw: string): Reply {
  return parseReply(raw)!.reply;
}

function masks(line: string): readonly Mask[] {
  return parseScripts("test", `=== t\n${line} PING`)[0].steps[0].masks;
}

function match(line: string, expected: string, actual: string): boolean {
  return repliesMatch(reply(expected), reply(actual), line === "" ? [] : masks(line));
}

Deno.test("repliesMatch compares byte for byte when there is no mask", () => {
  assertEquals(match("", "$1\r\na\r\n", "$1\r\na\r\n"), true);
  assertEquals(match("", "$1\r\na\r\n", "+a\r\n"), false);
  assertEquals(match("", "$-1\r\n", "*-1\r\n"), false);
});

Deno.test("masks allow what they name and nothing else", () => {
  assertEquals(match("~within(2)", ":10\r\n", ":12\r\n"), true);
  assertEquals(match("~within(2)", ":10\r\n", ":13\r\n"), false);
  assertEquals(match("~within(2)", ":10\r\n", "$2\r\n10\r\n"), false);
  const help = (...lines: string[]) =>
    `*${lines.length}\r\n${lines.map((line) => `+${line}\r\n`).join("")}`;
  const expected = help("T:", "A <key>", "    Does", "    this.", "B (ON|OFF)", "    That.");
  assertEquals(match("~help", expected, help("T:", "B", "    Own.", "A", "    Words.")), true);
  assertEquals(match("~help", expected, help("T:", "A", "    Own.")), false);
  assertEquals(match("~help", expected, help("U:", "A", "B")), false);
  assertEquals(match("~help", expected, "-ERR A B\r\n"), false);
  assertEquals(match("~within(2)", "-ERR a\r\n", "-ERR b\r\n"), false);
  assertEquals(match("~number", "$2\r\n10\r\n", "$1\r\nx\r\n"), false);
  assertEquals(match("~number/1", "*2\r\n+a\r\n:1\r\n", "*2\r\n+a\r\n:9\r\n"), true);
  assertEquals(match("~number/1", "*2\r\n+a\r\n:1\r\n", "*2\r\n+b\r\n:9\r\n"), false);
  assertEquals(match("~unordered", "*2\r\n+a\r\n+b\r\n", "*2\r\n+b\r\n+a\r\n"), true);
  assertEquals(match("~unordered", "*2\r\n+a\r\n+a\r\n", "*2\r\n+b\r\n+a\r\n"), false);
  assertEquals(
    match("~pairs", "%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n", "%2\r\n+b\r\n:2\r\n+a\r\n:1\r\n"),
    true,
  );
  assertEquals(
    match("~pairs", "%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n", "%2\r\n+b\r\n:1\r\n+a\r\n:2\r\n"),
    false,
  );
  assertEquals(match("~one-of(a b)", "+a\r\n", "+b\r\n"), true);
  assertEquals(match("~one-of(a b)", "+a\r\n", "+c\r\n"), false);
  assertEquals(match("~words", "*1\r\n$3\r\na b\r\n", "*1\r\n$3\r\nb a\r\n"), true);
  assertEquals(match("~words", "*1\r\n$3\r\na b\r\n", "*1\r\n$3\r\nb b\r\n"), false);
  assertEquals(match("~distinct", "*2\r\n+a\r\n+b\r\n", "*2\r\n+c\r\n+c\r\n"), false);
  assertEquals(match("~fields(id)", "$9\r\nid=1 db=0\r\n", "$9\r\nid=7 db=0\r\n"), true);
  assertEquals(match("~fields(id)", "$9\r\nid=1 db=0\r\n", "$9\r\nid=7 db=1\r\n"), false);
  assertEquals(match("~error-code", "-ERR a\r\n", "-ERR b\r\n"), true);
  assertEquals(match("~error-code", "-ERR a\r\n", "-WRONGTYPE a\r\n"), false);
  assertEquals(match("~type", "$1\r\na\r\n", "$2\r\nbb\r\n"), true);
  assertEquals(match("~type", "$1\r\na\r\n", "$-1\r\n"), false);
});

Deno.test("sameLoggedCommand lets only absolute times differ, and only a little", () => {
  const same = (a: string, b: string) =>
    sameLoggedCommand({ args: a.split(" "), offset: 0 }, { args: b.split(" "), offset: 0 });
  assertEquals(same("SET k 1700000000000", "SET k 1700000000001"), false);
  assertEquals(same("SET k v PXAT 1700000000000", "SET k v PXAT 1700000000900"), true);
  assertEquals(same("SET k v PXAT 1700000000000", "SET k v PXAT 1700000009000"), false);
  assertEquals(same("PEXPIREAT k 1700000000000", "PEXPIREAT k 1700000000001"), true);
  assertEquals(same("PEXPIREAT k 1700000000000", "PEXPIREAT j 1700000000000"), false);
  assertEquals(same("XADD s 1700000000000-0 a b", "XADD s 1700000000001-0 a b"), true);
  assertEquals(same("XADD s 1700000000000-0 a b", "XADD s 1700000000000-1 a b"), false);
  assertEquals(same("DEL a", "UNLINK a"), false);
  assertEquals(same("DEL a", "DEL a b"), false);
});

Deno.test("parseScripts names file and line when a line is not of the language", () => {
  assertThrows(() => parseScripts("f", "=== a\n~nosuch GET k"), Error, "f:2: no mask");
  assertThrows(() => parseScripts("f", "=== a\n!nosuch 1"), Error, "f:2: no directive");
  assertThrows(() => parseScripts("f", "GET k"), Error, "f:1: a script begins");
  assertThrows(() => parseScripts("f", '=== a\nGET "k'), Error, "f:2: unbalanced");
  assertThrows(() => parseScripts("f", "=== a\nGET k\n!config a b"), Error, "f:3: this directive");
  assertThrows(() => parseScripts("f", "=== a\n!no-aof"), Error, "needs a reason");
});

Deno.test("expand replaces what it knows and leaves other braces", () => {
  const values = { captured: new Map([["id", "7"]]), index: 9, now: 1_700_000_000_123 };
  assertEquals(expand("{ab*3}-{i}-{i%4}-{id}", values), "ababab-9-1-7");
  assertEquals(expand("{now+1} {nowms-23}", values), "1700000001 1700000000100");
  assertEquals(expand("{user}{}", values), "{user}{}");
});

Deno.test("unusedTokens counts a token only for the command that used it", () => {
  const docs = new Map([
    ["set", command("set", ["NX", "XX"])],
    ["config|get", command("config|get", ["ALL"])],
  ]);
  assertEquals(
    unusedTokens(docs, [["SET", "k", "v", "nx"], ["GET", "XX"], ["CONFIG", "SET", "ALL"]]),
    [
      "config|get ALL",
      "set XX",
    ],
  );
});

function command(name: string, tokens: string[]) {
  const one = (token: string) => ({
    name: token,
    type: "pure-token",
    token,
    flags: [],
    arguments: [],
  });
  return { name, arguments: tokens.map(one) };
}

referenceTest(
  "runScript reports a difference in replies, AOF and keyspace when there is one",
  async () => {
    await using pair = await Pair.start({}, true);
    const [script] = parseScripts("f", "=== doctored\nSET k v\nGET k\n~number INCR n");
    const clean = await runScript(script, 2, pair);
    assertEquals(clean.failures, []);
    assertEquals(clean.answered, [["SET", "k", "v"], ["GET", "k"], ["INCR", "n"]]);

    const wrongReply = await runScript(
      script,
      2,
      pair,
      (was) => was.text === "v" ? reply("$1\r\nw\r\n") : was,
    );
    assertEquals(wrongReply.failures.length, 1);
    assertStringIncludes(wrongReply.failures[0], "f:3 (RESP2): GET k");
    assertStringIncludes(wrongReply.failures[0], '"$1\\r\\nv\\r\\n"');
    assertStringIncludes(wrongReply.failures[0], '"$1\\r\\nw\\r\\n"');

    // A write that only one of the two sees: the reply is right, the AOF and the keyspace are not.
    const sneaky = await runScript(script, 3, pair, (was) => {
      if (was.text === "v") {
        writeBehindTheBack(pair.actual.server.port);
      }
      return was;
    });
    assertStringIncludes(sneaky.failures[0], "AOF command 2");
    assertStringIncludes(sneaky.failures[0], '"set" "sneaky" "1"');
    assertStringIncludes(
      sneaky.failures[1],
      "key 0:sneaky: exists: redis-server false, miniredis true",
    );

    const [unread] = parseScripts("f", '=== unread\n!raw "PING\\r\\nPING\\r\\n"\n<');
    assertStringIncludes((await runScript(unread, 2, pair)).failures[0], "unread reply");
  },
);

function writeBehindTheBack(port: number): void {
  const args = ["-p", String(port), "set", "sneaky", "1"];
  const { success } = new Deno.Command("redis-cli", { args }).outputSync();
  if (!success) throw new Error("redis-cli failed");
}
