import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { bytesOf, copySpan, Span, spanString } from "../../src/base/span.ts";
import { ByteStore } from "../../src/data/byte_store.ts";
import * as listpack from "../../src/data/listpack.ts";
import { referenceTest, startReference } from "../support/reference.ts";

/** A listpack in a store, with its edits taking strings. */
class Fixture {
  readonly store = new ByteStore();
  ref = listpack.create(this.store);

  get buffer(): Uint8Array {
    return this.store.buffer(this.ref);
  }

  get base(): number {
    return this.store.offset(this.ref);
  }

  bytes(): Uint8Array {
    return copySpan(this.store.span(this.ref, new Span()));
  }

  append(text: string): void {
    this.ref = listpack.append(this.store, this.ref, bytesOf(text), 0, text.length);
  }

  find(text: string, skip = 0, from = listpack.FIRST_POSITION): number {
    return listpack.find(this.buffer, this.base, from, bytesOf(text), 0, text.length, skip);
  }

  forward(): string[] {
    const { buffer, base } = this, entry = new listpack.ListpackEntry(), texts = [];
    for (
      let at = listpack.FIRST_POSITION;
      !listpack.atEnd(buffer, base, at);
      at = listpack.nextPosition(buffer, base, at)
    ) texts.push(spanString(listpack.readEntry(buffer, base, at, entry).span()));
    return texts;
  }

  backward(): string[] {
    const { buffer, base } = this, entry = new listpack.ListpackEntry(), texts = [];
    for (
      let at = listpack.lastPosition(buffer, base);
      at > 0;
      at = listpack.previousPosition(buffer, base, at)
    ) texts.push(spanString(listpack.readEntry(buffer, base, at, entry).span()));
    return texts;
  }

  check(model: string[]): void {
    const { buffer, base } = this;
    assertEquals(this.forward(), model);
    assertEquals(this.backward(), model.toReversed());
    assertEquals(listpack.length(buffer, base), model.length);
    assertEquals(listpack.totalBytes(buffer, base), this.store.length(this.ref));
    assert(listpack.validate(buffer, base, base + this.store.length(this.ref)));
    const builder = new listpack.ListpackBuilder(0);
    for (const text of model) builder.append(bytesOf(text), 0, text.length);
    assertEquals(builder.length, model.length);
    assertEquals(builder.totalBytes, this.store.length(this.ref));
    assertEquals(builder.finish(), this.bytes());
  }
}

/** The integers at the edges of all encodings. */
const EDGE_INTEGERS: bigint[] = [0n, 127n, 4095n, 1n << 15n, 1n << 23n, 1n << 31n, 1n << 53n]
  .flatMap((edge) => [edge - 2n, edge - 1n, edge, edge + 1n])
  .flatMap((value) => [value, -value])
  .concat([(1n << 63n) - 1n, -(1n << 63n), (1n << 62n) + 12345n]);
const EDGE_STRINGS: string[] = [
  ..."|-|-0|00|+1|007| 1|1 |1.0|9223372036854775808|-9223372036854775809|123456789012345678901"
    .split("|"),
  ...[1, 62, 63, 64, 124, 125, 126, 127, 128, 4095, 4096, 16377, 16378, 16379, 16380, 70_000]
    .map((length) => "s".repeat(length)),
];
const EDGES: string[] = [...EDGE_INTEGERS.map(String), ...EDGE_STRINGS];

const anyText = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "binary-ascii", maxLength: 12 }) },
  { weight: 4, arbitrary: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }).map(String) },
  { weight: 3, arbitrary: fc.integer({ min: -5000, max: 5000 }).map(String) },
  { weight: 2, arbitrary: fc.constantFrom(...EDGES) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 300 }).map((n) => "\xfe".repeat(n)) },
);
const anyEdit = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant("append" as const), text: anyText }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant("insert" as const), at: fc.nat(), text: anyText }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant("replace" as const), at: fc.nat(), text: anyText }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("delete" as const),
      at: fc.nat(),
      count: fc.integer({ min: 0, max: 4 }),
    }),
  },
  {
    // The bytes of one entry, taken from where they lie, replace or precede another.
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom("replaceByOwn" as const, "insertOwn" as const),
      at: fc.nat(),
      from: fc.nat(),
    }),
  },
);

Deno.test("listpack edits agree with an array of strings", () => {
  fc.assert(
    fc.property(fc.array(anyEdit, { maxLength: 60, size: "max" }), (edits) => {
      const fixture = new Fixture(), { store } = fixture;
      const model: string[] = [];
      for (const edit of edits) {
        if (edit.type === "append") {
          fixture.append(edit.text);
          model.push(edit.text);
          continue;
        }
        const { buffer, base } = fixture;
        const index = edit.at % (model.length + (edit.type === "insert" ? 1 : 0) || 1);
        const position = index === model.length
          ? listpack.endPosition(buffer, base)
          : listpack.positionAt(buffer, base, index);
        if (edit.type === "insert") {
          const bytes = bytesOf(edit.text);
          fixture.ref = listpack.insertAt(store, fixture.ref, position, bytes, 0, bytes.length);
          model.splice(index, 0, edit.text);
        } else if (edit.type === "delete") {
          fixture.ref = listpack.deleteRange(store, fixture.ref, position, edit.count);
          model.splice(index, edit.count);
        } else if (model.length > 0) {
          let source = Span.of(bytesOf("text" in edit ? edit.text : ""));
          if ("from" in edit) {
            const from = listpack.positionAt(buffer, base, edit.from % model.length);
            const entry = listpack.readEntry(buffer, base, from, new listpack.ListpackEntry());
            source = entry.span();
          }
          const text = spanString(source);
          const put = edit.type === "insertOwn" ? listpack.insertAt : listpack.replaceAt;
          fixture.ref = put(
            store,
            fixture.ref,
            position,
            source.buffer,
            source.start,
            source.end,
          );
          model.splice(index, edit.type === "insertOwn" ? 0 : 1, text);
        }
      }
      fixture.check(model);
      store.free(fixture.ref);
      assertEquals(store.allocatedBytes, 0);
    }),
    { numRuns: 200 },
  );
});

Deno.test("listpack stores canonical 64-bit integers as integers and everything else as strings", () => {
  const entry = new listpack.ListpackEntry();
  for (const text of EDGES) {
    const fixture = new Fixture();
    fixture.append(text);
    fixture.check([text]);
    listpack.readEntry(fixture.buffer, fixture.base, listpack.FIRST_POSITION, entry);
    assertEquals(entry.isInteger, !EDGE_STRINGS.includes(text));
    if (!entry.isInteger) continue;
    const value = BigInt(text);
    assertEquals(BigInt(entry.integer), value);
    assertEquals(typeof entry.integer === "number", Number.isSafeInteger(Number(value)));
    const builder = new listpack.ListpackBuilder();
    builder.appendInteger(entry.integer);
    assertEquals(builder.finish(), fixture.bytes());
  }
});

Deno.test("listpack find sees every entry, and with skip only every second one", () => {
  const fixture = new Fixture();
  const fields = EDGES.map((text) => `f:${text}`.slice(0, 50));
  EDGES.forEach((text, i) => {
    fixture.append(fields[i]);
    fixture.append(text);
  });
  const { buffer, base } = fixture;
  EDGES.forEach((text, i) => {
    const position = listpack.positionAt(buffer, base, 2 * EDGES.indexOf(text) + 1);
    assertEquals(fixture.find(text), position);
    assertEquals(fixture.find(text, 1), -1);
    const second = listpack.nextPosition(buffer, base, listpack.FIRST_POSITION);
    assertEquals(fixture.find(text, 1, second), position);
    const field = fixture.find(fields[i], 1);
    assertEquals(field, listpack.positionAt(buffer, base, 2 * fields.indexOf(fields[i])));
    assert(listpack.entryEquals(buffer, base, position, bytesOf(text), 0, text.length));
    assertFalse(
      listpack.entryEquals(buffer, base, position, bytesOf(text + "0"), 0, text.length + 1),
    );
  });
  assertEquals(fixture.find("absent"), -1);
  assertEquals(fixture.find("77"), -1);
});

Deno.test("listpack positionAt counts from both ends", () => {
  const fixture = new Fixture();
  const texts = Array.from({ length: 11 }, (_, i) => `${i}`.repeat(i * 9 + 1));
  for (const text of texts) fixture.append(text);
  const { buffer, base } = fixture, entry = new listpack.ListpackEntry();
  for (let index = -14; index < 14; index++) {
    const position = listpack.positionAt(buffer, base, index);
    const text = texts.at(index);
    if (text === undefined || index >= texts.length) assertEquals(position, -1);
    else assertEquals(spanString(listpack.readEntry(buffer, base, position, entry).span()), text);
  }
  const empty = new Fixture();
  for (const index of [-1, 0, 1]) {
    assertEquals(listpack.positionAt(empty.buffer, empty.base, index), -1);
  }
  assertEquals(listpack.lastPosition(empty.buffer, empty.base), -1);
});

Deno.test("listpack counts its entries when there are more than the header can say", () => {
  const builder = new listpack.ListpackBuilder();
  for (let i = 0; i < 65_533; i++) builder.appendInteger(i % 100);
  const fixture = new Fixture(), bytes = builder.finish();
  fixture.ref = fixture.store.overwrite(fixture.ref, bytes, 0, bytes.length);
  const known = () => fixture.buffer[fixture.base + 4] | fixture.buffer[fixture.base + 5] << 8;
  for (const [count, header] of [[65_534, 65_534], [65_535, 65_535], [65_536, 65_535]]) {
    fixture.append("x");
    assertEquals([listpack.length(fixture.buffer, fixture.base), known()], [count, header]);
  }
  assert(listpack.validate(fixture.buffer, fixture.base, fixture.base + fixture.bytes().length));
  const last = listpack.positionAt(fixture.buffer, fixture.base, -1);
  assertEquals(last, listpack.positionAt(fixture.buffer, fixture.base, 65_535));
  fixture.ref = listpack.deleteRange(fixture.store, fixture.ref, listpack.FIRST_POSITION, 65_000);
  assertEquals([listpack.length(fixture.buffer, fixture.base), known()], [536, 65_535]);
  builder.reset();
  for (let i = 0; i < 70_000; i++) builder.appendInteger(1);
  assertEquals(listpack.length(builder.finish(), 0), 70_000);
});

Deno.test("listpack validate accepts no listpack that would be read outside its bytes", () => {
  // Every read of a listpack that passes must stay inside, whatever was done to its bytes.
  fc.assert(
    fc.property(
      fc.array(anyText.filter((text) => text.length < 400), { maxLength: 12 }),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
      fc.option(fc.nat()),
      (texts, damage, cut) => {
        const builder = new listpack.ListpackBuilder();
        for (const text of texts) builder.append(bytesOf(text), 0, text.length);
        let bytes = builder.finish().slice();
        for (const [at, value] of damage) bytes[at % bytes.length] = value;
        if (cut !== null) bytes = bytes.slice(0, cut % bytes.length);
        if (!listpack.validate(bytes, 0, bytes.length)) return;
        const entry = new listpack.ListpackEntry();
        let entries = 0, at = listpack.FIRST_POSITION;
        while (!listpack.atEnd(bytes, 0, at)) {
          const { start, end, buffer } = listpack.readEntry(bytes, 0, at, entry).span();
          assert(start <= end && end <= buffer.length);
          const next = listpack.nextPosition(bytes, 0, at);
          assert(next > at && next < bytes.length);
          assertEquals(listpack.previousPosition(bytes, 0, next), at);
          at = next;
          entries++;
        }
        assertEquals(at, bytes.length - 1);
        assertEquals(listpack.length(bytes, 0), entries);
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("listpack validate refuses what is not sound", () => {
  const builder = new listpack.ListpackBuilder();
  for (const text of ["a", "12", "s".repeat(100), "300000", "s".repeat(5000)]) {
    builder.append(bytesOf(text), 0, text.length);
  }
  const sound = builder.finish().slice();
  assert(listpack.validate(sound, 0, sound.length));
  const refuse = (what: string, change: (bytes: Uint8Array) => Uint8Array | void) => {
    const bytes = sound.slice();
    const changed = change(bytes) ?? bytes;
    assertFalse(listpack.validate(changed, 0, changed.length), what);
  };
  for (let length = 0; length < sound.length; length += length < 30 ? 1 : 97) {
    refuse(`cut to ${length}`, (bytes) => {
      bytes[0] = length;
      bytes[1] = length >> 8;
      return bytes.slice(0, length);
    });
  }
  refuse("total", (bytes) => void (bytes[0] ^= 1));
  refuse("count", (bytes) => void bytes[4]++);
  refuse("end", (bytes) => void (bytes[bytes.length - 1] = 0));
  refuse("backlen", (bytes) => void bytes[8]++);
  refuse("first byte", (bytes) => void (bytes[6] = 0xf5));
  refuse("string length", (bytes) => void (bytes[6] = 0xbf));
  refuse("huge string", (bytes) => void bytes.fill(0xff, 7, 11).fill(0xf0, 6, 7));
  refuse("all ones", (bytes) => void bytes.fill(0xff, 6));
});

/** The listpack in the payload of DUMP: type 16, an RDB string, 10 bytes of version and checksum. */
function listpackOfDump(dump: Uint8Array): Uint8Array {
  assertEquals(dump[0], 16, "RDB type");
  const view = new DataView(dump.buffer, dump.byteOffset);
  const form = dump[1] >> 6;
  assert(form < 2 || dump[1] === 0x80, "length form");
  const length = form === 0 ? dump[1] : form === 1 ? view.getUint16(1) & 0x3fff : view.getUint32(2);
  const start = form === 0 ? 2 : form === 1 ? 3 : 6;
  assertEquals(dump.length, start + length + 10);
  return dump.slice(start, start + length);
}

referenceTest("listpack bytes equal the reference's when a hash is built and edited", async () => {
  await using server = await startReference({
    directives: { "rdbcompression": "no", "hash-max-listpack-value": "100000" },
  });
  const client = await server.connect();
  const fixture = new Fixture(), { store } = fixture;
  const compare = async () => {
    const [dump] = await client.texts("DUMP", "hash");
    assertEquals(fixture.bytes(), listpackOfDump(bytesOf(dump)));
  };

  for (const [i, text] of EDGES.entries()) {
    await client.texts("HSET", "hash", `f${i}`, text);
    fixture.append(`f${i}`);
    fixture.append(text);
    await compare();
  }
  // Every third value is replaced by one that is encoded quite differently.
  for (let i = 0; i < EDGES.length; i += 3) {
    const text = EDGES[(i * 31 + 7) % EDGES.length];
    await client.texts("HSET", "hash", `f${i}`, text);
    const field = fixture.find(`f${i}`, 1);
    const value = listpack.nextPosition(fixture.buffer, fixture.base, field);
    fixture.ref = listpack.replaceAt(store, fixture.ref, value, bytesOf(text), 0, text.length);
    await compare();
  }
  for (let i = 1; i < EDGES.length; i += 2) {
    await client.texts("HDEL", "hash", `f${i}`);
    fixture.ref = listpack.deleteRange(store, fixture.ref, fixture.find(`f${i}`, 1), 2);
    await compare();
  }
});
