import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { bytesOf, byteString } from "../../src/base/span.ts";
import { MessageType } from "../../src/cluster/message.ts";
import { BadMessage } from "../../src/cluster/message_decoder.ts";
import { Header, HEADER_SIZE } from "../../src/cluster/message_format.ts";
import { type MessageClaim, MessageReader } from "../../src/cluster/message_reader.ts";

/** Bytes that begin as a message does, with another one's length if one is given. */
function message(type: number, content: Uint8Array, length?: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE + content.length);
  bytes.set(bytesOf("RCmb"));
  bytes.set(bytesOf("a".repeat(40)), Header.sender);
  bytes.set(content, HEADER_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(Header.length, length ?? bytes.length);
  view.setUint16(Header.type, type);
  return bytes;
}

const isPublish = ({ type }: MessageClaim) => type === MessageType.Publish;

Deno.test("MessageReader gives out the wanted messages of a stream in any pieces", () => {
  const one = fc.record({ isWanted: fc.boolean(), content: fc.uint8Array({ maxLength: 6000 }) });
  const cuts = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 });
  fc.assert(fc.property(fc.array(one, { maxLength: 8 }), cuts, (messages, sizes) => {
    const all = messages.map(({ isWanted, content }) =>
      message(isWanted ? MessageType.Publish : MessageType.Module, content)
    );
    const stream = bytesOf(all.map((bytes) => byteString(bytes)).join(""));
    const reader = new MessageReader(isPublish), got: string[] = [];
    for (let at = 0, i = 0; at < stream.length; i++) {
      const piece = stream.slice(at, at + sizes[i % sizes.length]);
      for (const bytes of reader.read(piece)) got.push(byteString(bytes));
      at += piece.length;
    }
    const wanted = all.filter((_, i) => messages[i].isWanted).map((bytes) => byteString(bytes));
    assertEquals(got, wanted);
    assertEquals(reader.keptBytes, 0);
  }));
});

Deno.test("MessageReader keeps what has come, not what is announced, and nothing that is unwanted", () => {
  const huge = 2 ** 32 - 1;
  const wanted = new MessageReader(() => true), unwanted = new MessageReader(() => false);
  const start = message(MessageType.Publish, new Uint8Array(1000), huge);
  for (const reader of [wanted, unwanted]) assertEquals([...reader.read(start)], []);
  assertEquals([wanted.keptBytes, unwanted.keptBytes], [HEADER_SIZE + 1000, 0]);
  for (let i = 0; i < 100; i++) assertEquals([...unwanted.read(new Uint8Array(16_384))], []);
  assertEquals(unwanted.keptBytes, 0);
});

Deno.test("MessageReader asks once the header has come, and refuses what begins with none", () => {
  let asked = 0;
  const reader = new MessageReader(({ type, sender, length }) => {
    asked++;
    return type === 7 && sender === "a".repeat(40) && length === HEADER_SIZE;
  });
  const bytes = message(7, new Uint8Array(0));
  assertEquals([...reader.read(bytes.subarray(0, HEADER_SIZE - 1))], []);
  assertEquals(asked, 0);
  assertEquals([...reader.read(bytes.subarray(HEADER_SIZE - 1))].length, 1);
  assert(asked > 0);
  assertThrows(() => [...reader.read(bytesOf("GET / HTTP/1.1\r\n"))], BadMessage);
});
