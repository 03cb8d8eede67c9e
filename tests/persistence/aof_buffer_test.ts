import { assertEquals } from "@std/assert";
import { bytesOf, byteString, Span } from "../../src/base/span.ts";
import { AofBuffer } from "../../src/persistence/aof_buffer.ts";
import { encoded } from "./aof_harness.ts";

function text(buffer: AofBuffer): string {
  return byteString(buffer.pending);
}

Deno.test("AofBuffer has commands and annotations one behind the other", () => {
  const buffer = new AofBuffer();
  const ping = bytesOf("xx" + encoded("PING") + "yy");
  buffer.appendEncoded(ping, 2, ping.length - 2);
  buffer.appendCommand(["DEL", Span.ofString("a\r\nb")]);
  buffer.annotate(1_700_000_000);
  buffer.appendCommand(["PING"]);
  assertEquals(
    text(buffer),
    encoded("PING") + encoded("DEL", "a\r\nb") + "#TS:1700000000\r\n" + encoded("PING"),
  );
});

Deno.test("AofBuffer keeps all bytes when it grows and is consumed in pieces", () => {
  const buffer = new AofBuffer();
  let expected = "", read = "";
  for (let i = 0; i < 300; i++) {
    const value = String.fromCharCode(i & 255).repeat(i * i % 20_011);
    buffer.appendCommand(["SET", `key:${i}`, i % 2 ? value : Span.ofString(value)]);
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
  buffer.appendCommand(["PING"]);
  assertEquals(text(buffer), encoded("PING"));
});
