import { assert, assertEquals, assertLess } from "@std/assert";
import { matchGlob } from "../../src/base/glob.ts";
import { Span } from "../../src/base/span.ts";
import { cpuTimeOf } from "../support/cpu_time.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { RawClient } from "../support/raw_client.ts";
import { leaves } from "../support/reply.ts";

function matches(pattern: string, text: string, ignoreCase = false): boolean {
  return matchGlob(Span.ofString(pattern), Span.ofString(text), ignoreCase);
}

/** pattern, texts that match it, texts that don't. */
const CASES: readonly [string, readonly string[], readonly string[]][] = [
  ["", [""], ["a"]],
  ["abc", ["abc"], ["", "ab", "abcd", "ABC"]],
  ["*", ["a", "abc", "\n\0"], [""]],
  ["**", ["a", "abc"], [""]],
  ["a*", ["a", "ab", "a*"], ["", "ba"]],
  ["a*c*e", ["ace", "abcde", "acce", "acxexe"], ["ac", "acd", "aec"]],
  ["*aab", ["aab", "aaab", "xaaaab"], ["aaba", "ab"]],
  ["h?llo", ["hello", "h\xffllo", "h?llo"], ["hllo", "heello"]],
  ["h[ae]llo", ["hello", "hallo"], ["hillo", "h[llo"]],
  ["h[^e]llo", ["hallo", "h^llo"], ["hello", "hllo"]],
  ["h[a-c]llo", ["hallo", "hbllo", "hcllo"], ["hdllo", "h-llo"]],
  ["h[c-a]llo", ["hallo", "hbllo", "hcllo"], ["hdllo"]],
  ["[a-]", ["a", "]", "^"], ["-", "b"]],
  ["[]", [], ["]", "a", "[]"]],
  ["[]a]", [], ["]", "a"]],
  ["[^]", ["a", "]"], ["ab"]],
  ["[\\]]", ["]"], ["\\", "a"]],
  ["[\\a-c]", ["a", "-", "c"], ["b", "\\"]],
  ["[a-\\]]", ["a]", "^]"], ["a", "]"]],
  ["[", [], ["[", "a"]],
  ["[^", ["a", "["], ["ab"]],
  ["[ab", ["a", "b"], ["[", "ab"]],
  ["[a-", ["a", "-"], ["b"]],
  ["[\\", ["\\"], ["a"]],
  ["\\", ["\\"], ["a"]],
  ["a\\", ["a\\"], ["a"]],
  ["\\*", ["*"], ["a", "\\*"]],
  ["\\a\\?", ["a?"], ["ab"]],
  ["[\x80-a]", ["\x80", "\xff", "\x01", "a"], ["b"]],
  ["[a-\xff]", ["\xff", "\x01", "a", "Z"], ["\x80", "b"]],
];

Deno.test("matchGlob answers as Redis does when the pattern is one of the table", () => {
  for (const [pattern, yes, no] of CASES) {
    for (const text of yes) assert(matches(pattern, text), `${pattern} should match ${text}`);
    for (const text of no) assert(!matches(pattern, text), `${pattern} should not match ${text}`);
  }
});

Deno.test("matchGlob folds letters only when asked to ignore case", () => {
  assert(matches("MAX*", "maxmemory", true));
  assert(matches("[L-N]ax", "max", true));
  assert(matches("\\Max", "max", true));
  assert(!matches("[\\M]ax", "max", true));
  assert(!matches("\xc0", "\xe0", true));
});

Deno.test("matchGlob looks at its ranges only when the buffers hold more", () => {
  const bytes = Span.ofString("xa*cxaabcx").buffer;
  const pattern = new Span().set(bytes, 1, 4), text = new Span().set(bytes, 5, 9);
  assert(matchGlob(pattern, text));
  assert(!matchGlob(new Span().set(bytes, 1, 3), new Span().set(bytes, 4, 9)));
});

Deno.test("matchGlob stays quick when every star could match everywhere", () => {
  const taken = cpuTimeOf(() => {
    assert(!matches("a*".repeat(500) + "b", "a".repeat(10_000)));
    assert(!matches("*?[a-b]".repeat(300) + "c", "a".repeat(10_000)));
  });
  // Exponential time would not end at all; quadratic time takes milliseconds.
  assertLess(taken, 5000);
});

Deno.test("matchGlob gives up when a pattern has more than a thousand stars", () => {
  assert(matches("*a".repeat(1000), "a".repeat(1000)));
  assert(matches("*a".repeat(1000) + "*", "a".repeat(1000)));
  assert(!matches("*a".repeat(1001), "a".repeat(1001)));
});

/** A small generator of equal sequences, so that a failure can be repeated. */
function randomSource(seed: number): (below: number) => number {
  return (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor(seed / 2 ** 32 * below);
  };
}

referenceTest("matchGlob agrees with KEYS when patterns are random", async () => {
  await using reference = await startReference();
  using client = await RawClient.connect(reference.port);
  const random = randomSource(20240607);
  const pick = (alphabet: string, most: number): string => {
    let text = "";
    for (let left = random(most + 1); left > 0; left--) text += alphabet[random(alphabet.length)];
    return text;
  };
  const texts = new Set(CASES.flatMap(([, yes, no]) => [...yes, ...no]));
  texts.delete("");
  while (texts.size < 200) texts.add("k" + pick("aabcC-]^\\[*?\x80\xff\x01", 6));
  await client.pipeline([...texts].map((text) => ["SET", text, "1"]));
  const patterns = CASES.map(([pattern]) => pattern);
  while (patterns.length < 3000) {
    patterns.push((random(2) ? "k" : "") + pick("aabcC***??[[[]]^^--\\\\\x80\xff\x01", 10));
  }
  const replies = await client.pipeline(patterns.map((pattern) => ["KEYS", pattern]));
  let matched = 0;
  patterns.forEach((pattern, i) => {
    const expected = leaves(replies[i]).sort();
    assertEquals([...texts].filter((text) => matches(pattern, text)).sort(), expected, pattern);
    matched += expected.length;
  });
  assert(matched > 5000, `the patterns hardly match anything: ${matched}`);
});

referenceTest("matchGlob agrees with CONFIG GET when case is ignored", async () => {
  await using reference = await startReference();
  using client = await RawClient.connect(reference.port);
  const all = (await client.texts("CONFIG", "GET", "?*")).filter((_, i) => i % 2 === 0);
  const random = randomSource(77);
  for (let round = 0; round < 1500; round++) {
    const name = all[random(all.length)];
    const start = random(name.length), length = 1 + random(3);
    const fill = ["*", "[^X]*", "[A-Z]*", "[z-A]*", "[\\E\\m]*", "[MAS]?*"][random(6)];
    const pattern = (name.slice(0, start).toUpperCase() + fill + name.slice(start + length)).slice(
      0,
      1 + random(60),
    );
    // A pattern without wildcards comes back as it was sent, not as the directive is spelled.
    const expected = (await client.texts("CONFIG", "GET", pattern))
      .filter((_, i) => i % 2 === 0).map((found) => found.toLowerCase());
    const found = all.filter((candidate) => matches(pattern, candidate, true));
    assertEquals(found.sort(), expected.sort(), pattern);
  }
});
