import { assertEquals } from "@std/assert";
import { bytesOf, byteString, Span } from "../../src/base/span.ts";
import { AofBuffer } from "../../src/persistence/aof_buffer.ts";
import { encoded } from "./aof_harness.ts";

function text(buffer: AofBuffer): string {
  return byteString(buffer.pending);
}

Deno.test("AofBuffer puts in SELECT when the database changes or a file starts", () => {
  const buffer = new AofBuffer();
  const ping = bytesOf("xx" + encoded("PING") + "yy");
  buffer.appendEncoded(0, ping, 2, ping.length - 2);
  buffer.appendEncoded(0, ping, 2, ping.length - 2);
  buffer.appendCommand(12, ["DEL", Span.ofString("a\r\nb")]);
  buffer.startFile();
  buffer.appendCommand(12, ["PING"]);
  assertEquals(
    text(buffer),
    encoded("SELECT", "0") + encoded("PING") + encoded("PING") +
      encoded("SELECT", "12") + encoded("DEL", "a\r\nb") +
      encoded("SELECT", "12") + encoded("PING"),
  );
});

Deno.test("AofBuffer annotates before SELECT when a second has passed", () => {
  const buffer = new AofBuffer();
  for (const seconds of [1_700_000_000, 1_700_000_000, 1_700_000_001]) {
    buffer.annotate(seconds);
    buffer.appendCommand(0, ["PING"]);
  }
  assertEquals(
    text(buffer),
    "#TS:1700000000\r\n" + encoded("SELECT", "0") + encoded("PING") + encoded("PING") +
      "#TS:1700000001\r\n" + encoded("PING"),
  );
});

Deno.test("AofBuffer keeps all bytes when it grows and is consumed in pieces", () => {
  const buffer = new AofBuffer();
  let expected = encoded("SELECT", "0"), read = "";
  for (let i = 0; i < 300; i++) {
    const value = String.fromCharCode(i & 255).repeat(i * i % 20_011);
    buffer.appendCommand(0, ["SET", `key:${i}`, i % 2 ? value : Span.ofString(value)]);
    expected += encoded("SET", `key:${i}`, value);
    if (i % 50 === 49) {
      const count = Math.floor(buffer.length * 0.9);
      read += text(buffer).slice(0, count);
      buffer.consume(count);
    }
  }
  read += text(buffer);
  buffer.consume(buffer.length);
  assertEquals(read === expected, true);
  assertEquals(buffer.length, 0);
  buffer.appendCommand(0, ["PING"]);
  assertEquals(text(buffer), encoded("PING"));
});
