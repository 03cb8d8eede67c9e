/** Clients that see every command that runs (https://redis.io/docs/latest/commands/monitor/). */

import type { Clock } from "../base/clock.ts";
import { type Command, CommandBit } from "../commands/registry.ts";
import { REDACTED } from "../observe/slowlog.ts";
import type { Frame } from "../resp/frame.ts";
import type { Client } from "./client.ts";

/** What is not shown: what has to do with administration may be secret. */
const NOT_SHOWN = CommandBit.SkipMonitor | CommandBit.Admin;

/** The clients in MONITOR mode. */
export class Monitors {
  readonly #clock: Clock;
  readonly #clients = new Set<Client>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether nobody looks on. */
  get isEmpty(): boolean {
    return this.#clients.size === 0;
  }

  add(client: Client): void {
    this.#clients.add(client);
  }

  /** The client is gone, or does not look on any more. */
  remove(client: Client): void {
    this.#clients.delete(client);
  }

  /** Shows a command that `client` has run. */
  show(client: Client, command: Command, frame: Frame): void {
    if ((command.flags & NOT_SHOWN) !== 0) return;
    const micros = this.#clock.micros();
    const seconds = Math.floor(micros / 1e6), fraction = String(micros % 1e6).padStart(6, "0");
    const address = client.transport?.isUnixSocket
      ? `unix:${client.address.replace(/:0$/, "")}`
      : client.address;
    const secrets = command.declaration.secrets?.(frame) ?? [];
    const args = Array.from(
      { length: frame.argc },
      (_, i) => quoted(secrets.includes(i) ? REDACTED : frame.string(i)),
    );
    const line = `${seconds}.${fraction} [${client.db.index} ${address}] ${args.join(" ")}`;
    for (const monitor of this.#clients) {
      // Who has said QUIT has had the last reply.
      if (monitor.closing) continue;
      monitor.reply.simple(line);
      monitor.pushed();
    }
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  '"': '\\"',
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\x07": "\\a",
  "\b": "\\b",
};

/** A byte string in double quotes, with escapes for what is not printable ASCII. */
function quoted(text: string): string {
  const escaped = text.replace(
    /[^ !#-[\]-~]/g,
    (char) => ESCAPES[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return `"${escaped}"`;
}
