/** Tests of the random run's own parts: a difference must be seen, and made short. */

import { assert, assertEquals } from "@std/assert";
import { splitArguments } from "../../support/quoting.ts";
import { parseReply } from "../../support/reply.ts";
import type { Argument } from "../command_docs.ts";
import { expand } from "../script.ts";
import { differenceOf, stepOf } from "./comparison.ts";
import { type Candidate, Generator } from "./generator.ts";
import { repair } from "./hints.ts";
import { Random } from "../../support/random.ts";
import { commandLine } from "./command_line.ts";
import { type Sequence, shrink } from "./shrink.ts";

function replies(...raws: string[]) {
  return raws.map((raw) => parseReply(raw)!.reply);
}

function argument(name: string, type: string, ...flags: string[]): Argument {
  return { name, type, flags, arguments: [] };
}

const CANDIDATES: readonly Candidate[] = [
  { docs: { name: "get", arguments: [argument("key", "key")] }, group: "string" },
  {
    docs: {
      name: "zunion",
      arguments: [argument("numkeys", "integer"), argument("key", "key", "multiple")],
    },
    group: "sorted-set",
  },
];

function generate(seed: number, count: number): Sequence {
  const generator = new Generator(CANDIDATES, new Random(seed));
  return Array.from({ length: count }, () => generator.next());
}

Deno.test("Generator makes the same commands when the seed is the same", () => {
  assertEquals(generate(7, 500), generate(7, 500));
  assert(commandLine(generate(7, 500).flat()) !== commandLine(generate(8, 500).flat()));
});

Deno.test("Generator counts the keys that it writes", () => {
  const unions = generate(1, 2000).filter(([name]) => name === "zunion");
  const right = unions.filter(([, numkeys, ...keys]) => Number(numkeys) === keys.length);
  assert(right.length > unions.length * 0.8, `${right.length} of ${unions.length}`);
});

Deno.test("shrink finds the commands and arguments that a failure needs", async () => {
  const sequence: Sequence = Array.from({ length: 400 }, (_, i) => ["SET", `k${i}`, "v", "x", "y"])
    .toSpliced(40, 0, ["SADD", "e1", "a", "b", "c", "d", "e"])
    .toSpliced(300, 0, ["SREM", "e2", "a"])
    .concat([["SPOP", "e1", "5"]]);
  const has = (part: Sequence, ...wanted: string[]) =>
    part.some((args) => wanted.every((word) => args.includes(word)));
  const found = await shrink(
    sequence,
    (part) =>
      Promise.resolve(has(part, "SADD", "d") && has(part, "SREM") && has(part, "SPOP", "e1")),
  );
  assertEquals(found, [["SADD", "d"], ["SREM"], ["SPOP", "e1"]]);
});

Deno.test("shrink gives the whole sequence back when it doesn't fail again", async () => {
  const sequence: Sequence = [["SET", "s1", "v"], ["GET", "s1"]];
  assertEquals(await shrink(sequence, () => Promise.resolve(false)), sequence);
});

Deno.test("commandLine writes what the script language reads back", () => {
  const args = [
    "SET",
    "",
    "a b",
    "\x00\xff\r\n",
    'say "x"',
    "it's",
    "\\",
    "x".repeat(65),
    "{",
    "#",
  ];
  const values = { captured: new Map<string, string>(), index: 0, now: 0 };
  assertEquals(splitArguments(commandLine(args)).map((arg) => expand(arg, values)), args);
});

Deno.test("differenceOf wants the order of elements only where the encoding has one", () => {
  const step = stepOf(["SMEMBERS", "e1"]);
  const ab = "*2\r\n$1\r\na\r\n$1\r\nb\r\n", ba = "*2\r\n$1\r\nb\r\n$1\r\na\r\n";
  const table = "$9\r\nhashtable\r\n", intset = "$6\r\nintset\r\n";
  assertEquals(differenceOf(step, replies(table, ab), replies(table, ba)), undefined);
  assert(differenceOf(step, replies(intset, ab), replies(intset, ba)));
  assert(differenceOf(step, replies(table, ab), replies(intset, ab)));
  assert(differenceOf(step, replies(table, ab), replies(table, "*1\r\n$1\r\na\r\n")));
});

Deno.test("differenceOf sees a random element that is none, or that comes twice", () => {
  const there = "*2\r\n$1\r\na\r\n$1\r\nb\r\n";
  const judge = (args: string[], expected: string, actual: string) =>
    differenceOf(stepOf(args), replies(there, expected), replies(there, actual))?.what;
  assertEquals(judge(["SRANDMEMBER", "e1"], "$1\r\na\r\n", "$1\r\nb\r\n"), undefined);
  assertEquals(
    judge(["SRANDMEMBER", "e1"], "$1\r\na\r\n", "$1\r\nc\r\n"),
    'miniredis: "c" is no element',
  );
  const twice = "*2\r\n$1\r\na\r\n$1\r\na\r\n";
  assertEquals(judge(["SRANDMEMBER", "e1", "2"], there, twice), "miniredis: an element came twice");
  assertEquals(judge(["SRANDMEMBER", "e1", "-2"], there, twice), undefined);
});

Deno.test("differenceOf sees what SPOP lost", () => {
  const there = "*2\r\n$1\r\na\r\n$1\r\nb\r\n", a = "*1\r\n$1\r\na\r\n", b = "*1\r\n$1\r\nb\r\n";
  const judge = (actual: string, left: string) =>
    differenceOf(
      stepOf(["SPOP", "e1", "1"]),
      replies(there, a, b, ":1\r\n"),
      replies(there, actual, left, ":1\r\n"),
    )?.what;
  assertEquals(judge(b, a), undefined);
  assertEquals(judge(b, b), "miniredis: popped and left are not the set");
});

Deno.test("repair leaves no expiry that comes while the run lasts", () => {
  assertEquals(repair(["PSETEX", "s1", "6", "v"]), ["PSETEX", "s1", "5000000000000", "v"]);
  assertEquals(repair(["set", "s1", "6", "px", "9"]), ["set", "s1", "6", "px", "5000000000000"]);
  assertEquals(repair(["EXPIRE", "s1", "-1"]), ["EXPIRE", "s1", "-1"]);
});
