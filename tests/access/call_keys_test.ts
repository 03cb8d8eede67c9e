/** The list of a call's keys. */

import { assertEquals } from "@std/assert";
import { CallKeys } from "../../src/access/call_keys.ts";

function list(keys: CallKeys): string {
  const listed: string[] = [];
  while (keys.next()) listed.push(`${keys.position}:${keys.flags}`);
  assertEquals(keys.next(), false);
  return listed.join(" ");
}

Deno.test("CallKeys lists stretches in the order in which they came, as often as it is rewound", () => {
  const keys = new CallKeys();
  assertEquals(list(keys), "");
  keys.add(3, 7, 2, 1);
  keys.addOne(2, 5);
  keys.add(4, 5, 3, 8);
  assertEquals(keys.count, 5);
  assertEquals(list(keys), "3:1 5:1 7:1 2:5 4:8");
  keys.rewind();
  assertEquals(list(keys), "3:1 5:1 7:1 2:5 4:8");
});

Deno.test("CallKeys takes nothing when a stretch ends before it begins", () => {
  const keys = new CallKeys();
  keys.add(3, 2, 1, 1);
  assertEquals(keys.count, 0);
  assertEquals(list(keys), "");
});

Deno.test("CallKeys holds only what came since when it was cleared in the middle of a walk", () => {
  const keys = new CallKeys();
  keys.add(1, 9, 1, 1);
  keys.addOne(12, 2);
  keys.next();
  keys.next();
  keys.clear();
  assertEquals(keys.count, 0);
  keys.addOne(1, 4);
  assertEquals(list(keys), "1:4");
});
