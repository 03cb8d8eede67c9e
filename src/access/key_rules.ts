/** Which keys somebody may read and write. */

import { matchGlob } from "../base/glob.ts";
import { type ByteRange, Span } from "../base/span.ts";
import { keyFlagBits } from "./key_flags.ts";
import { AFTER_ALL_KEYS, hasSpaces, RULE_SYNTAX } from "./rule_error.ts";

/** What a pattern allows with the keys that match it, as bits. */
const READ = 1, WRITE = 2, BOTH = READ | WRITE;

/** The flags of keys that these permissions are about. */
const READS = keyFlagBits(["access"]), CHANGES = keyFlagBits(["insert", "delete", "update"]);

interface KeyPattern {
  readonly glob: Span;
  readonly permissions: number;
}

/** Patterns of keys. New rules allow none. */
export class KeyRules {
  #allowsAll = false;
  /** In the order in which they were first given. */
  readonly #patterns = new Map<string, KeyPattern>();

  /** Whether all keys may be read and written. */
  get allowsAll(): boolean {
    return this.#allowsAll;
  }

  /** Whether all keys may be read. */
  get allowsReadingAll(): boolean {
    return this.#allowsAll ||
      ((this.#patterns.get("*")?.permissions ?? 0) & READ) !== 0;
  }

  /** The same rules, to be changed apart from these. */
  copy(): KeyRules {
    const copy = new KeyRules();
    copy.#allowsAll = this.#allowsAll;
    for (const [text, pattern] of this.#patterns) copy.#patterns.set(text, pattern);
    return copy;
  }

  /** Allows all keys, or none. */
  setAll(allowed: boolean): void {
    this.#allowsAll = allowed;
    this.#patterns.clear();
  }

  /** Applies a rule such as `~cache:*` or `%R~config:*`. Throws RuleError. */
  apply(rule: string): void {
    if (this.#allowsAll) throw AFTER_ALL_KEYS;
    const { permissions, text } = parsePattern(rule);
    if (hasSpaces(text)) throw RULE_SYNTAX;
    const before = this.#patterns.get(text);
    this.#patterns.set(text, {
      glob: before?.glob ?? Span.ofString(text),
      permissions: permissions | (before?.permissions ?? 0),
    });
  }

  /** Whether a call may do with a key what the flags of its specification say (see `keyFlagBits`). */
  permits(key: ByteRange, flags: number): boolean {
    if (this.#allowsAll) return true;
    let needed = (flags & READS) !== 0 ? READ : 0;
    if ((flags & CHANGES) !== 0) needed |= WRITE;
    for (const { glob, permissions } of this.#patterns.values()) {
      if ((permissions & needed) === needed && matchGlob(glob, key)) return true;
    }
    return false;
  }

  /** The rules as text; empty where there are none. */
  describe(): string {
    if (this.#allowsAll) return "~*";
    return Array.from(this.#patterns, ([text, { permissions }]) => {
      if (permissions === BOTH) return `~${text}`;
      return `${permissions === READ ? "%R" : "%W"}~${text}`;
    }).join(" ");
  }
}

/** Takes `%RW~pattern` and `~pattern` apart; `%R` alone is an empty pattern, as in Redis. */
function parsePattern(rule: string): { permissions: number; text: string } {
  if (rule[0] === "~") return { permissions: BOTH, text: rule.slice(1) };
  let permissions = 0, at = 1;
  for (; at < rule.length && rule[at] !== "~"; at++) {
    const letter = rule[at].toUpperCase();
    const permission = letter === "R" ? READ : letter === "W" ? WRITE : 0;
    if (permission === 0 || (permissions & permission) !== 0) throw RULE_SYNTAX;
    permissions |= permission;
  }
  if (permissions === 0) throw RULE_SYNTAX;
  return { permissions, text: rule.slice(at + 1) };
}
