import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { PendingRows } from "../../src/data/pending_rows.ts";

/** A table's rows as the names of what is in them, and which of those are pending. */
class Model {
  readonly rows: string[];
  readonly pending: Set<string>;
  readonly tested: PendingRows;
  #added = 0;

  constructor(size: number) {
    this.rows = Array.from({ length: size }, (_, i) => `row ${i}`);
    this.pending = new Set(this.rows);
    this.tested = new PendingRows(size);
  }

  add(): void {
    this.rows.push(`new ${this.#added++}`);
  }

  take(row: number): void {
    if (this.pending.delete(this.rows[row])) this.tested.take(row);
  }

  takeLast(): void {
    const row = this.rows.findLastIndex((name) => this.pending.has(name));
    assertEquals(this.tested.takeLast(), row);
    if (row >= 0) this.pending.delete(this.rows[row]);
  }

  remove(row: number): void {
    this.take(row);
    const last = this.rows.pop();
    if (last !== undefined && row < this.rows.length) this.rows[row] = last;
    this.tested.removed(row, this.rows.length);
  }

  check(): void {
    const pending = this.rows.map((_, row) => this.tested.has(row));
    assertEquals(pending, this.rows.map((name) => this.pending.has(name)));
  }
}

type Step = "add" | "take" | "takeLast" | "remove";

Deno.test("PendingRows follows rows that are added, taken, moved and removed", () => {
  const step = fc.tuple(fc.constantFrom<Step>("add", "take", "takeLast", "remove"), fc.nat());
  fc.assert(
    fc.property(fc.nat(30), fc.array(step, { maxLength: 80 }), (size, steps) => {
      const model = new Model(size);
      for (const [name, number] of steps) {
        const row = number % Math.max(1, model.rows.length);
        if (name === "add") model.add();
        else if (name === "takeLast") model.takeLast();
        else if (model.rows.length > 0) model[name](row);
        model.check();
      }
    }),
  );
});
