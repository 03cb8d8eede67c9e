import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Span } from "../../src/base/span.ts";
import type { LexBound, RankRange, ScoreRange } from "../../src/data/sorted_set_range.ts";
import { SortedSetTable } from "../../src/data/sorted_set_table.ts";
import * as sortedSet from "../../src/data/sorted_set_value.ts";
import { Encoding, Value } from "../../src/data/value.ts";
import { assertSame, Model, type Pair, SortedSet } from "./sorted_set_model.ts";

const BOTH = [Encoding.Listpack, Encoding.Skiplist];

/** A sorted set of these pairs in the encoding that is asked for. */
function sample(encoding: Encoding, pairs: readonly Pair[]): SortedSet {
  const made = new SortedSet(encoding === Encoding.Listpack ? 128 : 0);
  for (const [member, score] of pairs) made.set(member, score);
  assertEquals(made.encoding, encoding);
  return made;
}

/** An empty range is one whose end is not behind its start, wherever it is. */
function normalized({ start, end }: RankRange): RankRange {
  return end > start ? { start, end } : { start: 0, end: 0 };
}

const members = fc.constantFrom(
  ...["", "a", "b", "ab", "10", "9", "-3", "\xff", "\0", "zz", "c", "d", "e", "f", "g", "h"],
);
const scores = fc.constantFrom(0, 1, 2, 3, -1, 0.5, 0.1, 1e300, Infinity, -Infinity, 2 ** 53, 1e18);
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.constant("set" as const), members, scores) },
    { weight: 3, arbitrary: fc.tuple(fc.constant("delete" as const), members, scores) },
    { weight: 1, arbitrary: fc.tuple(fc.constant("removeRanks" as const), fc.nat(8), fc.nat(4)) },
  ),
  { maxLength: 60 },
);

Deno.test("sorted set does what a sorted array does when members come, change and go", () => {
  fc.assert(
    fc.property(steps, fc.constantFrom(0, 5, 128), (steps, entries) => {
      const made = new SortedSet(entries), model = new Model();
      for (const [kind, what, number] of steps) {
        if (kind === "set") {
          made.set(what, number);
          model.set(what, number);
        } else if (kind === "delete") {
          assertEquals(made.delete(what), model.delete(what));
        } else {
          const start = Math.min(what, made.size), end = Math.min(start + number, made.size);
          made.removeRanks({ start, end });
          model.removeRanks({ start, end });
        }
      }
      assertSame(made, model);
    }),
  );
});

Deno.test("sorted set tells the ranks of a range of scores when bounds are inclusive or not", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(members, scores), { maxLength: 20 }),
      fc.record({
        min: scores,
        minExclusive: fc.boolean(),
        max: scores,
        maxExclusive: fc.boolean(),
      }),
      fc.constantFrom(0, 128),
      (pairs, range: ScoreRange, entries) => {
        const made = new SortedSet(entries), model = new Model();
        for (const [member, score] of pairs) {
          made.set(member, score);
          model.set(member, score);
        }
        const expected = model.ranks(([, score]) =>
          (range.minExclusive ? score > range.min : score >= range.min) &&
          (range.maxExclusive ? score < range.max : score <= range.max)
        );
        assertEquals(normalized(sortedSet.scoreRanks(made.store, made.value, range)), expected);
      },
    ),
  );
});

Deno.test("sorted set tells the ranks of a range of members when all have one score", () => {
  const bounds = fc.record({
    infinity: fc.constantFrom(-1, 0, 0, 0, 0, 1) as fc.Arbitrary<-1 | 0 | 1>,
    text: members,
    exclusive: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(members, { maxLength: 20 }),
      bounds,
      bounds,
      fc.boolean(),
      fc.constantFrom(0, 128),
      (list, min, max, reverse, entries) => {
        const made = new SortedSet(entries), model = new Model();
        for (const member of list) {
          made.set(member, 7);
          model.set(member, 7);
        }
        const bound = ({ infinity, text, exclusive }: typeof min): LexBound => ({
          infinity,
          member: Span.ofString(text),
          exclusive,
        });
        const above = (member: string) =>
          min.infinity !== 0
            ? min.infinity < 0
            : min.exclusive
            ? member > min.text
            : member >= min.text;
        const below = (member: string) =>
          max.infinity !== 0
            ? max.infinity > 0
            : max.exclusive
            ? member < max.text
            : member <= max.text;
        const expected = model.ranks(([member]) => above(member) && below(member));
        const range = { min: bound(min), max: bound(max) };
        const found = sortedSet.lexRanks(made.store, made.value, range, reverse);
        assertEquals(normalized(found), expected);
      },
    ),
  );
});

Deno.test("sorted set orders members of one score by their bytes when some are integers", () => {
  for (const encoding of BOTH) {
    const made = sample(encoding, ["b", "10", "9", "a", "", "-5", "\xff", "ab"].map((m) => [m, 1]));
    const order = made.walk().map(([member]) => member);
    assertEquals(order, ["", "-5", "10", "9", "a", "ab", "b", "\xff"]);
  }
});

Deno.test("sorted set becomes a table when there are too many members or one is too long", () => {
  const many = new SortedSet(3, 5);
  for (const member of ["a", "b", "c"]) many.set(member, 1);
  many.set("a", 9);
  assertEquals(many.encoding, Encoding.Listpack);
  many.set("d", 0);
  assertEquals(many.encoding, Encoding.Skiplist);
  assertEquals(many.walk(), [["d", 0], ["b", 1], ["c", 1], ["a", 9]]);
  many.delete("d");
  assertEquals(many.encoding, Encoding.Skiplist);

  const long = new SortedSet(3, 5);
  long.set("12345", 1);
  assertEquals(long.encoding, Encoding.Listpack);
  long.set("123456", 1);
  assertEquals(long.encoding, Encoding.Skiplist);
});

Deno.test("sorted set writes scores as Redis does when it is a listpack", () => {
  const texts: [number, string, string][] = [
    [-0, "0", "-0"],
    [0.1, "0.10000000000000001", "0.10000000000000001"],
    [17, "17", "17"],
    [1e17, "100000000000000000", "1e+17"],
    [2 ** 62, "4611686018427387904", "4.6116860184273879e+18"],
    [2 ** 62 + 1024, "4.6116860184273889e+18", "4.6116860184273889e+18"],
    [-Infinity, "-inf", "-inf"],
    [5e-324, "4.9406564584124654e-324", "4.9406564584124654e-324"],
  ];
  for (const [score, listpack, table] of texts) {
    const small = sample(Encoding.Listpack, [["m", score]]);
    assertEquals(small.scoreTextAt(small.find("m")), listpack);
    assertEquals(small.scoreAt(small.find("m")), score === 0 ? 0 : score);
    const large = sample(Encoding.Skiplist, [["m", score]]);
    assertEquals(large.scoreTextAt(large.find("m")), table);
    assertEquals(large.scoreAt(large.find("m")), score);
  }
});

Deno.test("sorted set scan visits every member when the cursor is followed to its end", () => {
  for (const encoding of BOTH) {
    const made = sample(encoding, Array.from({ length: 100 }, (_, i) => [`m${i}`, i % 7]));
    const { store, value } = made;
    const seen = new Set<string>();
    let cursor = 0;
    do {
      const { next, places } = sortedSet.scan(store, value, cursor, 9);
      for (const place of places) seen.add(made.memberAt(place));
      cursor = next;
    } while (cursor !== 0);
    assertEquals(seen.size, 100);
  }
});

Deno.test("sorted set MemberNumbers and nth name each member once", () => {
  for (const encoding of BOTH) {
    const made = sample(encoding, Array.from({ length: 50 }, (_, i) => [`m${i}`, i % 7]));
    const numbers = new sortedSet.MemberNumbers(made.store, made.value);
    assertEquals(numbers.size, 50);
    const places = Array.from({ length: 50 }, (_, i) => numbers.placeOf(i));
    assertEquals(new Set(places.map((place) => made.memberAt(place))).size, 50);
    const alone = places.map((_, i) => sortedSet.nth(made.store, made.value, i));
    assertEquals(alone, places);
  }
});

Deno.test("sorted set gives its memory back when members go", () => {
  const made = new SortedSet();
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 100; i++) made.set(`m${i}`, i);
    for (let i = 0; i < 100; i++) made.delete(`m${i}`);
  }
  assertEquals(made.encoding, Encoding.Listpack);
  const bytes = made.store.allocatedBytes;
  assert(bytes <= 64, `${bytes} bytes`);
});

Deno.test("sorted set createFor makes a table when more members are to come than a listpack holds", () => {
  const made = new SortedSet(2);
  const value = new Value();
  sortedSet.createFor(made.store, value, 2, made.limits);
  assertEquals(value.encoding, Encoding.Listpack);
  sortedSet.createFor(made.store, value, 3, made.limits);
  assertEquals(value.encoding, Encoding.Skiplist);
});

Deno.test("SortedSetTable clone is a set of its own", () => {
  const table = new SortedSetTable(1);
  for (let i = 0; i < 1000; i++) table.add(Span.ofString(`m${i}`), (i * 31) % 100);
  const copy = table.clone();
  for (let i = 0; i < 1000; i += 2) table.remove(table.find(Span.ofString(`m${i}`)));
  table.setScore(table.find(Span.ofString("m1")), -5);
  assertEquals(copy.size, 1000);
  assertEquals(copy.score(copy.find(Span.ofString("m1"))), 31);
  assertEquals(copy.countBelowScore(50, false), 500);
  assertEquals(table.size, 500);
  assertEquals(table.rankOf(table.find(Span.ofString("m1"))), 0);
});

Deno.test("SortedSetTable takes less than 80 bytes a member when members are short", () => {
  const table = new SortedSetTable(1);
  const count = 50_000;
  for (let i = 0; i < count; i++) table.add(Span.ofString(`member:${i}`), (i * 7919) % count);
  assert(table.memoryBytes < 80 * count, `${table.memoryBytes / count} bytes a member`);
});
