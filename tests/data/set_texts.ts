/** Sets with a store of their own, spoken to in byte strings. */

import { Span, spanString } from "../../src/base/span.ts";
import { ByteStore } from "../../src/data/byte_store.ts";
import { Element } from "../../src/data/element.ts";
import * as set from "../../src/data/set_value.ts";
import { type Encoding, Value } from "../../src/data/value.ts";

/** A set of a store, which may be shared. */
export class TextSet {
  readonly value: Value;

  constructor(
    members: Iterable<string> = [],
    public longestIntset = 512,
    readonly store = new ByteStore(),
  ) {
    this.value = set.create(store, new Value());
    for (const member of members) this.add(member);
  }

  get limits(): set.SetLimits {
    return { "set-max-intset-entries": this.longestIntset };
  }

  get encoding(): Encoding {
    return this.value.encoding;
  }

  get size(): number {
    return set.size(this.store, this.value);
  }

  add(member: string): boolean {
    return set.add(this.store, this.value, Span.ofString(member), this.limits);
  }

  has(member: string): boolean {
    return set.find(this.store, this.value, Span.ofString(member)) !== set.NONE;
  }

  delete(member: string): boolean {
    const place = set.find(this.store, this.value, Span.ofString(member));
    if (place === set.NONE) return false;
    set.remove(this.store, this.value, place);
    return true;
  }

  at(place: number): string {
    const member = new Element();
    set.sendMember(this.store, this.value, place, member);
    return spanString(member.span());
  }

  /** In the set's own order. */
  list(): string[] {
    const { store, value } = this;
    const members: string[] = [];
    for (let at = set.first(store, value); at !== set.NONE; at = set.next(store, value, at)) {
      members.push(this.at(at));
    }
    return members;
  }
}
