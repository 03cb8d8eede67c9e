/** Reads sets. */

import type { ByteStore } from "../data/byte_store.ts";
import { Element } from "../data/element.ts";
import * as intset from "../data/intset.ts";
import { ListpackBuilder } from "../data/listpack.ts";
import * as set from "../data/set_value.ts";
import { Encoding, Value, ValueType } from "../data/value.ts";
import type { RdbInput } from "./rdb_input.ts";
import type { Reading } from "./rdb_reading.ts";

const TWICE = "A member is twice in a set";

/** Reads a set of members; false if it is empty. */
export function* readSet(
  input: RdbInput,
  store: ByteStore,
  value: Value,
  limits: set.SetLimits,
): Reading<boolean> {
  const count = input.count();
  // Few and short members, which most sets have, need not be looked up one by one.
  let few = set.fitsListpack(count, 0) ? new ListpackBuilder() : null;
  if (few === null) set.createFor(store, value, count, limits);
  for (let left = count; left > 0; left--) {
    if (input.partIsRead()) yield;
    const member = input.string();
    if (few !== null) {
      if (set.fitsListpack(count, member.length)) {
        few.append(member.buffer, member.start, member.end);
        continue;
      }
      if (!set.createOfListpack(store, value, few.finish(), limits)) input.fail(TWICE);
      few = null;
    }
    if (!set.add(store, value, member, limits)) input.fail(TWICE);
  }
  if (few !== null && !set.createOfListpack(store, value, few.finish(), limits)) input.fail(TWICE);
  return count > 0;
}

/** Reads a set of integers in its compact encoding; false if it is empty. */
export function readIntset(
  input: RdbInput,
  store: ByteStore,
  value: Value,
  limits: set.SetLimits,
): boolean {
  const { buffer, start, end } = input.string();
  if (end - start === intset.HEADER_SIZE && intset.length(buffer, start) === 0) return false;
  if (!intset.validate(buffer, start, end)) input.fail("An intset that is not sound");
  const isOrdered = intset.isOrdered(buffer, start);
  if (!isOrdered) input.mend("An intset is not in order");
  const ref = store.put(buffer, start, end);
  value.setCompact(ValueType.Set, Encoding.Intset, ref);
  const count = intset.length(buffer, start);
  if (isOrdered && count <= limits["set-max-intset-entries"]) return true;

  const source = new Value().setCompact(ValueType.Set, Encoding.Intset, ref);
  const member = new Element();
  set.createFor(store, value, count, limits);
  for (let at = set.first(store, source); at !== set.NONE; at = set.next(store, source, at)) {
    set.sendMember(store, source, at, member);
    set.addElement(store, value, member, limits);
  }
  store.free(ref);
  return true;
}
