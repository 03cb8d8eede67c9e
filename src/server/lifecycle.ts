/** How a server ends: SHUTDOWN, signals, and what an embedding program asks. */

import { ReplyError } from "../base/errors.ts";
import type { LifecycleView, ShutdownOptions } from "../commands/context.ts";
import type { Log } from "../observe/log.ts";

/** What ends. */
export interface EndingServer {
  readonly log: Log;
  /** Ends everything; false when data may not be safe. */
  close(): Promise<boolean>;
}

const FAILED = new ReplyError("ERR Errors trying to SHUTDOWN. Check logs.");

/** Ends the server once, however often it is asked to. */
export class Lifecycle implements LifecycleView {
  readonly ended: Promise<number>;
  readonly #server: EndingServer;
  readonly #resolve: (exitCode: number) => void;
  #began = false;

  constructor(server: EndingServer) {
    this.#server = server;
    const { promise, resolve } = Promise.withResolvers<number>();
    this.ended = promise;
    this.#resolve = resolve;
  }

  shutdown(options: ShutdownOptions): void {
    if (options.save === "save" && !options.force) throw FAILED;
    this.#server.log.warning("User requested shutdown...");
    this.begin(options);
  }

  /** No shutdown waits here for anything, so there is none to take back. */
  abortShutdown(): boolean {
    return false;
  }

  /** Begins to end; `ended` resolves when that is done. */
  begin(_options: ShutdownOptions): void {
    if (this.#began) return;
    this.#began = true;
    this.#end(0);
  }

  /** Ends because data cannot be kept as promised: nothing more is answered. */
  abort(): void {
    if (this.#began) return;
    this.#began = true;
    this.#end(1);
  }

  async #end(exitCode: number): Promise<void> {
    const safe = await this.#server.close();
    this.#server.log.warning("Redis is now ready to exit, bye bye...");
    this.#resolve(safe ? exitCode : 1);
  }
}
