import { assertEquals, assertThrows } from "@std/assert";
import { ReplyError } from "../../src/base/errors.ts";
import { Span } from "../../src/base/span.ts";
import { requireSeconds } from "../../src/commands/blocking_timeout.ts";

Deno.test("requireSeconds rounds fractions of a millisecond up", () => {
  const timeouts: [string, number][] = [
    ["0", 0],
    ["1", 1000],
    ["0.5", 500],
    ["1e-9", 1],
    ["0.0011", 2],
    ["0.003", 3],
    ["0.007", 7],
    ["-0.001", 0],
    ["-0", 0],
    ["-0.0009", 0],
    ["0x1p3", 8000],
    ["+1", 1000],
    ["9223372036854775.807", Number(2n ** 63n)],
  ];
  for (const [text, milliseconds] of timeouts) {
    assertEquals(requireSeconds(Span.ofString(text)), milliseconds, text);
  }
});

Deno.test("requireSeconds refuses what is no time", () => {
  const refused: [string, string][] = [
    ["", "ERR timeout is not a float or out of range"],
    ["x", "ERR timeout is not a float or out of range"],
    [" 1", "ERR timeout is not a float or out of range"],
    ["nan", "ERR timeout is not a float or out of range"],
    ["1e5000", "ERR timeout is not a float or out of range"],
    ["-1", "ERR timeout is negative"],
    ["-0.002", "ERR timeout is negative"],
    ["inf", "ERR timeout is negative"],
    ["-inf", "ERR timeout is negative"],
    ["9223372036854776", "ERR timeout is negative"],
    ["1e400", "ERR timeout is negative"],
  ];
  for (const [text, message] of refused) {
    assertThrows(() => requireSeconds(Span.ofString(text)), ReplyError, message);
  }
});
