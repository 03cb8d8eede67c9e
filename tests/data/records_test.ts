import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Records, type RecordWords } from "../../src/data/records.ts";

const PAGE = 65_536;
const SIZES: readonly RecordWords[] = [1, 2, 4];

/** Records beside arrays, used as a table uses them. */
class Fixture {
  readonly records: Records;
  readonly model: number[][] = [];

  constructor(readonly words: number) {
    this.records = new Records(words as RecordWords);
  }

  add(value: number): void {
    const row = this.model.length;
    this.records.ensure(row + 1);
    assertEquals(this.row(row), new Array(this.words).fill(0));
    const words = Array.from({ length: this.words }, (_, word) => (value + word) >>> 0);
    words.forEach((each, word) => this.records.set(row, word, each));
    this.model.push(words);
  }

  remove(row: number): void {
    const last = this.model.length - 1;
    if (row === last) this.records.reset(row);
    else this.records.move(last, row);
    this.model[row] = this.model[last];
    this.model.pop();
    this.records.shrink(this.model.length);
  }

  row(row: number): number[] {
    return Array.from({ length: this.words }, (_, word) => this.records.get(row, word));
  }
}

for (const words of SIZES) {
  Deno.test(`Records of ${words} words agree with an array when rows come, move and go`, () => {
    const command = fc.oneof(
      { weight: 3, arbitrary: fc.record({ add: fc.nat(0xffffffff) }) },
      { weight: 2, arbitrary: fc.record({ remove: fc.nat() }) },
    );
    fc.assert(fc.property(fc.array(command, { maxLength: 300, size: "max" }), (commands) => {
      const fixture = new Fixture(words);
      for (const command of commands) {
        if ("add" in command) fixture.add(command.add);
        else if (fixture.model.length > 0) fixture.remove(command.remove % fixture.model.length);
      }
      assertEquals(fixture.model.map((_, row) => fixture.row(row)), fixture.model);
    }));
  });

  Deno.test(`Records of ${words} words keep what was set over several pages, there and back`, () => {
    const records = new Records(words), rows = 3 * PAGE + 5, last = words - 1;
    for (let row = 0; row < rows; row++) {
      records.ensure(row + 1);
      records.set(row, last, row + 1);
    }
    for (let row = 0; row < rows; row += 13) assertEquals(records.get(row, last), row + 1);
    for (let size = rows - 1; size > PAGE / 2; size--) {
      // The last row always goes to the first place, so there is the one before it.
      records.move(size, 0);
      assertEquals(records.get(0, last), size + 1);
      assertEquals(records.get(size, last), 0);
      records.shrink(size);
    }
    for (let row = 1; row <= PAGE / 2; row++) assertEquals(records.get(row, last), row + 1);
    records.shrink(0);
    assertEquals([records.bytes, records.capacity], [0, 0]);
  });

  Deno.test(`Records of ${words} words are small when there are few rows`, () => {
    const records = new Records(words);
    records.ensure(3);
    assertEquals(records.bytes, 8 * 4 * words);
    records.ensure(200);
    assertEquals(records.bytes, 256 * 4 * words);
    records.ensure(PAGE + 1);
    assertEquals(records.bytes, 2 * PAGE * 4 * words);
  });
}

Deno.test("Records have room for more than 2^24 rows", () => {
  const records = new Records(4), rows = 2 ** 24 + 3;
  records.ensure(rows);
  for (let word = 0; word < 4; word++) records.set(rows - 1, word, 0xfffffff0 + word);
  records.move(rows - 1, 1);
  assertEquals([0, 1, 2, 3].map((word) => records.get(1, word) - 0xfffffff0), [0, 1, 2, 3]);
  assertEquals([records.get(0, 0), records.get(rows - 2, 3), records.get(rows - 1, 2)], [0, 0, 0]);
});
