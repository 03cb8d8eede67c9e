/** One database: key → value, with times to live and the clocks of use. */

import { randomBelow } from "../base/sampling.ts";
import { type ByteRange, copySpan, Span } from "../base/span.ts";
import type { ByteStore } from "../data/byte_store.ts";
import type { ScanStep } from "../data/table_scan.ts";
import { type Encoding, isCompact, Value, ValueType } from "../data/value.ts";
import { Contents } from "./contents.ts";
import { EventClass } from "./events.ts";
import { type ExpiryIndex, NO_EXPIRY } from "./expiry.ts";
import type { Removal } from "./lazy_freeing.ts";
import type { KeyspaceState } from "./keyspace_state.ts";

/** What look-ups answer for a key that does not exist. */
export const NO_ROW = -1;

/** So many random rows are tried before one that has expired, and may not be removed, is good enough. */
const RANDOM_TRIES = 100;
/** Up to so many bytes. */
const SHORT_KEY = 1024;

/**
 * A numbered database. Rows are found with `lookupRead`, `lookupWrite` or `peek`; a row number is
 * valid until a key is added or removed. Keys whose time has come are never found.
 */
export class Database {
  /** The number that SELECT knows it by. */
  readonly index: number;
  readonly keyspace: KeyspaceState<Database>;
  #contents: Contents;
  readonly #loaded = new Value();
  readonly #freed = new Value();
  readonly #key = new Span();

  constructor(keyspace: KeyspaceState<Database>, index: number) {
    this.keyspace = keyspace;
    this.index = index;
    this.#contents = this.#createContents(keyspace);
  }

  #createContents({ seed, touched, chainsSlots }: KeyspaceState<Database>): Contents {
    return new Contents(seed, touched, chainsSlots && this.index === 0);
  }

  /** How many keys there are, those included whose time has come unnoticed. */
  get size(): number {
    return this.#contents.table.size;
  }

  /** The table of keys, for a snapshot: it changes hands with FLUSHDB and SWAPDB. */
  get contents(): Contents {
    return this.#contents;
  }

  /** The bytes of compact values. */
  get store(): ByteStore {
    return this.#contents.store;
  }

  /** Which rows expire. */
  get expiry(): ExpiryIndex {
    return this.#contents.expiry;
  }

  // --- Finding -----------------------------------------------------------------------------------

  // Five ways to look, by the traces that they leave. All of them remove a key whose time has come, but
  // where expired keys have to stay; none of them finds it.
  //
  //                     counts hits, misses   tells of a miss   marks the use
  //   peek
  //   peekCounted       yes
  //   lookupUntouched   yes                   yes
  //   lookupRead        yes                   yes               yes
  //   lookupWrite                                               yes

  /** The row of a key that is about to be read, or `NO_ROW`. */
  lookupRead(key: ByteRange): number {
    const row = this.lookupUntouched(key);
    if (row !== NO_ROW) this.#touch(row);
    return row;
  }

  /** The row of a key that is asked about, or `NO_ROW`: not what it holds is wanted (TTL, TYPE, EXISTS). */
  lookupUntouched(key: ByteRange): number {
    const row = this.peekCounted(key);
    if (row === NO_ROW) this.notify(EventClass.KeyMiss, "keymiss", key);
    return row;
  }

  /** The row of a key that is looked at from outside, or `NO_ROW` (OBJECT). */
  peekCounted(key: ByteRange): number {
    const row = this.peek(key);
    if (row !== NO_ROW) this.keyspace.hits++;
    else this.keyspace.misses++;
    return row;
  }

  /** The row of a key that is about to be changed, or `NO_ROW`. A snapshot is given what it held before. */
  lookupWrite(key: ByteRange): number {
    const row = this.peek(key);
    if (row === NO_ROW) {
      if (this.keyspace.ownExpiries !== null) this.#removeDue(key);
      return row;
    }
    const { watcher } = this.#contents;
    if (watcher !== null) watcher.lookedUp(row);
    this.#touch(row);
    return row;
  }

  /** The row of a key, or `NO_ROW`. */
  peek(key: ByteRange): number {
    const contents = this.#contents;
    const hash = this.keyspace.lookAhead.keys.ofSpan(key);
    const row = contents.table.findHashed(hash, key.buffer, key.start, key.end);
    if (row === NO_ROW || !contents.expires(row)) return row;
    return this.expireIfDue(row) ? NO_ROW : row;
  }

  /** Whether a key exists. */
  has(key: ByteRange): boolean {
    return this.peek(key) !== NO_ROW;
  }

  /** Whether a key exists, for who must leave everything as it is: it stays if its time has come. */
  holds({ buffer, start, end }: ByteRange): boolean {
    const row = this.#contents.table.find(buffer, start, end);
    return row !== NO_ROW && !this.isDue(row);
  }

  /**
   * A random row whose key has not expired, or `NO_ROW` where there is none. Where expired keys may not
   * be removed it can be one of those, lest the search never ends.
   */
  randomRow(): number {
    const { table } = this.#contents;
    for (let tries = 1; table.size > 0; tries++) {
      const row = randomBelow(table.size);
      if (!this.expireIfDue(row)) return row;
      if (this.keyspace.keepsExpired.isHeld && tries === RANDOM_TRIES) return row;
    }
    return NO_ROW;
  }

  /**
   * Finds about `count` rows from a cursor on: see `Table.scan`. Rows whose time has come are included. They
   * come in descending order, so that whoever is at one may remove it.
   */
  scan(cursor: number, count: number): ScanStep {
    const { next, places } = this.#contents.table.scan(cursor, count);
    return { next, places: descending(places) };
  }

  // --- Rows --------------------------------------------------------------------------------------

  /** The key of a row; the span is the caller's own. */
  keyOf(row: number, span: Span = this.#key): Span {
    return this.#contents.table.keySpan(row, span);
  }

  typeOf(row: number): ValueType {
    return this.#contents.typeOf(row);
  }

  encodingOf(row: number): Encoding {
    return this.#contents.encodingOf(row);
  }

  /** Whether the row's value is as COPY made it. */
  isCopy(row: number): boolean {
    return this.#contents.isCopy(row);
  }

  /** Says that the row's value was made by COPY; whatever is written to it ends that. */
  markCopy(row: number): void {
    this.#contents.markCopy(row);
  }

  /** Where a compact value's bytes are in `store`. */
  refOf(row: number): number {
    const contents = this.#contents;
    if (contents.watcher !== null) contents.watcher.openingBytes(row);
    return contents.refOf(row);
  }

  /** Points `span` at a compact value's bytes: a string's text, a listpack, an intset. */
  bytesOf(row: number, span: Span): Span {
    return this.#contents.store.span(this.refOf(row), span);
  }

  /** The row's value; `value` is reused by the next call unless the caller brings its own. */
  load(row: number, value: Value = this.#loaded): Value {
    const { watcher, objectMemory } = this.#contents;
    if (watcher !== null) watcher.loading(row);
    this.#contents.load(row, value);
    if (value.object !== null) objectMemory.touch(value.object);
    return value;
  }

  /** Puts a value that was loaded from the row, and changed, back. */
  save(row: number, value: Value): void {
    const contents = this.#contents;
    const was = contents.encodingOf(row);
    contents.setTag(row, value.type, value.encoding);
    contents.setRef(row, value.ref);
    if (value.object !== null || !isCompact(was)) {
      contents.setObject(row, value.object ?? undefined);
    }
  }

  /** Sets a compact value's place and encoding, when that is all that changed. */
  saveCompact(row: number, type: ValueType, encoding: Encoding, ref: number): void {
    this.#contents.setTag(row, type, encoding);
    this.#contents.setRef(row, ref);
  }

  /** Adds a key that does not exist; the database owns the value from now on. */
  add(key: ByteRange, value: Value): number {
    const row = this.restore(key, value);
    if (value.type !== ValueType.String) this.keyspace.observer.keyReady(this, key);
    this.notify(EventClass.New, "new", key);
    return row;
  }

  /** As `add`, for what comes from a file: nobody who listens or waits hears of it. */
  restore(key: ByteRange, value: Value): number {
    const contents = this.#contents;
    if (this.keyspace.ownExpiries !== null) this.#removeDue(key);
    const hash = this.keyspace.lookAhead.keys.ofSpan(key);
    const row = contents.add(hash, key);
    contents.setAccess(row, this.keyspace.accessClock.initial());
    contents.place(row, value);
    return row;
  }

  /**
   * Gives a row another value and frees the one it had. The row stays; so does its time to live, which the
   * caller removes where it must.
   */
  replace(row: number, value: Value): void {
    const contents = this.#contents;
    contents.changing(row);
    this.#free(row, "server");
    const { accessClock } = this.keyspace;
    // How often a key is used does not depend on what it holds.
    if (!accessClock.lfu) contents.setAccess(row, accessClock.initial());
    contents.place(row, value);
    if (value.type !== ValueType.String) {
      this.keyspace.observer.keyReady(this, contents.table.keySpan(row, this.#key));
    }
  }

  /** Sets a key to a value, whatever was there; it lives for ever unless `keepExpiry`. */
  set(key: ByteRange, value: Value, keepExpiry = false): number {
    const row = this.lookupWrite(key);
    if (row === NO_ROW) return this.add(key, value);
    this.replace(row, value);
    if (!keepExpiry) this.#contents.deleteExpiry(row);
    return row;
  }

  /**
   * Makes a key hold a string, where `row` is what `lookupWrite` or `lookupRead` found for the key. The
   * memory of the value that it had is used again where the text fits. Its time to live stays, as with
   * `replace`. Returns the row.
   */
  setString(row: number, key: ByteRange, text: ByteRange, encoding: Encoding): number {
    const contents = this.#contents;
    const { store } = contents;
    const { buffer, start, end } = text;
    if (row === NO_ROW) {
      const ref = store.put(buffer, start, end);
      return this.add(key, this.#loaded.setCompact(ValueType.String, encoding, ref));
    }
    contents.changing(row);
    if (contents.mayOverwrite(row)) {
      this.#countFreed(row, "server");
      contents.setRef(row, store.overwrite(contents.refOf(row), buffer, start, end));
    } else {
      const ref = store.put(buffer, start, end);
      this.#free(row, "server");
      contents.setRef(row, ref);
    }
    contents.setTag(row, ValueType.String, encoding);
    return row;
  }

  /** Removes a row and frees its value, for a reason that counts. The last row takes its number. */
  remove(row: number, why: Removal = "server"): void {
    this.#contents.changing(row);
    this.#free(row, why);
    this.#contents.remove(row);
  }

  /** Takes a row's value out and removes the row: the value is the caller's (RENAME, MOVE). */
  take(row: number, value: Value): Value {
    this.#contents.changing(row);
    this.#tellStreamGone(row);
    this.#contents.load(row, value);
    this.#contents.remove(row);
    return value;
  }

  // --- Times to live and of use ------------------------------------------------------------------

  /**
   * When the row expires, in ms since the epoch, or `NO_EXPIRY`. Rounded to a double beyond 2^53, so it
   * is for comparing; see `exactExpiryOf`.
   */
  expiryOf(row: number): number {
    return this.#contents.expiryOf(row);
  }

  /** As `expiryOf`, exact to 64 bits: for whoever tells it to somebody. */
  exactExpiryOf(row: number): number | bigint {
    return this.#contents.expiry.exactAt(row);
  }

  /**
   * Makes the row expire at `time` (ms since the epoch, not negative), or live for ever with
   * `NO_EXPIRY`.
   */
  setExpiry(row: number, time: number | bigint): void {
    this.#contents.changing(row);
    if (time === NO_EXPIRY) this.#contents.deleteExpiry(row);
    else {
      this.#contents.setExpiry(row, time);
      const { ownExpiries, findsExpired } = this.keyspace;
      if (ownExpiries !== null && !findsExpired.isHeld) ownExpiries.note(this, this.keyOf(row));
    }
  }

  /** Makes the row live for ever; says whether it did not before. */
  persist(row: number): boolean {
    this.#contents.changing(row);
    return this.#contents.deleteExpiry(row);
  }

  /** Whether the row's time has come. */
  isDue(row: number): boolean {
    const time = this.#contents.expiryOf(row);
    return time !== NO_EXPIRY && time < this.keyspace.now && !this.keyspace.loading.isHeld &&
      !this.keyspace.findsExpired.isHeld;
  }

  /** Whether the row's time has come; the row is removed then, unless expired keys have to stay. */
  expireIfDue(row: number): boolean {
    if (!this.isDue(row)) return false;
    if (!this.keyspace.keepsExpired.isHeld) this.removeExpired(row);
    return true;
  }

  /** Removes a key that is there only because others may not remove it: it is about to be written. */
  #removeDue({ buffer, start, end }: ByteRange): void {
    const row = this.#contents.table.find(buffer, start, end);
    if (row !== NO_ROW && this.isDue(row)) this.removeExpired(row);
  }

  /** Removes a row whose time has come, and tells those who must know. */
  removeExpired(row: number): void {
    const { expiredKey } = this.keyspace, taken = this.keyOf(row);
    // Millions may be due at one moment: their keys are copied to the same place, if they are not long.
    const isShort = taken.end - taken.start <= SHORT_KEY;
    const key = isShort ? expiredKey.take(taken) : Span.of(copySpan(taken));
    this.keyspace.expired++;
    this.remove(row, "expiry");
    this.keyspace.observer.keyExpired(this, key);
    this.notify(EventClass.Expired, "expired", key);
    this.keyspace.observer.keyLost(this, key);
  }

  /** The row's access word. */
  accessOf(row: number): number {
    return this.#contents.accessOf(row);
  }

  /** Sets the row's access word (RESTORE with IDLETIME or FREQ). */
  setAccess(row: number, word: number): void {
    this.#contents.changing(row);
    this.#contents.setAccess(row, word);
  }

  // --- Slots of a cluster ------------------------------------------------------------------------

  /** How many keys a slot has, those included whose time has come unnoticed; where slots are chained. */
  countOfSlot(slot: number): number {
    return this.#contents.slots?.count(slot) ?? 0;
  }

  /** The rows of a slot, the newest first; they may not be removed meanwhile. */
  *rowsOfSlot(slot: number): Generator<number> {
    const { slots } = this.#contents;
    if (slots === null) return;
    for (let row = slots.first(slot); row !== NO_ROW; row = slots.after(row)) yield row;
  }

  // --- Telling -----------------------------------------------------------------------------------

  /**
   * Says that a command changed a key: those who watch it are told, the event is published, and the
   * data set is dirtier by `dirty` changes (what makes the command propagate).
   */
  changed(key: ByteRange, eventClass: number, event: string, dirty = 1): void {
    this.keyspace.observer.keyChanged(this, key);
    this.notify(eventClass, event, key);
    this.keyspace.dirty += dirty;
  }

  /** Publishes a keyspace event, where `notify-keyspace-events` asks for its class. */
  notify(eventClass: number, event: string, key: ByteRange): void {
    const { keyspace } = this;
    if ((keyspace.eventClasses & eventClass) !== 0) {
      keyspace.observer.keyEvent(this, eventClass, event, key);
    }
  }

  // --- All of it ---------------------------------------------------------------------------------

  /**
   * Removes every key, in constant time: the memory goes back as the collector finds it. Says how many
   * there were.
   */
  clear(): number {
    const removed = this.size;
    this.keyspace.observer.databaseChanged(this, null);
    this.#contents = this.#createContents(this.keyspace);
    return removed;
  }

  /** Exchanges the contents of two databases (SWAPDB). */
  swapWith(other: Database): void {
    const { observer } = this.keyspace;
    observer.databaseChanged(this, other);
    observer.databaseChanged(other, this);
    [this.#contents, other.#contents] = [other.#contents, this.#contents];
  }

  /** Has the keys of a database of another keyspace, which shares what it must, in place of its own. */
  takeFrom(other: Database): void {
    this.keyspace.observer.databaseChanged(this, other);
    this.#contents = other.#contents;
    other.#contents = other.#createContents(other.keyspace);
  }

  /** An estimate of the memory that a key with its value takes, in bytes. */
  memoryOf(row: number): number {
    return this.#contents.memoryOf(row);
  }

  /** The memory that the table of keys takes beside the keys and values themselves, in bytes. */
  get indexBytes(): number {
    return this.#contents.table.indexBytes;
  }

  /** An estimate of the memory held by keys and values, in bytes. */
  get memoryBytes(): number {
    return this.#contents.memoryBytes;
  }

  #touch(row: number): void {
    if (this.keyspace.leavesNoTrace) return;
    const contents = this.#contents;
    if (contents.watcher !== null) contents.watcher.used(row);
    contents.setAccess(row, this.keyspace.accessClock.touched(contents.accessOf(row)));
  }

  /** Counts a value that goes where that is done lazily. */
  #countFreed(row: number, why: Removal): void {
    const { lazyFreeing } = this.keyspace;
    if (!lazyFreeing.isLazy[why]) return;
    lazyFreeing.valueGoes(this.store, this.#contents.load(row, this.#freed), why);
  }

  #free(row: number, why: Removal): void {
    const contents = this.#contents;
    this.#countFreed(row, why);
    if (isCompact(this.encodingOf(row))) {
      contents.store.free(contents.refOf(row));
    } else {
      this.#tellStreamGone(row);
      contents.setObject(row, undefined);
    }
  }

  /** Who waits as one of a stream's consumers has to be told when the stream goes. */
  #tellStreamGone(row: number): void {
    if (this.typeOf(row) !== ValueType.Stream) return;
    this.keyspace.observer.keyReady(this, this.#contents.table.keySpan(row, this.#key));
  }
}

/** Up to so many numbers are sorted with a comparison in less time than typed arrays take to be made. */
const FEW = 64;

function descending(numbers: readonly number[]): readonly number[] {
  if (numbers.length <= FEW) return numbers.toSorted((a, b) => b - a);
  return Array.from(Int32Array.from(numbers).sort().reverse());
}
