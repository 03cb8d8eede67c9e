import { assertEquals } from "@std/assert";
import {
  addInt64,
  countEntriesUpTo,
  countRead,
  countUnread,
  mayBeDeletedFrom,
  READ_UNKNOWN,
  type StreamSummary,
  subtractInt64,
} from "../../src/data/stream_counter.ts";
import { makeId } from "../../src/data/stream_id.ts";

const id = (ms: number) => makeId(ms, 0);

/** Ten entries were added as 1-0 to 10-0; those from 4-0 on are there. */
const STREAM: StreamSummary = {
  length: 7,
  entriesAdded: 10,
  firstId: id(4),
  lastId: id(10),
  maxDeletedId: id(0),
};

Deno.test("int64 sums and differences wrap around", () => {
  const max = 9223372036854775807n;
  assertEquals(addInt64(1, 2), 3);
  assertEquals(addInt64(max, 1), -9223372036854775808n);
  assertEquals(subtractInt64(Number.MAX_SAFE_INTEGER, -1), 9007199254740992n);
  assertEquals(subtractInt64(max, max), 0);
});

Deno.test("countEntriesUpTo is certain only at the ends when nothing was deleted between", () => {
  assertEquals(countEntriesUpTo(STREAM, id(2)), 3);
  assertEquals(countEntriesUpTo(STREAM, id(4)), 4);
  assertEquals(countEntriesUpTo(STREAM, id(5)), READ_UNKNOWN);
  assertEquals(countEntriesUpTo(STREAM, id(10)), 10);
  assertEquals(countEntriesUpTo(STREAM, id(11)), READ_UNKNOWN);
  const fragmented = { ...STREAM, maxDeletedId: id(6) };
  assertEquals(countEntriesUpTo(fragmented, id(4)), READ_UNKNOWN);
  assertEquals(countEntriesUpTo(fragmented, id(10)), 10);
  const empty = { ...STREAM, length: 0, firstId: id(0) };
  assertEquals(countEntriesUpTo(empty, id(3)), 10);
  assertEquals(countEntriesUpTo({ ...empty, entriesAdded: 0 }, id(99)), 0);
});

Deno.test("mayBeDeletedFrom sees a deleted entry only behind the first that is there", () => {
  assertEquals(mayBeDeletedFrom(STREAM, id(1)), false);
  assertEquals(mayBeDeletedFrom({ ...STREAM, maxDeletedId: id(6) }, id(6)), true);
  assertEquals(mayBeDeletedFrom({ ...STREAM, maxDeletedId: id(6) }, id(7)), false);
  assertEquals(mayBeDeletedFrom({ ...STREAM, maxDeletedId: id(3) }, id(1)), false);
  assertEquals(mayBeDeletedFrom({ ...STREAM, maxDeletedId: id(6), length: 0 }, id(1)), false);
});

Deno.test("countUnread is what was added and not read, or null when that is uncertain", () => {
  assertEquals(countUnread(STREAM, { lastId: id(5), entriesRead: 5 }), 5);
  assertEquals(countUnread(STREAM, { lastId: id(5), entriesRead: READ_UNKNOWN }), null);
  assertEquals(countUnread(STREAM, { lastId: id(4), entriesRead: READ_UNKNOWN }), 6);
  const fragmented = { ...STREAM, maxDeletedId: id(6) };
  assertEquals(countUnread(fragmented, { lastId: id(5), entriesRead: 5 }), null);
  assertEquals(countUnread(fragmented, { lastId: id(7), entriesRead: 7 }), 3);
  assertEquals(countUnread({ ...STREAM, entriesAdded: 0 }, { lastId: id(9), entriesRead: 4 }), 0);
});

Deno.test("countRead counts on while it is certain, and starts again where it can", () => {
  assertEquals(countRead(STREAM, { lastId: id(4), entriesRead: 4 }, id(5)), 5);
  assertEquals(
    countRead(STREAM, { lastId: id(4), entriesRead: READ_UNKNOWN }, id(5)),
    READ_UNKNOWN,
  );
  assertEquals(countRead(STREAM, { lastId: id(9), entriesRead: READ_UNKNOWN }, id(10)), 10);
  const fragmented = { ...STREAM, maxDeletedId: id(6) };
  assertEquals(countRead(fragmented, { lastId: id(4), entriesRead: 4 }, id(5)), READ_UNKNOWN);
});
