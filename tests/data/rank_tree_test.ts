import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Span, spanString } from "../../src/base/span.ts";
import { ByteStore } from "../../src/data/byte_store.ts";
import { Float64Column } from "../../src/data/columns.ts";
import { RankCursor, RankTree } from "../../src/data/rank_tree.ts";
import { Table } from "../../src/data/table.ts";

/** A tree over a table, as a sorted set has them, beside the same in an array. */
class Model {
  readonly scores = new Float64Column();
  readonly table = new Table(new ByteStore(), 1, [this.scores]);
  readonly tree = new RankTree(this.scores, this.table);
  /** Members and scores in order. */
  readonly expected: [string, number][] = [];

  add(member: string, score: number): void {
    const span = Span.ofString(member);
    if (this.table.findSpan(span) >= 0) return;
    const row = this.table.add(span.buffer, span.start, span.end);
    this.scores.set(row, score);
    this.tree.insert(row);
    this.expected.splice(this.countBelow(member, score), 0, [member, score]);
  }

  /** Removes a member, sometimes by its row and sometimes by its rank. */
  removeRank(rank: number): void {
    const { tree, table } = this;
    const row = this.rowAt(rank);
    if (rank % 2 === 0) tree.remove(row);
    else assertEquals(tree.removeRank(rank), row);
    if (row !== table.size - 1) tree.renumber(table.size - 1, row);
    table.remove(row);
    this.expected.splice(rank, 1);
  }

  rowAt(rank: number): number {
    const cursor = new RankCursor();
    this.tree.seek(rank, cursor);
    return cursor.row;
  }

  countBelow(member: string, score: number): number {
    let low = 0, high = this.expected.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const [other, otherScore] = this.expected[middle];
      if (otherScore < score || otherScore === score && other < member) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  memberOf(row: number): string {
    return spanString(this.table.keySpan(row, new Span()));
  }

  /** Compares everything: both directions of the chain, ranks, and counts below each score. */
  check(): void {
    const { tree, expected } = this;
    assertEquals(tree.size, expected.length);
    const forwards: string[] = [], backwards: string[] = [];
    const cursor = new RankCursor();
    for (tree.seek(0, cursor); cursor.row >= 0; cursor.forward()) {
      assertEquals(tree.rankOf(cursor.row), forwards.length);
      forwards.push(this.memberOf(cursor.row));
    }
    for (tree.seek(tree.size - 1, cursor); cursor.row >= 0; cursor.backward()) {
      backwards.push(this.memberOf(cursor.row));
    }
    const members = expected.map(([member]) => member);
    assertEquals(forwards, members);
    assertEquals(backwards.reverse(), members);
    for (const score of new Set(expected.map(([, score]) => score))) {
      assertEquals(
        tree.countBelowScore(score, false),
        expected.findIndex(([, other]) => other >= score),
      );
      assertEquals(
        tree.countBelowScore(score, true),
        expected.findLastIndex(([, other]) => other <= score) + 1,
      );
    }
  }
}

Deno.test("RankTree keeps order and ranks when rows come and go", () => {
  // Few scores and members make ties; long runs make leaves and branches split and join.
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("add" as const),
      count: fc.integer({ min: 1, max: 700 }),
      scores: fc.integer({ min: 1, max: 50 }),
      seed: fc.nat(1 << 20),
    }),
    fc.record({
      kind: fc.constant("remove" as const),
      count: fc.integer({ min: 1, max: 900 }),
      spread: fc.constantFrom(0, 0.5, 1),
    }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      const model = new Model();
      for (const step of steps) {
        if (step.kind === "add") {
          for (let i = 0; i < step.count; i++) {
            const n = Math.imul(step.seed + i, 0x9e3779b1) >>> 0;
            model.add(`m${n % 5000}`, n % step.scores - 5);
          }
        } else {
          for (let i = 0; i < step.count && model.tree.size > 0; i++) {
            const last = model.tree.size - 1;
            // From one place, or everywhere in turn.
            const rank = Math.floor(last * (step.spread === 0.5 ? (i * 0.618) % 1 : step.spread));
            model.removeRank(rank);
          }
        }
        model.check();
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("RankTree counts members below a member when all have one score", () => {
  const model = new Model();
  for (let i = 0; i < 3000; i++) model.add(`m${(i * 7919) % 3000}`, 1);
  const members = model.expected.map(([member]) => member);
  for (const probe of ["", "m", "m1500", "m2999", "m15005", "z", ...members.slice(0, 300)]) {
    const span = Span.ofString(probe);
    const below = members.filter((member) => member < probe).length;
    assertEquals(model.tree.countBelowMember(span, false), below);
    const orEqual = members.filter((member) => member <= probe).length;
    assertEquals(model.tree.countBelowMember(span, true), orEqual);
  }
});

Deno.test("RankTree keeps order when it grows to three levels and shrinks to none", () => {
  const model = new Model();
  for (let i = 0; i < 20_000; i++) model.add(`m${i}`, (i * 7919) % 20_000);
  assertEquals(model.tree.size, 20_000);
  for (let rank = 0; rank < 20_000; rank += 997) {
    const row = model.rowAt(rank);
    assertEquals(model.scores.get(row), rank);
    assertEquals(model.tree.rankOf(row), rank);
  }
  const large = model.tree.bytes;
  while (model.tree.size > 0) model.removeRank(Math.floor(model.tree.size * 0.382));
  model.check();
  assert(model.tree.bytes < large / 50);
});

Deno.test("RankTree stays compact when rows come in order", () => {
  const model = new Model();
  for (let i = 0; i < 100_000; i++) {
    const span = Span.ofString(`m${i}`);
    const row = model.table.add(span.buffer, span.start, span.end);
    model.scores.set(row, i);
    model.tree.insert(row);
  }
  assert(model.tree.bytes < 100_000 * 16, `${model.tree.bytes} bytes`);
});

Deno.test("RankTree fill gives the same tree as insertion when rows are in order", () => {
  for (const count of [0, 1, 16, 17, 255, 256, 257, 20_000]) {
    const model = new Model();
    for (let i = 0; i < count; i++) model.add(`m${i}`, i);
    const filled = new RankTree(model.scores, model.table);
    filled.fill(Int32Array.from({ length: count }, (_, row) => row));
    assertEquals(filled.size, count);
    const cursor = new RankCursor();
    for (let rank = 0; rank < count; rank += 1 + (count >> 6)) {
      filled.seek(rank, cursor);
      assertEquals(cursor.row, rank);
      assertEquals(filled.rankOf(rank), rank);
    }
    filled.seek(count, cursor);
    assertEquals(cursor.row, -1);
    filled.seek(-1, cursor);
    assertEquals(cursor.row, -1);
  }
});
