/** What DEBUG changes in a server. */

import type { DebugView } from "../commands/views/debug.ts";
import type { Cron } from "./cron.ts";
import type { ReplyBuffers } from "../clients/reply_buffers.ts";
import type { ReplicationHistory } from "../replication/history.ts";

/** What is changed. */
export interface DebugParts {
  readonly cron: Cron;
  readonly history: ReplicationHistory;
  readonly panic: ((error: Error) => void) | null;
  readonly persistence: { readonly aof: { readonly writer: { writeDelay: number } } };
}

/** For tests of servers and clients. */
export class Debug implements DebugView {
  readonly #cron: Cron;
  readonly #history: ReplicationHistory;
  readonly panic: ((error: Error) => void) | null;
  readonly #aofWriter: { writeDelay: number };
  skipsChecksums = false;

  constructor({ cron, history, panic, persistence }: DebugParts) {
    this.panic = panic;
    this.#cron = cron;
    this.#history = history;
    this.#aofWriter = persistence.aof.writer;
  }

  get activeExpire(): boolean {
    return this.#cron.expires;
  }

  set activeExpire(active: boolean) {
    this.#cron.expires = active;
  }

  get cronPaused(): boolean {
    return this.#cron.isPaused;
  }

  set cronPaused(paused: boolean) {
    this.#cron.isPaused = paused;
  }

  get replyBuffers(): ReplyBuffers {
    return this.#cron.replyBuffers;
  }

  get aofWriteDelay(): number {
    return this.#aofWriter.writeDelay;
  }

  set aofWriteDelay(delay: number) {
    this.#aofWriter.writeDelay = delay;
  }

  changeReplicationId(): void {
    this.#history.change();
  }
}
