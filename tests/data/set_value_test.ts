import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import * as set from "../../src/data/set_value.ts";
import { Encoding } from "../../src/data/value.ts";
import { TextSet } from "./set_texts.ts";

/** Members that lead to each of the encodings. */
const SAMPLES: [Encoding, string[]][] = [
  [Encoding.Intset, ["-7", "0", "12", "9007199254740993"]],
  [Encoding.ListpackSet, ["text", "12", "", "-9223372036854775808", "012"]],
  [Encoding.Hashtable, ["text", "12", "", "012", "x".repeat(65)]],
];

Deno.test("set find and sendMember know the members when they are there", () => {
  for (const [encoding, members] of SAMPLES) {
    const made = new TextSet(members);
    assertEquals(made.encoding, encoding);
    assertEquals(made.size, members.length);
    assertEquals(made.list(), members);
    for (const member of members) assert(made.has(member));
    for (const other of ["13", "+12", " 12", "tex", "texts", "y".repeat(65)]) {
      assert(!made.has(other));
    }
    members.forEach((member, index) => {
      assertEquals(made.at(set.nth(made.store, made.value, index)), member);
    });
  }
});

Deno.test("set add says whether the member is new", () => {
  for (const [, members] of SAMPLES) {
    const made = new TextSet(members);
    for (const member of members) assertEquals(made.add(member), false);
    assertEquals(made.size, members.length);
    assertEquals(made.add("1000"), true);
    assertEquals(made.size, members.length + 1);
  }
});

Deno.test("set of integers becomes a hashtable when there are more than the limit", () => {
  const made = new TextSet(["3", "1", "2"], 3);
  assertEquals([made.encoding, made.list()], [Encoding.Intset, ["1", "2", "3"]]);
  made.add("2");
  assertEquals(made.encoding, Encoding.Intset);
  made.add("4");
  assertEquals([made.encoding, made.list()], [Encoding.ListpackSet, ["1", "2", "3", "4"]]);

  const large = new TextSet(Array.from({ length: 512 }, (_, i) => String(i)));
  assertEquals(large.encoding, Encoding.Intset);
  large.add("512");
  assertEquals(large.encoding, Encoding.Hashtable);
  assertEquals(large.list(), Array.from({ length: 513 }, (_, i) => String(i)));
});

Deno.test("set stays a hashtable when nothing but integers is left", () => {
  const made = new TextSet(["1", "x"]);
  made.delete("x");
  assertEquals([made.encoding, made.list()], [Encoding.ListpackSet, ["1"]]);
});

Deno.test("set of texts becomes a table when members are many or long", () => {
  const names = Array.from({ length: 129 }, (_, i) => `member ${i}`);
  const many = new TextSet(names.slice(0, 128));
  assertEquals(many.encoding, Encoding.ListpackSet);
  many.add(names[5]);
  assertEquals(many.encoding, Encoding.ListpackSet);
  many.add(names[128]);
  assertEquals(many.encoding, Encoding.Hashtable);
  assertEquals(many.list(), names);

  const long = new TextSet(["a", "x".repeat(64)]);
  assertEquals(long.encoding, Encoding.ListpackSet);
  assertEquals(long.add("x".repeat(65)), true);
  assertEquals(long.encoding, Encoding.Hashtable);
});

Deno.test("set leaves nothing in the store when it is a table or was discarded", () => {
  const made = new TextSet(["1", "2"]);
  made.add("x");
  made.add("x".repeat(65));
  assertEquals(made.store.allocatedBytes, 0);
  for (const [, members] of SAMPLES) {
    const other = new TextSet(members);
    set.discard(other.store, other.value);
    assertEquals(other.store.allocatedBytes, 0);
  }
});

Deno.test("set scan visits an intset in order and as a whole, whatever cursor and count", () => {
  const { store, value } = new TextSet(["5", "7", "6"]);
  for (const cursor of [0, 1, 99]) {
    assertEquals(set.scan(store, value, cursor, 1), { next: 0, places: [0, 1, 2] });
  }
});

Deno.test("set scan visits a member that stays once, whatever changes between its calls", () => {
  const changes = fc.array(fc.record({ adds: fc.boolean(), number: fc.nat(40) }), { maxLength: 5 });
  fc.assert(fc.property(
    fc.constantFrom("m", "m".repeat(65)),
    fc.integer({ min: 1, max: 130 }),
    fc.integer({ min: 1, max: 20 }),
    fc.array(changes, { maxLength: 40 }),
    (prefix, members, count, rounds) => {
      const made = new TextSet(Array.from({ length: members }, (_, i) => `${prefix}${i}`));
      const staying = new Set(made.list()), seen = new Set<string>();
      let cursor = 0;
      do {
        const { next, places } = set.scan(made.store, made.value, cursor, count);
        for (const member of places.map((place) => made.at(place))) {
          assert(!staying.has(member) || !seen.has(member), `${member} came twice`);
          seen.add(member);
        }
        cursor = next;
        for (const { adds, number } of rounds.shift() ?? []) {
          if (adds) made.add(`new ${number}`);
          else if (made.delete(`${prefix}${number}`)) staying.delete(`${prefix}${number}`);
        }
      } while (cursor !== 0);
      for (const member of staying) assert(seen.has(member));
    },
  ));
});

const members = fc.oneof(
  fc.integer({ min: -20, max: 20 }).map(String),
  fc.bigInt(-(2n ** 63n), 2n ** 63n).map(String),
  fc.constantFrom("", "a", "b", "01", "-0", "1.0", "x".repeat(64), "y".repeat(65), "\x00\xff"),
);

Deno.test("set holds what a Set holds after any changes", () => {
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 12 }),
    fc.array(fc.record({ adds: fc.boolean(), member: members }), { maxLength: 60 }),
    (longestIntset, steps) => {
      const made = new TextSet([], longestIntset), model = new Set<string>();
      for (const { adds, member } of steps) {
        if (adds) {
          assertEquals(made.add(member), !model.has(member));
          model.add(member);
        } else {
          assertEquals(made.delete(member), model.delete(member));
        }
        assertEquals(made.size, model.size);
      }
      assertEquals(new Set(made.list()), model);
    },
  ));
});
