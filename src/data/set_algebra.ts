/** What several sets have in common, have together, and have not. */

import type { ByteStore } from "./byte_store.ts";
import { Element } from "./element.ts";
import * as set from "./set_value.ts";
import type { Value } from "./value.ts";

/** Takes a member; says whether it wants another one. */
export type MemberVisitor = (member: Element) => boolean;

/**
 * Visits the members that are in all of the sets, of which there is at least one: walks over the
 * smallest and looks in the others, in O(smallest · sets). The order is that of the smallest. `visit`
 * must not change any of the sets.
 */
export function intersect(store: ByteStore, sets: readonly Value[], visit: MemberVisitor): void {
  const bySize = [...sets].sort((a, b) => set.size(store, a) - set.size(store, b));
  const smallest = bySize[0];
  const others = bySize.filter((other) => !isSame(other, smallest));
  forEach(store, smallest, (member) => {
    for (const other of others) {
      if (set.findElement(store, other, member) === set.NONE) return true;
    }
    return visit(member);
  });
}

/** Adds the members of all sets to `result`, which is none of them. */
export function unite(
  store: ByteStore,
  sets: readonly Value[],
  result: Value,
  limits: set.SetLimits,
): void {
  for (const part of sets) addAll(store, part, result, limits);
}

/**
 * Adds the members of `minuend` that are in none of the other sets to `result`, an empty set that is
 * none of them. Takes the cheaper of two ways, as Redis does: in O(minuend · sets), or in O(all members).
 */
export function subtract(
  store: ByteStore,
  minuend: Value,
  others: readonly Value[],
  result: Value,
  limits: set.SetLimits,
): void {
  if (others.some((other) => isSame(other, minuend))) return;
  const size = set.size(store, minuend);
  const asking = size * (others.length + 1);
  const walking = others.reduce((sum, other) => sum + set.size(store, other), size);
  // A member that is found early ends its search, so asking costs about half of its worst case.
  if (Math.floor(asking / 2) <= walking) subtractAsking(store, minuend, others, result, limits);
  else subtractWalking(store, minuend, others, result, limits);
}

/** Looks for each member in the other sets, the largest first: that is where it is likeliest found. */
function subtractAsking(
  store: ByteStore,
  minuend: Value,
  others: readonly Value[],
  result: Value,
  limits: set.SetLimits,
): void {
  const bySize = [...others].sort((a, b) => set.size(store, b) - set.size(store, a));
  forEach(store, minuend, (member) => {
    for (const other of bySize) {
      if (set.findElement(store, other, member) !== set.NONE) return true;
    }
    set.addElement(store, result, member, limits);
    return true;
  });
}

/** Removes the members of the other sets from a copy. */
function subtractWalking(
  store: ByteStore,
  minuend: Value,
  others: readonly Value[],
  result: Value,
  limits: set.SetLimits,
): void {
  addAll(store, minuend, result, limits);
  let left = set.size(store, result);
  for (const other of others) {
    if (left === 0) return;
    forEach(store, other, (member) => {
      const place = set.findElement(store, result, member);
      if (place === set.NONE) return true;
      set.remove(store, result, place);
      return --left > 0;
    });
  }
}

function addAll(store: ByteStore, from: Value, to: Value, limits: set.SetLimits): void {
  forEach(store, from, (member) => {
    set.addElement(store, to, member, limits);
    return true;
  });
}

function forEach(store: ByteStore, value: Value, visit: MemberVisitor): void {
  const member = new Element();
  for (let at = set.first(store, value); at !== set.NONE; at = set.next(store, value, at)) {
    set.sendMember(store, value, at, member);
    if (!visit(member)) return;
  }
}

/** Whether both are the contents of one key. */
function isSame(a: Value, b: Value): boolean {
  return a.ref === b.ref && a.object === b.object;
}
