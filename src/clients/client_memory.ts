/**
 * The memory that clients take, which counts against `maxmemory` and `maxmemory-clients`. What a client takes is
 * looked at when its connection reads on, while a long reply grows, and when much is to be sent or was sent; the
 * sum is always at hand.
 */

/** Somebody whose memory is counted: a client. */
export interface MeasuredClient {
  /** What it takes now, in bytes. */
  readonly memoryBytes: number;
  /** What of it is in the sum; set by `ClientMemory` alone. */
  countedBytes: number;
}

/** What a client's objects take without what they hold, measured, in bytes. */
export const CLIENT_COST = 4096;
/** The first subscription of a client, beside the subscription itself. */
export const LISTENER_COST = 650;
/** A subscription: an entry with the client, and one with the channel. */
export const SUBSCRIPTION_COST = 110;
/** A channel that somebody is subscribed to, beside its name. */
export const CHANNEL_COST = 190;
/** A pattern that somebody is subscribed to, beside its text. */
export const PATTERN_COST = 510;
/** A prefix of keys that a client listens to, beside its text. */
export const PREFIX_COST = 540;

/** The sum over all clients, in bytes. */
export class ClientMemory {
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** A client may take more than before, or less. */
  measure(client: MeasuredClient): void {
    const bytes = client.memoryBytes;
    this.#total += bytes - client.countedBytes;
    client.countedBytes = bytes;
  }

  /** The client is gone. */
  forget(client: MeasuredClient): void {
    this.#total -= client.countedBytes;
    client.countedBytes = 0;
  }
}
