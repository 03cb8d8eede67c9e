/**
 * Streams: entries of fields and values that are appended under growing IDs, and groups of consumers
 * that read them. https://redis.io/docs/latest/develop/data-types/streams/
 */

import { ARRAY_COST, OBJECT_COST } from "./memory_costs.ts";
import { addInt64, type StreamSummary } from "./stream_counter.ts";
import { StreamCursor } from "./stream_cursor.ts";
import { type ConsumerGroup, type MemoryTally, sortByName } from "./stream_group.ts";
import { compareIds, makeId, MAX_ID, MIN_ID, type StreamId } from "./stream_id.ts";
import { IdIndex } from "./stream_index.ts";
import { type ArgumentSource, StreamEntry, StreamNode } from "./stream_node.ts";
import { countRadixNodes } from "./stream_radix.ts";
import type { ValueObject } from "./value.ts";

/** When a node is full; a server's settings have these properties. */
export interface StreamLimits {
  /** 0: no limit but `LARGEST_NODE`. */
  readonly "stream-node-max-bytes": number;
  /** How many entries, deleted ones included; 0: no limit. */
  readonly "stream-node-max-entries": number;
}

/** Is told of changes to the nodes of a stream: a snapshot that is not finished with them. */
export interface StreamNodeWatcher {
  /** A node is about to be changed. One that is removed stays as it was. */
  changing(node: StreamNode): void;
}

/** What a stream is shortened to. */
export interface Trim {
  /** Keep this many entries, or those from an ID on. */
  readonly to: number | StreamId;
  /** Remove whole nodes only. */
  readonly approximate: boolean;
  /** Remove no more entries than that; 0: no limit. */
  readonly limit: number;
}

/** No node, and no entry's fields and values together, are longer, in bytes. */
export const LARGEST_NODE = 1 << 30;

/** What a stream takes beside its nodes and groups, and a node beside its listpack, in bytes; estimates. */
const STREAM_BYTES = 16 * OBJECT_COST;
const NODE_BYTES = ARRAY_COST + 2 * OBJECT_COST;

/** A stream. */
export class Stream implements ValueObject, StreamSummary {
  /** How many entries there are, unless a file said otherwise. Below 0 it stands for 2^64 more, as in Redis. */
  length = 0;
  entriesAdded: number | bigint = 0;
  firstId: StreamId = MIN_ID;
  lastId: StreamId = MIN_ID;
  maxDeletedId: StreamId = MIN_ID;
  /** Who is told before a node changes. */
  watcher: StreamNodeWatcher | null = null;
  readonly #nodes = new IdIndex<StreamNode>();
  readonly #groups = new Map<string, ConsumerGroup>();
  readonly #groupMemory: MemoryTally = { bytes: 0 };
  /** Bytes of the nodes' arrays. */
  #nodeBytes = 0;
  /** The number of radix tree nodes; 0: to be counted. */
  #radixNodes = 1;
  readonly #found = new StreamEntry();

  get memoryBytes(): number {
    const nodes = this.#nodeBytes + this.#nodes.size * NODE_BYTES;
    return STREAM_BYTES + nodes + this.#groupMemory.bytes;
  }

  /** Redis takes the group that is first by name for one like all. */
  get parts(): number {
    const [first] = this.groups();
    return this.radixNodes + (first ? this.groupCount * (1 + first.pending.size) : 0);
  }

  /** The nodes in order: their listpacks are what an RDB file holds. */
  get nodes(): Iterable<StreamNode> {
    return this.#nodes;
  }

  /** The nodes in order, in an array of the caller's own. */
  listNodes(): StreamNode[] {
    return this.#nodes.list();
  }

  /** How many nodes there are. */
  get nodeCount(): number {
    return this.#nodes.size;
  }

  /** How many nodes Redis' radix tree would have. */
  get radixNodes(): number {
    return this.#radixNodes ||= countRadixNodes(this.#nodes);
  }

  /** Whether there are said to be more entries than that. */
  isLongerThan(count: number | bigint): boolean {
    return unsigned(this.length) > count;
  }

  // --- Entries -----------------------------------------------------------------------------------

  /**
   * Appends an entry of the fields and values that are arguments `[first, argc)`. The ID, which is kept,
   * must be greater than the last one.
   */
  append(id: StreamId, source: ArgumentSource, first: number, limits: StreamLimits): void {
    let node = this.#nodes.last;
    if (node !== undefined && this.watcher !== null) this.watcher.changing(node);
    if (node === undefined) {
      node = this.#addNode(StreamNode.create(id, source, first, 0));
    } else if (isFull(node, source, first, limits)) {
      this.#nodeBytes -= node.bytes.length;
      node.fit();
      this.#nodeBytes += node.bytes.length;
      // What comes is likely to be as long as what came, or a little longer.
      const capacity = node.size + (node.size >> 3);
      node = this.#addNode(StreamNode.create(id, source, first, capacity));
    }
    const before = node.bytes.length;
    node.append(id, source, first);
    this.#nodeBytes += node.bytes.length - before;
    this.length++;
    this.entriesAdded = addInt64(this.entriesAdded, 1);
    this.lastId = id;
    if (this.length === 1) this.firstId = id;
  }

  /** Walks over the entries from `start` to `end`, both included; in reverse from `end` to `start`. */
  range(start: StreamId = MIN_ID, end: StreamId = MAX_ID, reverse = false): StreamCursor {
    return new StreamCursor(this.#nodes, start, end, reverse);
  }

  /** The entry with this ID, or null; reused by the next call, valid until the stream changes. */
  find(id: StreamId): StreamEntry | null {
    const entry = this.#found;
    let node = this.#nodes.floor(id);
    for (; node !== undefined; node = this.#nodes.after(node)) {
      for (let position = node.firstEntry; !node.isEnd(position); position = entry.end) {
        entry.read(node, position);
        // What is deleted says nothing about the order: after XSETID the same ID may come again.
        const order = node.isDeleted(position) ? -1 : compareIds(entry, id);
        if (order >= 0) return order === 0 ? entry : null;
      }
    }
    return null;
  }

  /** Whether there is an entry with this ID. */
  has(id: StreamId): boolean {
    return this.find(id) !== null;
  }

  /** The ID of the last entry that is there; 0-0 where there is none. */
  get lastEntryId(): StreamId {
    return firstOf(this.range(MIN_ID, MAX_ID, true)) ?? MIN_ID;
  }

  /** The ID of the first entry, or of the deleted ones before it that are still in its node. */
  get firstRecordedId(): StreamId {
    const node = this.#nodes.first;
    if (node === undefined) return MAX_ID;
    this.#found.read(node, node.firstEntry);
    return makeId(this.#found.ms, this.#found.seq);
  }

  /** Deletes the entries with these IDs, as far as they are there; returns how many were. */
  deleteEntries(ids: readonly StreamId[]): number {
    let deleted = 0, deletedFirst = false;
    for (const id of ids) {
      const entry = this.find(id);
      if (entry === null) continue;
      const node = entry.node as StreamNode;
      if (node.live === 1) this.#removeNode(node);
      else this.#markDeleted(node, [entry.position]);
      this.length--;
      deleted++;
      if (compareIds(id, this.firstId) === 0) deletedFirst = true;
      if (compareIds(id, this.maxDeletedId) > 0) this.maxDeletedId = makeId(id.ms, id.seq);
    }
    this.#endIfEmpty();
    if (deletedFirst || this.length === 0) this.#updateFirstId();
    return deleted;
  }

  /** Removes entries from the beginning; returns how many. */
  trim({ to, approximate, limit }: Trim): number {
    let removed = 0;
    for (let node = this.#nodes.first; node !== undefined; node = this.#nodes.first) {
      if (typeof to === "number" && !this.isLongerThan(to)) break;
      if (limit > 0 && removed + node.live > limit) break;
      if (this.#isBefore(node, to)) {
        this.#removeNode(node);
        this.length -= node.live;
        removed += node.live;
      } else {
        if (!approximate) removed += this.#trimNode(node, to);
        break;
      }
    }
    this.#endIfEmpty();
    if (removed > 0) this.#updateFirstId();
    return removed;
  }

  /**
   * Adds a node with entries that came from outside; false if there is one with its ID. The stream's
   * length, IDs and counters are the caller's to set.
   */
  adoptNode(node: StreamNode): boolean {
    if (this.#nodes.get(node) !== undefined) return false;
    this.#addNode(node);
    return true;
  }

  /** The ID of the first entry that is there; 0-0 where there is none. */
  get firstLiveId(): StreamId {
    return firstOf(this.range()) ?? MIN_ID;
  }

  // --- Groups ------------------------------------------------------------------------------------

  /** How many groups there are. */
  get groupCount(): number {
    return this.#groups.size;
  }

  /** The group of this name. */
  group(name: string): ConsumerGroup | undefined {
    return this.#groups.get(name);
  }

  /** The groups, in order of their names. */
  groups(): ConsumerGroup[] {
    return sortByName(this.#groups.values());
  }

  /** Adds a group whose name is not taken. */
  addGroup(group: ConsumerGroup): void {
    this.#groups.set(group.name, group);
    group.countInto(this.#groupMemory);
  }

  /** Removes a group; says whether it was there. */
  removeGroup(name: string): boolean {
    this.#groups.get(name)?.countInto(null);
    return this.#groups.delete(name);
  }

  clone(): Stream {
    const copy = new Stream();
    copy.length = this.length;
    copy.entriesAdded = this.entriesAdded;
    copy.firstId = this.firstId;
    copy.lastId = this.lastId;
    copy.maxDeletedId = this.maxDeletedId;
    for (const node of this.#nodes) copy.#addNode(node.clone());
    for (const group of this.#groups.values()) copy.addGroup(group.clone());
    return copy;
  }

  #addNode(node: StreamNode): StreamNode {
    this.#nodes.add(node);
    this.#nodeBytes += node.bytes.length;
    this.#radixNodes = 0;
    return node;
  }

  #removeNode(node: StreamNode): void {
    this.#nodes.remove(node);
    this.#nodeBytes -= node.bytes.length;
    this.#radixNodes = 0;
  }

  #markDeleted(node: StreamNode, positions: readonly number[]): void {
    if (this.watcher !== null) this.watcher.changing(node);
    const before = node.bytes.length;
    node.markDeleted(positions);
    this.#nodeBytes += node.bytes.length - before;
  }

  /** Without nodes there are no entries, whatever a file said: no loader takes a stream that says otherwise. */
  #endIfEmpty(): void {
    if (this.#nodes.size === 0) this.length = 0;
  }

  #updateFirstId(): void {
    this.firstId = this.length === 0 ? MIN_ID : this.firstLiveId;
  }

  /** Whether trimming to `to` removes all of a node; its last entry counts even when it is deleted. */
  #isBefore(node: StreamNode, to: number | StreamId): boolean {
    if (typeof to === "number") return unsigned(this.length - node.live) >= to;
    this.#found.read(node, node.lastEntry);
    return compareIds(this.#found, to) < 0;
  }

  /** Marks entries at the beginning of a node as deleted; returns how many. */
  #trimNode(node: StreamNode, to: number | StreamId): number {
    const entry = this.#found;
    const positions: number[] = [];
    for (let position = node.firstEntry; !node.isEnd(position); position = entry.end) {
      entry.read(node, position);
      const stop = typeof to === "number"
        ? unsigned(this.length - positions.length) <= to
        : compareIds(entry, to) >= 0;
      if (stop) break;
      if (!node.isDeleted(position)) positions.push(position);
    }
    this.#markDeleted(node, positions);
    this.length -= positions.length;
    return positions.length;
  }
}

/** A length as Redis compares it. */
function unsigned(length: number): number {
  return length < 0 ? length + 2 ** 64 : length;
}

/** Whether an entry needs a node of its own, or one for those that follow. */
function isFull(
  node: StreamNode,
  source: ArgumentSource,
  first: number,
  limits: StreamLimits,
): boolean {
  const maxBytes = limits["stream-node-max-bytes"], maxEntries = limits["stream-node-max-entries"];
  const bytes = node.size + contentLength(source, first);
  if (bytes >= (maxBytes === 0 ? LARGEST_NODE : Math.min(maxBytes, LARGEST_NODE))) return true;
  return maxEntries > 0 && node.live + node.deleted >= maxEntries;
}

/** How many bytes the arguments `[first, argc)` have together. */
export function contentLength(source: ArgumentSource, first: number): number {
  let length = 0;
  for (let i = first; i < source.argc; i++) length += source.argEnd(i) - source.argStart(i);
  return length;
}

/** A copy of the ID that a fresh cursor comes to first, or null. */
function firstOf(cursor: StreamCursor): StreamId | null {
  return cursor.next() ? makeId(cursor.entry.ms, cursor.entry.seq) : null;
}
