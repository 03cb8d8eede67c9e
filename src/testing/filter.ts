/** Which commands are meant by a fault or an observer. */

import { textOf } from "./plain.ts";
import { bytesOf } from "../base/span.ts";
import type { SentCommand } from "./runner.ts";

/** Which of the commands that clients send are meant; without any of these, all are. */
export interface CommandFilter {
  /** The name, or several: `get`, `config get`; `config` means all of its sub-commands. */
  readonly command?: string | readonly string[];
  /** A key that the command names: the whole key, or an expression that matches it. */
  readonly key?: string | RegExp;
  /** The client: its id (CLIENT ID), or the name that it has given itself (CLIENT SETNAME). */
  readonly client?: number | string;
}

/** Whether a filter means a command. */
export function matches({ command, key, client }: CommandFilter, sent: SentCommand): boolean {
  if (typeof client === "number" && sent.client.id !== client) return false;
  if (typeof client === "string" && sent.client.name !== client) return false;
  if (command !== undefined) {
    const names = typeof command === "string" ? [command] : command;
    if (!names.some((name) => sent.isNamed(name))) return false;
  }
  return key === undefined || sent.keys.some((found) => isKey(key, textOf(bytesOf(found))));
}

function isKey(wanted: string | RegExp, key: string): boolean {
  if (typeof wanted === "string") return key === wanted;
  // One that remembers where it was begins anew.
  wanted.lastIndex = 0;
  return wanted.test(key);
}
