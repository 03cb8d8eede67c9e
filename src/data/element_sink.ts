/** How the elements of a collection are handed over one by one, without an object for each. */

import { isIntegerEntry, readInteger, stringHead, stringLength } from "./listpack_entry.ts";

/**
 * Takes elements: as bytes where they lie, or as the integer that a compact encoding stores in their
 * place. A `ReplyWriter` is one, so a reply is a copy from where the element is stored.
 */
export interface ElementSink {
  /** Takes bytes `[start, end)` of `buffer`, which are only valid during the call. */
  bulkBytes(buffer: Uint8Array, start: number, end: number): void;
  /** Takes an int64, which stands for its decimal digits. */
  bulkInteger(value: number | bigint): void;
}

/** Hands over the listpack entry that begins at `at` in `buffer`. */
export function sendEntry(buffer: Uint8Array, at: number, sink: ElementSink): void {
  if (isIntegerEntry(buffer, at)) {
    sink.bulkInteger(readInteger(buffer, at));
  } else {
    const start = at + stringHead(buffer, at);
    sink.bulkBytes(buffer, start, start + stringLength(buffer, at));
  }
}
