/** What is remembered of a script's keys. */

import { assertEquals } from "@std/assert";
import { Frame } from "../../src/resp/frame.ts";
import { LastKeys } from "../../src/scripting/last_keys.ts";

function read(known: LastKeys, keys: readonly string[]): string[] {
  const frame = Frame.fromStrings(["EVALSHA", "sha", String(keys.length), ...keys]);
  return keys.map((_, at) => known.read(frame, at + 3, at));
}

Deno.test("LastKeys reads keys when they are the same, others, longer, more or fewer than before", () => {
  const known = new LastKeys();
  const calls = [
    ["a", "bcd", "\x00\xff"],
    ["a", "bcd", "\x00\xff"],
    ["a", "bce", "\x00\xfe"],
    ["", "bc", "\x00\xff\x00"],
    ["A"],
    [],
    ["x".repeat(100), "second"],
    ["short", "second", "third"],
    ["x".repeat(100), "other"],
    Array.from({ length: 100 }, (_, i) => `key ${i}`),
    Array.from({ length: 100 }, (_, i) => `key ${i % 7}`),
  ];
  for (const keys of calls) assertEquals(read(known, keys), keys);
});
