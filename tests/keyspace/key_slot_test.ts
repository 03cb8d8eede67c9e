import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { crc16 } from "../../src/base/crc16.ts";
import { bytesOf } from "../../src/base/span.ts";
import { keySlot } from "../../src/keyspace/key_slot.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { Random } from "../support/random.ts";

function slotOf(key: string): number {
  const bytes = bytesOf(`--${key}{`);
  return keySlot(bytes, 2, bytes.length - 1);
}

Deno.test("crc16() gives XMODEM's check value when it takes the digits 1 to 9", () => {
  assertEquals(crc16(bytesOf("x123456789x"), 1, 10), 0x31c3);
});

Deno.test("crc16() is that of the bit by bit definition", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    let expected = 0;
    for (const byte of bytes) {
      expected ^= byte << 8;
      for (let i = 0; i < 8; i++) {
        expected = (expected << 1 ^ ((expected & 0x8000) !== 0 ? 0x1021 : 0)) & 0xffff;
      }
    }
    assertEquals(crc16(bytes, 0, bytes.length), expected);
  }));
});

Deno.test("keySlot() looks at the hash tag alone where a key has one", () => {
  assertEquals(slotOf("{user}.a"), slotOf("user"));
  assertEquals(slotOf("a{user}{b}"), slotOf("user"));
  assertEquals(slotOf("a{{user}}"), slotOf("{user"));
  assertEquals(slotOf(""), 0);
});

referenceTest("keySlot() gives the slots that Redis gives", async () => {
  await using redis = await startReference({ directives: { "cluster-enabled": "yes" } });
  const client = await redis.connect();
  const random = new Random(15);
  const keys = ["", "{", "}", "{}", "{}a", "a{}{b}", "{a", "a}", "}{", "}a{b}", "{a}{b}", "{{a}}b"];
  while (keys.length < 1000) {
    keys.push(
      Array.from(
        { length: random.below(12) },
        () => random.chance(0.4) ? random.pick(["{", "}"]) : String.fromCharCode(random.below(256)),
      ).join(""),
    );
  }
  for (const key of keys) {
    const { text } = await client.call("CLUSTER", "KEYSLOT", key);
    assertEquals(slotOf(key), Number(text), JSON.stringify(key));
  }
});
