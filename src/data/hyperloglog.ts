/**
 * HyperLogLogs in Redis' own string encoding, dense and sparse, with the same estimates
 * (https://redis.io/docs/latest/develop/data-types/probabilistic/hyperloglogs/).
 *
 * The string begins with a header of 16 bytes: `HYLL`, the encoding, three unused bytes, and the last
 * estimate in 64 bits, whose highest bit says that it is out of date. Then come 16384 registers of six
 * bits, or in the sparse encoding runs of them:
 *
 * - `00xxxxxx` x + 1 registers that are 0
 * - `01xxxxxx yyyyyyyy` xy + 1 registers that are 0
 * - `1vvvvvxx` x + 1 registers that are v + 1
 */

import { INT64_MIN, normalizeInteger } from "../base/numbers.ts";
import type { ByteRange } from "../base/span.ts";
import { Uint64Halves } from "./murmur_hash64.ts";

const INDEX_BITS = 14;
/** How many registers there are. */
export const REGISTERS: number = 1 << INDEX_BITS;
const INDEX_MASK = REGISTERS - 1;
/** The bits of a hash that are not its index; a register counts the zeros at their end, plus one. */
const COUNTED_BITS = 64 - INDEX_BITS;
const REGISTER_BITS = 6;
const REGISTER_MAX = (1 << REGISTER_BITS) - 1;
const HASH_SEED = 0xadc83b19;
/** The bias correction for infinitely many registers, 0.5 / ln 2. */
const ALPHA_INFINITE = 0.721347520444481703680;

const HEADER_SIZE = 16;
const DENSE_SIZE = HEADER_SIZE + REGISTERS * REGISTER_BITS / 8;
const MAGIC = "HYLL";
const ENCODING_AT = 4;
const ESTIMATE_AT = 8;
const OUT_OF_DATE_AT = 15;
const OUT_OF_DATE = 0x80;

const DENSE = 0;
const SPARSE = 1;

const SHORT_ZEROS_MAX = 64;
const VALUE_MAX = 32;
const VALUE_RUN_MAX = 4;

/** A sparse encoding that does not describe all registers, or more of them. */
export class CorruptedHyperLogLog extends Error {
  static {
    this.prototype.name = "CorruptedHyperLogLog";
  }
}

/** The contents of a new HyperLogLog. */
export function emptyHyperLogLog(): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE + 2);
  for (let i = 0; i < MAGIC.length; i++) bytes[i] = MAGIC.charCodeAt(i);
  bytes[ENCODING_AT] = SPARSE;
  writeLongZeros(bytes, HEADER_SIZE, REGISTERS);
  return bytes;
}

/** Whether a string can be a HyperLogLog, by its header and, if dense, its length. */
export function isHyperLogLog({ buffer, start, end }: ByteRange): boolean {
  if (end - start < HEADER_SIZE) return false;
  for (let i = 0; i < MAGIC.length; i++) {
    if (buffer[start + i] !== MAGIC.charCodeAt(i)) return false;
  }
  const encoding = buffer[start + ENCODING_AT];
  return encoding === SPARSE || encoding === DENSE && end - start === DENSE_SIZE;
}

/** A HyperLogLog that is being read or changed; `bytes` are its contents. */
export class HyperLogLog {
  /** The contents, which this object owns. */
  bytes: Uint8Array;
  readonly #hash = new Uint64Halves();

  /** Takes over `bytes`, for which `isHyperLogLog` must hold. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get isDense(): boolean {
    return this.bytes[ENCODING_AT] === DENSE;
  }

  /**
   * Counts an element; says whether that changed anything. A sparse encoding that would need more than
   * `sparseMaxBytes` (`hll-sparse-max-bytes`) becomes dense. Throws `CorruptedHyperLogLog`.
   */
  add({ buffer, start, end }: ByteRange, sparseMaxBytes: number): boolean {
    const hash = this.#hash;
    hash.hash(buffer, start, end, HASH_SEED);
    const low = ((hash.low >>> INDEX_BITS) | (hash.high << (32 - INDEX_BITS))) >>> 0;
    const high = (hash.high >>> INDEX_BITS) | (1 << (COUNTED_BITS - 32));
    const zeros = low !== 0 ? trailingZeros(low) : 32 + trailingZeros(high);
    return this.raise(hash.low & INDEX_MASK, zeros + 1, sparseMaxBytes);
  }

  /** Sets a register to `value` unless it is larger; says whether it was smaller. */
  raise(index: number, value: number, sparseMaxBytes: number): boolean {
    if (this.isDense) return this.#raiseDense(index, value);
    const raised = this.#raiseSparse(index, value, sparseMaxBytes);
    if (raised !== undefined) return raised;
    this.makeDense();
    return this.#raiseDense(index, value);
  }

  /** Makes the encoding dense; says whether it was not. Throws `CorruptedHyperLogLog`. */
  makeDense(): boolean {
    if (this.isDense) return false;
    const registers = this.registers();
    const dense = new Uint8Array(DENSE_SIZE);
    dense.set(this.bytes.subarray(0, HEADER_SIZE));
    dense[ENCODING_AT] = DENSE;
    this.bytes = dense;
    registers.forEach((value, index) => this.#raiseDense(index, value));
    return true;
  }

  /** All registers. Throws `CorruptedHyperLogLog`. */
  registers(): Uint8Array {
    const registers = new Uint8Array(REGISTERS);
    if (this.isDense) {
      for (let i = 0; i < REGISTERS; i++) registers[i] = this.#denseRegister(i);
      return registers;
    }
    let index = 0;
    for (const { value, length } of this.runs()) {
      if (index + length > REGISTERS) throw new CorruptedHyperLogLog();
      if (value > 0) registers.fill(value, index, index + length);
      index += length;
    }
    if (index !== REGISTERS) throw new CorruptedHyperLogLog();
    return registers;
  }

  /** The runs of a sparse encoding, in order. */
  *runs(): Iterable<{ value: number; length: number; isLong: boolean }> {
    const { bytes } = this;
    for (let at = HEADER_SIZE; at < bytes.length; at += runSize(bytes, at)) {
      const isLong = runSize(bytes, at) === 2;
      yield { value: runValue(bytes, at), length: runLength(bytes, at), isLong };
    }
  }

  /** The estimate of the last count, where nothing was added since; null otherwise. */
  get knownEstimate(): number | bigint | null {
    if ((this.bytes[OUT_OF_DATE_AT] & OUT_OF_DATE) !== 0) return null;
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset);
    const estimate = view.getBigUint64(ESTIMATE_AT, true);
    return estimate <= Number.MAX_SAFE_INTEGER ? Number(estimate) : estimate;
  }

  /** Counts, and notes the estimate in the header. Throws `CorruptedHyperLogLog`. */
  count(): number | bigint {
    const estimate = estimateCardinality(this.registers());
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset);
    view.setBigInt64(ESTIMATE_AT, BigInt(estimate), true);
    return estimate;
  }

  /** Makes the estimate in the header out of date. */
  invalidateEstimate(): void {
    this.bytes[OUT_OF_DATE_AT] |= OUT_OF_DATE;
  }

  #denseRegister(index: number): number {
    const bit = index * REGISTER_BITS;
    const at = HEADER_SIZE + (bit >>> 3), shift = bit & 7;
    const { bytes } = this;
    return ((bytes[at] >>> shift) | (bytes[at + 1] << (8 - shift))) & REGISTER_MAX;
  }

  #raiseDense(index: number, value: number): boolean {
    if (this.#denseRegister(index) >= value) return false;
    const bit = index * REGISTER_BITS;
    const at = HEADER_SIZE + (bit >>> 3), shift = bit & 7;
    const { bytes } = this;
    bytes[at] = (bytes[at] & ~(REGISTER_MAX << shift)) | (value << shift);
    if (shift > 8 - REGISTER_BITS) {
      const rest = 8 - shift;
      bytes[at + 1] = (bytes[at + 1] & ~(REGISTER_MAX >>> rest)) | (value >>> rest);
    }
    return true;
  }

  /** As `raise`; undefined when the encoding has to become dense first. */
  #raiseSparse(index: number, value: number, sparseMaxBytes: number): boolean | undefined {
    if (value > VALUE_MAX) return undefined;
    const { bytes } = this;
    let first = 0, at = HEADER_SIZE, before = 0;
    while (at < bytes.length) {
      const length = runLength(bytes, at);
      if (index < first + length) break;
      before = at;
      first += length;
      at += runSize(bytes, at);
    }
    if (at >= bytes.length) throw new CorruptedHyperLogLog();
    const length = runLength(bytes, at);
    const old = runValue(bytes, at);
    if (old >= value) return false;
    const size = runSize(bytes, at);
    if (length === 1) {
      writeValue(bytes, at, value, 1);
    } else {
      const replacement = splitRun(old, length, index - first, value);
      const grown = bytes.length + replacement.length - size;
      if (replacement.length > size && grown > sparseMaxBytes) return undefined;
      this.#splice(at, size, replacement);
    }
    this.#joinValues(before === 0 ? HEADER_SIZE : before);
    this.invalidateEstimate();
    return true;
  }

  #splice(at: number, size: number, replacement: Uint8Array): void {
    const { bytes } = this;
    const spliced = new Uint8Array(bytes.length + replacement.length - size);
    spliced.set(bytes.subarray(0, at));
    spliced.set(replacement, at);
    spliced.set(bytes.subarray(at + size), at + replacement.length);
    this.bytes = spliced;
  }

  /** Joins runs of the same value near a change; looks at no more of them than Redis does. */
  #joinValues(from: number): void {
    let at = from;
    for (let looks = 5; at < this.bytes.length && looks > 0; looks--) {
      const { bytes } = this;
      const value = runValue(bytes, at);
      const next = at + 1;
      if (value > 0 && next < bytes.length && runValue(bytes, next) === value) {
        const length = runLength(bytes, at) + runLength(bytes, next);
        if (length <= VALUE_RUN_MAX) {
          const joined = new Uint8Array(1);
          writeValue(joined, 0, value, length);
          this.#splice(at, 2, joined);
          continue;
        }
      }
      at += runSize(bytes, at);
    }
  }
}

/** The runs that take the place of one, when the register `offset` within it becomes `value`. */
function splitRun(old: number, length: number, offset: number, value: number): Uint8Array {
  const runs = new Uint8Array(5);
  let at = 0;
  const fill = (count: number): void => {
    if (count === 0) return;
    if (old > 0) {
      at = writeValue(runs, at, old, count);
    } else if (count > SHORT_ZEROS_MAX) {
      at = writeLongZeros(runs, at, count);
    } else {
      runs[at++] = count - 1;
    }
  };
  fill(offset);
  at = writeValue(runs, at, value, 1);
  fill(length - offset - 1);
  return runs.subarray(0, at);
}

function writeValue(bytes: Uint8Array, at: number, value: number, length: number): number {
  bytes[at] = 0x80 | ((value - 1) << 2) | (length - 1);
  return at + 1;
}

function writeLongZeros(bytes: Uint8Array, at: number, length: number): number {
  bytes[at] = 0x40 | ((length - 1) >>> 8);
  bytes[at + 1] = length - 1;
  return at + 2;
}

function runSize(bytes: Uint8Array, at: number): number {
  return (bytes[at] & 0xc0) === 0x40 ? 2 : 1;
}

function runValue(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  return (first & 0x80) === 0 ? 0 : ((first >>> 2) & 0x1f) + 1;
}

function runLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if ((first & 0x80) !== 0) return (first & 3) + 1;
  if ((first & 0x40) !== 0) return (((first & 0x3f) << 8) | (bytes[at + 1] ?? 0)) + 1;
  return (first & 0x3f) + 1;
}

function trailingZeros(value: number): number {
  return 31 - Math.clz32(value & -value);
}

/**
 * How many different elements registers stand for: Ertl's improved estimator, which Redis uses
 * (https://arxiv.org/abs/1702.01284). An estimate that is no int64, or infinite, is the smallest int64,
 * as C converts it.
 */
export function estimateCardinality(registers: Uint8Array): number | bigint {
  const histogram = new Float64Array(REGISTER_MAX + 1);
  for (const value of registers) histogram[value]++;
  const m = REGISTERS;
  let z = m * tau((m - histogram[COUNTED_BITS + 1]) / m);
  for (let value = COUNTED_BITS; value >= 1; value--) z = (z + histogram[value]) * 0.5;
  z += m * sigma(histogram[0] / m);
  const estimate = Math.round(ALPHA_INFINITE * m * m / z);
  if (estimate >= 2 ** 63) return INT64_MIN;
  return Number.isSafeInteger(estimate) ? estimate : normalizeInteger(BigInt(estimate));
}

function sigma(x: number): number {
  if (x === 1) return Infinity;
  let y = 1, z = x;
  for (let before = NaN; z !== before;) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let y = 1, z = 1 - x;
  for (let before = NaN; z !== before;) {
    x = Math.sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}
