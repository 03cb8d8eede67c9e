/** Which channels somebody may send to and subscribe to. */

import { matchGlob } from "../base/glob.ts";
import { type ByteRange, Span, spansEqual } from "../base/span.ts";
import { AFTER_ALL_CHANNELS, hasSpaces, RULE_SYNTAX } from "./rule_error.ts";

/** Patterns of channels. New rules allow none. */
export class ChannelRules {
  #allowsAll = false;
  /** In the order in which they were given. */
  readonly #patterns = new Map<string, Span>();

  /** Whether all channels are allowed. */
  get allowsAll(): boolean {
    return this.#allowsAll;
  }

  /** The same rules, to be changed apart from these. */
  copy(): ChannelRules {
    const copy = new ChannelRules();
    copy.#allowsAll = this.#allowsAll;
    for (const [pattern, glob] of this.#patterns) copy.#patterns.set(pattern, glob);
    return copy;
  }

  /** Allows all channels, or none. */
  setAll(allowed: boolean): void {
    this.#allowsAll = allowed;
    this.#patterns.clear();
  }

  /** Applies a rule such as `&news:*`. Throws RuleError. */
  apply(rule: string): void {
    if (this.#allowsAll) throw AFTER_ALL_CHANNELS;
    const pattern = rule.slice(1);
    if (hasSpaces(pattern)) throw RULE_SYNTAX;
    this.#patterns.set(pattern, Span.ofString(pattern));
  }

  /**
   * Whether a channel is allowed. A pattern that somebody subscribes to is allowed only where a rule is
   * that pattern: it can't be told whether all that it matches is allowed.
   */
  permits(channel: ByteRange, isPattern: boolean): boolean {
    if (this.#allowsAll) return true;
    for (const glob of this.#patterns.values()) {
      if (isPattern ? spansEqual(glob, channel) : matchGlob(glob, channel)) return true;
    }
    return false;
  }

  /** The rules as text; empty where there are none. */
  describe(): string {
    if (this.#allowsAll) return "&*";
    return Array.from(this.#patterns.keys(), (pattern) => `&${pattern}`).join(" ");
  }
}
