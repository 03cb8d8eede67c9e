/** What DEBUG changes in a server. */

import type { DebugView } from "../commands/views/debug.ts";
import type { Cron } from "./cron.ts";
import type { ReplyBuffers } from "../clients/reply_buffers.ts";
import type { ServerInfo } from "./server_info.ts";

/** For tests of servers and clients. */
export class Debug implements DebugView {
  readonly #cron: Cron;
  readonly #info: ServerInfo;
  skipsChecksums = false;

  constructor(cron: Cron, info: ServerInfo) {
    this.#cron = cron;
    this.#info = info;
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

  changeReplicationId(): void {
    this.#info.changeReplicationId();
  }
}
