/**
 * The longest common subsequence of two strings, for the LCS command.
 *
 * Where there are several of the same length, which one comes out follows from how the table is walked
 * back: from the ends of both strings, over equal bytes together, else along the first string only if
 * that is strictly better. Redis keeps the whole table of 32-bit lengths; here the walk back needs one
 * bit of each cell, so that memory is a thirty-second of that.
 */

import { allocateBytes } from "../base/allocate.ts";
import type { ByteRange } from "../base/span.ts";

/** A run of equal bytes in both strings. Offsets count from 0, and both ends belong to the run. */
export interface MatchedRange {
  readonly firstStart: number;
  readonly firstEnd: number;
  readonly secondStart: number;
  readonly secondEnd: number;
}

/** The length of the longest common subsequence, and the runs that it is made of, the last one first. */
export interface LcsMatches {
  readonly length: number;
  readonly ranges: MatchedRange[];
}

/**
 * How many bytes Redis takes for strings of these lengths. It refuses the command when that is more than
 * `proto-max-bulk-len`, and so must we: the time grows with it too.
 */
export function lcsMemory(firstLength: number, secondLength: number): number {
  return (firstLength + 1) * (secondLength + 1) * 4;
}

/** The length of the longest common subsequence. */
export function lcsLength(first: ByteRange, second: ByteRange): number {
  return fillTable(first, second, null);
}

/** The longest common subsequence itself. */
export function lcsSequence(first: ByteRange, second: ByteRange): Uint8Array {
  const { length, ranges } = lcsMatches(first, second);
  const sequence = new Uint8Array(length);
  let end = length;
  for (const { firstStart, firstEnd } of ranges) {
    end -= firstEnd - firstStart + 1;
    const from = first.start + firstStart, to = first.start + firstEnd + 1;
    sequence.set(first.buffer.subarray(from, to), end);
  }
  return sequence;
}

/** The runs of the longest common subsequence that have at least `minLength` bytes, with its length. */
export function lcsMatches(first: ByteRange, second: ByteRange, minLength = 0): LcsMatches {
  const table = new DirectionTable(first.end - first.start, second.end - second.start);
  const length = fillTable(first, second, table);
  const ranges: MatchedRange[] = [];
  let row = table.rows, column = table.columns;
  while (row > 0 && column > 0) {
    const firstEnd = row - 1, secondEnd = column - 1;
    while (
      row > 0 && column > 0 &&
      first.buffer[first.start + row - 1] === second.buffer[second.start + column - 1]
    ) {
      row--;
      column--;
    }
    const run = firstEnd + 1 - row;
    if (run > 0) {
      if (run >= minLength) {
        ranges.push({ firstStart: row, firstEnd, secondStart: column, secondEnd });
      }
    } else if (table.isUp(row - 1, column - 1)) row--;
    else column--;
  }
  return { length, ranges };
}

/** For each cell of the table, whether the cell above holds more than the one to the left. */
class DirectionTable {
  readonly #bits: Uint8Array;
  readonly #rowBytes: number;

  constructor(readonly rows: number, readonly columns: number) {
    this.#rowBytes = Math.ceil(columns / 8);
    this.#bits = allocateBytes(rows * this.#rowBytes);
  }

  /** The bits of a row, eight columns a byte, the first in the lowest bit. */
  row(row: number): Uint8Array {
    return this.#bits.subarray(row * this.#rowBytes, (row + 1) * this.#rowBytes);
  }

  isUp(row: number, column: number): boolean {
    return (this.#bits[row * this.#rowBytes + (column >> 3)] >> (column & 7) & 1) === 1;
  }
}

/** Works out the table row by row, keeps directions if asked to, and returns the length. */
function fillTable(first: ByteRange, second: ByteRange, table: DirectionTable | null): number {
  const columns = second.end - second.start;
  // Before a row: the row above. `lengths[j + 1]` belongs to column j; `lengths[0]` stays 0.
  const lengths = new Uint32Array(columns + 1);
  const secondBytes = second.buffer.subarray(second.start, second.end);
  for (let i = first.start; i < first.end; i++) {
    const byte = first.buffer[i];
    const ups = table === null ? null : table.row(i - first.start);
    let left = 0, diagonal = 0;
    for (let j = 0; j < columns; j++) {
      const up = lengths[j + 1];
      if (byte === secondBytes[j]) {
        left = diagonal + 1;
      } else if (up > left) {
        left = up;
        if (ups !== null) ups[j >> 3] |= 1 << (j & 7);
      }
      lengths[j + 1] = left;
      diagonal = up;
    }
  }
  return lengths[columns];
}
