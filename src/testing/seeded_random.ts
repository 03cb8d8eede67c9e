/** Random numbers that a seed decides. */

/** Numbers from 0 up to 1, the same for the same seed: 32 bits of a counter, mixed (splitmix32). */
export class SeededRandom {
  #state: number;

  /** Takes the low 32 bits of a whole number. Throws `RangeError` for what is none. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) throw new RangeError(`${seed} is no seed: a whole number is`);
    this.#state = Number(BigInt.asIntN(32, BigInt(seed)));
  }

  /** The next number. */
  readonly next = (): number => {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
