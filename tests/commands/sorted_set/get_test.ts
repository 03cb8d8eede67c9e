import { assert, assertEquals } from "@std/assert";
import { SORTED_SET_COMMANDS } from "../../../src/commands/sorted_set/mod.ts";
import { array, bulk, CommandHarness } from "../../support/command_harness.ts";

const MEMBERS = Array.from({ length: 60 }, (_, i) => `m${i}`);

/** Sixty members in each encoding. */
function* harnesses(): Generator<CommandHarness> {
  for (const entries of ["128", "0"]) {
    const harness = new CommandHarness(SORTED_SET_COMMANDS);
    harness.configuration.apply(["zset-max-listpack-entries", entries]);
    harness.run("ZADD", "z", ...MEMBERS.flatMap((member, i) => [String(i), member]));
    harness.takeEvents();
    harness.takePropagated();
    yield harness;
  }
}

/** The bulk strings of a reply, without what announces them. */
function texts(reply: string): string[] {
  return reply.split("\r\n").slice(0, -1).filter((line) => !/^[*$]/.test(line));
}

Deno.test("ZSCORE and ZMSCORE reply scores, and nothing for members that are not there", () => {
  for (const { run, client } of harnesses()) {
    assertEquals(run("ZSCORE", "z", "m7"), bulk("7"));
    assertEquals(run("ZSCORE", "z", "none"), "$-1\r\n");
    assertEquals(run("ZMSCORE", "z", "m7", "none"), array(bulk("7"), "$-1\r\n"));
    assertEquals(run("ZMSCORE", "none", "a"), array("$-1\r\n"));
    assertEquals(run("ZCARD", "z"), ":60\r\n");
    client.reply.resp = 3;
    assertEquals(run("ZMSCORE", "z", "m7", "none"), array(",7\r\n", "_\r\n"));
  }
});

Deno.test("ZREM removes members, and the key with the last of them", () => {
  for (const harness of harnesses()) {
    assertEquals(harness.run("ZREM", "z", "m0", "none", "m0", "m59"), ":2\r\n");
    assertEquals(harness.run("ZREM", "z", "none"), ":0\r\n");
    assertEquals(harness.run("ZREM", "z", ...MEMBERS), ":58\r\n");
    assertEquals(harness.encodingOf("z"), null);
    assertEquals(harness.takeEvents(), ["zrem z", "zrem z", "del z"]);
    assertEquals(harness.takePropagated().length, 2);
  }
});

Deno.test("ZRANDMEMBER replies different members for a positive count", () => {
  for (const { run } of harnesses()) {
    for (const count of [1, 5, 25, 59]) {
      const replied = texts(run("ZRANDMEMBER", "z", String(count)));
      assertEquals(new Set(replied).size, count);
      assert(replied.every((member) => MEMBERS.includes(member)));
    }
    const all = [...MEMBERS].reverse();
    assertEquals(texts(run("ZRANDMEMBER", "z", "60")), all);
    assertEquals(texts(run("ZRANDMEMBER", "z", "9223372036854775807")), all);
  }
});

Deno.test("ZRANDMEMBER replies as many as asked for when the count is negative", () => {
  for (const { run } of harnesses()) {
    const replied = texts(run("ZRANDMEMBER", "z", "-1000", "WITHSCORES"));
    assertEquals(replied.length, 2000);
    for (let i = 0; i < replied.length; i += 2) assertEquals(replied[i], `m${replied[i + 1]}`);
    assert(new Set(replied).size > 80);
    assert(MEMBERS.includes(texts(run("ZRANDMEMBER", "z"))[0]));
  }
});

Deno.test("ZSCAN shows every member that matches when its cursor is followed", () => {
  for (const { run } of harnesses()) {
    const seen = new Map<string, string>();
    let cursor = "0";
    do {
      const [next, ...pairs] = texts(run("ZSCAN", "z", cursor, "MATCH", "m?", "COUNT", "7"));
      for (let i = 0; i < pairs.length; i += 2) seen.set(pairs[i], pairs[i + 1]);
      cursor = next;
    } while (cursor !== "0");
    assertEquals([...seen.keys()].sort(), MEMBERS.slice(0, 10));
    assertEquals(seen.get("m9"), "9");
  }
});
