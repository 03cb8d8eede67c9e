/** The keys of one call. */

/** Arguments `first`, `first + step` … up to `last`, with which a command does the same. */
interface Stretch {
  first: number;
  last: number;
  step: number;
  flags: number;
}

/**
 * Which arguments of a call are keys, as stretches of them: to be used again for each call, so that
 * looking takes no memory.
 *
 * @example
 * command.findKeys(frame, keys);
 * while (keys.next()) touch(frame.span(keys.position));
 */
export class CallKeys {
  /** How many keys there are. */
  count = 0;
  /** Which argument of the frame the present key is; the command's name is 0. */
  position = 0;
  /** What the command does with the present key (see `keyFlagBits`). */
  flags = 0;
  readonly #stretches: Stretch[] = [];
  #length = 0;
  /** The stretch that comes next. */
  #next = 0;
  #last = -1;
  #step = 0;

  /** Forgets all. */
  clear(): void {
    this.count = this.#length = 0;
    this.rewind();
  }

  /** Adds the keys from argument `first` up to `last`, every `step`; none where `last` comes before. */
  add(first: number, last: number, step: number, flags: number): void {
    if (last < first) return;
    this.count += Math.floor((last - first) / step) + 1;
    if (this.#length === this.#stretches.length) {
      this.#stretches.push({ first, last, step, flags });
    } else {
      const stretch = this.#stretches[this.#length];
      stretch.first = first;
      stretch.last = last;
      stretch.step = step;
      stretch.flags = flags;
    }
    this.#length++;
  }

  /** Adds the key at an argument. */
  addOne(position: number, flags: number): void {
    this.add(position, position, 1, flags);
  }

  /** Has `next` begin with the first key again. */
  rewind(): void {
    this.position = this.#next = this.#step = 0;
    this.#last = -1;
  }

  /** Goes on to the next key; false where there is none. */
  next(): boolean {
    this.position += this.#step;
    if (this.position <= this.#last) return true;
    if (this.#next === this.#length) return false;
    const { first, last, step, flags } = this.#stretches[this.#next++];
    this.position = first;
    this.flags = flags;
    this.#last = last;
    this.#step = step;
    return true;
  }
}
