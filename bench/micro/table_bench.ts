/**
 * What one look-up, addition or removal costs in a table of 16-byte keys: `deno bench bench/micro`.
 * Each iteration does 1000 operations on keys spread over the table, so its µs are ns per operation.
 */

import { randomSeed } from "../../src/base/hash.ts";
import { ByteStore } from "../../src/data/byte_store.ts";
import { Table } from "../../src/data/table.ts";

const KEY_BYTES = 16;
const OPERATIONS = 1000;

/** The keys `key:000000000000` and so on, one after the other. */
function makeKeys(count: number): Uint8Array {
  const keys = new Uint8Array(count * KEY_BYTES).fill(48);
  for (let i = 0; i < count; i++) {
    keys.set([107, 101, 121, 58], i * KEY_BYTES);
    for (let at = (i + 1) * KEY_BYTES - 1, rest = i; rest > 0; at--) {
      keys[at] += rest % 10;
      rest = Math.floor(rest / 10);
    }
  }
  return keys;
}

for (const count of [100_000, 1_000_000]) {
  const keys = makeKeys(count);
  const table = new Table(new ByteStore(), randomSeed());
  for (let at = 0; at < keys.length; at += KEY_BYTES) table.add(keys, at, at + KEY_BYTES);
  let next = 0;
  // A step that is coprime to the counts visits all keys in an order that caches don't foresee.
  const nextKey = () => (next = (next + 7_654_321) % count) * KEY_BYTES;
  const group = `${count} keys`;

  Deno.bench(`find 1000 of ${count}`, { group }, () => {
    for (let i = 0; i < OPERATIONS; i++) {
      const at = nextKey();
      if (table.find(keys, at, at + KEY_BYTES) < 0) throw new Error("key is missing");
    }
  });

  Deno.bench(`miss 1000 of ${count}`, { group }, () => {
    for (let i = 0; i < OPERATIONS; i++) {
      const at = nextKey();
      if (table.find(keys, at, at + KEY_BYTES - 1) >= 0) throw new Error("key should be absent");
    }
  });

  Deno.bench(`remove and add 1000 of ${count}`, { group }, () => {
    for (let i = 0; i < OPERATIONS; i++) {
      const at = nextKey();
      table.remove(table.find(keys, at, at + KEY_BYTES));
      table.add(keys, at, at + KEY_BYTES);
    }
  });
}
