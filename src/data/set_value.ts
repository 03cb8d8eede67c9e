/**
 * Sets, whatever their encoding: an intset, a listpack of members, or a `MemberTable`. Only this file
 * knows which. A set is given as the `ByteStore` that holds compact values and its `Value`, which the
 * caller writes back (`Database.save`) after a change.
 *
 * A member is named by its *place*, a number that is valid until the set changes. Walk over a set so:
 *
 *     for (let at = set.first(store, value); at !== set.NONE; at = set.next(store, value, at))
 *
 * Redis 7.0 has intsets and hashtables only. The listpack is ours: a hashtable of few, short members
 * would take many times the memory. No user can tell the two from each other. Import it as a namespace:
 * `import * as set from "../../data/set_value.ts"`.
 */

import { hashBytes } from "../base/hash.ts";
import { parseInteger } from "../base/numbers.ts";
import type { ByteRange } from "../base/span.ts";
import type { ByteStore } from "./byte_store.ts";
import { Element } from "./element.ts";
import { type ElementSink, sendEntry } from "./element_sink.ts";
import * as intset from "./intset.ts";
import * as listpack from "./listpack.ts";
import { hasTwice } from "./listpack_duplicates.ts";
import { isIntegerEntry } from "./listpack_entry.ts";
import { MEMBER_SEED, MemberTable } from "./member_table.ts";
import { scanFew, type ScanStep } from "./table_scan.ts";
import { Encoding, Value, ValueType } from "./value.ts";

/** The place of a member that is not in the set, and of the one after the last. */
export const NONE = -1;

/** Up to where a set of integers is an intset; a server's settings have this property. */
export interface SetLimits {
  /** How many integers. */
  readonly "set-max-intset-entries": number;
}

/** An intset never has more integers than this, whatever the limit says. */
const LONGEST_INTSET = 1 << 30;

/** Up to where other sets are a listpack: looking through one must not take longer than a hash. */
const LISTPACK_MEMBERS = 128;
/** How many bytes a member in a listpack may have. */
const LISTPACK_MEMBER_BYTES = 64;

/** Makes `value` a set without members. */
export function create(store: ByteStore, value: Value): Value {
  return value.setCompact(ValueType.Set, Encoding.Intset, intset.create(store));
}

/** Makes `value` a set without members, which will have `count`: a table if those are too many. */
export function createFor(
  store: ByteStore,
  value: Value,
  count: number,
  limits: SetLimits,
): Value {
  const most = Math.min(limits["set-max-intset-entries"], LONGEST_INTSET);
  if (count <= most || count <= LISTPACK_MEMBERS) return create(store, value);
  return value.setObject(ValueType.Set, Encoding.Hashtable, new MemberTable());
}

/** Whether a set of so many members, the longest of so many bytes, may be a listpack. */
export function fitsListpack(count: number, longest: number): boolean {
  return count <= LISTPACK_MEMBERS && longest <= LISTPACK_MEMBER_BYTES;
}

/**
 * Makes `value` a set of the elements of a listpack that `fitsListpack` is right about; false if one of
 * them is there twice, `value` is as it was then.
 */
export function createOfListpack(
  store: ByteStore,
  value: Value,
  elements: Uint8Array,
  limits: SetLimits,
): boolean {
  if (hasTwice(elements, 0, 1)) return false;
  const ref = store.put(elements, 0, elements.length);
  const all = new Value().setCompact(ValueType.Set, Encoding.ListpackSet, ref);
  for (let at = first(store, all); at !== NONE; at = next(store, all, at)) {
    if (isIntegerEntry(store.buffer(ref), store.offset(ref) + at)) continue;
    value.setCompact(ValueType.Set, Encoding.ListpackSet, ref);
    return true;
  }
  const member = new Element();
  create(store, value);
  for (let at = first(store, all); at !== NONE; at = next(store, all, at)) {
    sendMember(store, all, at, member);
    addElement(store, value, member, limits);
  }
  store.free(ref);
  return true;
}

/** Frees a set that no key holds. */
export function discard(store: ByteStore, value: Value): void {
  store.free(value.ref);
}

/** How many members the set has. */
export function size(store: ByteStore, value: Value): number {
  switch (value.encoding) {
    case Encoding.Intset:
      return intset.length(store.buffer(value.ref), store.offset(value.ref));
    case Encoding.ListpackSet:
      return listpack.length(store.buffer(value.ref), store.offset(value.ref));
    default:
      return tableOf(value).size;
  }
}

/** The place of a member, or `NONE`. */
export function find(store: ByteStore, value: Value, member: ByteRange): number {
  const { buffer, start, end } = member;
  switch (value.encoding) {
    case Encoding.Intset: {
      const integer = parseInteger(buffer, start, end);
      return integer === undefined ? NONE : findInteger(store, value, integer);
    }
    case Encoding.ListpackSet:
      return listpack.find(
        store.buffer(value.ref),
        store.offset(value.ref),
        listpack.FIRST_POSITION,
        buffer,
        start,
        end,
      );
    default:
      return tableOf(value).find(member);
  }
}

/** As `find`, for a member of another set. */
export function findElement(store: ByteStore, value: Value, member: Element): number {
  if (value.encoding === Encoding.Intset && member.isInteger) {
    return findInteger(store, value, member.integer);
  }
  return find(store, value, member.span());
}

/** The place of the first member, or `NONE`. */
export function first(store: ByteStore, value: Value): number {
  if (value.encoding !== Encoding.ListpackSet) return size(store, value) === 0 ? NONE : 0;
  return orNone(store, value, listpack.FIRST_POSITION);
}

/** The place of the member after the one at `place`, or `NONE`. */
export function next(store: ByteStore, value: Value, place: number): number {
  if (value.encoding !== Encoding.ListpackSet) {
    return place + 1 === size(store, value) ? NONE : place + 1;
  }
  const { ref } = value;
  return orNone(store, value, listpack.nextPosition(store.buffer(ref), store.offset(ref), place));
}

/** The place of member number `index`, 0 ≤ index < size. Takes no more steps than a listpack is long. */
export function nth(store: ByteStore, value: Value, index: number): number {
  if (value.encoding !== Encoding.ListpackSet) return index;
  return listpack.positionAt(store.buffer(value.ref), store.offset(value.ref), index);
}

/** Hands over the member at `place`. */
export function sendMember(store: ByteStore, value: Value, place: number, sink: ElementSink): void {
  switch (value.encoding) {
    case Encoding.Intset:
      sink.bulkInteger(intset.at(store.buffer(value.ref), store.offset(value.ref), place));
      break;
    case Encoding.ListpackSet:
      sendEntry(store.buffer(value.ref), store.offset(value.ref) + place, sink);
      break;
    default: {
      const table = tableOf(value), ref = table.memberRef(place);
      const start = table.store.offset(ref);
      sink.bulkBytes(table.store.buffer(ref), start, start + table.store.length(ref));
    }
  }
}

/** Adds a member, unless it is there; says whether it is new. The bytes must not lie in this set. */
export function add(
  store: ByteStore,
  value: Value,
  member: ByteRange,
  limits: SetLimits,
): boolean {
  if (value.encoding === Encoding.Intset) {
    const integer = parseInteger(member.buffer, member.start, member.end);
    if (integer !== undefined) return addInteger(store, value, integer, limits);
    convert(store, value, member.end - member.start);
  }
  if (value.encoding === Encoding.ListpackSet) {
    if (find(store, value, member) !== NONE) return false;
    const { ref } = value;
    const count = listpack.length(store.buffer(ref), store.offset(ref));
    if (count < LISTPACK_MEMBERS && member.end - member.start <= LISTPACK_MEMBER_BYTES) {
      value.ref = listpack.append(store, ref, member.buffer, member.start, member.end);
      return true;
    }
    convertToTable(store, value);
  }
  return tableOf(value).add(member);
}

/** As `add`, for a member of another set. */
export function addElement(
  store: ByteStore,
  value: Value,
  member: Element,
  limits: SetLimits,
): boolean {
  if (value.encoding === Encoding.Intset && member.isInteger) {
    return addInteger(store, value, member.integer, limits);
  }
  return add(store, value, member.span(), limits);
}

/** Removes the member at `place`. A set without members is the caller's to remove. */
export function remove(store: ByteStore, value: Value, place: number): void {
  switch (value.encoding) {
    case Encoding.Intset:
      value.ref = intset.remove(store, value.ref, place);
      break;
    case Encoding.ListpackSet:
      value.ref = listpack.deleteRange(store, value.ref, place, 1);
      break;
    default:
      tableOf(value).remove(place);
  }
}

/**
 * Finds about `count` members from a cursor on, as `Table.scan` does, also in a listpack, which has the order
 * of the table that it may become. All of an intset is found at once, as in Redis.
 */
export function scan(store: ByteStore, value: Value, cursor: number, count: number): ScanStep {
  if (value.encoding === Encoding.Hashtable) return tableOf(value).scan(cursor, count);
  const places: number[] = [];
  for (let at = first(store, value); at !== NONE; at = next(store, value, at)) places.push(at);
  if (value.encoding === Encoding.Intset) return { next: 0, places };
  const member = new Element();
  const step = scanFew(
    places.map((place) => {
      sendMember(store, value, place, member);
      const { buffer, start, end } = member.span();
      return hashBytes(buffer, start, end, MEMBER_SEED);
    }),
    cursor,
    count,
  );
  return { next: step.next, places: step.places.map((index) => places[index]) };
}

function findInteger(store: ByteStore, value: Value, integer: number | bigint): number {
  return Math.max(
    NONE,
    intset.search(store.buffer(value.ref), store.offset(value.ref), integer),
  );
}

function addInteger(
  store: ByteStore,
  value: Value,
  integer: number | bigint,
  limits: SetLimits,
): boolean {
  const index = intset.search(store.buffer(value.ref), store.offset(value.ref), integer);
  if (index >= 0) return false;
  value.ref = intset.insert(store, value.ref, -1 - index, integer);
  const most = Math.min(limits["set-max-intset-entries"], LONGEST_INTSET);
  if (size(store, value) > most) convert(store, value, 0);
  return true;
}

/** Turns an intset into what holds other members too, one of `memberBytes` bytes among them. */
function convert(store: ByteStore, value: Value, memberBytes: number): void {
  if (size(store, value) > LISTPACK_MEMBERS || memberBytes > LISTPACK_MEMBER_BYTES) {
    convertToTable(store, value);
    return;
  }
  const member = new Element();
  let ref = listpack.create(store);
  for (let at = first(store, value); at !== NONE; at = next(store, value, at)) {
    sendMember(store, value, at, member);
    const { buffer, start, end } = member.span();
    ref = listpack.append(store, ref, buffer, start, end);
  }
  store.free(value.ref);
  value.setCompact(ValueType.Set, Encoding.ListpackSet, ref);
}

function convertToTable(store: ByteStore, value: Value): void {
  const table = new MemberTable();
  // One more is why it is converted.
  table.reserve(size(store, value) + 1);
  const member = new Element();
  for (let at = first(store, value); at !== NONE; at = next(store, value, at)) {
    sendMember(store, value, at, member);
    table.add(member.span());
  }
  store.free(value.ref);
  value.setObject(ValueType.Set, Encoding.Hashtable, table);
}

function tableOf(value: Value): MemberTable {
  return value.object as MemberTable;
}

function orNone(store: ByteStore, value: Value, position: number): number {
  const { ref } = value;
  return listpack.atEnd(store.buffer(ref), store.offset(ref), position) ? NONE : position;
}
