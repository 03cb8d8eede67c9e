/** Who listens to which channels (https://redis.io/docs/latest/develop/interact/pubsub/). */

import { matchGlob } from "../base/glob.ts";
import { GlobMatcher } from "../base/glob_matcher.ts";
import { type ByteRange, Span, spanString } from "../base/span.ts";
import type { ChannelKind, PubSubView } from "../commands/views/pubsub.ts";
import type { ReplyWriter } from "../resp/reply_writer.ts";
import { CHANNEL_COST, LISTENER_COST, PATTERN_COST, SUBSCRIPTION_COST } from "./client_memory.ts";
import { type IndexedPattern, PatternIndex } from "./pattern_index.ts";

/** Somebody who can be sent messages: a client. */
export interface Subscriber {
  readonly reply: ReplyWriter;
  /** Whether it is subscribed to anything; kept by `PubSub`, because every command asks. */
  isSubscribed: boolean;
  /** Something was written to `reply` that nobody asked for. */
  pushed(): void;
}

const CHANNEL_KINDS: readonly ChannelKind[] = ["channel", "pattern", "shard"];

/** So many of a subscriber's subscriptions are removed at once when it is gone. */
const REMOVED_AT_ONCE = 1000;
/** So many of those that were left are removed with each one that begins: they can't become more and more. */
const REMOVED_BY_THE_WAY = 2;

/** A channel or pattern that somebody is subscribed to. */
class Topic {
  /** In the order in which they came. */
  readonly listeners = new Set<Listener>();

  constructor(readonly name: string) {}

  /** What it takes, in bytes. */
  get bytes(): number {
    return CHANNEL_COST + this.name.length;
  }

  /** Whether somebody listens who is still there. */
  get isHeard(): boolean {
    for (const { isGone } of this.listeners) if (!isGone) return true;
    return false;
  }
}

/** A topic that is a pattern. */
class PatternTopic extends Topic implements IndexedPattern {
  readonly matcher: GlobMatcher;

  constructor(name: string, readonly order: number) {
    super(name);
    this.matcher = new GlobMatcher(name);
  }

  override get bytes(): number {
    return PATTERN_COST + this.name.length;
  }
}

/** A subscriber, from its first subscription until all end together. */
class Listener {
  /** How many topics it has. */
  count = 0;
  /** Its topics of each kind, in the order of subscription. */
  readonly topics: Readonly<Record<ChannelKind, Set<Topic>>> = {
    channel: new Set(),
    pattern: new Set(),
    shard: new Set(),
  };
  /** Whether it gets no messages any more, although topics still have it. */
  isGone = false;

  constructor(readonly subscriber: Subscriber) {}
}

/** All subscriptions of a server. */
export class PubSub implements PubSubView<Subscriber> {
  readonly #topics: Readonly<Record<ChannelKind, Map<string, Topic>>> = {
    channel: new Map(),
    pattern: new Map(),
    shard: new Map(),
  };
  readonly #patterns = new PatternIndex<PatternTopic>();
  #patternsMade = 0;
  readonly #listeners = new Map<Subscriber, Listener>();
  #topicBytes = 0;
  /** Each removes a subscription of somebody who is gone, with each step. */
  readonly #removals: Iterator<void>[] = [];

  /** Whether nobody listens, to whatever channel, those of shards aside. */
  get isSilent(): boolean {
    return this.#topics.channel.size === 0 && this.#topics.pattern.size === 0;
  }

  /** Whether subscriptions of those who are gone are still to be removed. */
  get isRemoving(): boolean {
    return this.#removals.length > 0;
  }

  /** What the channels and patterns take, whoever is subscribed to them, in bytes. */
  get memoryBytes(): number {
    return this.#topicBytes;
  }

  /** What a subscriber's subscriptions take beside that, in bytes. */
  bytesOf(subscriber: Subscriber): number {
    const listener = this.#listeners.get(subscriber);
    return listener === undefined ? 0 : LISTENER_COST + listener.count * SUBSCRIPTION_COST;
  }

  /** How many patterns were tried, one by one, for the latest message. */
  get patternsTried(): number {
    return this.#patterns.tried;
  }

  subscribe(subscriber: Subscriber, kind: ChannelKind, name: string): void {
    this.removeSome(REMOVED_BY_THE_WAY);
    let listener = this.#listeners.get(subscriber);
    if (listener === undefined) {
      this.#listeners.set(subscriber, listener = new Listener(subscriber));
      subscriber.isSubscribed = true;
    }
    const topic = this.#topics[kind].get(name) ?? this.#create(kind, name);
    if (listener.topics[kind].has(topic)) return;
    topic.listeners.add(listener);
    listener.topics[kind].add(topic);
    listener.count++;
  }

  unsubscribe(subscriber: Subscriber, kind: ChannelKind, name: string): void {
    const listener = this.#listeners.get(subscriber), topic = this.#topics[kind].get(name);
    if (listener === undefined || topic === undefined) return;
    if (!listener.topics[kind].delete(topic)) return;
    listener.count--;
    this.#remove(listener, kind, topic);
    this.#dropIfIdle(listener);
  }

  unsubscribeAll(
    subscriber: Subscriber,
    kind: ChannelKind,
    ended: (name: string, left: number) => void,
  ): void {
    const listener = this.#listeners.get(subscriber);
    if (listener === undefined) return;
    const topics = listener.topics[kind];
    let left = topics.size;
    for (const topic of topics) {
      this.#remove(listener, kind, topic);
      ended(topic.name, --left);
    }
    listener.count -= topics.size;
    topics.clear();
    this.#dropIfIdle(listener);
  }

  /** Ends all subscriptions of a subscriber. Where they are many, memory is freed later: see `removeSome`. */
  forget(subscriber: Subscriber): void {
    const listener = this.#listeners.get(subscriber);
    if (listener === undefined) return;
    this.#listeners.delete(subscriber);
    subscriber.isSubscribed = false;
    listener.isGone = true;
    const removal = this.#removeAll(listener);
    for (let i = 0; i < REMOVED_AT_ONCE; i++) if (removal.next().done) return;
    this.#removals.push(removal);
  }

  /** Removes up to `most` subscriptions of those who are gone; to be called now and then. */
  removeSome(most: number): void {
    for (let i = 0; i < most && this.#removals.length > 0; i++) {
      if (this.#removals[0].next().done) this.#removals.shift();
    }
  }

  /** Whether anybody listens to a shard channel. */
  get hasShardChannels(): boolean {
    return this.#topics.shard.size > 0;
  }

  /** Ends the subscriptions to shard channels that are not here any more, and tells those who had them. */
  leaveShardChannels(isGone: (name: string) => boolean): void {
    for (const topic of [...this.#topics.shard.values()]) {
      if (!isGone(topic.name)) continue;
      for (const listener of [...topic.listeners]) {
        const { subscriber } = listener;
        if (listener.isGone) continue;
        this.unsubscribe(subscriber, "shard", topic.name);
        const { reply } = subscriber, muted = reply.beginMessage();
        reply.push(3);
        reply.bulkString("sunsubscribe");
        reply.bulkString(topic.name);
        reply.integer(listener.topics.shard.size);
        reply.endMessage(muted);
        subscriber.pushed();
      }
    }
  }

  subscriptionsOf(subscriber: Subscriber, kind: ChannelKind): readonly string[] {
    const topics = this.#listeners.get(subscriber)?.topics[kind] ?? [];
    return Array.from(topics, ({ name }) => name);
  }

  countOf(subscriber: Subscriber, kind: ChannelKind): number {
    return this.#listeners.get(subscriber)?.topics[kind].size ?? 0;
  }

  publish(channel: ByteRange, message: ByteRange): number {
    let receivers = 0;
    const channels = this.#topics.channel;
    if (channels.size > 0) {
      const topic = channels.get(spanString(channel));
      if (topic !== undefined) receivers = tell(topic, MESSAGE, null, channel, message);
    }
    for (const topic of this.#patterns.matching(channel)) {
      receivers += tell(topic, PATTERN_MESSAGE, topic.name, channel, message);
    }
    return receivers;
  }

  publishToShard(channel: ByteRange, message: ByteRange): number {
    const topic = this.#topics.shard.get(spanString(channel));
    return topic === undefined ? 0 : tell(topic, SHARD_MESSAGE, null, channel, message);
  }

  channels(kind: ChannelKind, pattern: ByteRange | null): string[] {
    const names: string[] = [];
    for (const topic of this.#topics[kind].values()) {
      if (!this.#isHeard(topic)) continue;
      if (pattern === null || matchGlob(pattern, Span.ofString(topic.name))) names.push(topic.name);
    }
    return names;
  }

  subscribersOf(kind: ChannelKind, name: ByteRange): number {
    const listeners = this.#topics[kind].get(spanString(name))?.listeners;
    if (listeners === undefined) return 0;
    if (this.#removals.length === 0) return listeners.size;
    let count = 0;
    for (const { isGone } of listeners) if (!isGone) count++;
    return count;
  }

  nameCount(kind: ChannelKind): number {
    const topics = this.#topics[kind];
    if (this.#removals.length === 0) return topics.size;
    let count = 0;
    for (const topic of topics.values()) if (topic.isHeard) count++;
    return count;
  }

  #isHeard(topic: Topic): boolean {
    return this.#removals.length === 0 || topic.isHeard;
  }

  #create(kind: ChannelKind, name: string): Topic {
    let topic: Topic;
    if (kind === "pattern") {
      const pattern = new PatternTopic(name, this.#patternsMade++);
      this.#patterns.add(pattern);
      topic = pattern;
    } else {
      topic = new Topic(name);
    }
    this.#topics[kind].set(name, topic);
    this.#topicBytes += topic.bytes;
    return topic;
  }

  /** Forgets a listener that has no topics any more. */
  #dropIfIdle({ subscriber, count }: Listener): void {
    if (count > 0) return;
    this.#listeners.delete(subscriber);
    subscriber.isSubscribed = false;
  }

  /** Removes a listener, where it is there, from a topic, and the topic with the last one. */
  #remove(listener: Listener, kind: ChannelKind, topic: Topic): void {
    if (!topic.listeners.delete(listener) || topic.listeners.size > 0) return;
    this.#topics[kind].delete(topic.name);
    this.#topicBytes -= topic.bytes;
    if (topic instanceof PatternTopic) this.#patterns.remove(topic);
  }

  *#removeAll(listener: Listener): Generator<void, void> {
    for (const kind of CHANNEL_KINDS) {
      for (const topic of listener.topics[kind]) {
        this.#remove(listener, kind, topic);
        yield;
      }
    }
  }
}

const MESSAGE = Span.ofString("message");
const PATTERN_MESSAGE = Span.ofString("pmessage");
const SHARD_MESSAGE = Span.ofString("smessage");

/** Sends a message to all who listen, also to those who have turned replies off; says how many they are. */
function tell(
  topic: Topic,
  type: Span,
  pattern: string | null,
  channel: ByteRange,
  message: ByteRange,
): number {
  let receivers = 0;
  for (const { isGone, subscriber } of topic.listeners) {
    if (isGone) continue;
    const { reply } = subscriber;
    const muted = reply.beginMessage();
    reply.push(pattern === null ? 3 : 4);
    reply.bulk(type);
    if (pattern !== null) reply.bulkString(pattern);
    reply.bulk(channel);
    reply.bulk(message);
    reply.endMessage(muted);
    subscriber.pushed();
    receivers++;
  }
  return receivers;
}
