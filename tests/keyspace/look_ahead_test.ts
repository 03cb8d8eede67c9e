import { assertEquals, assertNotEquals } from "@std/assert";
import { hashBytes } from "../../src/base/hash.ts";
import { bytesOf, Span } from "../../src/base/span.ts";
import { KEYS_AHEAD, LookAhead } from "../../src/keyspace/look_ahead.ts";
import { KeyspaceModel, makeValue, spanOf } from "./keyspace_model.ts";

const SEED = 77;
const { contents } = new KeyspaceModel().database(0);

Deno.test("LookAhead gives the hash of every key, whether it has looked at it or not", () => {
  const ahead = new LookAhead(SEED), text = "key:1key:2" + "k".repeat(300), buffer = bytesOf(text);
  const bounds = [[0, 5], [5, 10], [0, 10], [3, 3], [10, 310], [10, 138], [10, 139]];
  const spans = bounds.map(([start, end]) => new Span().set(buffer, start, end));
  spans.forEach(({ start, end }, i) => ahead.note(i, start, end));
  ahead.look(buffer, spans.length, contents);
  for (let i = 0; i < spans.length; i++) {
    ahead.use(i);
    for (const span of [...spans, new Span().set(bytesOf("Key:1key:2"), 0, 5)]) {
      const { buffer, start, end } = span;
      assertEquals(ahead.hashOf(span), hashBytes(buffer, start, end, SEED));
    }
  }
});

Deno.test("LookAhead knows nothing any more when bytes may have changed", () => {
  const ahead = new LookAhead(SEED), buffer = bytesOf("key:1");
  const key = new Span().set(buffer, 0, 5);
  ahead.note(0, 0, 5);
  ahead.look(buffer, 1, contents);
  ahead.use(0);
  const before = ahead.hashOf(key);
  ahead.end();
  buffer[0] = 75;
  assertNotEquals(ahead.hashOf(key), before);
  assertEquals(ahead.hashOf(key), hashBytes(buffer, 0, 5, SEED));
});

Deno.test("LookAhead looks at values of all kinds, and at keys that do not exist", () => {
  const model = new KeyspaceModel(), database = model.database(0);
  const ahead = model.keyspace.lookAhead, keys: string[] = [];
  for (let i = 0; i < 2 * KEYS_AHEAD; i++) {
    const key = `key:${i}${"k".repeat(i * 10)}`, span = spanOf(key);
    keys.push(key);
    if (i % 4 === 3) continue;
    const text = i % 4 === 2 ? "x".repeat(5000) : "x".repeat(i);
    database.set(span, makeValue(database, text, i % 4 === 0));
  }
  const buffer = bytesOf(keys.join(""));
  for (let first = 0, at = 0; first < keys.length; first += KEYS_AHEAD) {
    const spans = keys.slice(first, first + KEYS_AHEAD).map((key) => {
      return new Span().set(buffer, at, at += key.length);
    });
    spans.forEach(({ start, end }, i) => ahead.note(i, start, end));
    ahead.look(buffer, spans.length, database.contents);
    spans.forEach((span, i) => {
      ahead.use(i);
      assertEquals(database.has(span), (first + i) % 4 !== 3);
    });
  }
  ahead.end();
});
