import { assert, assertEquals } from "@std/assert";
import { Span, spanString } from "../../src/base/span.ts";
import { TrackingTable } from "../../src/clients/tracking_table.ts";

const span = (text: string) => Span.ofString(text);

Deno.test("TrackingTable hands out a key's readers once", () => {
  const table = new TrackingTable();
  table.add(span("a"), 1);
  table.add(span("a"), 1);
  assertEquals([table.keys, table.items], [1, 1]);
  table.add(span("a"), 2);
  table.add(span("a"), 3);
  table.add(span("a"), 2);
  table.add(span("b"), 2);
  assertEquals([table.keys, table.items], [2, 4]);
  assertEquals([...table.take(span("a"))], [1, 2, 3]);
  assertEquals([...table.take(span("a"))], []);
  assertEquals([table.keys, table.items], [1, 1]);
  assertEquals([...table.take(span("b"))], [2]);
  assertEquals([table.keys, table.items], [0, 0]);
});

Deno.test("TrackingTable keeps many keys apart and gives their memory back", () => {
  const table = new TrackingTable();
  const empty = table.memoryBytes;
  for (let i = 0; i < 50_000; i++) table.add(span(`key:${i}`), i % 7 + 1);
  assertEquals([table.keys, table.items], [50_000, 50_000]);
  assert(table.memoryBytes > 50_000 * 10);
  for (let i = 0; i < 50_000; i += 2) assertEquals([...table.take(span(`key:${i}`))], [i % 7 + 1]);
  assertEquals(table.keys, 25_000);
  for (let i = 1; i < 50_000; i += 2) assertEquals([...table.take(span(`key:${i}`))], [i % 7 + 1]);
  assertEquals(table.keys, 0);
  for (let i = 0; i < 1000; i++) table.add(span(`key:${i}`), 1);
  table.clear();
  assertEquals([table.keys, table.items], [0, 0]);
  assert(table.memoryBytes <= empty + 1024 * 1024);
});

Deno.test("TrackingTable chooses each of its keys at random", () => {
  const table = new TrackingTable();
  for (const key of ["a", "b", "c"]) table.add(span(key), 1);
  const chosen = new Set<string>();
  for (let i = 0; i < 1000 && chosen.size < 3; i++) chosen.add(spanString(table.randomKey()));
  assertEquals([...chosen].sort(), ["a", "b", "c"]);
});
