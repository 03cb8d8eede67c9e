import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Span, spanString } from "../../src/base/span.ts";
import { ByteStore } from "../../src/data/byte_store.ts";
import { Element } from "../../src/data/element.ts";
import * as set from "../../src/data/set_value.ts";
import {
  type Aggregate,
  countCommon,
  type Input,
  intersect,
  subtract,
  unite,
} from "../../src/data/sorted_set_algebra.ts";
import type { SortedSetBuilder } from "../../src/data/sorted_set_builder.ts";
import * as sortedSet from "../../src/data/sorted_set_value.ts";
import { Encoding, Value } from "../../src/data/value.ts";
import type { Pair } from "./sorted_set_model.ts";

const LIMITS = {
  "zset-max-listpack-entries": 4,
  "zset-max-listpack-value": 64,
  "set-max-intset-entries": 4,
};

const store = new ByteStore();

function sortedSetOf(pairs: Iterable<Pair>): Value {
  const value = sortedSet.create(store, new Value());
  for (const [member, score] of pairs) {
    sortedSet.add(store, value, Span.ofString(member), score, LIMITS);
  }
  return value;
}

function setOf(members: Iterable<string>): Value {
  const value = set.create(store, new Value());
  for (const member of members) set.add(store, value, Span.ofString(member), LIMITS);
  return value;
}

/** The members and scores of a result, in order. */
function pairsOf(builder: SortedSetBuilder): Pair[] {
  const { size } = builder;
  const value = builder.finish(store, new Value(), LIMITS);
  assertEquals(value.encoding, size <= 4 ? Encoding.Listpack : Encoding.Skiplist);
  const pairs: Pair[] = [], member = new Element();
  const walk = new sortedSet.RankWalk(store, value, 0, false);
  for (; walk.place !== sortedSet.NONE; walk.step()) {
    sortedSet.sendMember(store, value, walk.place, member);
    pairs.push([spanString(member.span()), sortedSet.score(store, value, walk.place)]);
  }
  return pairs;
}

const COMBINE: Record<Aggregate, (a: number, b: number) => number> = {
  sum: (a, b) => a + b,
  min: Math.min,
  max: Math.max,
};

// Members that make integers and strings, scores whose sums are exact in any order.
const content = fc.uniqueArray(
  fc.tuple(fc.constantFrom("1", "2", "3", "-7", "x", "y", "z"), fc.integer({ min: -9, max: 9 })),
  { selector: ([member]) => member, maxLength: 7 },
);
const input = fc.record({ content, isSet: fc.boolean(), weight: fc.constantFrom(1, 2, -1, 0.5) });

Deno.test("sorted set algebra does what maps do when inputs are sets and sorted sets", () => {
  fc.assert(
    fc.property(
      fc.array(input, { minLength: 1, maxLength: 4 }),
      fc.constantFrom<Aggregate>("sum", "min", "max"),
      fc.integer({ min: 1, max: 8 }),
      (parts, aggregate, limit) => {
        const inputs: Input[] = parts.map(({ content, isSet, weight }) => ({
          value: isSet ? setOf(content.map(([member]) => member)) : sortedSetOf(content),
          weight,
        }));
        const maps = parts.map(({ content, isSet }) =>
          new Map<string, number>(content.map(([member, score]) => [member, isSet ? 1 : score]))
        );
        const combined = (member: string) =>
          maps.flatMap((map, i) => {
            const score = map.get(member);
            return score === undefined ? [] : [score * parts[i].weight];
          }).reduce((a, b) => COMBINE[aggregate](a, b));
        const ordered = (members: Iterable<string>, scoreOf: (member: string) => number) =>
          [...members].map((member): Pair => [member, scoreOf(member) + 0])
            .sort(([a, scoreA], [b, scoreB]) => scoreA - scoreB || (a < b ? -1 : 1));
        const plain = (pairs: Pair[]) => pairs.map(([member, score]): Pair => [member, score + 0]);

        const all = new Set(maps.flatMap((map) => [...map.keys()]));
        const common = [...all].filter((member) => maps.every((map) => map.has(member)));
        const [first, ...others] = maps;
        const rest = [...first.keys()].filter((member) => !others.some((map) => map.has(member)));
        assertEquals(plain(pairsOf(unite(store, inputs, aggregate))), ordered(all, combined));
        assertEquals(
          plain(pairsOf(intersect(store, inputs, aggregate))),
          ordered(common, combined),
        );
        assertEquals(countCommon(store, inputs, limit), Math.min(limit, common.length));
        const [minuend, ...subtrahends] = inputs.map(({ value }) => value);
        assertEquals(
          plain(pairsOf(subtract(store, minuend, subtrahends))),
          ordered(rest, (member) => first.get(member) as number),
        );
      },
    ),
  );
});

Deno.test("sorted set algebra makes 0 of what is no number", () => {
  const up = sortedSetOf([["m", Infinity]]), down = sortedSetOf([["m", -Infinity]]);
  const inputs = [{ value: up, weight: 1 }, { value: down, weight: 1 }];
  assertEquals(pairsOf(unite(store, inputs, "sum")), [["m", 0]]);
  assertEquals(pairsOf(intersect(store, inputs, "sum")), [["m", 0]]);
  assertEquals(pairsOf(unite(store, [{ value: up, weight: 0 }], "sum")), [["m", 0]]);
});

Deno.test("sorted set algebra adds scores up from the smallest input when rounding tells", () => {
  const three = sortedSetOf([["a", 0.3], ["b", 1]]);
  const one = sortedSetOf([["a", 0.1]]), two = sortedSetOf([["a", 0.2]]);
  const weigh = (values: Value[]) => values.map((value) => ({ value, weight: 1 }));
  const sum = 0.1 + 0.2 + 0.3;
  assertEquals(pairsOf(unite(store, weigh([three, one, two]), "sum")), [["a", sum], ["b", 1]]);
  assertEquals(pairsOf(intersect(store, weigh([three, one, two]), "sum")), [["a", sum]]);
});
