/**
 * Hashes, whatever their encoding: a listpack of fields and values in turn, or a `HashTable`. Only this
 * file knows which. A hash is given as the `ByteStore` that holds compact values and its `Value`, which
 * the caller writes back (`Database.save`) after a change.
 *
 * A field is named by its *place*, a number that is valid until the hash changes. Walk over a hash so:
 *
 *     for (let at = hash.first(store, value); at !== hash.NONE; at = hash.next(store, value, at))
 *
 * In a listpack that is the order in which fields came. Import it as a namespace:
 * `import * as hash from "../../data/hash_value.ts"`.
 */

import { integerLength, parseInteger } from "../base/numbers.ts";
import { type ByteRange, Span } from "../base/span.ts";
import type { ByteStore } from "./byte_store.ts";
import { type ElementSink, sendEntry } from "./element_sink.ts";
import { HashTable } from "./hash_table.ts";
import * as listpack from "./listpack.ts";
import { isIntegerEntry, readInteger, stringHead, stringLength } from "./listpack_entry.ts";
import type { ScanStep } from "./table_scan.ts";
import { Encoding, type Value, ValueType } from "./value.ts";

/** The place of a field that is not in the hash, and of the one after the last. */
export const NONE = -1;

/** Up to where a hash is a listpack; a server's settings have these properties. */
export interface HashLimits {
  /** How many fields. */
  readonly "hash-max-listpack-entries": number;
  /** How many bytes in a field or a value. */
  readonly "hash-max-listpack-value": number;
}

/** A listpack never grows beyond this, whatever the limits say, in bytes. */
const LARGEST_LISTPACK = 1 << 30;

/** Makes `value` a hash without fields. */
export function create(store: ByteStore, value: Value): Value {
  return value.setCompact(ValueType.Hash, Encoding.Listpack, listpack.create(store));
}

/** How many fields the hash has. */
export function size(store: ByteStore, value: Value): number {
  if (value.encoding !== Encoding.Listpack) return tableOf(value).size;
  return listpack.length(store.buffer(value.ref), store.offset(value.ref)) / 2;
}

/** The place of a field, or `NONE`. */
export function find(store: ByteStore, value: Value, field: ByteRange): number {
  if (value.encoding !== Encoding.Listpack) return tableOf(value).find(field);
  const { ref } = value;
  return listpack.find(
    store.buffer(ref),
    store.offset(ref),
    listpack.FIRST_POSITION,
    field.buffer,
    field.start,
    field.end,
    1,
  );
}

/** The place of the first field, or `NONE`. */
export function first(store: ByteStore, value: Value): number {
  if (value.encoding !== Encoding.Listpack) return tableOf(value).size === 0 ? NONE : 0;
  return orNone(store, value, listpack.FIRST_POSITION);
}

/** The place of the field after the one at `place`, or `NONE`. */
export function next(store: ByteStore, value: Value, place: number): number {
  if (value.encoding !== Encoding.Listpack) {
    return place + 1 === tableOf(value).size ? NONE : place + 1;
  }
  const { ref } = value;
  const content = contentPosition(store, ref, place);
  return orNone(
    store,
    value,
    listpack.nextPosition(store.buffer(ref), store.offset(ref), content),
  );
}

/** The place of field number `index`, 0 ≤ index < size. Walks through a listpack (see `FieldNumbers`). */
export function nth(store: ByteStore, value: Value, index: number): number {
  if (value.encoding !== Encoding.Listpack) return index;
  return listpack.positionAt(store.buffer(value.ref), store.offset(value.ref), 2 * index);
}

/** Finds fields by their number at once; valid until the hash changes. */
export class FieldNumbers {
  /** How many fields there are. */
  readonly size: number;
  /** Null where a place is the field's number. */
  readonly #places: Uint32Array | null = null;

  constructor(store: ByteStore, value: Value) {
    this.size = size(store, value);
    if (value.encoding !== Encoding.Listpack) return;
    const places = this.#places = new Uint32Array(this.size);
    let index = 0;
    for (let at = first(store, value); at !== NONE; at = next(store, value, at)) {
      places[index++] = at;
    }
  }

  /** The place of field number `index`, 0 ≤ index < size. */
  placeOf(index: number): number {
    return this.#places === null ? index : this.#places[index];
  }
}

/** Hands over the field at `place`. */
export function sendField(store: ByteStore, value: Value, place: number, sink: ElementSink): void {
  if (value.encoding === Encoding.Listpack) {
    sendEntry(store.buffer(value.ref), store.offset(value.ref) + place, sink);
  } else {
    const table = tableOf(value);
    sendBlob(table.store, table.memberRef(place), sink);
  }
}

/** Hands over the value of the field at `place`. */
export function sendContent(
  store: ByteStore,
  value: Value,
  place: number,
  sink: ElementSink,
): void {
  if (value.encoding === Encoding.Listpack) {
    const { ref } = value;
    const position = contentPosition(store, ref, place);
    sendEntry(store.buffer(ref), store.offset(ref) + position, sink);
  } else {
    const table = tableOf(value);
    sendBlob(table.store, table.valueRef(place), sink);
  }
}

/** The bytes of the field at `place`; `entry` and `span` are what the answer may point into. */
export function fieldSpan(
  store: ByteStore,
  value: Value,
  place: number,
  entry: listpack.ListpackEntry,
  span: Span,
): Span {
  if (value.encoding !== Encoding.Listpack) return tableOf(value).memberSpan(place, span);
  const { ref } = value;
  return listpack.readEntry(store.buffer(ref), store.offset(ref), place, entry).span();
}

/** The bytes of the value of the field at `place`; see `fieldSpan`. */
export function contentSpan(
  store: ByteStore,
  value: Value,
  place: number,
  entry: listpack.ListpackEntry,
  span: Span,
): Span {
  if (value.encoding !== Encoding.Listpack) return tableOf(value).valueSpan(place, span);
  const { ref } = value;
  const position = contentPosition(store, ref, place);
  return listpack.readEntry(store.buffer(ref), store.offset(ref), position, entry).span();
}

/** How many bytes the value of the field at `place` has. */
export function contentLength(store: ByteStore, value: Value, place: number): number {
  if (value.encoding !== Encoding.Listpack) {
    const table = tableOf(value);
    return table.store.length(table.valueRef(place));
  }
  const { ref } = value;
  const buffer = store.buffer(ref);
  const at = store.offset(ref) + contentPosition(store, ref, place);
  if (isIntegerEntry(buffer, at)) return integerLength(readInteger(buffer, at));
  return stringLength(buffer, at);
}

/** The int64 that the value of the field at `place` is the text of, or undefined. */
export function contentInteger(
  store: ByteStore,
  value: Value,
  place: number,
): number | bigint | undefined {
  if (value.encoding !== Encoding.Listpack) {
    const table = tableOf(value);
    const ref = table.valueRef(place);
    const start = table.store.offset(ref);
    return parseInteger(table.store.buffer(ref), start, start + table.store.length(ref));
  }
  const { ref } = value;
  const buffer = store.buffer(ref);
  const at = store.offset(ref) + contentPosition(store, ref, place);
  if (isIntegerEntry(buffer, at)) return readInteger(buffer, at);
  const start = at + stringHead(buffer, at);
  return parseInteger(buffer, start, start + stringLength(buffer, at));
}

/**
 * Sets a field's value and says whether the field is new. Turns a listpack into a table first when the
 * field or the value is too long for one, or afterwards when there are too many fields.
 */
export function set(
  store: ByteStore,
  value: Value,
  field: ByteRange,
  content: ByteRange,
  limits: HashLimits,
): boolean {
  if (value.encoding !== Encoding.Listpack) return tableOf(value).set(field, content);
  return setAt(store, value, find(store, value, field), field, content, limits);
}

/** As `set` for a field whose place is known; `NONE`: the field is not in the hash. */
export function setAt(
  store: ByteStore,
  value: Value,
  place: number,
  field: ByteRange,
  content: ByteRange,
  limits: HashLimits,
): boolean {
  if (value.encoding === Encoding.Listpack && !fitsListpack(store, value, field, content, limits)) {
    convert(store, value);
    return tableOf(value).set(field, content);
  }
  const isNew = place === NONE;
  if (value.encoding !== Encoding.Listpack) {
    const table = tableOf(value);
    if (isNew) table.set(field, content);
    else table.setValue(place, content);
    return isNew;
  }

  let { ref } = value;
  const { buffer, start, end } = content;
  if (isNew) {
    ref = listpack.append(store, ref, field.buffer, field.start, field.end);
    ref = listpack.append(store, ref, buffer, start, end);
  } else {
    const position = contentPosition(store, ref, place);
    ref = listpack.replaceAt(store, ref, position, buffer, start, end);
  }
  value.ref = ref;
  // Redis counts after an update as well, so a limit that was lowered takes effect.
  if (size(store, value) > limits["hash-max-listpack-entries"]) convert(store, value);
  return isNew;
}

/** Removes the field at `place`. A hash without fields is the caller's to remove. */
export function remove(store: ByteStore, value: Value, place: number): void {
  if (value.encoding !== Encoding.Listpack) tableOf(value).remove(place);
  else value.ref = listpack.deleteRange(store, value.ref, place, 2);
}

/**
 * Finds about `count` fields from a cursor on (see `Table.scan`): all of a listpack, as a cursor could not
 * tell what moved in it.
 */
export function scan(store: ByteStore, value: Value, cursor: number, count: number): ScanStep {
  if (value.encoding !== Encoding.Listpack) return tableOf(value).scan(cursor, count);
  const places: number[] = [];
  for (let at = first(store, value); at !== NONE; at = next(store, value, at)) places.push(at);
  return { next: 0, places };
}

/** Turns a table into a listpack, in its order, where the limits allow that. */
export function compact(store: ByteStore, value: Value, limits: HashLimits): void {
  const table = tableOf(value), longest = limits["hash-max-listpack-value"];
  if (table.size > limits["hash-max-listpack-entries"]) return;
  const field = new Span(), content = new Span();
  let total = 0;
  for (let row = 0; row < table.size; row++) {
    table.memberSpan(row, field);
    table.valueSpan(row, content);
    if (field.length > longest || content.length > longest) return;
    total += field.length + content.length;
  }
  if (total > LARGEST_LISTPACK) return;
  const builder = new listpack.ListpackBuilder();
  for (let row = 0; row < table.size; row++) {
    table.memberSpan(row, field);
    table.valueSpan(row, content);
    builder.append(field.buffer, field.start, field.end);
    builder.append(content.buffer, content.start, content.end);
  }
  const bytes = builder.finish();
  const ref = store.put(bytes, 0, bytes.length);
  value.setCompact(ValueType.Hash, Encoding.Listpack, ref);
}

/** Turns a listpack into a table. Fields are numbered in their order; of one that is there twice, the first stays. */
export function convert(store: ByteStore, value: Value): void {
  const table = new HashTable();
  // One more is why it is converted.
  table.reserve(size(store, value) + 1);
  const { ref } = value;
  const buffer = store.buffer(ref), base = store.offset(ref);
  const field = new listpack.ListpackEntry(), content = new listpack.ListpackEntry();
  let position = listpack.FIRST_POSITION;
  while (!listpack.atEnd(buffer, base, position)) {
    listpack.readEntry(buffer, base, position, field);
    position = listpack.nextPosition(buffer, base, position);
    listpack.readEntry(buffer, base, position, content);
    position = listpack.nextPosition(buffer, base, position);
    table.setNew(field.span(), content.span());
  }
  store.free(ref);
  value.setObject(ValueType.Hash, Encoding.Hashtable, table);
}

function fitsListpack(
  store: ByteStore,
  value: Value,
  field: ByteRange,
  content: ByteRange,
  limits: HashLimits,
): boolean {
  const longest = limits["hash-max-listpack-value"];
  const fieldLength = field.end - field.start, contentLength = content.end - content.start;
  return fieldLength <= longest && contentLength <= longest &&
    store.length(value.ref) + fieldLength + contentLength <= LARGEST_LISTPACK;
}

function tableOf(value: Value): HashTable {
  return value.object as HashTable;
}

/** The position of the value of the field at `place` of a listpack. */
function contentPosition(store: ByteStore, ref: number, place: number): number {
  return listpack.nextPosition(store.buffer(ref), store.offset(ref), place);
}

function orNone(store: ByteStore, value: Value, position: number): number {
  const { ref } = value;
  return listpack.atEnd(store.buffer(ref), store.offset(ref), position) ? NONE : position;
}

function sendBlob(store: ByteStore, ref: number, sink: ElementSink): void {
  const start = store.offset(ref);
  sink.bulkBytes(store.buffer(ref), start, start + store.length(ref));
}
