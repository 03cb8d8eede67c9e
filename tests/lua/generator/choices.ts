/** Random choices that are the same for the same seed. */

/** A stream of choices. */
export class Choices {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.imul(seed, 0x9e3779b1) + 0x12345678) >>> 0;
  }

  /** A number from 0 up to, but without, `limit`. */
  below(limit: number): number {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let value = this.#state;
    value = Math.imul(value ^ (value >>> 15), value | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return Math.floor(((value ^ (value >>> 14)) >>> 0) / 2 ** 32 * limit);
  }

  /** An integer from `low` to `high`. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** Whether something of this probability happens. */
  chance(probability: number): boolean {
    return this.below(1_000_000) < probability * 1_000_000;
  }

  /** One of several. */
  pick<T>(options: readonly T[]): T {
    return options[this.below(options.length)];
  }

  /** So many results of a function, joined. */
  join(low: number, high: number, make: () => string, separator = ", "): string {
    const parts: string[] = [];
    for (let i = this.between(low, high); i > 0; i--) parts.push(make());
    return parts.join(separator);
  }
}
