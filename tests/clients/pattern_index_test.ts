import { assert, assertEquals } from "@std/assert";
import { GlobMatcher } from "../../src/base/glob_matcher.ts";
import { Span } from "../../src/base/span.ts";
import { type IndexedPattern, PatternIndex } from "../../src/clients/pattern_index.ts";

let made = 0;

function indexed(pattern: string): IndexedPattern {
  return { matcher: new GlobMatcher(pattern), order: made++ };
}

function patternsOf(found: readonly IndexedPattern[]): string[] {
  return found.map(({ matcher }) => matcher.pattern);
}

function indexOf(count: number, patternAt: (i: number) => string): PatternIndex<IndexedPattern> {
  const index = new PatternIndex();
  for (let i = 0; i < count; i++) index.add(indexed(patternAt(i)));
  return index;
}

Deno.test("PatternIndex tries hardly any of 20,000 patterns when their literal ends tell them apart", () => {
  const kinds: readonly [patternAt: (i: number) => string, text: string, found: number][] = [
    [(i) => `user:${i}:*`, "user:777:login", 1],
    [(i) => `user:${i}:*`, "other:777:login", 0],
    [(i) => `channel ${i}`, "channel 19999", 1],
    [(i) => `*:created:${i}`, "order:created:5", 1],
    [(i) => `?:created:${i}`, "order:created:5", 0],
    [(i) => `__keyspace@0__:*:${i}`, "__keyspace@0__:user:12345", 1],
    [(i) => `[abc]*${i}.`, "a1.", 1],
    [(i) => `${"x".repeat(i % 300)}:${i}:*`, "x".repeat(299), 0],
  ];
  for (const [patternAt, text, found] of kinds) {
    const index = indexOf(20_000, patternAt);
    assertEquals(index.matching(Span.ofString(text)).length, found, patternAt(0));
    assert(index.tried <= 16, `${patternAt(0)}: ${index.tried} were tried`);
  }
});

Deno.test("PatternIndex tries patterns without literal ends one by one", () => {
  const index = indexOf(20_000, (i) => `*.${i}.*`);
  assertEquals(patternsOf(index.matching(Span.ofString("a.123.b"))), ["*.123.*"]);
  assertEquals(index.tried, 20_000);
  // The others are not looked at for that.
  assertEquals(index.matching(Span.ofString("")), []);
});

Deno.test("PatternIndex finds all patterns that match, the oldest first, while others come and go", () => {
  const ends = ["", "a", "b", "ab", "ba", "aab", "abba"];
  const middles = ["", "*", "?", "*a*", "[ab]", "?*", "*b?"];
  const texts = ends.flatMap((end) => ends.map((beginning) => beginning + end));
  const index = new PatternIndex<IndexedPattern>();
  const present = new Map<string, IndexedPattern>();
  let seed = 4711;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor(seed / 2 ** 32 * below);
  };
  let found = 0;
  for (let round = 0; round < 4000; round++) {
    // At first more come than go, then more go.
    const pattern = [ends, middles, ends].map((list) => list[random(list.length)]).join("");
    const old = present.get(pattern);
    if (old !== undefined && (round > 2000 || random(2) === 0)) {
      index.remove(old);
      present.delete(pattern);
    } else if (old === undefined && (round < 2000 || random(3) === 0)) {
      const added = indexed(pattern);
      index.add(added);
      present.set(pattern, added);
    }
    const text = Span.ofString(texts[random(texts.length)]);
    const expected = [...present.values()]
      .filter(({ matcher }) => matcher.matches(text))
      .sort((a, b) => a.order - b.order);
    assertEquals(patternsOf(index.matching(text)), patternsOf(expected));
    found += expected.length;
  }
  assert(found > 10_000, `hardly anything was found: ${found}`);
  for (const pattern of present.values()) index.remove(pattern);
  assertEquals(index.matching(Span.ofString("ab")), []);
  assertEquals(index.tried, 0);
});
