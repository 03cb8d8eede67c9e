/** Peers that have sent all and still have to take what they are told: how long they are waited for. */

import type { Clock, Timer } from "../base/clock.ts";

/** A peer has so long to take some more, in ms. */
export const LINGER_TIME = 1000;
/** So long when much waits for others as well, in ms. */
export const SHORT_LINGER_TIME = 50;
/** So long when very much does. */
export const SHORTEST_LINGER_TIME = 10;
/** What is much, and very much, for the others, in bytes. */
const MUCH = 16 * 1024 * 1024, VERY_MUCH = 64 * 1024 * 1024;
/** Whoever waits for less than this, in bytes, never has the shortest time. */
const LITTLE = 64 * 1024;

/**
 * All such peers of a server. Redis drops them at once; here one that reads gets all of it, and those
 * that do not read can't have the server keep much together.
 */
export class Lingering {
  /** Bytes that wait for all of them. */
  bytes = 0;

  /** How long a peer for which `own` bytes wait is waited for while it takes nothing, in ms. */
  patience(own: number): number {
    const others = this.bytes - own;
    if (others <= MUCH) return LINGER_TIME;
    return others > VERY_MUCH && own > LITTLE ? SHORTEST_LINGER_TIME : SHORT_LINGER_TIME;
  }
}

/** What a peer that lingers is watched with. */
export interface LingeringPeerParts {
  readonly all: Lingering;
  readonly clock: Clock;
  /** Whether it can take anything now: what is held back does not wait for it. */
  readonly canTake: () => boolean;
  /** It has taken nothing for too long. */
  readonly giveUp: () => void;
}

/** One such peer. */
export class LingeringPeer {
  readonly #parts: LingeringPeerParts;
  #bytes = 0;
  /** For how long it has taken nothing, in ms, as far as the server was there to see it. */
  #waited = 0;
  #hasMoved = false;
  #timer: Timer | null = null;

  constructor(parts: LingeringPeerParts) {
    this.#parts = parts;
  }

  /** So much waits for it now, in bytes. */
  count(bytes: number): void {
    this.#parts.all.bytes += bytes - this.#bytes;
    this.#bytes = bytes;
  }

  /** It has taken something, or can begin to. */
  moved(): void {
    this.#hasMoved = true;
  }

  /** Waits until it is gone or is given up. */
  wait(): void {
    const { all, clock, giveUp } = this.#parts;
    const left = all.patience(this.#bytes) - this.#waited;
    if (left <= 0) return giveUp();
    // A server that was held up for longer has not looked meanwhile whether the peer takes anything.
    const time = Math.min(left, SHORT_LINGER_TIME);
    this.#timer = clock.after(time, () => {
      this.#notice(time);
      this.wait();
    });
  }

  #notice(time: number): void {
    if (this.#hasMoved) this.#waited = 0;
    else if (this.#parts.canTake()) this.#waited += time;
    this.#hasMoved = false;
  }

  /** It is gone. */
  end(): void {
    this.#timer?.cancel();
    this.count(0);
  }
}
