import { assert, assertEquals } from "@std/assert";
import { ByteStore } from "../../src/data/byte_store.ts";
import * as listpack from "../../src/data/listpack.ts";
import {
  allocateListpack,
  appendListpack,
  copyListpack,
  copyTail,
} from "../../src/data/listpack_pieces.ts";
import { spanString } from "../../src/base/span.ts";

function listpackOf(store: ByteStore, ...elements: string[]): number {
  let ref = listpack.create(store);
  for (const element of elements) {
    const bytes = new TextEncoder().encode(element);
    ref = listpack.append(store, ref, bytes, 0, bytes.length);
  }
  return ref;
}

function elementsOf(store: ByteStore, ref: number): string[] {
  const buffer = store.buffer(ref), base = store.offset(ref);
  assert(listpack.validate(buffer, base, base + store.length(ref)));
  const found: string[] = [];
  const entry = new listpack.ListpackEntry();
  let at = listpack.FIRST_POSITION;
  for (; !listpack.atEnd(buffer, base, at); at = listpack.nextPosition(buffer, base, at)) {
    found.push(spanString(listpack.readEntry(buffer, base, at, entry).span()));
  }
  return found;
}

Deno.test("allocateListpack leaves room to grow in when the store keeps it", () => {
  const store = new ByteStore(true);
  const ref = allocateListpack(store, 0, 0, 5000);
  assertEquals(elementsOf(store, ref), []);
  assertEquals(store.capacity(ref), 5000);
  const grown = listpack.append(store, ref, new Uint8Array(4000), 0, 4000);
  assertEquals(grown, ref);
  assertEquals(listpack.deleteRange(store, ref, listpack.FIRST_POSITION, 1), ref);
  assertEquals(store.capacity(ref), 5000);
});

Deno.test("copyListpack copies entries to another store", () => {
  const store = new ByteStore(), target = new ByteStore(true);
  const ref = listpackOf(store, "a", "12", "c".repeat(100));
  const copy = copyListpack(store, ref, target, 1000);
  store.free(ref);
  assertEquals(elementsOf(target, copy), ["a", "12", "c".repeat(100)]);
});

Deno.test("copyTail and appendListpack cut and join listpacks", () => {
  const store = new ByteStore();
  const ref = listpackOf(store, "a", "12", "c", "d");
  const position = listpack.positionAt(store.buffer(ref), store.offset(ref), 1);
  const tail = copyTail(store, ref, position, 3);
  assertEquals(elementsOf(store, tail), ["12", "c", "d"]);
  const joined = appendListpack(store, ref, tail);
  assertEquals(elementsOf(store, joined), ["a", "12", "c", "d", "12", "c", "d"]);
});

Deno.test("appendListpack keeps count when there are more entries than the header can tell", () => {
  const store = new ByteStore();
  let ref = listpack.create(store);
  for (let i = 0; i < 40_000; i++) ref = listpack.append(store, ref, new Uint8Array([120]), 0, 1);
  ref = appendListpack(store, ref, copyListpack(store, ref, store));
  assertEquals(listpack.length(store.buffer(ref), store.offset(ref)), 80_000);
});
