import { assertEquals } from "@std/assert";
import { SORTED_SET_COMMANDS } from "../../../src/commands/sorted_set/mod.ts";
import { array, bulk, CommandHarness } from "../../support/command_harness.ts";

/** Members a to z with the scores 1 to 26, in each encoding. */
function* alphabets(): Generator<CommandHarness> {
  for (const entries of ["128", "0"]) {
    const harness = new CommandHarness(SORTED_SET_COMMANDS);
    harness.configuration.apply(["zset-max-listpack-entries", entries]);
    const letters = Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i));
    harness.run("ZADD", "z", ...letters.flatMap((letter, i) => [String(i + 1), letter]));
    yield harness;
  }
}

/** The members of a reply, joined; without their scores. */
function letters(reply: string): string {
  return reply.split("\r\n").filter((line) => /^[a-z]$/.test(line)).join("");
}

Deno.test("range commands reply what is within their bounds, in the order that was asked for", () => {
  const cases: [string, string][] = [
    ["ZRANGE z 0 2", "abc"],
    ["ZRANGE z -2 -1", "yz"],
    ["ZRANGE z -100 1", "ab"],
    ["ZRANGE z 24 100", "yz"],
    ["ZRANGE z 5 4", ""],
    ["ZRANGE z 26 30", ""],
    ["ZRANGE z 0 2 REV", "zyx"],
    ["ZRANGE z -1 -1 REV", "a"],
    ["ZREVRANGE z 1 3", "yxw"],
    ["ZRANGE z (2 4 BYSCORE", "cd"],
    ["ZRANGE z 4 (2 BYSCORE REV", "dc"],
    ["ZRANGE z 2 4 BYSCORE REV", ""],
    ["ZRANGE z -inf +inf BYSCORE LIMIT 3 2", "de"],
    ["ZRANGE z +inf -inf BYSCORE REV LIMIT 3 2", "wv"],
    ["ZRANGE z 3 5 BYSCORE LIMIT 1 -1", "de"],
    ["ZRANGE z 3 5 BYSCORE LIMIT -1 -1", ""],
    ["ZRANGE z 3 5 BYSCORE LIMIT 3 1", ""],
    ["ZRANGE z 3 5 BYSCORE LIMIT 0 0", ""],
    ["ZRANGE z 0 2 LIMIT 1 -1", "abc"],
    ["ZRANGEBYSCORE z 24.5 inf", "yz"],
    ["ZREVRANGEBYSCORE z 3 1 LIMIT 0 2", "cb"],
    ["ZRANGE none 0 -1", ""],
  ];
  for (const { run } of alphabets()) {
    for (const [command, expected] of cases) {
      assertEquals(letters(run(...command.split(" "))), expected, command);
    }
  }
});

Deno.test("range commands by bytes reply what is within their bounds when all have one score", () => {
  const cases: [string, string][] = [
    ["ZRANGEBYLEX l - +", "abcde"],
    ["ZRANGEBYLEX l + -", ""],
    ["ZRANGEBYLEX l [b (d", "bc"],
    ["ZRANGEBYLEX l (b [d LIMIT 1 5", "d"],
    ["ZREVRANGEBYLEX l (d [b", "cb"],
    ["ZRANGE l [bb [d BYLEX", "cd"],
    ["ZRANGE l + (c BYLEX REV", "ed"],
    ["ZRANGE l [b [b BYLEX", "b"],
    ["ZRANGE l (b [b BYLEX", ""],
  ];
  for (const { run } of alphabets()) {
    run("ZADD", "l", ..."abcde".split("").flatMap((letter) => ["0", letter]));
    for (const [command, expected] of cases) {
      assertEquals(letters(run(...command.split(" "))), expected, command);
    }
    assertEquals(run("ZLEXCOUNT", "l", "(a", "[d"), ":3\r\n");
    assertEquals(run("ZREMRANGEBYLEX", "l", "[b", "(d"), ":2\r\n");
    assertEquals(letters(run("ZRANGE", "l", "0", "-1")), "ade");
  }
});

Deno.test("WITHSCORES replies one flat array in RESP2 and pairs in RESP3", () => {
  for (const { run, client } of alphabets()) {
    const flat = array(bulk("b"), bulk("2"), bulk("c"), bulk("3"));
    for (
      const command of [
        "ZRANGE z 1 2 WITHSCORES",
        "ZRANGEBYSCORE z 2 3 WITHSCORES",
        "ZRANDMEMBER p 5 WITHSCORES",
      ]
    ) {
      run("ZADD", "p", "2", "c", "3", "b");
      const expected = command.includes("RAND") ? ["b", "3", "c", "2"] : ["b", "2", "c", "3"];
      client.reply.resp = 2;
      assertEquals(run(...command.split(" ")), array(...expected.map(bulk)), command);
      client.reply.resp = 3;
      const [first, score, second, other] = expected;
      assertEquals(
        run(...command.split(" ")),
        array(array(bulk(first), `,${score}\r\n`), array(bulk(second), `,${other}\r\n`)),
        command,
      );
    }
    client.reply.resp = 2;
    assertEquals(run("ZRANGE", "z", "1", "2", "WITHSCORES"), flat);
  }
});

Deno.test("range commands refuse options that do not go together, before they look at the key", () => {
  const { run } = new CommandHarness(SORTED_SET_COMMANDS);
  const syntax = "-ERR syntax error\r\n";
  assertEquals(
    run("ZRANGE", "z", "0", "-1", "LIMIT", "0", "1"),
    "-ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX\r\n",
  );
  assertEquals(
    run("ZRANGE", "z", "-", "+", "BYLEX", "WITHSCORES"),
    "-ERR syntax error, WITHSCORES not supported in combination with BYLEX\r\n",
  );
  assertEquals(run("ZRANGE", "z", "0", "1", "BYSCORE", "BYLEX"), syntax);
  assertEquals(run("ZRANGE", "z", "0", "1", "REV", "REV"), syntax);
  assertEquals(run("ZREVRANGE", "z", "0", "1", "BYSCORE"), syntax);
  assertEquals(run("ZRANGEBYSCORE", "z", "0", "1", "LIMIT", "1"), syntax);
  assertEquals(run("ZRANGESTORE", "d", "z", "0", "1", "WITHSCORES"), syntax);
  assertEquals(run("ZRANGE", "z", "x", "1", "BYSCORE"), "-ERR min or max is not a float\r\n");
  assertEquals(
    run("ZRANGE", "z", "x", "1", "BYLEX"),
    "-ERR min or max not valid string range item\r\n",
  );
});

Deno.test("ZRANK, ZREVRANK and ZCOUNT agree with the order", () => {
  for (const { run } of alphabets()) {
    assertEquals(run("ZRANK", "z", "c"), ":2\r\n");
    assertEquals(run("ZREVRANK", "z", "c"), ":23\r\n");
    assertEquals(run("ZRANK", "z", "none"), "$-1\r\n");
    assertEquals(run("ZCOUNT", "z", "(1", "3"), ":2\r\n");
    assertEquals(run("ZCOUNT", "z", "3", "1"), ":0\r\n");
  }
});

Deno.test("ZREMRANGEBYRANK and ZREMRANGEBYSCORE remove the key with its last member", () => {
  for (const harness of alphabets()) {
    const { run } = harness;
    harness.takeEvents();
    assertEquals(run("ZREMRANGEBYRANK", "z", "0", "19"), ":20\r\n");
    assertEquals(letters(run("ZRANGE", "z", "0", "-1")), "uvwxyz");
    assertEquals(run("ZREMRANGEBYSCORE", "z", "22", "(24"), ":2\r\n");
    assertEquals(run("ZREMRANGEBYSCORE", "z", "22", "(24"), ":0\r\n");
    assertEquals(letters(run("ZRANGE", "z", "0", "-1")), "uxyz");
    assertEquals(run("ZREMRANGEBYSCORE", "z", "-inf", "inf"), ":4\r\n");
    assertEquals(harness.encodingOf("z"), null);
    assertEquals(harness.takeEvents(), [
      "zremrangebyrank z",
      "zremrangebyscore z",
      "zremrangebyscore z",
      "del z",
    ]);
  }
});
