/** Payloads of DUMP that are put together byte by byte: old encodings, and wrong ones. */

import { Crc64 } from "../../src/base/crc64.ts";
import { bytesOf } from "../../src/base/span.ts";
import { RdbType } from "../../src/persistence/rdb_format.ts";
import { RdbOutput } from "../../src/persistence/rdb_output.ts";
import type { ValueLimits } from "../../src/persistence/rdb_value_reader.ts";

/** Redis' default limits of encodings. */
export const LIMITS: ValueLimits = {
  "hash-max-listpack-entries": 128,
  "hash-max-listpack-value": 64,
  "zset-max-listpack-entries": 128,
  "zset-max-listpack-value": 64,
  "set-max-intset-entries": 512,
  "list-max-listpack-size": -2,
  "quicklist-packed-threshold": 2 ** 30,
};

/** A payload with any body. */
export function seal(body: readonly number[], version = 10): Uint8Array {
  const bytes = Uint8Array.from([...body, version, 0, ...new Array(8).fill(0)]);
  new Crc64().update(bytes, 0, bytes.length - 8).write(bytes, bytes.length - 8);
  return bytes;
}

export function text(value: string): number[] {
  return [value.length, ...bytesOf(value)];
}

/** Bytes as an RDB string. */
export function blob(bytes: readonly number[]): number[] {
  const output = new RdbOutput(false);
  output.unsigned(bytes.length);
  return [...output.bytes, ...bytes];
}

/** A ziplist of entries, each given as its encoding and data. */
export function ziplist(...entries: readonly (readonly number[])[]): number[] {
  const body: number[] = [];
  let before = 0, tail = 10;
  for (const entry of entries) {
    tail = 10 + body.length;
    const head = before < 254 ? [before] : [254, before & 255, before >> 8, 0, 0];
    body.push(...head, ...entry);
    before = head.length + entry.length;
  }
  const size = body.length + 11;
  return [
    size & 255,
    size >> 8,
    0,
    0,
    tail & 255,
    tail >> 8,
    0,
    0,
    entries.length,
    0,
    ...body,
    255,
  ];
}

export const a = [1, 0x61], b = [1, 0x62], long = [0x41, 0x2c, ...new Array(300).fill(0x78)];
const far = [0x80, 0, 0, 1, 0x2c, ...new Array(300).fill(0x79)];
const integers = [
  [0xfe, 0x80],
  [0xc0, 0x2c, 0x01],
  [0xf0, 0xff, 0xff, 0x7f],
  [0xd0, 0, 0, 0, 0x80],
  [0xe0, 255, 255, 255, 255, 255, 255, 255, 0x7f],
  [0xf1],
  [0xfd],
];
const INTEGER_TEXTS = "-128 300 8388607 -2147483648 9223372036854775807 0 12";

/** Payloads in encodings that Redis 7.0 reads and no longer writes, with the contents. */
export const OLD: readonly (readonly [string, readonly number[], string])[] = [
  ["list", [RdbType.List, 2, ...text("a"), 0xc0, 5], "a 5"],
  [
    "zset",
    [RdbType.SortedSet, 3, ...text("a"), ...text("1.5"), 1, 0x62, 255, 1, 0x63, 254],
    "b -inf a 1.5 c inf",
  ],
  ["hash", [RdbType.Hash, 1, ...text("f"), ...text("v")], "f v"],
  [
    "list",
    [RdbType.ListZiplist, ...blob(ziplist(a, long, far, b, ...integers))],
    `a ${"x".repeat(300)} ${"y".repeat(300)} b ${INTEGER_TEXTS}`,
  ],
  ["list", [RdbType.ListQuicklist, 2, ...blob(ziplist(a)), ...blob(ziplist(b, a))], "a b a"],
  ["list", [
    RdbType.ListQuicklist2,
    2,
    1,
    ...text("plain"),
    2,
    ...blob([10, 0, 0, 0, 1, 0, 0x81, 0x61, 2, 255]),
  ], "plain a"],
  [
    "zset",
    [RdbType.SortedSetZiplist, ...blob(ziplist(a, [0xf3], b, [3, 0x32, 0x2e, 0x35]))],
    "a 2 b 2.5",
  ],
  ["hash", [RdbType.HashZiplist, ...blob(ziplist(a, [0xf3], b, b))], "a 2 b b"],
  ["hash", [RdbType.HashZiplist, ...blob(ziplist(a, long))], `a ${"x".repeat(300)}`],
  [
    "hash",
    [RdbType.HashZipmap, ...blob([1, 1, 0x61, 70, 0, ...new Array(70).fill(0x7a), 255])],
    `a ${"z".repeat(70)}`,
  ],
  [
    "hash",
    [RdbType.HashZipmap, ...blob([2, 1, 0x61, 2, 1, 0x31, 0x32, 0, 1, 0x62, 0, 0, 255])],
    "a 12 b ",
  ],
];

/** Payloads that are sealed, and wrong. */
export const BAD: readonly (readonly [string, readonly number[]])[] = [
  ["unknown type", [7, 1, 0x61]],
  ["no type", []],
  ["string cut off", [0, 40, 0x61]],
  ["empty set", [RdbType.Set, 0]],
  ["empty list", [RdbType.ListQuicklist2, 0]],
  ["empty plain node", [RdbType.ListQuicklist2, 2, 1, ...text("a"), 1, ...text("")]],
  ["empty ziplist", [RdbType.ListZiplist, ...blob(ziplist())]],
  ["empty hash", [RdbType.Hash, 0]],
  ["empty zset", [RdbType.SortedSet2, 0]],
  ["empty intset", [RdbType.SetIntset, ...blob([2, 0, 0, 0, 0, 0, 0, 0])]],
  ["member twice", [RdbType.Set, 2, ...text("a"), ...text("a")]],
  ["field twice", [RdbType.Hash, 2, ...text("a"), ...text("1"), ...text("a"), ...text("1")]],
  ["member twice", [RdbType.SortedSet, 2, ...text("a"), ...text("1"), ...text("a"), ...text("1")]],
  ["score not a number", [RdbType.SortedSet, 1, ...text("a"), 253]],
  ["intset out of order", [RdbType.SetIntset, ...blob([2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 1, 0])]],
  ["intset too long", [RdbType.SetIntset, ...blob([2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0])]],
  ["field without value", [RdbType.HashListpack, ...blob([10, 0, 0, 0, 1, 0, 0x81, 0x61, 2, 255])]],
  ["ziplist of false size", [RdbType.ListZiplist, ...blob(ziplist(a).with(0, 99))]],
  ["ziplist of false tail", [RdbType.ListZiplist, ...blob(ziplist(a).with(4, 12))]],
  ["ziplist of false count", [RdbType.ListZiplist, ...blob(ziplist(a).with(8, 2))]],
  ["ziplist of false link", [RdbType.ListZiplist, ...blob(ziplist(a, b).with(13, 9))]],
  ["ziplist entry too long", [RdbType.ListZiplist, ...blob(ziplist([9, 0x61]))]],
  ["ziplist entry of no kind", [RdbType.ListZiplist, ...blob(ziplist([0xc1, 0x61]))]],
  ["zipmap cut off", [RdbType.HashZipmap, ...blob([1, 1, 0x61, 2, 0, 255])]],
  ["zipmap without value", [RdbType.HashZipmap, ...blob([1, 1, 0x61, 255])]],
  ["list node of no kind", [RdbType.ListQuicklist2, 1, 3, ...text("a")]],
  ["stream without an end", [RdbType.StreamListpacks2, 0]],
  ["stream with a false length", [RdbType.StreamListpacks2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]],
];
