/** Which replies a client does not get (CLIENT REPLY). */

import type { ReplyMode } from "../commands/views/client.ts";
import type { ReplyWriter } from "../resp/reply_writer.ts";

/** What a client has said of its replies; mutes its writer. */
export class ReplyModes {
  readonly #reply: ReplyWriter;
  #isOff = false;
  /** Whether the reply of the running command is dropped. */
  #skips = false;
  /** Whether that of the command after it is. */
  #skipsNext = false;

  constructor(reply: ReplyWriter) {
    this.#reply = reply;
  }

  /** Whether something was said that concerns only the commands which come next. */
  get isPassing(): boolean {
    return this.#skips || this.#skipsNext;
  }

  set(mode: ReplyMode): void {
    if (mode === "off") {
      this.#isOff = true;
    } else if (mode === "on") {
      // As in Redis, this takes nothing back that a SKIP in the same transaction has said.
      this.#isOff = this.#skips = false;
    } else if (!this.#isOff) {
      this.#skipsNext = true;
    }
    this.#apply();
  }

  /** A command, or a whole transaction, has ended. */
  pass(): void {
    this.#skips = this.#skipsNext;
    this.#skipsNext = false;
    this.#apply();
  }

  /** Forgets what was said, but for the command that runs. */
  reset(): void {
    this.#isOff = this.#skipsNext = false;
    this.#apply();
  }

  #apply(): void {
    this.#reply.muted = this.#isOff || this.#skips;
  }
}
