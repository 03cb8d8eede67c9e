/** Walks over the entries of a stream. */

import { compareIds, type StreamId } from "./stream_id.ts";
import type { IdIndex } from "./stream_index.ts";
import { StreamEntry, type StreamNode } from "./stream_node.ts";

/**
 * Goes through the entries from one ID to another, both included, deleted ones left out. Valid until
 * the stream changes.
 *
 *     while (cursor.next()) cursor.entry.send(sink);
 */
export class StreamCursor {
  /** Where the cursor is, after a `next` that was true. */
  readonly entry = new StreamEntry();
  readonly #nodes: IdIndex<StreamNode>;
  readonly #start: StreamId;
  readonly #end: StreamId;
  readonly #reverse: boolean;
  #node: StreamNode | undefined;
  /** Where the next entry is; behind it when walking in reverse. */
  #position = 0;

  /** With `reverse` it goes from `end` to `start`. */
  constructor(nodes: IdIndex<StreamNode>, start: StreamId, end: StreamId, reverse = false) {
    this.#nodes = nodes;
    this.#start = start;
    this.#end = end;
    this.#reverse = reverse;
    this.#enter(reverse ? nodes.floor(end) : nodes.floor(start) ?? nodes.first);
  }

  /** Goes to the next entry; false where there is none. */
  next(): boolean {
    return this.#reverse ? this.#previousEntry() : this.#nextEntry();
  }

  #enter(node: StreamNode | undefined): void {
    this.#node = node;
    if (node !== undefined) this.#position = this.#reverse ? node.size - 1 : node.firstEntry;
  }

  #nextEntry(): boolean {
    const { entry } = this;
    for (let node = this.#node; node !== undefined; node = this.#node) {
      const position = this.#position;
      if (node.isEnd(position)) {
        this.#enter(this.#nodes.after(node));
        continue;
      }
      entry.read(node, position);
      this.#position = entry.end;
      if (node.isDeleted(position) || compareIds(entry, this.#start) < 0) continue;
      if (compareIds(entry, this.#end) <= 0) return true;
      this.#node = undefined;
    }
    return false;
  }

  #previousEntry(): boolean {
    const { entry } = this;
    for (let node = this.#node; node !== undefined; node = this.#node) {
      const position = node.entryBefore(this.#position);
      if (position < 0) {
        this.#enter(this.#nodes.before(node));
        continue;
      }
      entry.read(node, position);
      this.#position = position;
      if (node.isDeleted(position) || compareIds(entry, this.#end) > 0) continue;
      if (compareIds(entry, this.#start) >= 0) return true;
      this.#node = undefined;
    }
    return false;
  }
}
