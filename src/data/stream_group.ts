/** Consumer groups of a stream: who reads it, how far they are, and what they have not acknowledged. */

import { IdIndex } from "./stream_index.ts";
import type { StreamId, Unsigned64 } from "./stream_id.ts";
import { addInt64, subtractInt64 } from "./stream_counter.ts";

/** Estimates of memory, in bytes, with what refers to each. */
const PENDING_BYTES = 112;
const CONSUMER_BYTES = 256;
const GROUP_BYTES = 384;

/** Is told of changes to what is pending in a group: a snapshot that is not finished with it. */
export interface PendingWatcher {
  /** An entry is about to be changed. One that is removed stays as it was. */
  changing(entry: PendingEntry): void;
}

/** An entry that was delivered to a consumer and not acknowledged. */
export class PendingEntry implements StreamId {
  readonly ms: Unsigned64;
  readonly seq: Unsigned64;
  #consumer: Consumer;
  #deliveryTime: number | bigint;
  #deliveryCount: number | bigint;

  constructor(
    { ms, seq }: StreamId,
    consumer: Consumer,
    deliveryTime: number | bigint,
    deliveryCount: number | bigint = 1,
  ) {
    this.ms = ms;
    this.seq = seq;
    this.#consumer = consumer;
    this.#deliveryTime = deliveryTime;
    this.#deliveryCount = deliveryCount;
  }

  /** Whose it is. */
  get consumer(): Consumer {
    return this.#consumer;
  }

  set consumer(consumer: Consumer) {
    this.#changing();
    this.#consumer = consumer;
  }

  /** When it was delivered last, in ms since the epoch: an int64, which a file may have chosen. */
  get deliveryTime(): number | bigint {
    return this.#deliveryTime;
  }

  set deliveryTime(time: number | bigint) {
    this.#changing();
    this.#deliveryTime = time;
  }

  /** How long ago that was, in ms: an int64 that wraps around as it does in Redis. */
  idleTime(now: number): number | bigint {
    return subtractInt64(now, this.#deliveryTime);
  }

  /** How often it was delivered: an int64. */
  get deliveryCount(): number | bigint {
    return this.#deliveryCount;
  }

  set deliveryCount(count: number | bigint) {
    this.#changing();
    this.#deliveryCount = count;
  }

  /** A copy, which belongs to no group. */
  clone(): PendingEntry {
    return new PendingEntry(this, this.#consumer, this.#deliveryTime, this.#deliveryCount);
  }

  #changing(): void {
    const { watcher } = this.#consumer.group;
    if (watcher !== null) watcher.changing(this);
  }

  /** Counts one more delivery; as in Redis it wraps around. */
  countDelivery(): void {
    this.deliveryCount = addInt64(this.deliveryCount, 1);
  }
}

/** A member of a group. */
export class Consumer {
  /** What is pending for it; the group has the same entries. */
  readonly pending = new IdIndex<PendingEntry>();

  /** `seenTime`: when it was last served, in ms since the epoch: an int64, which a file may have chosen. */
  constructor(
    readonly name: string,
    public seenTime: number | bigint,
    readonly group: ConsumerGroup,
  ) {}
}

/** A sum of estimates of memory, which several groups count into. */
export interface MemoryTally {
  /** In bytes. */
  bytes: number;
}

/** A group of consumers that share the entries of a stream among them. */
export class ConsumerGroup {
  /** The last entry that was delivered to any of them. */
  lastId: StreamId;
  /** How many of all entries ever added it has read: an int64, or `READ_UNKNOWN`. */
  entriesRead: number | bigint;
  /** What is pending for any of them. */
  readonly pending = new IdIndex<PendingEntry>();
  /** Who is told before a pending entry changes. */
  watcher: PendingWatcher | null = null;
  readonly #consumers = new Map<string, Consumer>();
  #tally: MemoryTally | null = null;

  constructor(readonly name: string, lastId: StreamId, entriesRead: number | bigint) {
    this.lastId = lastId;
    this.entriesRead = entriesRead;
  }

  /** How many consumers there are. */
  get size(): number {
    return this.#consumers.size;
  }

  /** An estimate of the memory it holds, in bytes. */
  get memoryBytes(): number {
    return GROUP_BYTES + this.size * CONSUMER_BYTES + this.pending.size * PENDING_BYTES;
  }

  /** From now on what the group holds is a part of `tally`; with null of none. */
  countInto(tally: MemoryTally | null): void {
    if (this.#tally !== null) this.#tally.bytes -= this.memoryBytes;
    if (tally !== null) tally.bytes += this.memoryBytes;
    this.#tally = tally;
  }

  #grow(bytes: number): void {
    if (this.#tally !== null) this.#tally.bytes += bytes;
  }

  /** The consumer of this name. */
  consumer(name: string): Consumer | undefined {
    return this.#consumers.get(name);
  }

  /** The consumers, in order of their names. */
  consumers(): Consumer[] {
    return sortByName(this.#consumers.values());
  }

  /** Adds a consumer whose name is not taken. */
  addConsumer(name: string, now: number | bigint): Consumer {
    const consumer = new Consumer(name, now, this);
    this.#consumers.set(name, consumer);
    this.#grow(CONSUMER_BYTES);
    return consumer;
  }

  /** Removes a consumer with all that is pending for it. */
  removeConsumer(consumer: Consumer): void {
    for (const { ms, seq } of consumer.pending) this.pending.remove({ ms, seq });
    this.#consumers.delete(consumer.name);
    this.#grow(-CONSUMER_BYTES - consumer.pending.size * PENDING_BYTES);
  }

  /** Notes that an entry was delivered for the first time, or once again as if it were. */
  deliver(id: StreamId, consumer: Consumer, now: number): PendingEntry {
    const pending = this.pending.get(id);
    if (pending === undefined) return this.addPending(id, consumer, now);
    this.assign(pending, consumer);
    pending.deliveryTime = now;
    pending.deliveryCount = 1;
    return pending;
  }

  /** Makes an entry that is not pending so. */
  addPending(id: StreamId, consumer: Consumer, deliveryTime: number | bigint): PendingEntry {
    const pending = new PendingEntry(id, consumer, deliveryTime);
    this.pending.add(pending);
    consumer.pending.add(pending);
    this.#grow(PENDING_BYTES);
    return pending;
  }

  /** Gives a pending entry to a consumer. */
  assign(pending: PendingEntry, consumer: Consumer): void {
    if (pending.consumer === consumer) return;
    pending.consumer.pending.remove(pending);
    consumer.pending.add(pending);
    pending.consumer = consumer;
  }

  /** Makes an entry no longer pending; says whether it was. */
  acknowledge(id: StreamId): boolean {
    const pending = this.pending.remove(id);
    if (pending === undefined) return false;
    pending.consumer.pending.remove(id);
    this.#grow(-PENDING_BYTES);
    return true;
  }

  /** A copy that shares nothing. */
  clone(): ConsumerGroup {
    const copy = new ConsumerGroup(this.name, this.lastId, this.entriesRead);
    const consumers = new Map<Consumer, Consumer>();
    for (const consumer of this.#consumers.values()) {
      consumers.set(consumer, copy.addConsumer(consumer.name, consumer.seenTime));
    }
    for (const pending of this.pending) {
      const owner = consumers.get(pending.consumer);
      if (owner === undefined) throw new Error("a pending entry belongs to no consumer");
      const copied = copy.addPending(pending, owner, pending.deliveryTime);
      copied.deliveryCount = pending.deliveryCount;
    }
    return copy;
  }
}

/** What has a name, in the order in which Redis tells it: by the names' bytes. */
export function sortByName<T extends { readonly name: string }>(items: Iterable<T>): T[] {
  return [...items].sort((a, b) => a.name < b.name ? -1 : 1);
}
