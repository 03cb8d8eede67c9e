/** How a server ends: SHUTDOWN, signals, and what an embedding program asks. */

import { ReplyError } from "../base/errors.ts";
import type { LifecycleView, ShutdownOptions, SnapshotsView } from "../commands/context.ts";
import type { Configuration, ShutdownOption } from "../config/mod.ts";
import type { Log } from "../observe/log.ts";

/** What ends. */
export interface EndingServer {
  readonly log: Log;
  readonly configuration: Configuration;
  /** Whether the data set is still being loaded. */
  readonly isLoading: boolean;
  /** Whether the append-only file is on. */
  readonly keepsAppendOnlyFile: boolean;
  readonly snapshots: Pick<SnapshotsView, "save">;
  /** Runs no more commands; what was replied still leaves. */
  stopServing(): void;
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

  /** Whether the server is ending. */
  get isEnding(): boolean {
    return this.#began;
  }

  shutdown(options: ShutdownOptions): void {
    // A data set that is not loaded yet is not saved, whatever is asked for.
    if (options.save === "save" && !this.#server.isLoading) this.#save(options.force);
    this.begin(options);
  }

  /** Makes the last snapshot. Throws where that fails, unless the end is `forced`. */
  #save(forced: boolean): void {
    const { log, snapshots } = this.#server;
    log.notice("Saving the final RDB snapshot before exiting.");
    try {
      snapshots.save();
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      log.warning("Error trying to save the DB, can't exit.");
      if (!forced) throw FAILED;
    }
  }

  /** Does what `shutdown-on-sigint` or `shutdown-on-sigterm` says. */
  shutdownOnSignal(signal: "SIGINT" | "SIGTERM"): void {
    const { log, configuration: { settings }, isLoading } = this.#server;
    log.warning(
      isLoading
        ? "Received shutdown signal during loading, scheduling shutdown."
        : `Received ${signal} scheduling shutdown...`,
    );
    try {
      this.shutdown(
        asShutdownOptions(
          settings[signal === "SIGINT" ? "shutdown-on-sigint" : "shutdown-on-sigterm"],
        ),
      );
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      log.warning(
        `${signal} received but errors trying to shut down the server, check the logs for more information`,
      );
    }
  }

  /** No shutdown waits here for anything, so there is none to take back. */
  abortShutdown(): boolean {
    return false;
  }

  /** Begins to end; `ended` resolves when that is done. */
  begin(options: ShutdownOptions): void {
    if (this.#began) return;
    this.#began = true;
    const { log, configuration, isLoading, keepsAppendOnlyFile } = this.#server;
    log.warning("User requested shutdown...");
    if (keepsAppendOnlyFile) {
      log.notice("Calling fsync() on the AOF file.");
    } else if (options.save !== "nosave" && configuration.settings.save.length > 0 && !isLoading) {
      log.warning("The data is not saved: that needs SHUTDOWN SAVE yet, and the AOF is off.");
    }
    this.#server.stopServing();
    this.#end(0);
  }

  /** Ends because data cannot be kept as promised: nothing more is answered. */
  abort(): void {
    if (this.#began) return;
    this.#began = true;
    this.#server.stopServing();
    this.#end(1);
  }

  async #end(exitCode: number): Promise<void> {
    const safe = await this.#server.close();
    this.#server.log.warning("Redis is now ready to exit, bye bye...");
    this.#resolve(safe ? exitCode : 1);
  }
}

function asShutdownOptions(words: readonly ShutdownOption[]): ShutdownOptions {
  const has = (word: ShutdownOption) => words.includes(word);
  return {
    save: has("save") ? "save" : has("nosave") ? "nosave" : "default",
    now: has("now"),
    force: has("force"),
  };
}
