/**
 * How large the buffers are that clients' replies begin in. Redis sizes them by what a client was told
 * of late: who is told little, or nothing for a while, gets the smallest; who fills one gets a larger one.
 */

import type { Clock } from "../base/clock.ts";
import type { ReplyBuffersView } from "../commands/views/debug.ts";
import type { Statistics } from "../observe/statistics.ts";
import { SMALL_CHUNK, SMALLEST_CHUNK } from "../resp/chunk_pool.ts";
import type { Client } from "./client.ts";
import type { Clients } from "./clients.ts";

/** What a client was told at most is forgotten this often by default, in ms. */
const PEAK_RESET_TIME = 5000;
/** So many clients at least are looked after in each round. */
const LEAST_CLIENTS = 5;

/** What reply buffers are sized with. */
export interface ReplyBuffersParts {
  readonly clients: Clients;
  readonly clock: Clock;
  readonly statistics: Statistics;
}

/** Sizes clients' reply buffers anew, a few clients at a time. */
export class ReplyBuffers implements ReplyBuffersView {
  resizes = true;
  peakResetTime = PEAK_RESET_TIME;
  readonly defaultPeakResetTime = PEAK_RESET_TIME;
  readonly #clients: Clients;
  readonly #clock: Clock;
  readonly #statistics: Statistics;
  /** Goes through all clients, again and again. */
  #walk: Iterator<Client>;

  constructor({ clients, clock, statistics }: ReplyBuffersParts) {
    this.#clients = clients;
    this.#clock = clock;
    this.#statistics = statistics;
    this.#walk = clients[Symbol.iterator]();
  }

  /** To be called `rounds` times a second: looks after every client once in it, or more often. */
  lookAfterSome(rounds: number): void {
    if (!this.resizes) return;
    const { count } = this.#clients;
    const now = this.#clock.now();
    const some = Math.min(count, Math.max(LEAST_CLIENTS, Math.ceil(count / rounds)));
    for (let i = 0; i < some; i++) {
      const client = this.#next();
      if (client === undefined) return;
      this.#lookAfter(client, now);
    }
  }

  #next(): Client | undefined {
    let { done, value } = this.#walk.next();
    if (done) {
      this.#walk = this.#clients[Symbol.iterator]();
      ({ done, value } = this.#walk.next());
    }
    return done ? undefined : value;
  }

  #lookAfter(client: Client, now: number): void {
    const { reply } = client;
    const size = reply.bufferSize, fitting = fittingSize(size, reply.bufferPeak);
    reply.bufferSize = fitting;
    if (fitting < size) this.#statistics.replyBufferShrinks++;
    else if (fitting > size) this.#statistics.replyBufferExpands++;
    if (this.peakResetTime < 0 || now - client.replyPeakResetAt <= this.peakResetTime) return;
    reply.bufferPeak = Math.min(reply.size, reply.bufferSize);
    client.replyPeakResetAt = now;
  }
}

/** The next size of a buffer of `size` bytes of which `peak` were in use: it grows step by step. */
function fittingSize(size: number, peak: number): number {
  if (peak >= size) return Math.min(size * 2, SMALL_CHUNK);
  if (peak >= size / 2) return size;
  let smaller = SMALLEST_CHUNK;
  while (smaller <= peak) smaller *= 2;
  return smaller;
}
