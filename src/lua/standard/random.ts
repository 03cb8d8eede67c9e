/** The random numbers of Redis' scripts: those of drand48, the same on every machine. */

/** The largest number that `next` gives. */
export const REDIS_RANDOM_MAX = 0x7fffffff;

/** 48 bits in three numbers of 16, the lowest first. */
const START: readonly [number, number, number] = [0x330e, 0xabcd, 0x1234];
const FACTOR: readonly [number, number, number] = [0xe66d, 0xdeec, 0x5];
const ADDEND = 0xb;

/** A stream of random numbers. */
export class RandomSource {
  #low: number = START[0];
  #middle: number = START[1];
  #high: number = START[2];

  /** Begins the stream that belongs to a seed of 32 bits. */
  seed(seed: number): void {
    this.#low = START[0];
    this.#middle = seed & 0xffff;
    this.#high = seed >>> 16;
  }

  /** The next number of 31 bits. */
  next(): number {
    const low = this.#low * FACTOR[0] + ADDEND;
    const middle = Math.floor(low / 0x10000) + this.#middle * FACTOR[0] + this.#low * FACTOR[1];
    const high = Math.floor(middle / 0x10000) + this.#high * FACTOR[0] +
      this.#middle * FACTOR[1] + this.#low * FACTOR[2];
    this.#low = low % 0x10000;
    this.#middle = middle % 0x10000;
    this.#high = high % 0x10000;
    return this.#high * 0x8000 + (this.#middle >> 1);
  }
}
