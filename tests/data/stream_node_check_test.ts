import { assert, assertEquals } from "@std/assert";
import { bytesOf } from "../../src/base/span.ts";
import { ListpackBuilder } from "../../src/data/listpack.ts";
import type { StreamId } from "../../src/data/stream_id.ts";
import { StreamNodeCheck } from "../../src/data/stream_node_check.ts";

const SAME_FIELDS = 2, DELETED = 1;

/** The elements of an entry with the one field of the master entry. */
function entry(ms: number, seq: number, flags = SAME_FIELDS): (number | string)[] {
  return [flags, ms, seq, "value", 4];
}

function node(live: number, deleted: number, ...entries: (number | string)[][]): Uint8Array {
  const builder = new ListpackBuilder();
  for (const element of [live, deleted, 1, "field", 0, ...entries.flat()]) {
    if (typeof element === "number") builder.appendInteger(element);
    else builder.append(bytesOf(element), 0, element.length);
  }
  return builder.finish().slice();
}

const FIRST: StreamId = { ms: 10, seq: 0 };

function isSound(bytes: Uint8Array, id = FIRST, check = new StreamNodeCheck()): boolean {
  return check.take(id, bytes, 0, bytes.length);
}

Deno.test("StreamNodeCheck takes nodes in order and counts what is not deleted", () => {
  const check = new StreamNodeCheck();
  const first = node(2, 1, entry(0, 0), entry(0, 5, SAME_FIELDS | DELETED), entry(1, 0));
  assert(isSound(first, FIRST, check));
  assertEquals([check.live, check.lastId], [2, { ms: 11, seq: 0 }]);
  assert(isSound(node(1, 0, entry(0, 0)), { ms: 12, seq: 0 }, check));
  assertEquals(check.live, 3);
});

Deno.test("StreamNodeCheck says of deleted entries nothing about the order", () => {
  // 15-0 was added and deleted, then XSETID went back.
  assert(isSound(node(2, 1, entry(0, 0), entry(5, 0, SAME_FIELDS | DELETED), entry(1, 0))));
});

Deno.test("StreamNodeCheck refuses counts, IDs and entries that are not as they should be", () => {
  const bad: Record<string, Uint8Array> = {
    "too many live": node(2, 0, entry(0, 0)),
    "too few deleted": node(1, 0, entry(0, 0), entry(1, 0, SAME_FIELDS | DELETED)),
    "no entries": node(0, 0),
    "the same ID twice": node(2, 0, entry(0, 0), entry(0, 0)),
    "IDs going down": node(2, 0, entry(5, 0), entry(1, 0)),
    "an ID below the node's": node(1, 0, entry(-1, 0)),
    "unknown flags": node(1, 0, entry(0, 0, 4)),
    "a missing value": node(1, 0, [SAME_FIELDS, 0, 0, 3]),
    "a false count of elements": node(1, 0, [SAME_FIELDS, 0, 0, "value", 5]),
    "a count that is text": node(1, 0, [SAME_FIELDS, 0, 0, "value", "x"]),
    "0-0": node(1, 0, entry(-10, 0)),
  };
  for (const [name, bytes] of Object.entries(bad)) assertEquals(isSound(bytes), false, name);
  const check = new StreamNodeCheck();
  assert(isSound(node(1, 0, entry(5, 0)), FIRST, check));
  assertEquals(isSound(node(1, 0, entry(0, 0)), { ms: 12, seq: 0 }, check), false);
});

Deno.test("StreamNodeCheck refuses counts in a longer form: they are written over in place", () => {
  const short = node(1, 0, entry(0, 0));
  // 1 as an integer of 16 bits.
  const long = Uint8Array.from([...short.slice(0, 6), 0xf1, 1, 0, 3, ...short.slice(8)]);
  long[0] += 2;
  assert(isSound(short));
  assertEquals(isSound(long), false);
});
