/** Hands over several entries of a listpack. */

import type { ByteStore } from "./byte_store.ts";
import { type ElementSink, sendEntry } from "./element_sink.ts";
import * as listpack from "./listpack.ts";
import { entrySize, entrySizeBefore } from "./listpack_entry.ts";

/** Hands over `count` entries, all of which exist, of a listpack from entry number `index` on. */
export function sendEntries(
  store: ByteStore,
  ref: number,
  index: number,
  count: number,
  sink: ElementSink,
): void {
  const buffer = store.buffer(ref), base = store.offset(ref);
  let at = base + listpack.positionAt(buffer, base, index);
  for (let left = count; left > 0; left--) {
    sendEntry(buffer, at, sink);
    at += entrySize(buffer, at);
  }
}

/** Hands over the last `count` entries, all of which exist, of a listpack, the last one first. */
export function sendEntriesReversed(
  store: ByteStore,
  ref: number,
  count: number,
  sink: ElementSink,
): void {
  const buffer = store.buffer(ref);
  let at = store.offset(ref) + store.length(ref) - 1;
  for (let left = count; left > 0; left--) {
    at -= entrySizeBefore(buffer, at);
    sendEntry(buffer, at, sink);
  }
}
