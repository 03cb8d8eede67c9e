import { assertEquals } from "@std/assert";
import { shortenArguments, Slowlog } from "../../src/observe/slowlog.ts";
import { Frame } from "../../src/resp/frame.ts";

function callNumber(number: number) {
  return { time: 1, duration: number, args: ["GET", "k"], address: "127.0.0.1:1", clientName: "" };
}

Deno.test("Slowlog keeps the latest calls when it is trimmed", () => {
  const log = new Slowlog();
  for (let i = 0; i < 100; i++) {
    log.add(callNumber(i));
    log.trim(7);
  }
  assertEquals(log.length, 7);
  assertEquals(log.latest(Infinity).map(({ id }) => id), [99, 98, 97, 96, 95, 94, 93]);
  assertEquals(log.latest(2).map(({ duration }) => duration), [99, 98]);
  log.trim(3);
  assertEquals(log.latest(Infinity).map(({ id }) => id), [99, 98, 97]);
});

Deno.test("Slowlog goes on counting when it was reset", () => {
  const log = new Slowlog();
  log.add(callNumber(1));
  log.reset();
  assertEquals(log.length, 0);
  log.add(callNumber(2));
  assertEquals(log.latest(10).map(({ id }) => id), [1]);
});

Deno.test("shortenArguments counts what it leaves out", () => {
  const long = "x".repeat(130);
  assertEquals(shortenArguments(Frame.fromStrings(["SET", "k", long]), []), [
    "SET",
    "k",
    "x".repeat(128) + "... (2 more bytes)",
  ]);
  const many = Array.from({ length: 33 }, (_, i) => String(i));
  const shown = shortenArguments(Frame.fromStrings(many), []);
  assertEquals(shown.length, 32);
  assertEquals(shown.slice(-2), ["30", "... (2 more arguments)"]);
});

Deno.test("shortenArguments hides what is secret", () => {
  const frame = Frame.fromStrings(["AUTH", "user", "x".repeat(200)]);
  assertEquals(shortenArguments(frame, [1, 2]), ["AUTH", "(redacted)", "(redacted)"]);
});
