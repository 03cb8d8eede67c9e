import { assert, assertEquals } from "@std/assert";
import { HASH_COMMANDS } from "../../../src/commands/hash/mod.ts";
import { array, bulk, CommandHarness } from "../../support/command_harness.ts";

const FIELDS = ["a", "b", "c", "d", "e", "f"];

/** A key `h` with the fields above, the values being `v` and the field, in each encoding. */
function* hashes(): Generator<CommandHarness> {
  for (const entries of ["512", "0"]) {
    const harness = new CommandHarness(HASH_COMMANDS);
    harness.configuration.apply(["hash-max-listpack-entries", entries]);
    for (const field of FIELDS) harness.run("HSET", "h", field, `v${field}`);
    yield harness;
  }
}

/** The bulk strings of a reply, without what announces them. */
function texts(reply: string): string[] {
  return reply.split("\r\n").slice(0, -1).filter((line) => !/^[*$]/.test(line));
}

/** Fails unless the command replies each field as often as the others, by far more than chance. */
function assertUniform(harness: CommandHarness, rounds: number, ...args: string[]): void {
  const counts = new Map(FIELDS.map((field) => [field, 0]));
  for (let i = 0; i < rounds; i++) {
    for (const field of texts(harness.run("HRANDFIELD", "h", ...args))) {
      counts.set(field, counts.get(field)! + 1);
    }
  }
  const all = [...counts.values()];
  const mean = all.reduce((sum, count) => sum + count) / FIELDS.length;
  for (const count of all) assert(Math.abs(count - mean) < 7 * Math.sqrt(mean), `${all}`);
}

Deno.test("HRANDFIELD is uniform when it replies one, some or many fields", () => {
  for (const harness of hashes()) {
    assertUniform(harness, 3000);
    assertUniform(harness, 3000, "1");
    assertUniform(harness, 1000, "4");
    assertUniform(harness, 30, "-100");
  }
});

Deno.test("HRANDFIELD replies different fields when the count is positive", () => {
  for (const { run } of hashes()) {
    for (let count = 1; count <= 8; count++) {
      const fields = texts(run("HRANDFIELD", "h", String(count)));
      assertEquals(fields.length, Math.min(count, 6));
      assertEquals(new Set(fields).size, fields.length);
    }
    assertEquals(run("HRANDFIELD", "h", "9223372036854775807"), array(...FIELDS.map(bulk)));
  }
});

Deno.test("HRANDFIELD replies as many fields as asked for when the count is negative", () => {
  for (const { run } of hashes()) {
    const fields = texts(run("HRANDFIELD", "h", "-50"));
    assertEquals(fields.length, 50);
    assertEquals(new Set(fields).size <= 6, true);
  }
});

Deno.test("HRANDFIELD replies pairs when WITHVALUES is given", () => {
  for (const { run, client } of hashes()) {
    for (const count of ["3", "-9"]) {
      client.protocol = 2;
      const flat = run("HRANDFIELD", "h", count, "withvalues");
      const pairs = texts(flat);
      assertEquals(pairs.length, 2 * Math.abs(Number(count)));
      assert(flat.startsWith(`*${pairs.length}\r\n$1`));
      for (let i = 0; i < pairs.length; i += 2) assertEquals(pairs[i + 1], `v${pairs[i]}`);

      client.protocol = 3;
      const nested = run("HRANDFIELD", "h", count, "WITHVALUES");
      assert(nested.startsWith(`*${Math.abs(Number(count))}\r\n*2\r\n$1`));
    }
  }
});

Deno.test("HRANDFIELD replies nothing when there is nothing or nothing is wanted", () => {
  const { run, client } = new CommandHarness(HASH_COMMANDS);
  run("HSET", "h", "a", "1");
  assertEquals(run("HRANDFIELD", "none"), "$-1\r\n");
  assertEquals(run("HRANDFIELD", "none", "-3"), "*0\r\n");
  assertEquals(run("HRANDFIELD", "h", "0", "WITHVALUES"), "*0\r\n");
  client.protocol = 3;
  assertEquals(run("HRANDFIELD", "none"), "_\r\n");
  assertEquals(run("HRANDFIELD", "none", "3", "WITHVALUES"), "*0\r\n");
});

Deno.test("HRANDFIELD checks its arguments before it looks the key up", () => {
  const { run } = new CommandHarness(HASH_COMMANDS);
  const outOfRange = "-ERR value is out of range\r\n";
  assertEquals(
    run("HRANDFIELD", "none", "x", "FOO"),
    "-ERR value is not an integer or out of range\r\n",
  );
  assertEquals(run("HRANDFIELD", "none", "1", "FOO"), "-ERR syntax error\r\n");
  assertEquals(run("HRANDFIELD", "none", "1", "WITHVALUES", "FOO"), "-ERR syntax error\r\n");
  assertEquals(
    run("HRANDFIELD", "none", "-9223372036854775808"),
    "-ERR value is out of range, value must between -9223372036854775807 and " +
      "9223372036854775807\r\n",
  );
  assertEquals(run("HRANDFIELD", "none", "4611686018427387903", "WITHVALUES"), "*0\r\n");
  assertEquals(run("HRANDFIELD", "none", "4611686018427387904", "WITHVALUES"), outOfRange);
  assertEquals(run("HRANDFIELD", "none", "-4611686018427387904", "WITHVALUES"), outOfRange);
});
