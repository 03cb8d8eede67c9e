import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { compareSpans, Span, spanString } from "../../src/base/span.ts";
import { ByteStore } from "../../src/data/byte_store.ts";
import { RankCursor } from "../../src/data/rank_tree.ts";
import { SortedSetAppender } from "../../src/data/sorted_set_builder.ts";
import type { SortedSetTable } from "../../src/data/sorted_set_table.ts";
import { Value } from "../../src/data/value.ts";

type Pair = readonly [string, number];

const NO_LISTPACK = { "zset-max-listpack-entries": 0, "zset-max-listpack-value": 0 };

/** Appends pairs of which no two have the same member, and lists what came of it. */
function append(pairs: readonly Pair[]): SortedSetTable {
  const appender = new SortedSetAppender();
  for (const [member, score] of pairs) {
    assertEquals(appender.append(Span.ofString(member), score), true);
    assertEquals(appender.append(Span.ofString(member), score + 1), false);
  }
  return appender.finish(new ByteStore(), new Value(), NO_LISTPACK).object as SortedSetTable;
}

function listing(table: SortedSetTable): Pair[] {
  const pairs: Pair[] = [], cursor = new RankCursor(), member = new Span();
  for (table.seek(0, cursor); cursor.row >= 0; cursor.forward()) {
    pairs.push([spanString(table.memberSpan(cursor.row, member)), table.score(cursor.row)]);
  }
  return pairs;
}

function inOrder(pairs: readonly Pair[]): Pair[] {
  return [...pairs].sort((a, b) =>
    a[1] - b[1] || compareSpans(Span.ofString(a[0]), Span.ofString(b[0]))
  );
}

Deno.test("SortedSetAppender puts members in order when they come in any", () => {
  const pairs = fc.uniqueArray(
    fc.tuple(fc.nat(2000).map((i) => `m${i}`), fc.integer({ min: -20, max: 20 })),
    { selector: ([member]) => member, minLength: 1, maxLength: 700 },
  );
  fc.assert(
    fc.property(
      pairs,
      fc.constantFrom("as they are", "down", "up", "down, then any"),
      (all, how) => {
        const sorted = inOrder(all);
        const half = sorted.slice(sorted.length >> 1).reverse();
        const given = how === "up"
          ? sorted
          : how === "down"
          ? [...sorted].reverse()
          : how === "down, then any"
          ? [...half, ...all.filter((pair) => !half.includes(pair))]
          : all;
        const table = append(given);
        assertEquals(listing(table), sorted);
        for (const [i, [member]] of sorted.entries()) {
          assertEquals(table.rankOf(table.find(Span.ofString(member))), i);
        }
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("SortedSetAppender leaves an order that stands changes when members came downwards", () => {
  for (const count of [1, 15, 16, 17, 255, 256, 257, 20_000]) {
    let pairs = Array.from({ length: count }, (_, i): Pair => [`m${i}`, i]);
    const table = append([...pairs].reverse());
    for (let i = 0; i < count; i += 3) table.remove(table.find(Span.ofString(`m${i}`)));
    pairs = pairs.filter((_, i) => i % 3 !== 0);
    for (let i = 0; i < 50; i++) {
      table.add(Span.ofString(`new${i}`), i * 7.5);
      pairs.push([`new${i}`, i * 7.5]);
    }
    assertEquals(listing(table), inOrder(pairs));
  }
});
