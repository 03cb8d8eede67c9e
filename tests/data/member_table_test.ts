import { assert, assertEquals } from "@std/assert";
import { Span, spanString } from "../../src/base/span.ts";
import { MemberTable } from "../../src/data/member_table.ts";

const span = Span.ofString;

function members(table: MemberTable): string[] {
  return Array.from(
    { length: table.size },
    (_, row) => spanString(table.memberSpan(row, new Span())),
  );
}

Deno.test("MemberTable add says whether the member is new", () => {
  const table = new MemberTable();
  assertEquals([table.add(span("a")), table.add(span("")), table.add(span("a"))], [
    true,
    true,
    false,
  ]);
  assertEquals(members(table), ["a", ""]);
  assertEquals([table.find(span("")), table.find(span("b"))], [1, -1]);
});

Deno.test("MemberTable clone shares nothing with its original", () => {
  const table = new MemberTable();
  for (const name of ["a", "b", "c"]) table.add(span(name));
  const copy = table.clone();
  table.remove(0);
  copy.add(span("d"));
  assertEquals(members(table), ["c", "b"]);
  assertEquals(members(copy), ["a", "b", "c", "d"]);
});

Deno.test("MemberTable memoryBytes goes up with its members and down when they go", () => {
  const table = new MemberTable();
  const empty = table.memoryBytes;
  for (let i = 0; i < 5000; i++) table.add(span(`member ${i}`));
  const full = table.memoryBytes;
  assert(full > empty + 5000 * 16);
  while (table.size > 0) table.remove(0);
  // A store keeps its last slab.
  assert(table.memoryBytes < full / 2, `${empty} ${full} ${table.memoryBytes}`);
});
