import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { bytesOf } from "../../src/base/span.ts";
import { type Message, type MessageBody, MessageType } from "../../src/cluster/message.ts";
import {
  BadMessage,
  claimedLength,
  decodeMessage,
  peekMessage,
} from "../../src/cluster/message_decoder.ts";
import { encodeMessage } from "../../src/cluster/message_encoder.ts";
import { Header, HEADER_SIZE } from "../../src/cluster/message_format.ts";
import { SLOT_BYTES } from "../../src/cluster/slot_set.ts";
import { amount } from "../support/long_test.ts";

const HEX = fc.constantFrom(..."0123456789abcdef");
const ID = fc.array(HEX, { minLength: 40, maxLength: 40 }).map((digits) => digits.join(""));
const UINT16 = fc.integer({ min: 0, max: 0xffff }),
  UINT32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const EPOCH = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const SLOTS = fc.uint8Array({ minLength: SLOT_BYTES, maxLength: SLOT_BYTES });
const ADDRESS = fc.record({
  ip: fc.constantFrom("", "127.0.0.1", "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"),
  port: UINT16,
  plainPort: UINT16,
  busPort: UINT16,
});
const HEADER = fc.record({
  sender: ID,
  currentEpoch: EPOCH,
  configEpoch: EPOCH,
  offset: fc.maxSafeNat(),
  slots: SLOTS,
  primary: fc.option(ID),
  address: ADDRESS,
  flags: UINT16,
  isOk: fc.boolean(),
  isPaused: fc.boolean(),
  forcesVote: fc.boolean(),
});
const GOSSIP = fc.record({
  id: ID,
  pingSent: UINT32,
  pongReceived: UINT32,
  address: ADDRESS,
  // No node speaks of the receiver as itself.
  flags: UINT16.map((flags) => flags & ~16),
});
const BODY: fc.Arbitrary<MessageBody> = fc.oneof(
  fc.record({
    type: fc.constantFrom(MessageType.Ping, MessageType.Pong, MessageType.Meet),
    gossip: fc.array(GOSSIP, { maxLength: 5 }),
    hostname: fc.constantFrom("", "a", "host-3.example", "x".repeat(255)),
  }),
  fc.record({ type: fc.constant(MessageType.Fail), failed: ID }),
  fc.record({
    type: fc.constantFrom(MessageType.Publish, MessageType.PublishShard),
    channel: fc.uint8Array(),
    message: fc.uint8Array(),
  }),
  fc.record({
    type: fc.constant(MessageType.Update),
    configEpoch: EPOCH,
    node: ID,
    slots: SLOTS,
  }),
  fc.record({
    type: fc.constantFrom(
      MessageType.FailoverAuthRequest,
      MessageType.FailoverAuthAck,
      MessageType.MfStart,
    ),
  }),
);
const MESSAGE: fc.Arbitrary<Message> = fc.record({ header: HEADER, body: BODY });

Deno.test("a message is read as it was written", () => {
  fc.assert(
    fc.property(MESSAGE, (message) => {
      const bytes = encodeMessage(message);
      assertEquals(claimedLength(bytes), bytes.length);
      assertEquals(peekMessage(bytes), {
        type: message.body.type,
        sender: message.header.sender,
      });
      assertEquals(decodeMessage(bytes), message);
    }),
    { numRuns: 200 },
  );
});

/** Reads or refuses; anything else that is thrown goes on. */
function tryDecode(bytes: Uint8Array): Message | undefined {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (!(error instanceof BadMessage)) throw error;
    return undefined;
  }
}

Deno.test("any bytes are read as a message or refused", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
    assertEquals(tryDecode(bytes), undefined);
  }));
  const change = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255));
  const changes = fc.array(change, { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(MESSAGE, changes, fc.nat(300), fc.boolean(), (message, edits, cut, mends) => {
      let bytes = encodeMessage(message);
      for (const [where, by] of edits) {
        // Most of a header is a bitmap, of which nothing can be wrong.
        const at = Math.floor(where * (bytes.length - SLOT_BYTES));
        bytes[at < Header.slots ? at : at + SLOT_BYTES] = by;
      }
      bytes = bytes.slice(0, bytes.length - cut);
      if (mends && bytes.length >= HEADER_SIZE) {
        new DataView(bytes.buffer).setUint32(Header.length, bytes.length);
      }
      const read = tryDecode(bytes);
      if (read !== undefined) {
        assertEquals(decodeMessage(encodeMessage(read)).body.type, read.body.type);
      }
    }),
    { numRuns: amount({ quick: 1000, full: 20_000, long: 1_000_000 }) },
  );
});

const PING: Message = {
  header: {
    sender: "a".repeat(40),
    currentEpoch: 1n,
    configEpoch: 1n,
    offset: 0,
    slots: new Uint8Array(SLOT_BYTES),
    primary: null,
    address: { ip: "", port: 1, plainPort: 0, busPort: 2 },
    flags: 1,
    isOk: true,
    isPaused: false,
    forcesVote: false,
  },
  body: { type: MessageType.Ping, gossip: [], hostname: "a.b" },
};

/** A PING of which some bytes are others. */
function changed(change: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const bytes = encodeMessage(PING);
  change(new DataView(bytes.buffer), bytes);
  return bytes;
}

Deno.test("a message is refused that claims to be longer than it is, or another length", () => {
  const lengths = [
    changed((view) => view.setUint16(Header.count, 0xffff)),
    changed((view) => view.setUint16(Header.extensions, 2)),
    changed((view) => view.setUint16(Header.extensions, 0)),
    changed((view) => view.setUint32(HEADER_SIZE, 0)),
    changed((view) => view.setUint32(HEADER_SIZE, 0xfffffff8)),
    changed((view) => view.setUint16(Header.type, MessageType.Publish)),
    changed((view) => view.setUint16(Header.type, MessageType.Module)),
    changed((view) => view.setUint16(Header.type, MessageType.Update)),
    changed((view) => view.setUint16(Header.type, 77)),
    changed((view) => view.setUint16(Header.version, 2)),
    changed((_, bytes) => bytes.set(bytesOf("a b"), HEADER_SIZE + 8)),
    changed((_, bytes) => bytes.set(bytesOf("a\nb"), Header.ip)),
    changed((_, bytes) => bytes.set(bytesOf("G"), Header.sender)),
  ];
  for (const bytes of lengths) assertThrows(() => decodeMessage(bytes), BadMessage);
});

Deno.test("claimedLength() refuses what no message begins with", () => {
  assertThrows(() => claimedLength(bytesOf("RCmc\0\0\x20\0")), BadMessage);
  assertThrows(() => claimedLength(bytesOf("RCmb\0\0\x08\xcf")), BadMessage);
  assertEquals(claimedLength(bytesOf("RCmb\xff\xff\xff\xff")), 2 ** 32 - 1);
});

Deno.test("extensions that are unknown are left out, and those of a message without any are not looked for", () => {
  const unknown = changed((view) => view.setUint16(HEADER_SIZE + 4, 9));
  const { body } = decodeMessage(unknown);
  assert(body.type === MessageType.Ping && body.hostname === "");
});
