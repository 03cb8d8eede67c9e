import { assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { Span, spanString } from "../../src/base/span.ts";
import { HashTable } from "../../src/data/hash_table.ts";
import { Encoding, Value, ValueType } from "../../src/data/value.ts";
import { type Database, NO_ROW } from "../../src/keyspace/database.ts";
import { NO_EXPIRY } from "../../src/keyspace/expiry.ts";
import { copyKey, moveKey } from "../../src/keyspace/transfer.ts";
import { KeyspaceModel, makeValue, RecordingObserver, spanOf, START } from "./keyspace_model.ts";

function put(database: Database, name: string, text: string, isHash = false): number {
  return database.set(spanOf(name), makeValue(database, text, isHash));
}

Deno.test("moveKey hands an object over as it is, and copyKey makes another one", () => {
  const { keyspace: { databases: [zero, one] } } = new KeyspaceModel();
  const object = zero.load(put(zero, "h", "text", true), new Value()).object;
  moveKey(zero, spanOf("h"), one, spanOf("i"));
  assertEquals(zero.peek(spanOf("h")), NO_ROW);
  const moved = one.load(one.peek(spanOf("i")), new Value());
  assertStrictEquals(moved.object, object);
  copyKey(one, spanOf("i"), zero, spanOf("j"));
  const copied = zero.load(zero.peek(spanOf("j")), new Value());
  assertNotStrictEquals(copied.object, object);
  assertEquals([copied.type, copied.encoding], [ValueType.Hash, Encoding.Hashtable]);
  assertEquals(copied.object instanceof HashTable && copied.object.size, 1);
});

Deno.test("moveKey and copyKey keep the encoding of compact values and share no bytes", () => {
  const { keyspace: { databases: [zero, one] } } = new KeyspaceModel();
  for (const encoding of [Encoding.Int, Encoding.Embstr, Encoding.Raw]) {
    const ref = zero.store.put(spanOf("17").buffer, 1, 3);
    zero.set(spanOf("a"), new Value().setCompact(ValueType.String, encoding, ref));
    copyKey(zero, spanOf("a"), zero, spanOf("b"));
    moveKey(zero, spanOf("a"), one, spanOf("c"));
    const b = zero.peek(spanOf("b")), c = one.peek(spanOf("c"));
    assertEquals([zero.encodingOf(b), one.encodingOf(c)], [encoding, encoding]);
    const overwritten = one.load(c);
    overwritten.ref = one.store.overwrite(overwritten.ref, spanOf("99").buffer, 1, 3);
    one.save(c, overwritten);
    assertEquals(spanString(zero.bytesOf(b, new Span())), "17");
    assertEquals(spanString(one.bytesOf(c, new Span())), "99");
  }
});

Deno.test("moveKey takes the time to live and the time of use along, copyKey only the first", () => {
  const { keyspace, clock } = new KeyspaceModel();
  const [zero, one] = keyspace.databases;
  const row = put(zero, "k", "v");
  const far = 2n ** 63n - 1n;
  zero.setExpiry(row, far);
  clock.advance(9000);
  keyspace.updateTime();
  copyKey(zero, spanOf("k"), one, spanOf("copy"));
  moveKey(zero, spanOf("k"), one, spanOf("moved"));
  for (const [name, idle] of [["copy", 0], ["moved", 9]] as const) {
    const at = one.peek(spanOf(name));
    assertEquals(one.exactExpiryOf(at), far);
    assertEquals(keyspace.accessClock.idleSeconds(one.accessOf(at)), idle);
  }
});

Deno.test("moveKey onto a key overwrites its row, its value and its time to live", () => {
  const { keyspace: { databases: [zero] } } = new KeyspaceModel();
  for (const name of ["a", "b", "c", "d"]) put(zero, name, name.repeat(100));
  const row = zero.peek(spanOf("b"));
  zero.setExpiry(row, START + 1000);
  const before = zero.store.allocatedBytes;
  moveKey(zero, spanOf("c"), zero, spanOf("b"));
  assertEquals(zero.peek(spanOf("b")), row);
  assertEquals(spanString(zero.bytesOf(row, new Span())), "c".repeat(100));
  assertEquals(zero.expiryOf(row), NO_EXPIRY);
  assertEquals(zero.size, 3);
  assertEquals(zero.store.allocatedBytes < before - 100, true, "the old value is freed");
});

Deno.test("moveKey onto the last row finds it where it went", () => {
  const { keyspace: { databases: [zero] } } = new KeyspaceModel();
  put(zero, "first", "1");
  put(zero, "last", "2");
  moveKey(zero, spanOf("first"), zero, spanOf("last"));
  assertEquals(zero.size, 1);
  assertEquals(spanString(zero.bytesOf(zero.peek(spanOf("last")), new Span())), "1");
});

Deno.test("moveKey tells that a key is new even where it had the name of another", () => {
  const { keyspace } = new KeyspaceModel();
  const [zero, one] = keyspace.databases;
  put(zero, "a", "text", true);
  put(zero, "b", "text");
  keyspace.eventClasses = 0x7fffffff;
  const observer = keyspace.observer = new RecordingObserver();
  moveKey(zero, spanOf("a"), zero, spanOf("b"));
  assertEquals(observer.take(), ["ready 0 b", "event 0 new b"]);
  moveKey(zero, spanOf("b"), one, spanOf("b"));
  assertEquals(observer.take(), ["ready 1 b", "event 1 new b"]);
});

Deno.test("a copy is known as one, under whatever key, until something else is written to it", () => {
  const { keyspace: { databases: [zero, one] } } = new KeyspaceModel();
  const isCopy = (database: Database, name: string) => database.isCopy(database.peek(spanOf(name)));
  put(zero, "a", "1");
  for (const name of ["b", "c", "d"]) copyKey(zero, spanOf("a"), zero, spanOf(name));
  assertEquals(["a", "b", "c", "d"].map((name) => isCopy(zero, name)), [false, true, true, true]);
  const row = zero.peek(spanOf("d"));
  assertEquals([zero.typeOf(row), zero.load(row).type], [ValueType.String, ValueType.String]);
  // The last row moves to the first one's place.
  zero.remove(zero.peek(spanOf("a")));
  assertEquals(["b", "c", "d"].map((name) => isCopy(zero, name)), [true, true, true]);
  moveKey(zero, spanOf("b"), zero, spanOf("c"));
  moveKey(zero, spanOf("d"), one, spanOf("e"));
  assertEquals([isCopy(zero, "c"), isCopy(one, "e")], [true, true]);
  put(zero, "c", "2");
  zero.setString(zero.peek(spanOf("c")), spanOf("c"), spanOf("3"), Encoding.Int);
  put(one, "f", "4");
  moveKey(one, spanOf("f"), one, spanOf("e"));
  assertEquals([isCopy(zero, "c"), isCopy(one, "e")], [false, false]);
});
