import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { byteString, Span } from "../../src/base/span.ts";
import { lcsLength, lcsMatches, lcsMemory, lcsSequence } from "../../src/data/lcs.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { RawClient } from "../support/raw_client.ts";
import { leaves } from "../support/reply.ts";

/** A span in the middle of a buffer, whose other bytes would match too. */
function span(text: string): Span {
  return new Span().set(Span.ofString(`mmm${text}mmm`).buffer, 3, 3 + text.length);
}

function sequence(a: string, b: string): string {
  return byteString(lcsSequence(span(a), span(b)));
}

Deno.test("lcsSequence gives the common bytes in order when there are some", () => {
  assertEquals(sequence("ohmytext", "mynewtext"), "mytext");
  assertEquals(sequence("abc", "abc"), "abc");
  assertEquals(sequence("\0\xff\x80", "\xff\0\x80"), "\xff\x80");
});

Deno.test("lcsSequence is empty when nothing is common or a string is empty", () => {
  for (const [a, b] of [["abc", "xyz"], ["", "abc"], ["abc", ""], ["", ""]]) {
    assertEquals(sequence(a, b), "");
    assertEquals(lcsLength(span(a), span(b)), 0);
    assertEquals(lcsMatches(span(a), span(b)), { length: 0, ranges: [] });
  }
});

Deno.test("lcsMatches leaves out short runs but counts them when a least length is given", () => {
  const long = { firstStart: 4, firstEnd: 7, secondStart: 5, secondEnd: 8 };
  const short = { firstStart: 2, firstEnd: 3, secondStart: 0, secondEnd: 1 };
  const a = span("ohmytext"), b = span("mynewtext");
  assertEquals(lcsMatches(a, b), { length: 6, ranges: [long, short] });
  assertEquals(lcsMatches(a, b, 2), { length: 6, ranges: [long, short] });
  assertEquals(lcsMatches(a, b, 4), { length: 6, ranges: [long] });
  assertEquals(lcsMatches(a, b, 5), { length: 6, ranges: [] });
});

Deno.test("lcsMemory is what the reference compares with proto-max-bulk-len", () => {
  assertEquals(lcsMemory(511, 511), 1024 * 1024);
  assertEquals(lcsMemory(0, 0), 4);
});

const TEXT = fc.string({ unit: fc.constantFrom(..."abc\0"), maxLength: 40 });

function isSubsequence(part: string, whole: string): boolean {
  let at = 0;
  for (const character of part) {
    at = whole.indexOf(character, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

/** The definition, without a table: exponential, so for short strings only. */
function shortLength(a: string, b: string): number {
  let best = 0;
  for (let subset = 0; subset < 2 ** a.length; subset++) {
    const part = [...a].filter((_, i) => subset >> i & 1).join("");
    if (part.length > best && isSubsequence(part, b)) best = part.length;
  }
  return best;
}

Deno.test("lcsSequence is a subsequence of both and no shorter than any other", () => {
  const short = fc.string({ unit: fc.constantFrom(..."abc"), maxLength: 8 });
  fc.assert(fc.property(short, short, (a, b) => {
    const found = sequence(a, b);
    assert(isSubsequence(found, a) && isSubsequence(found, b));
    assertEquals(found.length, shortLength(a, b));
    assertEquals(lcsLength(span(a), span(b)), found.length);
  }));
});

referenceTest("lcs functions agree with LCS when the strings are random", async () => {
  await using reference = await startReference();
  using client = await RawClient.connect(reference.port);
  const random = fc.sample(fc.tuple(TEXT, TEXT, fc.nat(4)), { numRuns: 500, seed: 5 });
  for (const [a, b, least] of random) {
    const [, , length, text, indexes] = await client.pipeline([
      ["SET", "a", a],
      ["SET", "b", b],
      ["LCS", "a", "b", "LEN"],
      ["LCS", "a", "b"],
      ["LCS", "a", "b", "IDX", "MINMATCHLEN", String(least)],
    ]);
    const where = JSON.stringify([a, b, least]);
    assertEquals(String(lcsLength(span(a), span(b))), length.text, where);
    assertEquals(sequence(a, b), text.text, where);
    const found = lcsMatches(span(a), span(b), least);
    const numbers = found.ranges.flatMap((range) => [
      range.firstStart,
      range.firstEnd,
      range.secondStart,
      range.secondEnd,
    ]);
    assertEquals(
      ["matches", ...numbers.map(String), "len", String(found.length)],
      leaves(indexes),
      where,
    );
  }
});

referenceTest(
  "lcsMemory agrees with the reference when proto-max-bulk-len is the limit",
  async () => {
    await using reference = await startReference();
    using client = await RawClient.connect(reference.port);
    const limit = 1024 * 1024;
    await client.call("CONFIG", "SET", "proto-max-bulk-len", String(limit));
    for (
      const [a, b] of [[511, 511], [511, 512], [1023, 255], [1023, 256], [1, 131071], [2, 131071]]
    ) {
      await client.call("SET", "a", "x".repeat(a));
      await client.call("SET", "b", "y".repeat(b));
      const refused = (await client.call("LCS", "a", "b", "LEN")).type === "-";
      assertEquals(lcsMemory(a, b) > limit, refused, `${a} and ${b} bytes`);
    }
  },
);
