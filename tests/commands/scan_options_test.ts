import { assert, assertEquals, assertThrows } from "@std/assert";
import { ReplyError } from "../../src/base/errors.ts";
import { Span, spanString } from "../../src/base/span.ts";
import { ALL_COMMANDS } from "../../src/commands/mod.ts";
import { readScanOptions, requireScanCursor } from "../../src/commands/scan_options.ts";
import { Frame } from "../../src/resp/frame.ts";
import { CommandHarness } from "../support/command_harness.ts";
import { leaves, parseReply } from "../support/reply.ts";

function read(options: string[], withType = false) {
  return readScanOptions(Frame.fromStrings(["SCAN", "0", ...options]), 2, withType);
}

function assertRefused(call: () => unknown, message: string): void {
  assertThrows(call, ReplyError, message);
}

Deno.test("requireScanCursor reads any unsigned 64-bit integer", () => {
  assertEquals(requireScanCursor(Span.ofString("0")), 0);
  assertEquals(requireScanCursor(Span.ofString("42")), 42);
  assertEquals(requireScanCursor(Span.ofString("18446744073709551615")), 2 ** 64);
});

Deno.test("requireScanCursor refuses what is no cursor", () => {
  for (const text of ["x", "1x", " 1", "18446744073709551616"]) {
    assertRefused(() => requireScanCursor(Span.ofString(text)), "ERR invalid cursor");
  }
});

Deno.test("readScanOptions has defaults when no option is given", () => {
  const options = read([]);
  assertEquals(options.count, 10);
  assertEquals(options.pattern, null);
  assertEquals(options.type, null);
});

Deno.test("readScanOptions takes options in any order and case, the last of each kind", () => {
  const options = read(["type", "a", "COUNT", "5", "Match", "x*", "count", "7", "TYPE", "b"], true);
  assertEquals(options.count, 7);
  assertEquals(options.pattern && spanString(options.pattern), "x*");
  assertEquals(options.type && spanString(options.type), "b");
});

Deno.test("readScanOptions refuses unknown, unfinished and senseless options", () => {
  for (const options of [["FOO", "1"], ["COUNT"], ["MATCH"], ["COUNT", "0"], ["COUNT", "-1"]]) {
    assertRefused(() => read(options), "ERR syntax error");
  }
  assertRefused(() => read(["TYPE", "hash"]), "ERR syntax error");
  assertRefused(() => read(["TYPE"], true), "ERR syntax error");
  assertRefused(
    () => read(["COUNT", "x"]),
    "ERR value is not an integer or out of range",
  );
});

Deno.test("ScanOptions matches everything when the pattern is a star, and what it matches otherwise", () => {
  const all = read(["MATCH", "*"]), some = read(["MATCH", "a*"]), none = read(["MATCH", "**"]);
  for (const text of ["", "abc"]) assertEquals(all.matches(Span.ofString(text)), true);
  assertEquals(some.matches(Span.ofString("abc")), true);
  assertEquals(some.matches(Span.ofString("bc")), false);
  assertEquals(none.matches(Span.ofString("")), false);
});

/** What makes a collection of elements, how it is scanned, and how an element is removed. */
const SCANNED: Readonly<Record<string, readonly [string[], string[], string[]]>> = {
  SCAN: [["SET", "*", "v"], ["SCAN"], ["DEL", "*"]],
  HSCAN: [["HSET", "key", "*", "v"], ["HSCAN", "key"], ["HDEL", "key", "*"]],
  SSCAN: [["SADD", "key", "*"], ["SSCAN", "key"], ["SREM", "key", "*"]],
  ZSCAN: [["ZADD", "key", "1", "*"], ["ZSCAN", "key"], ["ZREM", "key", "*"]],
};

for (const [name, [add, scan, remove]] of Object.entries(SCANNED)) {
  Deno.test(`${name} replies an element once when others are removed and added between the calls`, () => {
    const { run, configuration } = new CommandHarness(ALL_COMMANDS);
    configuration.apply(["hash-max-listpack-entries", "0", "zset-max-listpack-entries", "0"]);
    const call = (words: string[], element: string) =>
      run(...words.map((word) => word === "*" ? element : word));
    const width = name === "HSCAN" || name === "ZSCAN" ? 2 : 1;
    // Sets of up to 128 members are listpacks here.
    for (const size of [20, 100, 1000]) {
      for (let i = 0; i < size; i++) call(add, `k${i}`);
      const found = new Set<string>(),
        left = new Set(Array.from({ length: size }, (_, i) => `k${i}`));
      let cursor = "0", round = 0;
      do {
        const [next, ...texts] = leaves(parseReply(run(...scan, cursor))!.reply);
        for (const element of texts.filter((_, i) => i % width === 0)) {
          assert(!found.has(element), `${element} came twice`);
          found.add(element);
        }
        const gone = [...left].find((element) => !found.has(element));
        if (gone !== undefined) {
          call(remove, gone);
          left.delete(gone);
        }
        for (let i = 0; i < 3; i++) call(add, `new${round}.${i}`);
        cursor = next;
        round++;
      } while (cursor !== "0");
      for (const element of left) assert(found.has(element), `${element} was missed`);
      run("FLUSHALL");
    }
  });
}
