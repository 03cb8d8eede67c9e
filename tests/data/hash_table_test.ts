import { assert, assertEquals } from "@std/assert";
import { byteString, Span, spanString } from "../../src/base/span.ts";
import { HashTable } from "../../src/data/hash_table.ts";

const span = Span.ofString;

function contents(table: HashTable): [string, string][] {
  const rows = Array.from({ length: table.size }, (_, row) => row);
  return rows.map((row) => [
    spanString(table.memberSpan(row, new Span())),
    spanString(table.valueSpan(row, new Span())),
  ]);
}

Deno.test("HashTable set says whether the field is new when fields are set twice", () => {
  const table = new HashTable();
  assertEquals(table.set(span("a"), span("1")), true);
  assertEquals(table.set(span("b"), span("")), true);
  assertEquals(table.set(span("a"), span("something longer than before")), false);
  assertEquals(contents(table), [["a", "something longer than before"], ["b", ""]]);
  assertEquals(table.find(span("b")), 1);
  assertEquals(table.find(span("c")), -1);
});

Deno.test("HashTable remove moves the last row with its value when a row before it goes", () => {
  const table = new HashTable();
  for (const name of ["a", "b", "c"]) table.set(span(name), span(`value of ${name}`));
  table.remove(0);
  assertEquals(contents(table), [["c", "value of c"], ["b", "value of b"]]);
});

Deno.test("HashTable gives its bytes back when fields are removed and values change", () => {
  const table = new HashTable();
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 500; i++) table.set(span(`field ${i}`), span("x".repeat(i)));
    for (let i = 0; i < 500; i++) table.set(span(`field ${i}`), span("y".repeat(500 - i)));
    while (table.size > 0) table.remove(0);
  }
  assertEquals(table.store.allocatedBytes, 0);
});

Deno.test("HashTable valueRef names the value's bytes in the store", () => {
  const table = new HashTable();
  table.set(span("f"), span("value"));
  const { store } = table;
  const ref = table.valueRef(0), start = store.offset(ref);
  assertEquals(byteString(store.buffer(ref), start, start + store.length(ref)), "value");
});

Deno.test("HashTable clone shares nothing when either of the two changes", () => {
  const table = new HashTable();
  for (let i = 0; i < 20; i++) table.set(span(`f${i}`), span(`v${i}`));
  const copy = table.clone();
  assertEquals(contents(copy), contents(table));
  table.set(span("f0"), span("changed"));
  copy.remove(copy.find(span("f1")));
  assertEquals(copy.size, 19);
  assertEquals(spanString(copy.valueSpan(copy.find(span("f0")), new Span())), "v0");
  assertEquals(table.size, 20);
});

Deno.test("HashTable memoryBytes follows what is stored", () => {
  const table = new HashTable();
  const empty = table.memoryBytes;
  for (let i = 0; i < 1000; i++) table.set(span(`field ${i}`), span("x".repeat(1000)));
  assert(table.memoryBytes - empty > 1_000_000);
  assert(table.memoryBytes - empty < 2_000_000);
});
