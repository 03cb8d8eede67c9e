/** Who listens to which channels (https://redis.io/docs/latest/develop/interact/pubsub/). */

import { matchGlob } from "../base/glob.ts";
import { type ByteRange, Span, spanString } from "../base/span.ts";
import type { ChannelKind, PubSubView } from "../commands/views/pubsub.ts";
import type { ReplyWriter } from "../resp/reply_writer.ts";

/** Somebody who can be sent messages: a client. */
export interface Subscriber {
  readonly reply: ReplyWriter;
  /** Whether it is subscribed to anything; kept by `PubSub`, because every command asks. */
  isSubscribed: boolean;
  /** Something was written to `reply` that nobody asked for. */
  pushed(): void;
}

/** The names of one kind, and who listens to each, in the order in which they came. */
class Subscriptions {
  readonly byName = new Map<string, Set<Subscriber>>();
  readonly bySubscriber = new Map<Subscriber, Set<string>>();

  add(subscriber: Subscriber, name: string): void {
    addTo(this.byName, name, subscriber);
    addTo(this.bySubscriber, subscriber, name);
  }

  remove(subscriber: Subscriber, name: string): void {
    removeFrom(this.byName, name, subscriber);
    removeFrom(this.bySubscriber, subscriber, name);
  }

  count(subscriber: Subscriber): number {
    return this.bySubscriber.get(subscriber)?.size ?? 0;
  }
}

/** All subscriptions of a server. */
export class PubSub implements PubSubView<Subscriber> {
  readonly #kinds: Readonly<Record<ChannelKind, Subscriptions>> = {
    channel: new Subscriptions(),
    pattern: new Subscriptions(),
    shard: new Subscriptions(),
  };

  subscribe(subscriber: Subscriber, kind: ChannelKind, name: string): void {
    this.#kinds[kind].add(subscriber, name);
    subscriber.isSubscribed = true;
  }

  unsubscribe(subscriber: Subscriber, kind: ChannelKind, name: string): void {
    this.#kinds[kind].remove(subscriber, name);
    subscriber.isSubscribed = Object.values(this.#kinds)
      .some((subscriptions) => subscriptions.count(subscriber) > 0);
  }

  /** Ends all subscriptions of a subscriber. */
  forget(subscriber: Subscriber): void {
    for (const subscriptions of Object.values(this.#kinds)) {
      for (const name of subscriptions.bySubscriber.get(subscriber) ?? []) {
        removeFrom(subscriptions.byName, name, subscriber);
      }
      subscriptions.bySubscriber.delete(subscriber);
    }
    subscriber.isSubscribed = false;
  }

  subscriptionsOf(subscriber: Subscriber, kind: ChannelKind): readonly string[] {
    return [...this.#kinds[kind].bySubscriber.get(subscriber) ?? []];
  }

  countOf(subscriber: Subscriber, kind: ChannelKind): number {
    return this.#kinds[kind].count(subscriber);
  }

  publish(channel: ByteRange, message: ByteRange): number {
    let receivers = 0;
    const { byName } = this.#kinds.channel;
    if (byName.size > 0) {
      for (const subscriber of byName.get(spanString(channel)) ?? []) {
        send(subscriber, MESSAGE, channel, message);
        receivers++;
      }
    }
    for (const [pattern, subscribers] of this.#kinds.pattern.byName) {
      const glob = Span.ofString(pattern);
      if (!matchGlob(glob, channel)) continue;
      for (const subscriber of subscribers) {
        send(subscriber, PATTERN_MESSAGE, glob, channel, message);
        receivers++;
      }
    }
    return receivers;
  }

  publishToShard(channel: ByteRange, message: ByteRange): number {
    const subscribers = this.#kinds.shard.byName.get(spanString(channel));
    for (const subscriber of subscribers ?? []) send(subscriber, SHARD_MESSAGE, channel, message);
    return subscribers?.size ?? 0;
  }

  channels(kind: ChannelKind, pattern: ByteRange | null): string[] {
    const names = [...this.#kinds[kind].byName.keys()];
    if (pattern === null) return names;
    return names.filter((name) => matchGlob(pattern, Span.ofString(name)));
  }

  subscribersOf(kind: ChannelKind, name: ByteRange): number {
    return this.#kinds[kind].byName.get(spanString(name))?.size ?? 0;
  }

  nameCount(kind: ChannelKind): number {
    return this.#kinds[kind].byName.size;
  }
}

const MESSAGE = Span.ofString("message");
const PATTERN_MESSAGE = Span.ofString("pmessage");
const SHARD_MESSAGE = Span.ofString("smessage");

/** Sends a message, also to a subscriber who has turned replies off. */
function send(subscriber: Subscriber, ...parts: ByteRange[]): void {
  const { reply } = subscriber;
  reply.unmuted(() => {
    reply.push(parts.length);
    for (const part of parts) reply.bulk(part);
  });
  subscriber.pushed();
}

function addTo<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}

function removeFrom<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key);
  set?.delete(value);
  if (set?.size === 0) sets.delete(key);
}
