/** Who is told of calls that took long: the slow log and the latency monitor. */

import type { Clock } from "../base/clock.ts";
import { type Command, CommandBit } from "../commands/registry.ts";
import type { Settings } from "../config/mod.ts";
import { LatencyMonitor } from "../observe/latency_monitor.ts";
import { shortenArguments, Slowlog } from "../observe/slowlog.ts";
import type { Frame } from "../resp/frame.ts";
import type { Session } from "./session.ts";

/** Looking at the clock costs as much as a short command: so many calls of one are timed together. */
const MOST_CALLS_PER_LAP = 16;
/** Where shorter calls count as slow, in ms, each is timed by itself. */
const SHORTEST_SHARED = 1;

/** What observers work with. */
export interface CallObserversParts {
  readonly clock: Clock;
  readonly settings: Readonly<Settings>;
}

/** Hears of calls that took long. */
export class CallObservers {
  readonly slowlog = new Slowlog();
  readonly latency: LatencyMonitor;
  /** Calls that took so long, in ms, are told. */
  slowFrom = Infinity;
  /** So many calls of a quick command may be timed together. */
  callsPerLap = MOST_CALLS_PER_LAP;
  readonly #clock: Clock;
  readonly #settings: Readonly<Settings>;
  /** From when on a call is logged, in ms. */
  #loggedFrom = Infinity;

  constructor({ clock, settings }: CallObserversParts) {
    this.#clock = clock;
    this.#settings = settings;
    this.latency = new LatencyMonitor(clock);
    this.settingsChanged();
  }

  /** To be called when one of the directives has changed that say what is slow. */
  settingsChanged(): void {
    const microseconds = Number(this.#settings["slowlog-log-slower-than"]);
    this.#loggedFrom = microseconds < 0 ? Infinity : microseconds / 1000;
    this.latency.threshold = Number(this.#settings["latency-monitor-threshold"]) || Infinity;
    this.slowFrom = Math.min(this.#loggedFrom, this.latency.threshold);
    this.callsPerLap = this.slowFrom < SHORTEST_SHARED ? 1 : MOST_CALLS_PER_LAP;
  }

  /** A call took `duration` ms. */
  tookLong(session: Session, command: Command, frame: Frame, duration: number): void {
    this.stalled(command, duration);
    if (duration < this.#loggedFrom || (command.flags & CommandBit.SkipSlowlog) !== 0) return;
    this.slowlog.add({
      time: Math.floor(this.#clock.now() / 1000),
      duration: Math.floor(duration * 1000),
      args: shortenArguments(frame, command.declaration.secrets?.(frame) ?? []),
      address: session.address,
      clientName: session.name,
    });
    this.slowlog.trim(Number(this.#settings["slowlog-max-len"]));
  }

  /** Calls of a command which are quick by themselves were held up for `duration` ms. */
  stalled(command: Command, duration: number): void {
    const isFast = (command.flags & CommandBit.Fast) !== 0;
    this.latency.add(isFast ? "fast-command" : "command", duration);
  }
}
