/** Clients that see every command that runs (https://redis.io/docs/latest/commands/monitor/). */

import type { Clock } from "../base/clock.ts";
import { type Command, CommandBit } from "../commands/registry.ts";
import { REDACTED } from "../observe/slowlog.ts";
import type { CallWatchers } from "../execution/dispatcher.ts";
import type { Session } from "../execution/session.ts";
import type { Frame } from "../resp/frame.ts";
import type { ReplyWriter } from "../resp/reply_writer.ts";

/** What is not shown: what has to do with administration may be secret. */
const NOT_SHOWN = CommandBit.SkipMonitor | CommandBit.Admin;

/** A client in MONITOR mode. */
export interface Monitor {
  readonly reply: ReplyWriter;
  /** Set once it has had its last reply. */
  readonly closing: boolean;
  /** Something was written to `reply` that it did not ask for just now. */
  pushed(): void;
}

/** The clients in MONITOR mode. */
export class Monitors implements CallWatchers {
  readonly #clock: Clock;
  readonly #clients = new Set<Monitor>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether nobody looks on. */
  get isEmpty(): boolean {
    return this.#clients.size === 0;
  }

  add(client: Monitor): void {
    this.#clients.add(client);
  }

  /** The client is gone, or does not look on any more. */
  remove(client: Monitor): void {
    this.#clients.delete(client);
  }

  show(session: Session, command: Command, frame: Frame): void {
    if ((command.flags & NOT_SHOWN) === 0) this.display(session, command, frame);
  }

  /** Shows a call, whatever the command's flags say. */
  display(session: Session, command: Command, frame: Frame): void {
    const micros = this.#clock.micros();
    const seconds = Math.floor(micros / 1e6), fraction = String(micros % 1e6).padStart(6, "0");
    // Only the path of a Unix socket is followed by no port.
    const address = session.caller.shownAs ?? session.address.replace(/^(.*):0$/, "unix:$1");
    const secrets = command.declaration.secrets?.(frame) ?? [];
    const args = Array.from(
      { length: frame.argc },
      (_, i) => quoted(secrets.includes(i) ? REDACTED : frame.string(i)),
    );
    const line = `${seconds}.${fraction} [${session.db.index} ${address}] ${args.join(" ")}`;
    for (const monitor of this.#clients) {
      // After QUIT there is nothing more to say.
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
