/** What held the server up, by kind of event (https://redis.io/docs/latest/operate/oss_and_stack/management/optimization/latency-monitor/). */

import type { Clock } from "../base/clock.ts";

/** So many samples are kept of each event. */
const MOST_SAMPLES = 160;

/** The longest delay within one second. */
export interface LatencySample {
  /** In seconds since the epoch. */
  readonly time: number;
  /** In ms. */
  latency: number;
}

/** What is known of one kind of event. */
export interface LatencyEvent {
  readonly name: string;
  /** Oldest first. */
  readonly samples: LatencySample[];
  /** The longest delay ever, in ms. */
  max: number;
}

/** The delays at or above a threshold. */
export class LatencyMonitor {
  /** Shorter delays are not noted, in ms; Infinity: none is. */
  threshold = Infinity;
  readonly #clock: Clock;
  readonly #events = new Map<string, LatencyEvent>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** All kinds of events that were noted. */
  get events(): LatencyEvent[] {
    return [...this.#events.values()];
  }

  /** What is known of one kind of event. */
  event(name: string): LatencyEvent | undefined {
    return this.#events.get(name);
  }

  /** Notes a delay of `duration` ms, if it is long enough. */
  add(name: string, duration: number): void {
    const latency = Math.floor(duration);
    if (latency < this.threshold) return;
    let event = this.#events.get(name);
    if (event === undefined) this.#events.set(name, event = { name, samples: [], max: 0 });
    event.max = Math.max(event.max, latency);
    const { samples } = event;
    const time = Math.floor(this.#clock.now() / 1000);
    const last = samples.at(-1);
    if (last?.time === time) {
      last.latency = Math.max(last.latency, latency);
    } else {
      samples.push({ time, latency });
      if (samples.length > MOST_SAMPLES) samples.shift();
    }
  }

  /** Forgets one kind of event; false if nothing was known of it. */
  reset(name: string): boolean {
    return this.#events.delete(name);
  }
}
