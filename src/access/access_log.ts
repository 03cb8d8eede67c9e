/** What was refused because of access rules, in memory (https://redis.io/docs/latest/commands/acl-log/). */

/** Like refusals within so many ms are one entry. */
const GROUPED_WITHIN = 60_000;
/** So many of the latest entries are looked at for one that is alike. */
const GROUPED_AMONG = 10;

/** Something that was refused. */
export interface Refusal {
  /** What was not allowed: a command, a key, a channel, or to authenticate. */
  readonly reason: "command" | "key" | "channel" | "auth";
  /** Where it happened. */
  readonly context: "toplevel" | "multi" | "lua";
  /** The command, key or channel. */
  readonly object: string;
  readonly username: string;
  /** The client as CLIENT LIST shows it. */
  readonly client: string;
}

/** One or several refusals that are alike. */
export interface AccessLogEntry extends Refusal {
  readonly count: number;
  /** When the last of them was, in ms since the epoch. */
  readonly time: number;
}

/** The latest refusals. */
export class AccessLog {
  /** The latest first. */
  #entries: AccessLogEntry[] = [];

  /** Adds a refusal at a time in ms since the epoch, and forgets the oldest beyond `most` entries. */
  add(refusal: Refusal, time: number, most: number): void {
    const at = this.#entries.slice(0, GROUPED_AMONG).findIndex((entry) =>
      entry.reason === refusal.reason && entry.context === refusal.context &&
      entry.object === refusal.object && entry.username === refusal.username &&
      time - entry.time <= GROUPED_WITHIN
    );
    const [alike] = at < 0 ? [] : this.#entries.splice(at, 1);
    this.#entries.unshift({ ...refusal, count: (alike?.count ?? 0) + 1, time });
    this.#entries.splice(most);
  }

  /** The latest entries, at most `count`, the latest first. */
  latest(count: number): readonly AccessLogEntry[] {
    return this.#entries.slice(0, Math.max(0, count));
  }

  /** Forgets all. */
  reset(): void {
    this.#entries = [];
  }
}
