import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Float64Column, Int32Column, Uint32Column, ValueColumn } from "../../src/data/columns.ts";

const PAGE = 65_536;
const KINDS = {
  Int32Column: { make: () => new Int32Column(), largest: -0x80000000 },
  Uint32Column: { make: () => new Uint32Column(), largest: 0xffffffff },
  Float64Column: { make: () => new Float64Column(), largest: -Number.MAX_VALUE },
};

for (const [name, { make, largest }] of Object.entries(KINDS)) {
  Deno.test(`${name} keeps what was set when it grows and shrinks`, () => {
    const column = make();
    const rows = 3 * PAGE + 5;
    for (let row = 0; row < rows; row++) {
      column.ensure(row + 1);
      assertEquals(column.get(row), 0);
      column.set(row, row % 251);
    }
    for (let row = 0; row < rows; row += 13) assert(column.get(row) === row % 251);
    for (let size = rows; size > 0; size--) {
      column.reset(size - 1);
      column.shrink(size - 1);
      const row = (size * 7) % size;
      assert(size === 1 || row === size - 1 || column.get(row) === row % 251);
    }
    assertEquals([column.bytes, column.capacity], [0, 0]);
  });

  Deno.test(`${name} move leaves the default value behind`, () => {
    const column = make();
    column.ensure(PAGE + 1);
    column.set(PAGE, largest);
    column.move(PAGE, 3);
    assertEquals([column.get(3), column.get(PAGE)], [largest, 0]);
  });

  Deno.test(`${name} takes no memory for pages that hold only zeros`, () => {
    const column = make();
    column.ensure(10 * PAGE);
    column.set(2 * PAGE, 0);
    column.move(PAGE, 5);
    assertEquals(column.bytes, 0);
    column.set(2 * PAGE + 1, 1);
    assertEquals(column.bytes, PAGE * column.bytesPerRow);
    assertEquals(make().get.call(column, 3 * PAGE), 0);
  });

  Deno.test(`${name} is small when it has few rows`, () => {
    const column = make();
    column.ensure(3);
    column.set(1, 1);
    assertEquals(column.bytes, 8 * column.bytesPerRow);
    column.ensure(200);
    assertEquals(column.bytes, 256 * column.bytesPerRow);
    assertEquals(column.get(1), 1);
  });
}

Deno.test("Float64Column keeps negative zero, infinities and NaN", () => {
  const column = new Float64Column();
  column.ensure(4);
  [-0, Infinity, -Infinity, NaN].forEach((value, row) => column.set(row, value));
  assert(Object.is(column.get(0), -0));
  assertEquals([column.get(1), column.get(2)], [Infinity, -Infinity]);
  assert(Number.isNaN(column.get(3)));
});

Deno.test("ValueColumn agrees with an array when used like a table's column", () => {
  const command = fc.oneof(
    { weight: 3, arbitrary: fc.record({ add: fc.option(fc.string(), { nil: undefined }) }) },
    { weight: 2, arbitrary: fc.record({ remove: fc.nat() }) },
  );
  fc.assert(fc.property(fc.array(command, { maxLength: 300, size: "max" }), (commands) => {
    const column = new ValueColumn<string>();
    const model: (string | undefined)[] = [];
    for (const command of commands) {
      if ("remove" in command) {
        if (model.length === 0) continue;
        const row = command.remove % model.length, last = model.length - 1;
        if (row === last) column.reset(row);
        else column.move(last, row);
        model[row] = model[last];
        model.pop();
        column.shrink(model.length);
      } else {
        column.ensure(model.length + 1);
        assertEquals(column.get(model.length), undefined);
        column.set(model.length, command.add);
        model.push(command.add);
      }
    }
    assertEquals(model.map((_, row) => column.get(row)), model);
  }));
});
