/** Clients that write and remember what they were told, for tests that then take the server away. */

import { assert, assertEquals } from "@std/assert";
import { ConnectionClosed, encodeCommandText, type RawClient } from "../support/raw_client.ts";
import { escapeBytes } from "../support/quoting.ts";
import { KeyModel, type Unit } from "./key_model.ts";
import { Random } from "../support/random.ts";

/** A client that writes to its own keys. */
export class Writer {
  /** When each unit was acknowledged, in order, by the clock that was given; since the last check. */
  readonly acknowledgedAt: number[] = [];
  /** All that was sent since the last check, acknowledged or not. */
  readonly #sent: Unit[] = [];
  readonly #random: Random;
  readonly #now: () => number;
  /** What the keys held at the last check, and what they hold when all that was sent has been run. */
  #base: KeyModel;
  #ahead: KeyModel;

  /** @param name what its keys' names start with */
  constructor(name: string, seed: number, now: () => number = Date.now) {
    this.#base = new KeyModel(name);
    this.#ahead = this.#base.clone();
    this.#random = new Random(seed);
    this.#now = now;
  }

  /** Sends a few units at once and reads their replies, which must be right. */
  async batch(client: RawClient, onAcknowledged = () => {}): Promise<void> {
    const random = this.#random;
    const units = Array.from({ length: 1 + random.below(4) }, () => this.#ahead.randomUnit(random));
    const expected = units.map((unit) => this.#ahead.apply(unit));
    this.#sent.push(...units);
    await client.write(units.flat().map(encodeCommandText).join(""));
    for (const replies of expected) {
      for (const reply of replies) assertEquals((await client.read()).raw, reply);
      this.acknowledgedAt.push(this.#now());
      onAcknowledged();
    }
  }

  /**
   * Checks what a server has after it was started again, and goes on from there: what was sent up to
   * some point, and no less of it than the first `due` units. `label` says in which round.
   */
  async check(client: RawClient, due: number, label: string): Promise<void> {
    const found = await this.#base.read(client);
    const model = this.#base;
    for (const unit of this.#sent.slice(0, due)) model.apply(unit);
    const atLeast = model.listing();
    for (let i = due; i < this.#sent.length && model.listing() !== found; i++) {
      model.apply(this.#sent[i]);
    }
    assert(
      model.listing() === found,
      `${label}: found\n${escapeBytes(found)}\nand not what had to be there\n` +
        `${escapeBytes(atLeast)}\nnor that with some of what was sent next: ` +
        JSON.stringify(this.#sent.slice(due)),
    );
    this.#ahead = model.clone();
    this.#sent.length = this.acknowledgedAt.length = 0;
  }
}

/** Waits for work that ends when the server goes away; any other failure is thrown. */
export async function untilLost(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ConnectionClosed)) throw error;
  }
}

/** Does something again and again until the server goes away. */
export async function repeatUntilLost(work: () => Promise<void>): Promise<void> {
  await untilLost((async () => {
    for (;;) await work();
  })());
}
