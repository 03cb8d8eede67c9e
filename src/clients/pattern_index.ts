/**
 * Many glob patterns, of which those are wanted that match a text.
 *
 * They are kept by the literal bytes that they begin with: for each length of such a beginning that occurs,
 * the text's own beginning is looked up. Where many begin alike, they are kept by what they end with in the
 * same manner. What is left, such as patterns that begin and end with a star, is tried one after the other.
 */

import { type GlobMatcher, Occurrences } from "../base/glob_matcher.ts";
import { randomSeed } from "../base/hash.ts";
import type { ByteRange } from "../base/span.ts";

/** What is kept in an index. */
export interface IndexedPattern {
  readonly matcher: GlobMatcher;
  /** Of two patterns, the one that was added later has the larger number. */
  readonly order: number;
}

/** So many patterns that begin alike are tried rather than looked up by their ends. */
const MOST_TRIED = 16;

/** Patterns that begin alike, or end alike too. Those whose hashes are the same by chance are among them. */
class Group<T> {
  patterns = new Set<T>();
  /** The same patterns by their ends, once they are many; `patterns` is empty then. */
  byEnd: Levels<T> | null = null;
}

/** Groups of patterns whose beginnings, or ends, have one length, by the hash of these. */
interface Level<T> {
  readonly length: number;
  readonly groups: Map<number, Group<T>>;
}

/** The lengths that occur, shortest first. */
type Levels<T> = Level<T>[];

/** A set of patterns, which can be asked which of them match. */
export class PatternIndex<T extends IndexedPattern> {
  readonly #byBeginning: Levels<T> = [];
  #found: T[] = [];
  /** What occurs in the text that is looked up, once a pattern must be tried. */
  readonly #occurrences = new Occurrences();
  #areOccurrencesKnown = false;
  #tried = 0;

  /** How many patterns were tried, one by one, when somebody last asked which match. */
  get tried(): number {
    return this.#tried;
  }

  /** Adds a pattern that is not there yet. */
  add(pattern: T): void {
    const { prefix } = pattern.matcher;
    const group = useGroup(this.#byBeginning, prefix.length, hashBeginning(prefix));
    if (group.byEnd === null && group.patterns.size < MOST_TRIED) {
      group.patterns.add(pattern);
      return;
    }
    if (group.byEnd === null) {
      group.byEnd = [];
      for (const earlier of group.patterns) addByEnd(group.byEnd, earlier);
      group.patterns.clear();
    }
    addByEnd(group.byEnd, pattern);
  }

  /** Takes out a pattern that is there. */
  remove(pattern: T): void {
    const { prefix, suffix } = pattern.matcher;
    const hash = hashBeginning(prefix);
    const group = useGroup(this.#byBeginning, prefix.length, hash);
    if (group.byEnd === null) {
      group.patterns.delete(pattern);
    } else {
      const endHash = hashEnd(suffix);
      const { patterns } = useGroup(group.byEnd, suffix.length, endHash);
      patterns.delete(pattern);
      if (patterns.size === 0) removeGroup(group.byEnd, suffix.length, endHash);
    }
    if (group.patterns.size === 0 && (group.byEnd === null || group.byEnd.length === 0)) {
      removeGroup(this.#byBeginning, prefix.length, hash);
    }
  }

  /** The patterns that match a text, in the order in which they were added. */
  matching(text: ByteRange): readonly T[] {
    this.#tried = 0;
    this.#areOccurrencesKnown = false;
    if (this.#byBeginning.length === 0) return NONE;
    this.#lookUp(this.#byBeginning, false, text);
    const found = this.#found;
    if (found.length === 0) return NONE;
    this.#found = [];
    return found.sort((a, b) => a.order - b.order);
  }

  #lookUp(levels: Levels<T>, areEnds: boolean, text: ByteRange): void {
    const { buffer, start, end } = text;
    let hash = NO_BYTES, hashed = 0;
    for (let i = 0; i < levels.length; i++) {
      const { length, groups } = levels[i];
      if (length > end - start) return;
      for (; hashed < length; hashed++) {
        hash = hashByte(hash, buffer[areEnds ? end - 1 - hashed : start + hashed]);
      }
      const group = groups.get(hash);
      if (group === undefined) continue;
      if (group.byEnd !== null) this.#lookUp(group.byEnd, true, text);
      else this.#try(group.patterns, text);
    }
  }

  #try(patterns: ReadonlySet<T>, text: ByteRange): void {
    this.#tried += patterns.size;
    const occurrences = this.#occurrences;
    if (!this.#areOccurrencesKnown) {
      this.#areOccurrencesKnown = true;
      occurrences.set(text);
    }
    for (const pattern of patterns) {
      const { matcher } = pattern;
      if (matcher.mayMatch(occurrences) && matcher.matches(text)) this.#found.push(pattern);
    }
  }
}

const NONE: readonly never[] = [];

function addByEnd<T extends IndexedPattern>(levels: Levels<T>, pattern: T): void {
  const { suffix } = pattern.matcher;
  useGroup(levels, suffix.length, hashEnd(suffix)).patterns.add(pattern);
}

/** The group of a beginning or end, which is made where there is none. */
function useGroup<T>(levels: Levels<T>, length: number, hash: number): Group<T> {
  const at = findLevel(levels, length);
  if (levels[at]?.length !== length) levels.splice(at, 0, { length, groups: new Map() });
  const { groups } = levels[at];
  let group = groups.get(hash);
  if (group === undefined) groups.set(hash, group = new Group());
  return group;
}

function removeGroup<T>(levels: Levels<T>, length: number, hash: number): void {
  const at = findLevel(levels, length);
  const { groups } = levels[at];
  groups.delete(hash);
  if (groups.size === 0) levels.splice(at, 1);
}

/** Where the level of a length is, or would be. */
function findLevel<T>(levels: Levels<T>, length: number): number {
  let low = 0, high = levels.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (levels[middle].length < length) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The hash of nothing; as with the multiplier, who chooses patterns can't know it. */
const NO_BYTES = randomSeed() & 0x3fffffff;
const MULTIPLIER = randomSeed() | 1;

/** The hash of bytes and one more; 30 bits, which the runtime keeps without an object. */
function hashByte(hash: number, byte: number): number {
  const mixed = Math.imul(hash ^ byte, MULTIPLIER);
  return (mixed ^ mixed >>> 15) & 0x3fffffff;
}

function hashBeginning(text: string): number {
  let hash = NO_BYTES;
  for (let i = 0; i < text.length; i++) hash = hashByte(hash, text.charCodeAt(i));
  return hash;
}

/** As `hashBeginning`, from the last byte to the first. */
function hashEnd(text: string): number {
  let hash = NO_BYTES;
  for (let i = text.length - 1; i >= 0; i--) hash = hashByte(hash, text.charCodeAt(i));
  return hash;
}
