/** Whether a listpack from outside is a node of a stream: see stream_node.ts for the layout. */

import * as listpack from "./listpack.ts";
import { entrySize, isIntegerEntry, LISTPACK_END, readInteger } from "./listpack_entry.ts";

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

  /** Passes over an integer. */
  skipInteger(): void {
    if (!isIntegerEntry(this.buffer, this.at)) this.sound = false;
    this.skip(1);
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

/** Whether bytes `[start, end)`, a sound listpack, are a sound node of a stream with entries. */
export function isStreamListpack(buffer: Uint8Array, start: number, end: number): boolean {
  const reader = new ElementReader(buffer, start + listpack.FIRST_POSITION);
  const live = reader.count(), deleted = reader.count(), masterFields = reader.count();
  if (!reader.sound || masterFields > end - start) return false;
  reader.skip(masterFields);
  if (reader.count() !== 0) return false;
  let liveFound = 0, deletedFound = 0;
  while (reader.sound && !reader.atEnd) {
    // The flags are changed where they are: one byte.
    const flags = buffer[reader.at];
    if (flags > (DELETED | SAME_FIELDS)) return false;
    if ((flags & DELETED) !== 0) deletedFound++;
    else liveFound++;
    reader.skip(1);
    reader.skipInteger();
    reader.skipInteger();
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
  return reader.sound && liveFound === live && deletedFound === deleted && live + deleted > 0;
}
