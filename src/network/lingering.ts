/** Peers that have sent all and still have to take what they are told: how long they are waited for. */

import type { Clock, Timer } from "../base/clock.ts";

/** A peer has so long to take some more, in ms. */
export const LINGER_TIME = 1000;
/** So long when much waits for others as well, in ms. */
export const SHORT_LINGER_TIME = 50;
/** A peer that took nothing for so long gives way to others, in ms. */
export const SHORTEST_LINGER_TIME = 10;
/** What is much for the others, in bytes. */
const MUCH = 16 * 1024 * 1024;
/** When more waits for all, those that took nothing of late give way, in bytes. */
export const MUCH_FOR_ALL = 64 * 1024 * 1024;
/** More than this never waits for all: others give way, too, in bytes. */
export const MOST_FOR_ALL = 128 * 1024 * 1024;
/** A peer for which less than this waits, in bytes, makes no room for others. */
const LITTLE = 64 * 1024;

/**
 * All such peers of a server. Redis drops them at once; here one that reads gets all of it, and those
 * that do not read can't have the server keep much together.
 */
export class Lingering {
  #bytes = 0;
  /** Those for which much waits, in the order in which they last took something. */
  readonly #large = new Set<LingeringPeer>();

  /** How long a peer for which `own` bytes wait is waited for while it takes nothing, in ms. */
  patience(own: number): number {
    return this.#bytes - own <= MUCH ? LINGER_TIME : SHORT_LINGER_TIME;
  }

  /** So much waits for a peer now, in bytes, after `before`; others end where it is too much for all. */
  count(peer: LingeringPeer, bytes: number, before: number): void {
    this.#bytes += bytes - before;
    if (bytes <= LITTLE) this.#large.delete(peer);
    else if (before <= LITTLE) this.#large.add(peer);
    if (bytes <= before) return;
    const bound = peer.now() - SHORTEST_LINGER_TIME;
    for (const other of this.#large) {
      const most = other.movedAt <= bound ? MUCH_FOR_ALL : MOST_FOR_ALL;
      if (this.#bytes <= most) break;
      if (other !== peer) other.giveUp();
    }
  }

  /** A peer has taken something: it ends after those that have not for longer. */
  moved(peer: LingeringPeer): void {
    if (this.#large.delete(peer)) this.#large.add(peer);
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
  /** When it took something last, or began to linger, in ms since the epoch. */
  movedAt: number;
  #bytes = 0;
  /** For how long it has taken nothing, in ms, as far as the server was there to see it. */
  #waited = 0;
  #hasMoved = false;
  #timer: Timer | null = null;

  constructor(parts: LingeringPeerParts) {
    this.#parts = parts;
    this.movedAt = this.now();
  }

  /** The time, in ms since the epoch. */
  now(): number {
    return this.#parts.clock.now();
  }

  /** So much waits for it now, in bytes. */
  count(bytes: number): void {
    const before = this.#bytes;
    this.#bytes = bytes;
    this.#parts.all.count(this, bytes, before);
  }

  /** It has taken something, or can begin to. */
  moved(): void {
    this.#hasMoved = true;
    this.movedAt = this.now();
    this.#parts.all.moved(this);
  }

  /** It is not waited for any longer. */
  giveUp(): void {
    this.#parts.giveUp();
  }

  /** Waits until it is gone or is given up. */
  wait(): void {
    const { all, clock } = this.#parts;
    const left = all.patience(this.#bytes) - this.#waited;
    if (left <= 0) return this.giveUp();
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
