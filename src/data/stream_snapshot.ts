/** A large stream as it was, while it changes. */

import { compareIds, type StreamId } from "./stream_id.ts";
import {
  type Consumer,
  type ConsumerGroup,
  PendingEntry,
  type PendingWatcher,
} from "./stream_group.ts";
import type { StreamNode } from "./stream_node.ts";
import type { Stream, StreamNodeWatcher } from "./stream.ts";

/**
 * Gives out the nodes that a stream has now, and all else that there is to it, bit by bit and as it is now.
 * A node that is about to change before its turn has come is copied.
 */
export class StreamSnapshot implements StreamNodeWatcher {
  readonly length: number;
  readonly entriesAdded: number | bigint;
  readonly firstId: StreamId;
  readonly lastId: StreamId;
  readonly maxDeletedId: StreamId;
  /** The groups, in order of their names. */
  readonly groups: readonly GroupSnapshot[];
  readonly #stream: Stream;
  readonly #nodes: Copies<StreamNode>;

  constructor(stream: Stream) {
    this.length = stream.length;
    this.entriesAdded = stream.entriesAdded;
    this.firstId = stream.firstId;
    this.lastId = stream.lastId;
    this.maxDeletedId = stream.maxDeletedId;
    this.groups = stream.groups().map((group) => new GroupSnapshot(group));
    this.#stream = stream;
    this.#nodes = new Copies(stream.listNodes());
    stream.watcher = this;
  }

  /** How many nodes there were. */
  get nodeCount(): number {
    return this.#nodes.size;
  }

  changing(node: StreamNode): void {
    this.#nodes.copy(node);
  }

  /** The next node, valid until the stream changes; null when there are no more. */
  nextNode(): StreamNode | null {
    return this.#nodes.next();
  }

  /** Nothing more is wanted. */
  end(): void {
    this.#stream.watcher = null;
    for (const group of this.groups) group.end();
  }
}

/** A consumer as it was. */
export interface ConsumerSnapshot {
  /** Itself, as it is now. */
  readonly consumer: Consumer;
  readonly name: string;
  readonly seenTime: number | bigint;
  /** How many entries were pending for it. */
  readonly pendingCount: number;
}

/** The part of a snapshot that is a group of consumers. */
export class GroupSnapshot implements PendingWatcher {
  readonly name: string;
  readonly lastId: StreamId;
  readonly entriesRead: number | bigint;
  /** The consumers, in order of their names. */
  readonly consumers: readonly ConsumerSnapshot[];
  readonly #group: ConsumerGroup;
  readonly #pending: Copies<PendingEntry>;

  constructor(group: ConsumerGroup) {
    this.name = group.name;
    this.lastId = group.lastId;
    this.entriesRead = group.entriesRead;
    this.consumers = group.consumers().map((consumer) => {
      const { name, seenTime, pending } = consumer;
      return { consumer, name, seenTime, pendingCount: pending.size };
    });
    this.#group = group;
    this.#pending = new Copies(group.pending.list());
    group.watcher = this;
  }

  /** How many entries were pending. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  changing(entry: PendingEntry): void {
    this.#pending.copy(entry);
  }

  /** The next pending entry, valid until the group changes; null when there are no more. */
  nextPending(): PendingEntry | null {
    return this.#pending.next();
  }

  /** Nothing more is wanted. */
  end(): void {
    this.#group.watcher = null;
  }
}

/** Items in the order of their IDs, given out one by one; copies stand in the place of those that change. */
class Copies<Item extends StreamId & { clone(): Item }> {
  readonly #items: Item[];
  #at = 0;

  constructor(items: Item[]) {
    this.#items = items;
  }

  get size(): number {
    return this.#items.length;
  }

  copy(item: Item): void {
    const items = this.#items;
    let low = this.#at, high = items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareIds(items[middle], item) < 0) low = middle + 1;
      else high = middle;
    }
    if (items[low] === item) items[low] = item.clone();
  }

  next(): Item | null {
    return this.#at < this.#items.length ? this.#items[this.#at++] : null;
  }
}
