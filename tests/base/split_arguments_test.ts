import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { quoteArgument, splitArguments } from "../../src/base/split_arguments.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { RawClient } from "../support/raw_client.ts";

const LINES: readonly [string, string[] | null][] = [
  ["", []],
  [" \t ", []],
  ["a b", ["a", "b"]],
  ["  save  900\t1 \r\n", ["save", "900", "1"]],
  ["''", [""]],
  ['"" x', ["", "x"]],
  ['"a b" c', ["a b", "c"]],
  ['"a"b', null],
  ['"a', null],
  ['"a\\', null],
  ['"a\\"', null],
  ["'a\\' b' c", ["a' b", "c"]],
  ["'a\\n'", ["a\\n"]],
  ["'a", null],
  ['a"b c"', ["ab c"]],
  ['a"b"c', null],
  ["a'b'", ["ab"]],
  ['"\\x41\\x7F\\xfg\\x"', ["A\x7fxfgx"]],
  ['"\\n\\r\\t\\b\\a\\\\\\"\\q"', ['\n\r\t\b\x07\\"q']],
  ["a\\nb", ["a\\nb"]],
  ["a\x0bb \x0bc", ["a\x0bb", "c"]],
  ["a\0b", ["a"]],
];

Deno.test("splitArguments gives the arguments or null when the line is one of the table", () => {
  for (const [line, expected] of LINES) assertEquals(splitArguments(line), expected, line);
});

Deno.test("quoteArgument writes escapes when bytes are not printable", () => {
  assertEquals(quoteArgument(""), '""');
  assertEquals(quoteArgument('a b"\\'), '"a b\\"\\\\"');
  assertEquals(
    quoteArgument("\n\r\t\b\x07\0\x1f\x7f\xff~"),
    '"\\n\\r\\t\\b\\a\\x00\\x1f\\x7f\\xff~"',
  );
});

const BYTES = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)),
});

Deno.test("splitArguments gives back any arguments when they were quoted", () => {
  fc.assert(fc.property(fc.array(BYTES), (texts) => {
    assertEquals(splitArguments(texts.map(quoteArgument).join(" ")), texts);
  }));
});

/** Lines of the bytes that matter; without line ends, which the protocol would cut. */
const TRICKY_LINE = fc.string({
  unit: fc.constantFrom(..."aax41nb \t\x0b\"\"''\\\\\xff"),
  maxLength: 14,
});

referenceTest("splitArguments agrees with inline commands when lines are random", async () => {
  await using reference = await startReference();
  for (const line of fc.sample(TRICKY_LINE, { numRuns: 600, seed: 7 })) {
    using client = await RawClient.connect(reference.port);
    await client.write(`EVAL "return ARGV" 0 ${line}\r\n`);
    const reply = await client.read();
    const expected = reply.type === "-" ? null : reply.children?.map((child) => child.text ?? "");
    if (reply.type === "-") {
      assertEquals(reply.text, "ERR Protocol error: unbalanced quotes in request");
    }
    assertEquals(splitArguments(line), expected, JSON.stringify(line));
  }
});

referenceTest("quoteArgument agrees with MONITOR when an argument has every byte", async () => {
  await using reference = await startReference();
  using monitor = await RawClient.connect(reference.port);
  await monitor.call("MONITOR");
  using client = await RawClient.connect(reference.port);
  const all = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));
  await client.call("ECHO", all);
  const line = (await monitor.read()).text ?? "";
  assertEquals(
    line.slice(line.indexOf("] ") + 2),
    `${quoteArgument("ECHO")} ${quoteArgument(all)}`,
  );
});
