import { assertEquals, assertNotEquals } from "@std/assert";
import { HASH_COMMANDS } from "../../src/commands/hash/mod.ts";
import { LIST_COMMANDS } from "../../src/commands/list/mod.ts";
import { SET_COMMANDS } from "../../src/commands/set/mod.ts";
import { STRING_COMMANDS } from "../../src/commands/string/mod.ts";
import { Span } from "../../src/base/span.ts";
import { digestKeyspace, digestValue } from "../../src/keyspace/digest.ts";
import { CommandHarness } from "../support/command_harness.ts";

function harnessAfter(...commands: string[]): CommandHarness {
  const harness = new CommandHarness([
    ...STRING_COMMANDS,
    ...LIST_COMMANDS,
    ...SET_COMMANDS,
    ...HASH_COMMANDS,
  ]);
  for (const command of commands) harness.run(...command.split(" "));
  return harness;
}

function digestAfter(...commands: string[]): string {
  return digestKeyspace(harnessAfter(...commands).keyspace);
}

Deno.test("digestValue gives what redis-server's DEBUG DIGEST-VALUE gave", () => {
  const { client: { db } } = harnessAfter(
    "SET s hello",
    "SET i 123",
    "RPUSH l a b c",
    "SADD st a b c",
  );
  const digest = (key: string) => digestValue(db, db.peek(Span.ofString(key)));
  assertEquals(digest("s"), "36b23a1456b2dce2c3ed252c456761301dba8060");
  assertEquals(digest("i"), "89f7f51b707418f666d5b45e053bd5bbbf82ac2b");
  assertEquals(digest("l"), "8bf72d812571eea9b927f3c11beb0c4165a6ff89");
  assertEquals(digest("st"), "593c2414786d75446e97f4ea5d4b731f3313da72");
});

Deno.test("digestKeyspace does not depend on the order in which keys and members came", () => {
  const one = digestAfter("SET a 1", "SET b 2", "SADD s x y z", "HSET h f v g w");
  assertEquals(digestAfter("HSET h g w f v", "SADD s z x y", "SET b 2", "SET a 1"), one);
});

Deno.test("digestKeyspace depends on values, the order of lists, and whether keys expire", () => {
  const one = digestAfter("SET a 1", "RPUSH l a b");
  assertNotEquals(digestAfter("SET a 2", "RPUSH l a b"), one);
  assertNotEquals(digestAfter("SET a 1", "RPUSH l b a"), one);
  assertNotEquals(digestAfter("SET a 1 EX 100", "RPUSH l a b"), one);
  assertEquals(digestAfter(), "0".repeat(40));
});
