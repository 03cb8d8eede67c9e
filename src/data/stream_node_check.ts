/** Whether listpacks from outside are the nodes of a stream: see stream_node.ts for the layout. */

import * as listpack from "./listpack.ts";
import {
  entrySize,
  integerEntrySize,
  isIntegerEntry,
  LISTPACK_END,
  readInteger,
} from "./listpack_entry.ts";
import { addWrapped, compareIds, makeId, MIN_ID, type StreamId } from "./stream_id.ts";

const DELETED = 1;
const SAME_FIELDS = 2;

/** Flags, ms and seq. */
const HEAD_ELEMENTS = 3;

/** Reads elements of a sound listpack, one after the other, as long as they are what they have to be. */
class ElementReader {
  sound = true;

  constructor(private readonly buffer: Uint8Array, public at: number) {}

  get atEnd(): boolean {
    return this.buffer[this.at] === LISTPACK_END;
  }

  /** Passes over elements. */
  skip(count: number): void {
    for (; count > 0; count--) {
      if (this.atEnd) {
        this.sound = false;
        return;
      }
      this.at += entrySize(this.buffer, this.at);
    }
  }

  /** Reads an integer; 0 for anything else. */
  integer(): number | bigint {
    const { buffer, at } = this;
    if (this.atEnd || !isIntegerEntry(buffer, at)) this.sound = false;
    const value = this.sound ? readInteger(buffer, at) : 0;
    this.skip(1);
    return value;
  }

  /** As `count`, for a count that is written over later on: it is in the shortest form. */
  ownCount(): number {
    const { at } = this;
    const value = this.count();
    if (this.sound && this.at - at !== integerEntrySize(value)) this.sound = false;
    return value;
  }

  /** Reads a count: an integer that is not negative; -1 for anything else. */
  count(): number {
    const { buffer, at } = this;
    const value = !this.atEnd && isIntegerEntry(buffer, at) ? readInteger(buffer, at) : -1;
    this.skip(1);
    if (typeof value === "number" && value >= 0) return value;
    this.sound = false;
    return -1;
  }
}

/** Looks at the nodes of one stream, which come in their order. */
export class StreamNodeCheck {
  /** How many entries that are not deleted the nodes have so far. */
  live = 0;
  /** The ID of the last of them; 0-0 where there is none. */
  lastId: StreamId = MIN_ID;

  /**
   * Whether bytes `[start, end)`, a sound listpack, are a sound node with entries, whose IDs are greater
   * than those before. Of deleted entries the IDs say nothing: XSETID may have gone back behind them.
   */
  take(id: StreamId, buffer: Uint8Array, start: number, end: number): boolean {
    const reader = new ElementReader(buffer, start + listpack.FIRST_POSITION);
    const live = reader.ownCount(), deleted = reader.ownCount(), masterFields = reader.count();
    if (!reader.sound || masterFields > end - start) return false;
    reader.skip(masterFields);
    if (reader.count() !== 0) return false;
    let liveFound = 0, deletedFound = 0;
    while (reader.sound && !reader.atEnd) {
      // The flags are changed where they are: one byte.
      const flags = buffer[reader.at];
      if (flags > (DELETED | SAME_FIELDS)) return false;
      reader.skip(1);
      const ms = addWrapped(id.ms, reader.integer()), seq = addWrapped(id.seq, reader.integer());
      if ((flags & DELETED) !== 0) {
        deletedFound++;
      } else {
        const entryId = makeId(ms, seq);
        if (compareIds(entryId, this.lastId) <= 0 || compareIds(entryId, id) < 0) return false;
        this.lastId = entryId;
        liveFound++;
      }
      let elements = masterFields;
      if ((flags & SAME_FIELDS) === 0) {
        const fields = reader.count();
        if (fields > end - start) return false;
        elements = 2 * fields + 1;
        reader.skip(2 * fields);
      } else {
        reader.skip(masterFields);
      }
      if (!reader.sound || reader.count() !== HEAD_ELEMENTS + elements) return false;
    }
    this.live += live;
    return reader.sound && liveFound === live && deletedFound === deleted && live + deleted > 0;
  }
}
