import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { byteString, Span, spanString } from "../../src/base/span.ts";
import { ByteStore } from "../../src/data/byte_store.ts";
import type { ElementSink } from "../../src/data/element_sink.ts";
import * as hash from "../../src/data/hash_value.ts";
import { ListpackEntry } from "../../src/data/listpack.ts";
import { Encoding, Value } from "../../src/data/value.ts";

const span = Span.ofString;

class Texts implements ElementSink {
  readonly list: string[] = [];

  bulkBytes(buffer: Uint8Array, start: number, end: number): void {
    this.list.push(byteString(buffer, start, end));
  }

  bulkInteger(value: number | bigint): void {
    this.list.push(String(value));
  }
}

/** A hash with a store of its own, spoken to in byte strings. */
class Hash {
  readonly store = new ByteStore();
  readonly value = hash.create(this.store, new Value());

  constructor(public entries = 512, public longest = 64) {}

  get limits(): hash.HashLimits {
    return {
      "hash-max-listpack-entries": this.entries,
      "hash-max-listpack-value": this.longest,
    };
  }

  get encoding(): Encoding {
    return this.value.encoding;
  }

  get size(): number {
    return hash.size(this.store, this.value);
  }

  set(field: string, content: string): boolean {
    return hash.set(this.store, this.value, span(field), span(content), this.limits);
  }

  find(field: string): number {
    return hash.find(this.store, this.value, span(field));
  }

  get(field: string): string | null {
    const place = this.find(field);
    if (place === hash.NONE) return null;
    const texts = new Texts();
    hash.sendContent(this.store, this.value, place, texts);
    return texts.list[0];
  }

  delete(field: string): boolean {
    const place = this.find(field);
    if (place === hash.NONE) return false;
    hash.remove(this.store, this.value, place);
    return true;
  }

  pairs(): [string, string][] {
    const { store, value } = this;
    const pairs: [string, string][] = [];
    for (let at = hash.first(store, value); at !== hash.NONE; at = hash.next(store, value, at)) {
      const texts = new Texts();
      hash.sendField(store, value, at, texts);
      hash.sendContent(store, value, at, texts);
      pairs.push([texts.list[0], texts.list[1]]);
    }
    return pairs;
  }

  fieldAt(place: number): string {
    const found = hash.fieldSpan(this.store, this.value, place, new ListpackEntry(), new Span());
    return spanString(found);
  }

  scan(cursor: number, count: number): { next: number; fields: string[] } {
    const { next, places } = hash.scan(this.store, this.value, cursor, count);
    return { next, fields: places.map((place) => this.fieldAt(place)) };
  }
}

/** A hash with one field of each kind of content, in the encoding that is asked for. */
function sample(encoding: Encoding): Hash {
  const made = new Hash(encoding === Encoding.Listpack ? 512 : 2);
  made.set("text", "some bytes");
  made.set("12", "345");
  made.set("big", "-9223372036854775808");
  made.set("", "");
  assertEquals(made.encoding, encoding);
  return made;
}

const BOTH = [Encoding.Listpack, Encoding.Hashtable];

Deno.test("hash find and sendContent tell the value when the field is there", () => {
  for (const encoding of BOTH) {
    const made = sample(encoding);
    assertEquals(made.get("text"), "some bytes");
    assertEquals(made.get("12"), "345");
    assertEquals(made.get("big"), "-9223372036854775808");
    assertEquals(made.get(""), "");
    assertEquals(made.get("345"), null);
    assertEquals(made.get("012"), null);
  }
});

Deno.test("hash walks over fields in the order in which they came when nothing was removed", () => {
  for (const encoding of BOTH) {
    assertEquals(sample(encoding).pairs(), [
      ["text", "some bytes"],
      ["12", "345"],
      ["big", "-9223372036854775808"],
      ["", ""],
    ]);
  }
});

Deno.test("hash walks over nothing when it is empty", () => {
  const made = new Hash();
  assertEquals(made.pairs(), []);
  const emptied = sample(Encoding.Hashtable);
  for (const [field] of emptied.pairs()) emptied.delete(field);
  assertEquals(emptied.pairs(), []);
});

Deno.test("hash contentLength and contentInteger read the value in place", () => {
  for (const encoding of BOTH) {
    const made = sample(encoding);
    const read = (field: string) => {
      const place = made.find(field);
      return [
        hash.contentLength(made.store, made.value, place),
        hash.contentInteger(made.store, made.value, place),
      ];
    };
    assertEquals(read("text"), [10, undefined]);
    assertEquals(read("12"), [3, 345]);
    assertEquals(read("big"), [20, -9223372036854775808n]);
    assertEquals(read(""), [0, undefined]);
  }
});

Deno.test("hash contentSpan gives the text when the value is stored as an integer", () => {
  for (const encoding of BOTH) {
    const made = sample(encoding);
    const place = made.find("12");
    const content = hash.contentSpan(
      made.store,
      made.value,
      place,
      new ListpackEntry(),
      new Span(),
    );
    assertEquals(spanString(content), "345");
  }
});

Deno.test("hash becomes a table when it has more fields than the limit", () => {
  const made = new Hash(3);
  for (const field of ["a", "b", "c"]) made.set(field, "1");
  assertEquals(made.encoding, Encoding.Listpack);
  made.set("a", "2");
  assertEquals(made.encoding, Encoding.Listpack);
  made.set("d", "1");
  assertEquals(made.encoding, Encoding.Hashtable);
  assertEquals(made.pairs(), [["a", "2"], ["b", "1"], ["c", "1"], ["d", "1"]]);
});

Deno.test("hash becomes a table when a field is updated after the limit was lowered", () => {
  const made = new Hash(3);
  for (const field of ["a", "b", "c"]) made.set(field, "1");
  made.entries = 2;
  made.set("b", "2");
  assertEquals(made.encoding, Encoding.Hashtable);
  assertEquals(made.get("b"), "2");
});

Deno.test("hash becomes a table when a field or value is longer than the limit", () => {
  for (const [field, content] of [["longer", "x"], ["f", "longer"]]) {
    const made = new Hash(512, 5);
    made.set("f", "short");
    made.set("fives", "12345");
    assertEquals(made.encoding, Encoding.Listpack);
    assertEquals(made.set(field, content), field !== "f");
    assertEquals(made.encoding, Encoding.Hashtable);
    assertEquals(made.get(field), content);
  }
});

Deno.test("hash setAt keeps the field's value right when the hash becomes a table at the same time", () => {
  const made = new Hash(512, 3);
  made.set("a", "1");
  made.set("n", "999");
  const place = made.find("n");
  const isNew = hash.setAt(
    made.store,
    made.value,
    place,
    span("n"),
    span("1000"),
    made.limits,
  );
  assertEquals(isNew, false);
  assertEquals(made.encoding, Encoding.Hashtable);
  assertEquals(made.pairs(), [["a", "1"], ["n", "1000"]]);
});

Deno.test("hash gives the store its bytes back when it becomes a table", () => {
  const made = new Hash(8);
  for (let i = 0; i < 9; i++) made.set(`f${i}`, `v${i}`);
  assertEquals(made.encoding, Encoding.Hashtable);
  assertEquals(made.store.allocatedBytes, 0);
});

Deno.test("hash stays a table when few fields are left", () => {
  const made = sample(Encoding.Hashtable);
  for (const field of ["text", "12", "big"]) assertEquals(made.delete(field), true);
  assertEquals(made.encoding, Encoding.Hashtable);
  assertEquals(made.pairs(), [["", ""]]);
});

Deno.test("hash nth and FieldNumbers reach every field by its number", () => {
  for (const encoding of BOTH) {
    const made = sample(encoding);
    const fields = made.pairs().map(([field]) => field);
    const numbers = new hash.FieldNumbers(made.store, made.value);
    assertEquals(numbers.size, fields.length);
    for (let i = 0; i < fields.length; i++) {
      assertEquals(made.fieldAt(hash.nth(made.store, made.value, i)), fields[i]);
      assertEquals(made.fieldAt(numbers.placeOf(i)), fields[i]);
    }
  }
});

Deno.test("hash scan visits everything at once when the hash is a listpack", () => {
  const made = sample(Encoding.Listpack);
  const all = { next: 0, fields: ["text", "12", "big", ""] };
  assertEquals(made.scan(0, 1), all);
  assertEquals(made.scan(77, 1), all);
});

Deno.test("hash scan of a table visits what stays once when fields come and go meanwhile", () => {
  const made = new Hash(0);
  for (let i = 0; i < 300; i++) made.set(`f${i}`, "v");
  const seen = new Set<string>();
  let cursor = 0, round = 0;
  do {
    const { next, fields } = made.scan(cursor, 7);
    for (const field of fields) {
      assert(!seen.has(field), `${field} came twice`);
      seen.add(field);
    }
    // Odd fields go, new ones come; the even ones stay and must be seen.
    made.delete(`f${2 * round + 1}`);
    made.set(`new${round}`, "v");
    cursor = next;
    round++;
  } while (cursor !== 0);
  for (let i = 0; i < 300; i += 2) assert(seen.has(`f${i}`), `f${i} was not visited`);
});

const name = fc.oneof(
  fc.nat(30).map(String),
  fc.uint8Array({ maxLength: 8 }).map((bytes) => byteString(bytes)),
);
const content = fc.oneof(
  fc.maxSafeInteger().map(String),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String),
  fc.nat(90).map((length) => "x".repeat(length)),
);

Deno.test("hash agrees with a Map when commands are random", () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(name, content) },
    { weight: 1, arbitrary: fc.tuple(name, fc.constant(null)) },
  );
  fc.assert(fc.property(
    fc.array(step, { maxLength: 60 }),
    fc.constantFrom(4, 20, 512),
    fc.constantFrom(10, 64, 100),
    (steps, entries, longest) => {
      const made = new Hash(entries, longest);
      const model = new Map<string, string>();
      for (const [field, text] of steps) {
        if (text === null) {
          assertEquals(made.delete(field), model.delete(field));
        } else {
          assertEquals(made.set(field, text), !model.has(field));
          model.set(field, text);
        }
        assertEquals(made.size, model.size);
        assertEquals(made.get(field), model.get(field) ?? null);
      }
      if (made.encoding === Encoding.Listpack) assertEquals(made.pairs(), [...model]);
      else assertEquals(new Map(made.pairs()), model);
    },
  ));
});
