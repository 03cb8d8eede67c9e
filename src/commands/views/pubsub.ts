/** Channels, as commands see them. */

import type { ByteRange } from "../../base/span.ts";
import type { ClientView } from "./client.ts";

/** What can be subscribed to: channels by name, channels by glob pattern, shard channels by name. */
export type ChannelKind = "channel" | "pattern" | "shard";

/** Subscriptions and messages. */
export interface PubSubView<Subscriber = ClientView> {
  subscribe(subscriber: Subscriber, kind: ChannelKind, name: string): void;
  unsubscribe(subscriber: Subscriber, kind: ChannelKind, name: string): void;
  /** Ends all subscriptions of a kind; `ended` is told each, and how many of the kind are left. */
  unsubscribeAll(
    subscriber: Subscriber,
    kind: ChannelKind,
    ended: (name: string, left: number) => void,
  ): void;
  /** What somebody is subscribed to, in the order of subscription. */
  subscriptionsOf(subscriber: Subscriber, kind: ChannelKind): readonly string[];
  /** To how many of a kind somebody is subscribed. */
  countOf(subscriber: Subscriber, kind: ChannelKind): number;
  /** Sends a message to the subscribers of a channel and of patterns that match it; says how many. */
  publish(channel: ByteRange, message: ByteRange): number;
  /** Sends a message to the subscribers of a shard channel; says how many. */
  publishToShard(channel: ByteRange, message: ByteRange): number;
  /** What of a kind somebody is subscribed to, where a pattern is given only what matches it. */
  channels(kind: ChannelKind, pattern: ByteRange | null): string[];
  /** How many are subscribed to a name. */
  subscribersOf(kind: ChannelKind, name: ByteRange): number;
  /** How many names of a kind somebody is subscribed to. */
  nameCount(kind: ChannelKind): number;
}
