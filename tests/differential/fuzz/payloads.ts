/** Payloads for RESTORE that are not what DUMP gives, with a checksum that is right all the same. */

import { bytesOf, byteString, Span } from "../../../src/base/span.ts";
import { Crc64 } from "../../../src/base/crc64.ts";
import { ByteStore } from "../../../src/data/byte_store.ts";
import type { Stream } from "../../../src/data/stream.ts";
import { PersistenceError } from "../../../src/persistence/persistence_error.ts";
import { RdbType } from "../../../src/persistence/rdb_format.ts";
import { readPayload } from "../../../src/persistence/rdb_payload.ts";
import { LIMITS } from "../../persistence/rdb_payloads.ts";
import type { RawClient } from "../../support/raw_client.ts";
import type { Random } from "../../support/random.ts";
import { ALL_KEYS } from "../random/values.ts";
import { extreme } from "./extremes.ts";

const CHECKSUM_BYTES = 8;
const FOOTER_BYTES = 2 + CHECKSUM_BYTES;

/** What makes values of all types and encodings under the key `v`; each list makes one. */
const MAKERS: readonly (readonly (readonly string[])[])[] = [
  [["SET", "v", "hello world"]],
  [["SET", "v", "1234567890123"]],
  [["SET", "v", "-7"]],
  [["SET", "v", "ab".repeat(300)]],
  [["RPUSH", "v", "a", "1", "-5000000000", "x".repeat(70), ""]],
  [["CONFIG", "SET", "list-max-listpack-size", "2"], ["RPUSH", "v", "a", "b", "3", "4", "e"]],
  [
    ["DEBUG", "QUICKLIST-PACKED-THRESHOLD", "5"],
    ["RPUSH", "v", "a", "a long element", "b", "another one"],
  ],
  [["SADD", "v", "1", "2", "-3"]],
  [["SADD", "v", "1", "70000", "9223372036854775807"]],
  [["SADD", "v", "a", "b", "1", "x".repeat(70)]],
  [["HSET", "v", "f", "1", "g", "two", "h", ""]],
  [["CONFIG", "SET", "hash-max-listpack-entries", "1"], ["HSET", "v", "f", "1", "g", "two"]],
  [["ZADD", "v", "1", "a", "2.5", "b", "-inf", "c", "9007199254740993", "d"]],
  [["CONFIG", "SET", "zset-max-listpack-entries", "1"], ["ZADD", "v", "1", "a", "inf", "b"]],
  [["PFADD", "v", "a", "b", "c"]],
  [["SET", "v", `HYLL${"\0".repeat(12)}${"\xff".repeat(12288)}`]],
  [["XADD", "v", "1-1", "f", "1", "g", "w"], ["XADD", "v", "1-2", "f", "2", "g", "w"], [
    ...["XADD", "v", "5-0", "other", "z"],
  ], ["XDEL", "v", "1-2"]],
  [
    ["XADD", "v", "1-1", "f", "1"],
    ["XADD", "v", "2-1", "f", "2"],
    ["XGROUP", "CREATE", "v", "g1", "1-1", "ENTRIESREAD", "1"],
    ["XGROUP", "CREATE", "v", "g2", "0"],
  ],
  [["CONFIG", "SET", "stream-node-max-entries", "1"], ["XADD", "v", "1-1", "a", "1"], [
    ...["XADD", "v", "9223372036854775808-3", "b", "2"],
  ]],
];

/** A stream with a group, a consumer and two pending entries; the times are those of no clock. */
const PENDING_STREAM = "\x13\x01\x10" + "\0".repeat(7) + "\x01" + "\0".repeat(7) + "\x01((\0\0\0" +
  "\x0f\0\x02\x01\0\x01\x01\x01\x81f\x02\0\x01\x02\x01\0\x01\0\x01\x81v\x02\x04\x01\x02\x01\x01" +
  "\x01\0\x01\x81v\x02\x04\x01\xff\x02\x02\x01\x01\x01\0\0\x02\x01\x02g1\x02\x01\x02\x02" +
  "\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01" + "\xe8\x03\0\0\0\0\0\0\x01" +
  "\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x01" + "\xe8\x03\0\0\0\0\0\0\x01" +
  "\x01\x02c1\xe8\x03\0\0\0\0\0\0\x02" +
  "\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x01\x0a\0";

/** Sound payloads of values of all kinds, made on a server that is emptied. */
export async function readPayloads(client: RawClient): Promise<string[]> {
  const payloads = [withChecksum(bytesOf(PENDING_STREAM + "\0".repeat(CHECKSUM_BYTES)))];
  const names = MAKERS.flat().filter(([name]) => name === "CONFIG").map((args) => args[2]);
  for (const compress of ["no", "yes"]) {
    await client.texts("CONFIG", "SET", "rdbcompression", compress);
    for (const commands of MAKERS) {
      const before = await client.texts("CONFIG", "GET", ...names);
      for (const command of [["FLUSHALL"], ...commands]) await client.texts(...command);
      payloads.push((await client.call("DUMP", "v")).text!);
      await client.texts("CONFIG", "SET", ...before);
      await client.texts("DEBUG", "QUICKLIST-PACKED-THRESHOLD", "0");
    }
  }
  await client.texts("FLUSHALL");
  return payloads;
}

/** A call of RESTORE with a payload that was changed in a few places, or rarely in none. */
export function restoreCall(random: Random, payloads: readonly string[]): string[] {
  const bytes = bytesOf(random.pick(payloads));
  let changed = random.chance(0.1) ? bytes : damage(random, bytes);
  for (; random.chance(0.3);) changed = damage(random, changed);
  const options = random.pick([["REPLACE"], ["REPLACE"], ["REPLACE", "ABSTTL"], [], [
    "REPLACE",
    random.pick(["IDLETIME", "FREQ"]),
    extreme(random),
  ]]);
  const ttl = random.chance(0.9) ? "0" : extreme(random);
  const modest = withModestClaim(changed);
  const payload = withChecksum(saysItsLength(modest) ? modest : bytes);
  return ["RESTORE", random.pick(ALL_KEYS), ttl, payload, ...options];
}

/**
 * Whether a payload is no stream that is said to have another number of entries than it has: redis-server
 * 7.0.15 takes one, and ends as soon as all are deleted and somebody reads it.
 */
function saysItsLength(bytes: Uint8Array): boolean {
  if (!STREAM_TYPES.includes(bytes[0])) return true;
  try {
    const range = new Span().set(bytes, 0, bytes.length);
    const stream = readPayload(range, new ByteStore(), LIMITS, true)?.object as Stream | undefined;
    if (stream === undefined) return true;
    let live = 0;
    for (const node of stream.nodes) live += node.live;
    return stream.length === live;
  } catch (error) {
    if (!(error instanceof PersistenceError)) throw error;
    return true;
  }
}

const STREAM_TYPES: readonly number[] = [
  RdbType.StreamListpacks,
  RdbType.StreamListpacks2,
];

/** Types whose elements redis-server 7.0.15 makes a table for as soon as it hears how many there are. */
const TABLE_TYPES: readonly number[] = [
  RdbType.Set,
  RdbType.SortedSet,
  RdbType.SortedSet2,
  RdbType.Hash,
];

/** Has a payload not claim so many elements that the reference is busy for minutes with their table. */
function withModestClaim(bytes: Uint8Array): Uint8Array {
  const [type, length] = bytes;
  return TABLE_TYPES.includes(type) && length >= 0x80 ? bytes.with(1, length & 0x3f) : bytes;
}

const INTERESTING = [
  0,
  1,
  2,
  0x3f,
  0x40,
  0x7f,
  0x80,
  0x81,
  0xbf,
  0xc0,
  0xc3,
  0xf0,
  0xf4,
  0xfe,
  0xff,
];

/** Changes the bytes in front of the footer in one place. */
function damage(random: Random, bytes: Uint8Array): Uint8Array {
  const end = bytes.length - FOOTER_BYTES;
  if (end < 1) return bytes;
  const list = [...bytes];
  const at = random.below(end);
  switch (random.below(7)) {
    case 0:
      list[at] ^= 1 << random.below(8);
      break;
    case 1:
    case 2:
      list[at] = random.pick(INTERESTING);
      break;
    case 3:
      list.splice(at, random.between(1, Math.min(9, end - at)));
      break;
    case 4:
      list.splice(at, 0, random.pick(INTERESTING));
      break;
    case 5:
      list.splice(at, 0, ...list.slice(at, Math.min(end, at + random.between(1, 12))));
      break;
    default: {
      // An integer of 8 bytes that is beyond what is usual.
      const value = random.pick([
        2n ** 63n - 1n,
        2n ** 63n,
        2n ** 53n + 1n,
        2n ** 64n - 1n,
        2n ** 32n,
      ]);
      for (let i = 0; i < 8 && at + i < end; i++) {
        list[at + i] = Number(value >> BigInt(8 * i) & 0xffn);
      }
    }
  }
  return Uint8Array.from(list);
}

function withChecksum(bytes: Uint8Array): string {
  const copy = bytes.slice();
  const sum = copy.length - CHECKSUM_BYTES;
  new Crc64().update(copy, 0, sum).write(copy, sum);
  return byteString(copy, 0, copy.length);
}
