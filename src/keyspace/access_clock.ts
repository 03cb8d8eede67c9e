/**
 * When and how often keys were used: what OBJECT IDLETIME and FREQ tell, and eviction samples.
 * A row's access word is the second of its last use (LRU), or the minute of its last decrement and
 * a logarithmic counter (LFU), as Redis keeps them
 * (https://redis.io/docs/latest/develop/reference/eviction/).
 */

import { randomFraction } from "../base/sampling.ts";

/** The counter of a new key, so that it is not the first to be evicted. */
const LFU_INITIAL = 5;
const MINUTES = 0xffff;

export class AccessClock {
  /** Whether words are LFU words: set while `maxmemory-policy` is one of the LFU policies. */
  lfu = false;
  /** `lfu-log-factor`. */
  logFactor = 10;
  /** `lfu-decay-time`, in minutes. */
  decayTime = 1;
  /** The word of a key used now under LRU: seconds since the epoch. */
  #seconds = 0;

  /** Follows the clock; `now` in ms since the epoch. */
  advance(now: number): void {
    this.#seconds = Math.floor(now / 1000);
  }

  /** A clock that stays at the time that this one shows. */
  stopped(): AccessClock {
    const clock = new AccessClock();
    clock.lfu = this.lfu;
    clock.logFactor = this.logFactor;
    clock.decayTime = this.decayTime;
    clock.#seconds = this.#seconds;
    return clock;
  }

  /** The word of a key that has just been made. */
  initial(): number {
    return this.lfu ? this.#lfuWord(LFU_INITIAL) : this.#seconds;
  }

  /** The word of a key that had `word` and was used now. */
  touched(word: number): number {
    if (!this.lfu) return this.#seconds;
    return this.#lfuWord(this.#increment(this.frequency(word)));
  }

  /** How long a key with this LRU word was not used, in seconds. */
  idleSeconds(word: number): number {
    return Math.max(0, this.#seconds - word);
  }

  /** The LRU word of a key that was last used `seconds` ago. */
  wordOfIdle(seconds: number): number {
    return Math.max(0, this.#seconds - seconds);
  }

  /** The counter of a key with this LFU word, decayed to now. */
  frequency(word: number): number {
    const counter = word & 0xff;
    if (this.decayTime === 0) return counter;
    const elapsed = (this.#minutes() - (word >>> 8)) & MINUTES;
    return Math.max(0, counter - Math.floor(elapsed / this.decayTime));
  }

  /** The LFU word of a key with this counter, as RESTORE … FREQ sets it. */
  wordOfFrequency(counter: number): number {
    return this.#lfuWord(counter);
  }

  #minutes(): number {
    return Math.floor(this.#seconds / 60) & MINUTES;
  }

  #lfuWord(counter: number): number {
    return (this.#minutes() << 8) | counter;
  }

  #increment(counter: number): number {
    if (counter === 255) return 255;
    const base = Math.max(0, counter - LFU_INITIAL);
    return randomFraction() < 1 / (base * this.logFactor + 1) ? counter + 1 : counter;
  }
}
