import { assert, assertEquals } from "@std/assert";
import { bytesOf, byteString, Span } from "../../src/base/span.ts";
import { Crc64 } from "../../src/base/crc64.ts";
import { ByteStore } from "../../src/data/byte_store.ts";
import * as hash from "../../src/data/hash_value.ts";
import * as list from "../../src/data/list_value.ts";
import { ElementList } from "../../src/data/element_list.ts";
import * as set from "../../src/data/set_value.ts";
import * as sortedSet from "../../src/data/sorted_set_value.ts";
import { Stream } from "../../src/data/stream.ts";
import { Encoding, Value } from "../../src/data/value.ts";
import { RdbError, RdbType } from "../../src/persistence/rdb_format.ts";
import { RdbOutput } from "../../src/persistence/rdb_output.ts";
import { createPayload, isPayload, readPayload } from "../../src/persistence/rdb_payload.ts";
import type { ValueLimits } from "../../src/persistence/rdb_value_reader.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import { referenceTest, startReference } from "../support/reference.ts";

const LIMITS: ValueLimits = {
  "hash-max-listpack-entries": 128,
  "hash-max-listpack-value": 64,
  "zset-max-listpack-entries": 128,
  "zset-max-listpack-value": 64,
  "set-max-intset-entries": 512,
  "list-max-listpack-size": -2,
};

/** A payload with any body. */
function seal(body: readonly number[], version = 10): Uint8Array {
  const bytes = Uint8Array.from([...body, version, 0, ...new Array(8).fill(0)]);
  new Crc64().update(bytes, 0, bytes.length - 8).write(bytes, bytes.length - 8);
  return bytes;
}

function text(value: string): number[] {
  return [value.length, ...bytesOf(value)];
}

/** Bytes as an RDB string. */
function blob(bytes: readonly number[]): number[] {
  const output = new RdbOutput(false);
  output.unsigned(bytes.length);
  return [...output.bytes, ...bytes];
}

/** A ziplist of entries, each given as its encoding and data. */
function ziplist(...entries: readonly (readonly number[])[]): number[] {
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

const a = [1, 0x61], b = [1, 0x62], long = [0x41, 0x2c, ...new Array(300).fill(0x78)];
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
const OLD: readonly (readonly [string, readonly number[], string])[] = [
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
const BAD: readonly (readonly [string, readonly number[]])[] = [
  ["unknown type", [7, 1, 0x61]],
  ["no type", []],
  ["string cut off", [0, 40, 0x61]],
  ["empty set", [RdbType.Set, 0]],
  ["empty list", [RdbType.ListQuicklist2, 0]],
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

function contents(store: ByteStore, value: Value): string {
  const sink = new ElementList();
  switch (value.type) {
    case 1:
      list.sendRange(store, value, 0, list.length(store, value), sink);
      break;
    case 2:
      for (let at = set.first(store, value); at !== set.NONE; at = set.next(store, value, at)) {
        set.sendMember(store, value, at, sink);
      }
      break;
    case 3: {
      const walk = new sortedSet.RankWalk(store, value, 0, false);
      for (; walk.place !== sortedSet.NONE; walk.step()) {
        sortedSet.sendMember(store, value, walk.place, sink);
        sortedSet.sendScoreText(store, value, walk.place, sink);
      }
      break;
    }
    case 4:
      for (let at = hash.first(store, value); at !== hash.NONE; at = hash.next(store, value, at)) {
        hash.sendField(store, value, at, sink);
        hash.sendContent(store, value, at, sink);
      }
      break;
    case 6: {
      const cursor = (value.object as Stream).range();
      while (cursor.next()) cursor.entry.send(sink);
      break;
    }
    default: {
      const { buffer, start, end } = store.span(value.ref, new Span());
      sink.bulkBytes(buffer, start, end);
    }
  }
  return sink.elements.map((bytes) => byteString(bytes)).join(" ");
}

function read(payload: Uint8Array, store = new ByteStore(), limits = LIMITS): string | null {
  const span = Span.of(payload);
  assert(isPayload(span));
  const value = readPayload(span, store, limits);
  return value === null ? null : contents(store, value);
}

for (const [type, body, expected] of OLD) {
  Deno.test(`readPayload makes a ${type} of ours when the encoding is the old one number ${body[0]}: ${expected.slice(0, 9)}`, () => {
    assertEquals(read(seal(body)), expected);
  });
}

for (const [name, body] of BAD) {
  Deno.test(`readPayload refuses and frees all when there is this: ${name}`, () => {
    const store = new ByteStore();
    let value: string | null = null;
    try {
      value = read(seal(body), store);
    } catch (error) {
      assert(error instanceof RdbError, String(error));
    }
    assertEquals(value, null);
    assertEquals(store.allocatedBytes, 0);
  });
}

Deno.test("isPayload is false when a byte is changed, the version is later, or the footer is short", () => {
  const sound = seal([0, 1, 0x61]);
  assert(isPayload(Span.of(sound)));
  for (let i = 0; i < sound.length; i++) {
    assert(!isPayload(Span.of(sound.with(i, sound[i] ^ 4))), String(i));
    assert(!isPayload(Span.of(sound.subarray(0, i))), String(i));
  }
  assert(!isPayload(Span.of(seal([0, 1, 0x61], 11))));
  assert(isPayload(Span.of(seal([0, 1, 0x61], 6))));
});

Deno.test("readPayload gives the encoding that the limits ask for when a compact one is too large", () => {
  const limits = {
    ...LIMITS,
    "hash-max-listpack-entries": 1,
    "zset-max-listpack-entries": 1,
    "set-max-intset-entries": 1,
  };
  const bodies: [readonly number[], number, number][] = [
    [[RdbType.HashZiplist, ...blob(ziplist(a, b, b, a))], Encoding.Listpack, Encoding.Hashtable],
    [
      [RdbType.SortedSetZiplist, ...blob(ziplist(a, [0xf2], b, [0xf3]))],
      Encoding.Listpack,
      Encoding.Skiplist,
    ],
    [
      [RdbType.SetIntset, ...blob([2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 2, 0])],
      Encoding.Intset,
      Encoding.ListpackSet,
    ],
  ];
  for (const [body, small, large] of bodies) {
    const payload = Span.of(seal(body)), store = new ByteStore();
    assertEquals(readPayload(payload, store, LIMITS)?.encoding, small);
    assertEquals(readPayload(payload, store, limits)?.encoding, large);
    assertEquals(read(seal(body), store), read(seal(body), store, limits));
  }
});

/** Payloads of every type that is written. */
function soundPayloads(): Uint8Array[] {
  const store = new ByteStore(), span = (value: string) => Span.ofString(value);
  const payloads = OLD.map(([, body]) => seal(body));
  const give = (value: Value) => payloads.push(createPayload(store, value, true).slice());
  const value = new Value();
  for (const count of [3, 300]) {
    set.create(store, value);
    for (let i = 0; i < count; i++) set.add(store, value, span(`m${i}`), LIMITS);
    give(value);
    set.create(store, value);
    for (let i = 0; i < count; i++) set.add(store, value, span(String(i * i)), LIMITS);
    give(value);
    hash.create(store, value);
    for (let i = 0; i < count; i++) hash.set(store, value, span(`f${i}`), span(`v${i}`), LIMITS);
    give(value);
    sortedSet.create(store, value);
    for (let i = 0; i < count; i++) sortedSet.add(store, value, span(`m${i}`), i / 3, LIMITS);
    give(value);
    list.create(store, value);
    for (let i = 0; i < count; i++) {
      list.push(store, value, "tail", span(`element ${i} ${"-".repeat(i)}`), LIMITS);
    }
    give(value);
  }
  const stream = new Stream();
  // Streams are filled by commands' frames; a payload of the reference's own will do.
  value.setObject(6, Encoding.Stream, stream);
  give(value);
  return payloads;
}

Deno.test("readPayload takes or refuses payloads with changed bytes, and what it takes is sound", () => {
  let seed = 12345, taken = 0, refused = 0;
  const random = (below: number) => {
    seed = Math.imul(seed, 1103515245) + 12345 >>> 0;
    return Math.floor(seed / 2 ** 32 * below);
  };
  const payloads = soundPayloads();
  for (let round = 0; round < 3000; round++) {
    const payload = payloads[round % payloads.length];
    const body = [...payload.subarray(0, payload.length - 10)];
    for (let changes = 1 + random(2); changes > 0; changes--) {
      const at = random(body.length);
      if (random(8) === 0) body.length = at;
      else body[at] = random(3) === 0 ? random(256) : body[at] ^ 1 << random(8);
    }
    const store = new ByteStore();
    try {
      const value = readPayload(Span.of(seal(body)), store, LIMITS);
      if (value === null) throw new RdbError("empty", 0);
      const text = contents(store, value);
      assertEquals(read(createPayload(store, value, true).slice()), text);
      taken++;
    } catch (error) {
      assert(error instanceof RdbError, `${body}: ${error}`);
      refused++;
    }
  }
  assert(taken > 100 && refused > 500, `${taken} taken, ${refused} refused`);
});

referenceTest(
  "RESTORE takes old encodings, and refuses bad ones, as redis-server does",
  async () => {
    const directives = { "rdbcompression": "no", "sanitize-dump-payload": "yes" };
    await using reference = await startReference({ directives });
    await using server = await startMiniredis({ directives });
    const theirs = await reference.connect(), ours = await server.connect();
    const replies = async (client: typeof ours, body: readonly number[], name: string) => {
      // A single element that is its own node comes back as a node of one element from us.
      const again = body[0] === RdbType.ListQuicklist2 ? [] : [["DUMP"]];
      const texts = [(await client.call("RESTORE", name, "0", byteString(seal(body)))).raw];
      for (const call of [["OBJECT", "ENCODING"], ...again]) {
        texts.push((await client.call(...call, name)).raw);
      }
      return texts;
    };
    for (const [i, body] of [...OLD, ...BAD].map((one) => one[1]).entries()) {
      assertEquals(
        await replies(ours, body, `key:${i}`),
        await replies(theirs, body, `key:${i}`),
        `${body}`,
      );
    }
    await theirs.close();
    await ours.close();
  },
);
