import { assertEquals, assertLess } from "@std/assert";
import fc from "fast-check";
import { spanString } from "../../src/base/span.ts";
import { ByteStore } from "../../src/data/byte_store.ts";
import { intersect, subtract, unite } from "../../src/data/set_algebra.ts";
import { Encoding } from "../../src/data/value.ts";
import { cpuTimeOf } from "../support/cpu_time.ts";
import { TextSet } from "./set_texts.ts";

const LIMITS = { "set-max-intset-entries": 512 };

function makeSets(...members: string[][]): { store: ByteStore; sets: TextSet[] } {
  const store = new ByteStore();
  return { store, sets: members.map((list) => new TextSet(list, 512, store)) };
}

function intersection(store: ByteStore, sets: readonly TextSet[]): string[] {
  const common: string[] = [];
  intersect(store, sets.map(({ value }) => value), (member) => {
    common.push(spanString(member.span()));
    return true;
  });
  return common;
}

function union(store: ByteStore, sets: readonly TextSet[]): TextSet {
  const result = new TextSet([], 512, store);
  unite(store, sets.map(({ value }) => value), result.value, LIMITS);
  return result;
}

function difference(store: ByteStore, [minuend, ...others]: readonly TextSet[]): TextSet {
  const result = new TextSet([], 512, store);
  subtract(store, minuend.value, others.map(({ value }) => value), result.value, LIMITS);
  return result;
}

Deno.test("intersect stops when its visitor has enough", () => {
  const { store, sets } = makeSets(["1", "2", "3", "4"], ["2", "3", "4", "5"]);
  const seen: (number | bigint)[] = [];
  intersect(store, sets.map(({ value }) => value), (member) => {
    seen.push(member.integer);
    return seen.length < 2;
  });
  assertEquals(seen, [2, 3]);
});

Deno.test("intersect and subtract know a set that is given twice", () => {
  for (const members of [["1", "2"], ["a", "b"], ["a", "x".repeat(100)]]) {
    const { store, sets: [one] } = makeSets(members);
    assertEquals(intersection(store, [one, one]), members);
    assertEquals(difference(store, [one, one]).list(), []);
    assertEquals(union(store, [one, one]).list(), members);
  }
});

Deno.test("unite makes an intset when all members are integers", () => {
  const { store, sets: [mixed, integers] } = makeSets(["1", "x"], ["3", "2"]);
  mixed.delete("x");
  assertEquals(mixed.encoding, Encoding.ListpackSet);
  const result = union(store, [mixed, integers]);
  assertEquals([result.encoding, result.list()], [Encoding.Intset, ["1", "2", "3"]]);
});

Deno.test("subtract goes the way that makes its result what Redis makes of it", () => {
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i));
  const { store, sets: [all, most, few] } = makeSets(numbers(600), numbers(598), numbers(100));
  // Asking the others adds the 2 that stay; a copy of all 600 would be a hashtable for ever.
  assertEquals(difference(store, [all, most]).encoding, Encoding.Intset);
  const copied = difference(store, [all, most, few, few, few]);
  assertEquals([copied.encoding, copied.list().sort()], [Encoding.Hashtable, ["598", "599"]]);
});

const lists = fc.array(
  fc.array(
    fc.oneof(
      fc.integer({ min: 0, max: 30 }).map(String),
      fc.constantFrom("a", "b", "c", "y".repeat(65)),
    ),
    { maxLength: 40 },
  ),
  { minLength: 1, maxLength: 5 },
);

Deno.test("intersect, unite and subtract are what they are for a Set", () => {
  fc.assert(fc.property(lists, (members) => {
    const { store, sets } = makeSets(...members);
    const models = members.map((list) => new Set(list));
    const common = [...models[0]].filter((member) => models.every((model) => model.has(member)));
    const found = intersection(store, sets);
    assertEquals(found.length, common.length);
    assertEquals(new Set(found), new Set(common));
    assertEquals(new Set(union(store, sets).list()), new Set(members.flat()));
    const others = models.slice(1);
    const rest = [...models[0]].filter((member) => !others.some((model) => model.has(member)));
    assertEquals(new Set(difference(store, sets).list()), new Set(rest));
    sets.forEach((made, i) => assertEquals(new Set(made.list()), models[i]));
  }));
});

Deno.test("intersect walks over the smallest set when another one is a thousand times larger", () => {
  const large = Array.from({ length: 20_000 }, (_, i) => `m${i}`);
  const { store, sets } = makeSets(large, ["m3", "m19999", "none"]);
  let visits = 0;
  const taken = cpuTimeOf(() => {
    for (let i = 0; i < 1000; i++) visits += intersection(store, sets).length;
  });
  assertEquals(visits, 2000);
  // The other way round these are 20 million look-ups: seconds.
  assertLess(taken, 1000);
});
