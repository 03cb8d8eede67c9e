import { assert, assertEquals } from "@std/assert";
import { byteString, Span } from "../../src/base/span.ts";
import { ByteStore } from "../../src/data/byte_store.ts";
import * as hash from "../../src/data/hash_value.ts";
import * as list from "../../src/data/list_value.ts";
import { ElementList } from "../../src/data/element_list.ts";
import * as set from "../../src/data/set_value.ts";
import * as sortedSet from "../../src/data/sorted_set_value.ts";
import { Stream } from "../../src/data/stream.ts";
import { Encoding, Value } from "../../src/data/value.ts";
import { RdbError, RdbType } from "../../src/persistence/rdb_format.ts";
import { isPayload, readPayload } from "../../src/persistence/rdb_payload.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { a, b, BAD, blob, LIMITS, OLD, seal, ziplist } from "./rdb_payloads.ts";

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

referenceTest(
  "RESTORE takes old encodings, and refuses bad ones, as redis-server does",
  async () => {
    const directives = { "rdbcompression": "no", "sanitize-dump-payload": "yes" };
    await using reference = await startReference({ directives });
    await using server = await startMiniredis({ directives });
    const theirs = await reference.connect(), ours = await server.connect();
    const replies = async (client: typeof ours, body: readonly number[], name: string) => {
      const texts = [(await client.call("RESTORE", name, "0", byteString(seal(body)))).raw];
      for (const call of [["OBJECT", "ENCODING"], ["DUMP"]]) {
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
