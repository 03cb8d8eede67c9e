/** A sorted set with a store of its own, spoken to in byte strings, and the same in an array. */

import { assertEquals } from "@std/assert";
import { Span, spanString } from "../../src/base/span.ts";
import { ByteStore } from "../../src/data/byte_store.ts";
import { Element } from "../../src/data/element.ts";
import * as sortedSet from "../../src/data/sorted_set_value.ts";
import type { RankRange } from "../../src/data/sorted_set_range.ts";
import { type Encoding, Value } from "../../src/data/value.ts";

/** A member and its score. */
export type Pair = [member: string, score: number];

/** A sorted set under test. */
export class SortedSet {
  readonly store = new ByteStore();
  readonly value: Value = sortedSet.create(this.store, new Value());

  constructor(public entries = 128, public longest = 64) {}

  get limits(): sortedSet.SortedSetLimits {
    return {
      "zset-max-listpack-entries": this.entries,
      "zset-max-listpack-value": this.longest,
    };
  }

  get encoding(): Encoding {
    return this.value.encoding;
  }

  get size(): number {
    return sortedSet.size(this.store, this.value);
  }

  find(member: string): number {
    return sortedSet.find(this.store, this.value, Span.ofString(member));
  }

  set(member: string, score: number): void {
    const place = this.find(member), span = Span.ofString(member);
    const { store, value } = this;
    if (place === sortedSet.NONE) sortedSet.add(store, value, span, score, this.limits);
    else sortedSet.setScore(store, value, place, span, score);
  }

  delete(member: string): boolean {
    const place = this.find(member);
    if (place === sortedSet.NONE) return false;
    sortedSet.remove(this.store, this.value, place);
    return true;
  }

  removeRanks(range: RankRange): void {
    sortedSet.removeRanks(this.store, this.value, range);
  }

  memberAt(place: number): string {
    const element = new Element();
    sortedSet.sendMember(this.store, this.value, place, element);
    return spanString(element.span());
  }

  scoreAt(place: number): number {
    return sortedSet.score(this.store, this.value, place);
  }

  scoreTextAt(place: number): string {
    const element = new Element();
    sortedSet.sendScoreText(this.store, this.value, place, element);
    return spanString(element.span());
  }

  /** The pairs from a rank to the end of a walk. */
  walk(rank = 0, reverse = false): Pair[] {
    const pairs: Pair[] = [];
    const walk = new sortedSet.RankWalk(this.store, this.value, rank, reverse);
    for (; walk.place !== sortedSet.NONE; walk.step()) {
      pairs.push([this.memberAt(walk.place), this.scoreAt(walk.place)]);
    }
    return pairs;
  }
}

/** What a sorted set must do, in the simplest way. */
export class Model {
  #pairs: Pair[] = [];

  get pairs(): readonly Pair[] {
    return this.#pairs;
  }

  set(member: string, score: number): void {
    this.delete(member);
    this.#pairs.push([member, score]);
    this.#pairs.sort(([a, scoreA], [b, scoreB]) => scoreA - scoreB || (a < b ? -1 : 1));
  }

  delete(member: string): boolean {
    const before = this.#pairs.length;
    this.#pairs = this.#pairs.filter(([other]) => other !== member);
    return this.#pairs.length < before;
  }

  removeRanks({ start, end }: RankRange): void {
    this.#pairs.splice(start, Math.max(0, end - start));
  }

  /** The ranks of the pairs for which `test` holds; they are neighbours. */
  ranks(test: (pair: Pair) => boolean): RankRange {
    const start = this.#pairs.findIndex(test);
    return start < 0 ? { start: 0, end: 0 } : { start, end: this.#pairs.findLastIndex(test) + 1 };
  }
}

/** Compares a sorted set with its model: both directions, every rank, score and place. */
export function assertSame(made: SortedSet, model: Model): void {
  const { pairs } = model;
  assertEquals(made.size, pairs.length);
  assertEquals(made.walk(), [...pairs]);
  assertEquals(made.walk(pairs.length - 1, true), pairs.toReversed());
  pairs.forEach(([member, score], rank) => {
    const place = made.find(member);
    assertEquals(sortedSet.rankOf(made.store, made.value, place), rank);
    assertEquals(made.scoreAt(place), score);
  });
}
