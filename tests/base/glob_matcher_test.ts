import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { matchGlob } from "../../src/base/glob.ts";
import { GlobMatcher, Occurrences } from "../../src/base/glob_matcher.ts";
import { Span } from "../../src/base/span.ts";

function matches(pattern: string, text: string): boolean {
  return new GlobMatcher(pattern).matches(Span.ofString(text));
}

Deno.test("GlobMatcher tells the literal ends of a pattern", () => {
  const ends: readonly [pattern: string, prefix: string, suffix: string][] = [
    ["", "", ""],
    ["abc", "abc", ""],
    ["*", "", ""],
    ["a*", "a", ""],
    ["*a", "", "a"],
    ["ab*cd", "ab", "cd"],
    ["ab*c*de", "ab", "de"],
    ["ab?de", "ab", "de"],
    ["ab[x]*de", "ab", "de"],
    ["a\\*b*c\\", "a*b", "c\\"],
    ["\\", "\\", ""],
    ["a[b", "a", ""],
    ["\xff\0*\x80", "\xff\0", "\x80"],
  ];
  for (const [pattern, prefix, suffix] of ends) {
    const matcher = new GlobMatcher(pattern);
    assertEquals([matcher.prefix, matcher.suffix], [prefix, suffix], pattern);
  }
});

Deno.test("GlobMatcher matches what matchGlob matches, and never excludes what does", () => {
  const alphabet = [..."aabc*?[]^-\\\x80\xff"];
  const pattern = fc.array(fc.constantFrom(...alphabet, "*", "*"), { maxLength: 12 });
  const text = fc.array(fc.constantFrom(..."aaabc*]\\\x80\xff"), { maxLength: 12 });
  let matched = 0;
  fc.assert(
    fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 20 }), (elements, texts) => {
      const glob = Span.ofString(elements.join(""));
      const matcher = new GlobMatcher(elements.join(""));
      const occurrences = new Occurrences();
      // Texts that were made of the pattern match more often than others.
      const literal = elements.filter((element) => !"*[]".includes(element)).join("");
      for (const one of [literal, ...texts.map((bytes) => bytes.join(""))]) {
        const range = Span.ofString(one);
        const expected = matchGlob(glob, range);
        assertEquals(matcher.matches(range), expected, one);
        occurrences.set(range);
        if (expected) assert(matcher.mayMatch(occurrences), one);
        if (expected) matched++;
      }
    }),
    { numRuns: 10_000 },
  );
  assert(matched > 1000, `the patterns hardly match anything: ${matched}`);
});

Deno.test("GlobMatcher looks at its range only when the buffer holds more", () => {
  const { buffer } = Span.ofString("xabcx");
  assert(new GlobMatcher("a*c").matches(new Span().set(buffer, 1, 4)));
  assert(new GlobMatcher("a?c").matches(new Span().set(buffer, 1, 4)));
  assert(new GlobMatcher("*?b*").matches(new Span().set(buffer, 1, 4)));
  assert(!new GlobMatcher("*x*").matches(new Span().set(buffer, 1, 4)));
});

Deno.test("GlobMatcher gives up when a pattern has more than a thousand stars", () => {
  assert(matches("*a".repeat(1000), "a".repeat(1000)));
  assert(matches("*a".repeat(1000) + "*", "a".repeat(1000)));
  assert(!matches("*a".repeat(1001), "a".repeat(1001)));
  assert(matches("*".repeat(2000) + "a", "ba"));
});

Deno.test("GlobMatcher takes long patterns and texts", () => {
  const long = "x".repeat(200_000);
  assert(matches(`${long}*${long}?*`, `${long}${long}y`));
  assert(!matches(`${long}*y`, `${long}${long}`));
});
