/** Whether some of the prefixes that a client wants to hear of begin with others: it must not be told twice. */

/** Byte strings, in which those that overlap with another one are found without comparing all with all. */
export class PrefixSet {
  readonly #texts: readonly string[];
  /** In byte order: what begins with a text stands right behind it. */
  readonly #sorted: readonly string[];
  readonly #counts = new Map<string, number>();
  /** The lengths that there are. */
  readonly #lengths: readonly number[];

  constructor(texts: readonly string[]) {
    this.#texts = texts;
    this.#sorted = texts.toSorted();
    for (const text of texts) this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1);
    this.#lengths = [...new Set(texts.map(({ length }) => length))];
  }

  /**
   * The first text, in the order given, from `from` on, that begins with `prefix` or that it begins with;
   * undefined where there is none. `own`: how often `prefix` itself is in the set and does not count.
   */
  firstOverlapping(prefix: string, from = 0, own = 0): string | undefined {
    if (!this.#hasOverlapping(prefix, own)) return undefined;
    for (let i = from; i < this.#texts.length; i++) {
      const text = this.#texts[i];
      if (text.startsWith(prefix) || prefix.startsWith(text)) return text;
    }
    return undefined;
  }

  #hasOverlapping(prefix: string, own: number): boolean {
    if ((this.#counts.get(prefix) ?? 0) > own) return true;
    for (const length of this.#lengths) {
      if (length < prefix.length && this.#counts.has(prefix.slice(0, length))) return true;
    }
    return this.#sorted[this.#placeBehind(prefix)]?.startsWith(prefix) ?? false;
  }

  /** Where the first text stands that is greater than `text`. */
  #placeBehind(text: string): number {
    let low = 0, high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sorted[middle] > text) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
