/** Tests of the fuzz run's own parts: what it looks for must be seen, and calls must be wild. */

import { assert, assertEquals } from "@std/assert";
import { bytesOf } from "../../../src/base/span.ts";
import { isPayload } from "../../../src/persistence/rdb_payload.ts";
import { parseReply } from "../../support/reply.ts";
import { type Candidate } from "../random/generator.ts";
import { Random } from "../../support/random.ts";
import { isApart } from "./apart.ts";
import { FuzzGenerator } from "./generator.ts";
import { fuzzDifferenceOf, fuzzStepOf } from "./judgement.ts";
import { tame } from "./tame.ts";

const INTEGER = { type: "integer", flags: [], arguments: [] };
const CANDIDATES: readonly Candidate[] = [
  {
    docs: {
      name: "getrange",
      arguments: [
        { name: "key", type: "key", flags: [], arguments: [] },
        { name: "start", ...INTEGER },
        { name: "end", ...INTEGER },
      ],
    },
    group: "string",
  },
];
const PAYLOADS = ["\x00\x01a\x0a\x00" + "\0".repeat(8)];

function generate(seed: number, count: number): (readonly string[])[] {
  const generator = new FuzzGenerator(CANDIDATES, PAYLOADS, new Random(seed));
  return Array.from({ length: count }, () => tame(generator.next()));
}

/** The difference in the replies to one call, where both servers agree on what is sent around it. */
function difference(args: readonly string[], expected: string, actual: string): string | undefined {
  const step = fuzzStepOf(args);
  const replies = (raw: string) => [
    ...step.before.map(() => parseReply("$-1\r\n")!.reply),
    parseReply(raw)!.reply,
    ...step.after.map(() => parseReply("+OK\r\n")!.reply),
  ];
  return fuzzDifferenceOf(new Set(["sound"]), step, replies(expected), replies(actual))?.what;
}

Deno.test("FuzzGenerator makes the same calls when the seed is the same", () => {
  assertEquals(generate(3, 1000), generate(3, 1000));
  assert(JSON.stringify(generate(3, 1000)) !== JSON.stringify(generate(4, 1000)));
});

Deno.test("FuzzGenerator makes payloads whose checksums are right", () => {
  const restores = generate(5, 3000).filter(([name, , , payload]) => name === "RESTORE" && payload);
  const sound = restores.filter(([, , , payload]) => {
    const buffer = bytesOf(payload);
    return isPayload({ buffer, start: 0, end: buffer.length });
  });
  assert(sound.length > 50, `${sound.length} of ${restores.length}`);
});

Deno.test("FuzzGenerator often writes numbers that need more than 53 bits", () => {
  const calls = generate(6, 2000).filter(([name]) => name === "getrange");
  const extreme = calls.filter((args) => args.some((arg) => /^-?\d{16,}$/.test(arg)));
  assert(extreme.length > calls.length / 20, `${extreme.length} of ${calls.length}`);
});

Deno.test("fuzzDifferenceOf sees an error of the server's own when replies are not compared", () => {
  const internal = "-ERR internal error, see the server's log\r\n";
  for (const args of [["GET", "k"], ["INFO"], ["DUMP", "k"], ["SLOWLOG", "GET"], ["!raw", "x"]]) {
    assertEquals(difference(args, "+OK\r\n", internal), "an error of the server's own", args[0]);
  }
});

Deno.test("fuzzDifferenceOf compares errors when replies are the server's own", () => {
  assertEquals(difference(["SLOWLOG", "GET"], "*0\r\n", "*1\r\n:1\r\n"), undefined);
  assertEquals(difference(["SLOWLOG", "GET"], "*0\r\n", "-ERR x\r\n"), "the errors differ");
  assertEquals(difference(["INFO"], "$1\r\na\r\n", "$1\r\nb\r\n"), undefined);
  assertEquals(difference(["INFO"], "$1\r\na\r\n", ":1\r\n"), "the types differ");
  assertEquals(difference(["GET", "k"], "$1\r\na\r\n", "$1\r\nb\r\n"), "the replies differ");
});

Deno.test("fuzzDifferenceOf lets a payload be refused, but not be taken, when the reference does not agree", () => {
  const args = ["RESTORE", "k", "0", "payload"], bad = "-ERR Bad data format\r\n";
  assertEquals(difference(args, "+OK\r\n", bad), undefined);
  assertEquals(difference(args.with(3, "sound"), "+OK\r\n", bad), "the replies differ");
  assertEquals(difference(args, bad, "+OK\r\n"), "the replies differ");
});

Deno.test("tame leaves what is refused, and takes away what never ends", () => {
  const same = (...args: string[]) => assertEquals(tame(args), args);
  same("SRANDMEMBER", "k", "-9223372036854775808");
  same("SRANDMEMBER", "k", "9223372036854775807");
  same("RESTORE", "k", "-1", "x");
  assertEquals(tame(["SRANDMEMBER", "k", "-9223372036854775807"]), ["SRANDMEMBER", "k", "-9"]);
  assertEquals(tame(["XADD", "k", "*", "f", "v"])[2], "7-7");
  assertEquals(tame(["XAUTOCLAIM", "k", "g", "c", "5", "0"])[4], "0");
});

Deno.test("isApart is true for what waits or changes the connection", () => {
  const apart = [["BLPOP", "k", "0"], ["subscribe", "c"], ["XREAD", "BLOCK", "0"], ["!raw", ""]];
  for (const args of apart) assert(isApart(args), args[0]);
  for (const args of [["GET", "k"], ["XREAD", "STREAMS", "k", "0"]]) {
    assert(!isApart(args), args[0]);
  }
});
