import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { byteString } from "../../src/base/span.ts";
import * as listpack from "../../src/data/listpack.ts";
import { Stream, type StreamLimits } from "../../src/data/stream.ts";
import type { StreamCursor } from "../../src/data/stream_cursor.ts";
import { ConsumerGroup } from "../../src/data/stream_group.ts";
import { formatId, makeId, MAX_ID, MIN_ID, type StreamId } from "../../src/data/stream_id.ts";
import { normalizeInteger } from "../../src/base/numbers.ts";
import { Frame } from "../../src/resp/frame.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { type ModelId, modelId, modelText, StreamModel } from "./stream_model.ts";

function limits(entries: number, bytes = 0): StreamLimits {
  return { "stream-node-max-entries": entries, "stream-node-max-bytes": bytes };
}

const DEFAULTS = limits(100, 4096);

function idOf(id: ModelId): StreamId {
  return makeId(normalizeInteger(id >> 64n), normalizeInteger(id & 0xffffffffffffffffn));
}

function append(stream: Stream, id: StreamId, fields: string[], of = DEFAULTS): void {
  stream.append(id, Frame.fromStrings(fields), 0, of);
}

/** The entries that a cursor comes to, each as its ID and its fields. */
function read(cursor: StreamCursor): [string, ...string[]][] {
  const entries: [string, ...string[]][] = [];
  while (cursor.next()) {
    const texts: string[] = [];
    cursor.entry.send({
      bulkBytes: (buffer, start, end) => texts.push(byteString(buffer, start, end)),
      bulkInteger: (value) => texts.push(String(value)),
    });
    assertEquals(texts.length, 2 * cursor.entry.fieldCount);
    entries.push([formatId(cursor.entry), ...texts]);
  }
  return entries;
}

/** The stream's nodes, each as the ID and the bytes of its listpack. */
function nodesOf(stream: Stream): [string, string][] {
  return Array.from(
    stream.nodes,
    (node) => [formatId(node), byteString(node.bytes, 0, node.size)],
  );
}

Deno.test("Stream keeps fields and values of every kind when names are shared and when not", () => {
  const kinds = ["", "0", "-1", "127", "128", "-4097", "32768", "8388608", "2147483648"];
  kinds.push("9223372036854775807", "9223372036854775808", "007", "\x00\xff", "x".repeat(64));
  kinds.push("x".repeat(4096), "x".repeat(70_000));
  const stream = new Stream();
  const fields = kinds.flatMap((kind) => [kind, kind + "1"]);
  append(stream, makeId(1, 1), fields);
  append(stream, makeId(1, 2), fields);
  append(stream, makeId(1, 3), fields.slice(0, 4));
  append(stream, makeId(1, 4), ["a", "b", "a", "c"]);
  assertEquals(read(stream.range()), [
    ["1-1", ...fields],
    ["1-2", ...fields],
    ["1-3", ...fields.slice(0, 4)],
    ["1-4", "a", "b", "a", "c"],
  ]);
});

Deno.test("Stream makes sound listpacks when counts and IDs need more bytes", () => {
  const stream = new Stream();
  const unlimited = limits(0, 0);
  const last = 18446744073709551615n;
  append(stream, makeId(5, last), ["f", "v"], unlimited);
  for (let i = 0; i < 5000; i++) append(stream, makeId(6, i), ["f", `${i}`], unlimited);
  append(stream, makeId(last, 0), ["f", "v"], unlimited);
  assertEquals(stream.nodeCount, 1);
  for (let i = 0; i < 200; i++) assertEquals(stream.deleteEntries([makeId(6, i)]), 1);
  assertEquals(stream.trim({ to: makeId(6, 4500), approximate: false, limit: 0 }), 4301);
  const [node] = stream.nodes;
  assertEquals(listpack.validate(node.bytes, 0, node.size), true);
  assertEquals([node.live, node.deleted], [501, 4501]);
  const entries = read(stream.range());
  assertEquals(entries.length, 501);
  assertEquals(entries[0], ["6-4500", "f", "4500"]);
  assertEquals(entries[500], [`${last}-0`, "f", "v"]);
  assertEquals(read(stream.range(MIN_ID, MAX_ID, true)), entries.toReversed());
});

Deno.test("Stream begins a node when the last one is full, by entries and by bytes", () => {
  const stream = new Stream();
  for (let i = 1; i <= 7; i++) append(stream, makeId(i, 0), ["f", "v"], limits(3));
  assertEquals(nodesOf(stream).map(([id]) => id), ["1-0", "4-0", "7-0"]);
  append(stream, makeId(8, 0), ["f", "v".repeat(40)], limits(3, 40));
  append(stream, makeId(9, 0), ["f", "v"], limits(0, 0));
  assertEquals(nodesOf(stream).map(([id]) => id), ["1-0", "4-0", "7-0", "8-0"]);
});

Deno.test("Stream finds an entry that has the ID of a deleted one", () => {
  const stream = new Stream();
  for (const ms of [1, 9]) append(stream, makeId(ms, 0), ["f", `${ms}`]);
  stream.deleteEntries([makeId(9, 0)]);
  stream.lastId = makeId(1, 0);
  append(stream, makeId(9, 0), ["f", "again"]);
  assertEquals(stream.has(makeId(9, 0)), true);
  assertEquals(stream.deleteEntries([makeId(9, 0), makeId(9, 0)]), 1);
  assertEquals(read(stream.range()), [["1-0", "f", "1"]]);
});

Deno.test("Stream trims no more than its limit when it trims whole nodes", () => {
  const stream = new Stream();
  for (let i = 1; i <= 10; i++) append(stream, makeId(i, 0), ["f", "v"], limits(3));
  assertEquals(stream.trim({ to: 1, approximate: true, limit: 5 }), 3);
  assertEquals(stream.trim({ to: 1, approximate: true, limit: 2 }), 0);
  assertEquals(stream.trim({ to: 1, approximate: true, limit: 0 }), 6);
  assertEquals(stream.trim({ to: 0, approximate: true, limit: 0 }), 1);
  assertEquals([stream.length, stream.nodeCount, stream.radixNodes], [0, 0, 1]);
});

Deno.test("Stream's clone has all that it has, and shares nothing with it", () => {
  const stream = new Stream();
  for (let i = 1; i <= 10; i++) append(stream, makeId(i, 0), ["f", `${i}`], limits(3));
  stream.deleteEntries([makeId(2, 0)]);
  const group = new ConsumerGroup("g", makeId(4, 0), 4);
  group.deliver(makeId(4, 0), group.addConsumer("c", 7), 8);
  stream.addGroup(group);
  const copy = stream.clone();
  const before = nodesOf(stream);
  assertEquals(nodesOf(copy), before);
  const summary = ({ length, entriesAdded, firstId, lastId, maxDeletedId }: Stream) => [
    [length, entriesAdded],
    [firstId, lastId, maxDeletedId],
  ];
  assertEquals(summary(copy), summary(stream));
  assertEquals(copy.group("g")?.consumer("c")?.pending.size, 1);
  copy.deleteEntries([makeId(3, 0)]);
  copy.trim({ to: 1, approximate: false, limit: 0 });
  copy.group("g")?.acknowledge(makeId(4, 0));
  assertEquals(nodesOf(stream), before);
  assertEquals(group.pending.size, 1);
});

Deno.test("Stream's memoryBytes follows what it holds", () => {
  const stream = new Stream();
  const empty = stream.memoryBytes;
  for (let i = 1; i <= 1000; i++) append(stream, makeId(i, 0), ["field", "v".repeat(100)]);
  const full = stream.memoryBytes;
  assertEquals(full > 100_000 && full < 200_000, true);
  const group = new ConsumerGroup("g", MIN_ID, 0);
  const first = group.addConsumer("a", 0);
  stream.addGroup(group);
  const second = group.addConsumer("b", 0);
  for (let i = 1; i <= 100; i++) group.deliver(makeId(i, 0), i % 3 === 0 ? first : second, 0);
  for (let i = 1; i <= 50; i++) group.acknowledge(makeId(i, 0));
  assertEquals(stream.memoryBytes, full + group.memoryBytes);
  group.removeConsumer(second);
  assertEquals(stream.memoryBytes, full + group.memoryBytes);
  stream.removeGroup("g");
  assertEquals(stream.memoryBytes, full);
  stream.trim({ to: 0, approximate: false, limit: 0 });
  assertEquals(stream.memoryBytes, empty);
});

const part = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt(0n, 40n) },
  { weight: 1, arbitrary: fc.constantFrom(2n ** 53n - 1n, 2n ** 53n, 2n ** 64n - 1n) },
);
const anyId = fc.tuple(part, part).map(([ms, seq]) => modelId(ms, seq));
const anyFields = fc.oneof(
  fc.constant<string[]>(["f", "v"]),
  fc.array(fc.constantFrom("a", "b", "1", "-70000", ""), { minLength: 1, maxLength: 3 })
    .map((words) => words.flatMap((word): string[] => [word, word])),
);
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ gap: fc.bigInt(1n, 3n), fields: anyFields }) },
  { weight: 1, arbitrary: fc.record({ jump: anyId, fields: anyFields }) },
  { weight: 4, arbitrary: fc.record({ deleted: anyId }) },
  { weight: 4, arbitrary: fc.record({ deletedAt: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ length: fc.nat(30), approximate: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ from: anyId, approximate: fc.boolean() }) },
);

Deno.test("Stream holds what a naive model holds when commands are random", () => {
  const property = fc.property(
    fc.array(step, { maxLength: 150, size: "max" }),
    fc.constantFrom(1, 2, 5, 200),
    fc.array(fc.tuple(anyId, anyId), { maxLength: 5 }),
    (steps, maxEntries, ranges) => {
      const stream = new Stream(), model = new StreamModel(maxEntries);
      const add = (id: ModelId, fields: string[]) => {
        if (id <= model.lastId || id >> 64n > 2n ** 64n - 1n) return;
        append(stream, idOf(id), fields, limits(maxEntries));
        model.append(id, fields);
      };
      for (const step of steps) {
        if ("gap" in step) add(model.lastId + step.gap, step.fields);
        else if ("jump" in step) add(step.jump, step.fields);
        else if ("length" in step) {
          const { length, approximate } = step;
          const removed = stream.trim({ to: length, approximate, limit: 0 });
          assertEquals(removed, model.trimToLength(length, approximate));
        } else if ("from" in step) {
          const { from, approximate } = step;
          const removed = stream.trim({ to: idOf(from), approximate, limit: 0 });
          assertEquals(removed, model.trimToId(from, approximate));
        } else {
          const { live } = model;
          const id = "deleted" in step
            ? step.deleted
            : live[step.deletedAt % live.length]?.id ?? 0n;
          assertEquals(stream.has(idOf(id)), live.some((entry) => entry.id === id));
          assertEquals(stream.deleteEntries([idOf(id)]), model.delete(id) ? 1 : 0);
        }
        assertEquals(stream.length, model.live.length);
        assertEquals(formatId(stream.firstId), modelText(model.live[0]?.id ?? 0n));
        assertEquals(formatId(stream.lastEntryId), modelText(model.live.at(-1)?.id ?? 0n));
        assertEquals(formatId(stream.lastId), modelText(model.lastId));
        assertEquals(formatId(stream.maxDeletedId), modelText(model.maxDeletedId));
        assertEquals(stream.entriesAdded, model.entriesAdded);
        assertEquals(stream.nodeCount, model.nodes.length);
      }
      const { live } = model;
      for (const [start, end] of [[0n, 2n ** 128n - 1n], ...ranges]) {
        const expected = live.filter(({ id }) => id >= start && id <= end)
          .map(({ id, fields }) => [modelText(id), ...fields]);
        const bounds = [idOf(start), idOf(end)] as const;
        assertEquals<unknown>(read(stream.range(...bounds)), expected);
        assertEquals<unknown>(read(stream.range(...bounds, true)), expected.toReversed());
      }
      for (const node of stream.nodes) {
        assertEquals(listpack.validate(node.bytes, 0, node.size), true);
      }
    },
  );
  fc.assert(property, { numRuns: 150 });
});

/** The nodes in what DUMP replies for a stream, without compression. */
function parseDump(payload: string): [string, string][] {
  let at = 1;
  const readLength = (): number => {
    const first = payload.charCodeAt(at++);
    if (first < 0x40) return first;
    if (first < 0x80) return (first & 0x3f) << 8 | payload.charCodeAt(at++);
    assertEquals(first, 0x80);
    at += 4;
    return [4, 3, 2, 1].reduce((value, back) => value * 256 + payload.charCodeAt(at - back), 0);
  };
  const readText = (): string => {
    const length = readLength();
    return payload.slice(at, at += length);
  };
  return Array.from({ length: readLength() }, () => {
    const key = Array.from(readText(), (c) => c.charCodeAt(0).toString(16).padStart(2, "0"));
    const id = BigInt(`0x${key.join("")}`);
    return [modelText(id), readText()];
  });
}

referenceTest("Stream's nodes are those of redis-server to the byte", async () => {
  await using server = await startReference({
    directives: { "rdbcompression": "no", "stream-node-max-bytes": "300" },
  });
  const client = await server.connect();
  const stream = new Stream();
  const add = async (id: string, ...fields: string[]) => {
    assertEquals(await client.texts("XADD", "s", id, ...fields), [id]);
    const [ms, seq] = id.split("-").map((part) => normalizeInteger(BigInt(part)));
    append(stream, makeId(ms, seq), fields, limits(100, 300));
  };
  for (let i = 2; i < 250; i++) {
    await add(`${i}-5`, "f", `${i * i * i * 1000 - 5000}`, "g", "v".repeat(i % 70));
    await add(`${i}-6`, "f", "", "g", "-1");
    if (i % 7 === 0) await add(`${i}-18446744073709551615`, "x", "1", "y", "2", "x", "3");
  }
  await add("9007199254740993-1", "f", "v".repeat(5000));
  await add("18446744073709551615-1", "f", "v");
  for (const id of ["2-5", "2-6", "7-5", "8-6", "50-5", "50-6", "51-5", "51-6", "52-5"]) {
    assertEquals(await client.texts("XDEL", "s", id), ["1"]);
    const [ms, seq] = id.split("-").map(Number);
    assertEquals(stream.deleteEntries([makeId(ms, seq)]), 1);
  }
  assertEquals(await client.texts("XTRIM", "s", "MAXLEN", "400"), [
    String(stream.trim({ to: 400, approximate: false, limit: 0 })),
  ]);
  const [payload] = await client.texts("DUMP", "s");
  assertEquals(nodesOf(stream), parseDump(payload));
});
