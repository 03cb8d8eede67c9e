import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { bytesOf, byteString, Span } from "../../src/base/span.ts";
import { CommandDecoder } from "../../src/resp/command_decoder.ts";
import { Frame } from "../../src/resp/frame.ts";

function decoded(text: string): Frame {
  const decoder = new CommandDecoder();
  decoder.feed(bytesOf(text));
  const frame = new Frame();
  assert(decoder.next(frame));
  return frame;
}

Deno.test("Frame gives its arguments as strings, spans, copies and positions", () => {
  const frame = Frame.fromStrings(["SET", "k\xff", ""]);
  assertEquals(frame.argc, 3);
  assertEquals(frame.strings(), ["SET", "k\xff", ""]);
  assertEquals(frame.copy(1), bytesOf("k\xff"));
  assertEquals(frame.argLength(1), 2);
  assertEquals(frame.argEnd(1) - frame.argStart(1), 2);
  assertEquals(byteString(frame.buffer, frame.argStart(0), frame.argEnd(0)), "SET");
  assertEquals(frame.span(2).length, 0);
});

Deno.test("Frame has a span for each position, which is used again", () => {
  const frame = Frame.fromStrings(["MGET", "a", "b"]);
  const a = frame.span(1), b = frame.span(2);
  assertNotStrictEquals(a, b);
  assertEquals(byteString(a.buffer, a.start, a.end), "a");
  assertStrictEquals(frame.span(1), a);
  const span = new Span();
  assertStrictEquals(frame.spanInto(2, span), span);
  assertEquals(byteString(span.buffer, span.start, span.end), "b");
});

Deno.test("Frame gives spans at any position when it has many arguments", () => {
  const frame = Frame.fromStrings(Array.from({ length: 5000 }, (_, i) => String(i)));
  for (let i = 0; i < 5000; i++) {
    const { buffer, start, end } = frame.span(i);
    assertEquals(byteString(buffer, start, end), String(i));
  }
});

Deno.test("Frame compares tokens in any ASCII case and up to a NUL byte", () => {
  const frame = Frame.fromStrings(["Get", "[", "\xe9", "KEEPTTL", "nx\0y", "n\0x"]);
  assert(frame.is(0, "GET"));
  assert(!frame.is(0, "GE"));
  assert(!frame.is(0, "GETS"));
  assert(frame.is(1, "["));
  assert(!frame.is(1, "{"));
  assert(!frame.is(2, "\xc9"));
  assert(frame.is(3, "KEEPTTL"));
  assert(frame.is(4, "NX"));
  assert(!frame.is(4, "NXY"));
  assert(!frame.is(5, "NX"));
});

Deno.test("Frame encodes canonically when it came in another form", () => {
  const canonical = "*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n";
  for (const odd of ["*2\r\n$4\r\nECHOxy$2\rzhi\r\n", "echo".toUpperCase() + " 'hi'\r\n"]) {
    const frame = decoded(odd);
    assertEquals(byteString(frame.encoded()), canonical);
    assertEquals(frame.encodedLength, canonical.length);
    const target = new Uint8Array(canonical.length + 2);
    assertEquals(frame.encodeInto(target, 1), canonical.length + 1);
    assertEquals(byteString(target), `\0${canonical}\0`);
  }
  assert(!decoded("*1\r\n$4\r\nPINGxy").canonical);
  assert(!decoded("*1\rx$4\r\nPING\r\n").canonical);
  assert(!decoded("*1\r\n$4\rxPING\r\n").canonical);
  assert(decoded(canonical).canonical);
});

Deno.test("Frame appends its canonical bytes to a sink", () => {
  let text = "";
  const sink = {
    append(buffer: Uint8Array, start: number, end: number) {
      text += byteString(buffer, start, end);
    },
  };
  decoded("*1\r\n$4\r\nPING\r\n").appendTo(sink);
  decoded("*1\r\n$4\r\nPINGxy").appendTo(sink);
  assertEquals(text, "*1\r\n$4\r\nPING\r\n".repeat(2));
});

Deno.test("Frame owns its bytes after detach", () => {
  for (const input of ["*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n", "*2\r\n$4\r\nECHOxx$2\r\nhiyy"]) {
    const decoder = new CommandDecoder();
    decoder.feed(bytesOf("PING\r\n" + input));
    const frame = new Frame();
    assert(decoder.next(frame) && decoder.next(frame));
    const own = frame.detach();
    decoder.writable().fill(0);
    assertEquals(own.strings(), ["ECHO", "hi"]);
    assert(own.canonical);
    assertEquals(byteString(own.buffer), "*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n");
    assertEquals([own.start, own.end], [0, own.buffer.length]);
  }
});

Deno.test("Frame holds nothing after clear and can be filled again", () => {
  const frame = Frame.fromStrings(Array.from({ length: 100 }, () => "x"));
  frame.span(3);
  frame.clear();
  assertEquals([frame.argc, frame.buffer.length, frame.end], [0, 0, 0]);
  frame.setBytes([bytesOf("PING"), new Uint8Array(70)]);
  assertEquals(frame.string(0), "PING");
  assertEquals(frame.argLength(1), 70);
});
