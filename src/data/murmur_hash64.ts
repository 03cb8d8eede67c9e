/** MurmurHash64A, the hash of HyperLogLogs, in 32-bit halves: JavaScript has no fast 64-bit integers. */

const MULTIPLIER_LOW = 0x5bd1e995;
const MULTIPLIER_HIGH = 0xc6a4a793;

/** A 64-bit number as two unsigned 32-bit halves. */
export class Uint64Halves {
  low = 0;
  high = 0;

  /** Hashes bytes `[start, end)` with a 32-bit seed. */
  hash(buffer: Uint8Array, start: number, end: number, seed: number): void {
    const length = end - start;
    this.low = length >>> 0;
    this.high = Math.floor(length / 2 ** 32);
    this.#multiply();
    let hashLow = (this.low ^ seed) >>> 0, hashHigh = this.high;
    const words = start + (length & ~7);
    let at = start;
    for (; at < words; at += 8) {
      this.low = read32(buffer, at);
      this.high = read32(buffer, at + 4);
      this.#multiply();
      this.#foldHigh();
      this.#multiply();
      this.low = (this.low ^ hashLow) >>> 0;
      this.high = (this.high ^ hashHigh) >>> 0;
      this.#multiply();
      hashLow = this.low;
      hashHigh = this.high;
    }
    this.low = hashLow;
    this.high = hashHigh;
    if (at < end) {
      for (let i = 0; at + i < end; i++) {
        const shifted = buffer[at + i] << (8 * (i & 3));
        if (i < 4) this.low = (this.low ^ shifted) >>> 0;
        else this.high = (this.high ^ shifted) >>> 0;
      }
      this.#multiply();
    }
    this.#foldHigh();
    this.#multiply();
    this.#foldHigh();
  }

  /** `x ^= x >> 47` */
  #foldHigh(): void {
    this.low = (this.low ^ (this.high >>> 15)) >>> 0;
  }

  /** Times the hash's multiplier, modulo 2^64. */
  #multiply(): void {
    const { low, high } = this;
    const a0 = low & 0xffff, a1 = low >>> 16;
    const b0 = MULTIPLIER_LOW & 0xffff, b1 = MULTIPLIER_LOW >>> 16;
    const p00 = a0 * b0, p01 = a0 * b1, p10 = a1 * b0, p11 = a1 * b1;
    const middle = (p00 >>> 16) + (p01 & 0xffff) + (p10 & 0xffff);
    this.low = ((middle << 16) | (p00 & 0xffff)) >>> 0;
    const carried = p11 + (p01 >>> 16) + (p10 >>> 16) + (middle >>> 16);
    this.high = (carried + Math.imul(high, MULTIPLIER_LOW) + Math.imul(low, MULTIPLIER_HIGH)) >>> 0;
  }
}

function read32(buffer: Uint8Array, at: number): number {
  return (buffer[at] | (buffer[at + 1] << 8) | (buffer[at + 2] << 16) | (buffer[at + 3] << 24)) >>>
    0;
}
