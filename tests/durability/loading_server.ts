/** A server in this process that loads its data for as long as a test wants. */

import { ManualClock } from "../../src/base/clock.ts";
import { Server } from "../../src/server/server.ts";
import type { FaultyFileSystem } from "../support/faulty_file_system.ts";
import { RawClient } from "../support/raw_client.ts";
import type { Directives } from "../support/server_process.ts";
import { simulateMachine } from "../support/simulated_machine.ts";
import { waitFor } from "../support/wait_for.ts";

/** Microseconds for each key that no test waits for. */
const FOR_EVER = "1000000000";

/** A server that loads, with a client of it. */
export class LoadingServer implements AsyncDisposable {
  private constructor(
    readonly server: Server,
    readonly client: RawClient,
    readonly clock: ManualClock,
    /** The lines of its log. */
    readonly log: readonly string[],
    /** Resolves when it serves, or has ended. */
    readonly started: Promise<Server>,
  ) {}

  /** Starts a server on what is in `files`; returns when it has loaded some of that. */
  static async start(files: FaultyFileSystem, directives: Directives): Promise<LoadingServer> {
    const clock = new ManualClock(1_700_000_000_000);
    const { options, log } = simulateMachine(clock, files, {
      "enable-debug-command": "yes",
      "enable-protected-configs": "yes",
      "key-load-delay": FOR_EVER,
      ...directives,
    });
    let made: Server | undefined;
    const started = Server.start({ ...options, created: (server) => made = server });
    const isLoading = () => (made?.persistence.loader.progress?.loadedBytes ?? 0) > 0;
    const server = await waitFor("a part to be loaded", () => isLoading() ? made : undefined);
    if (server === undefined) throw new Error("there is no server");
    return new LoadingServer(server, await RawClient.connect(server.port), clock, log, started);
  }

  /** Lets it load the rest. */
  async finish(): Promise<void> {
    await this.client.texts("CONFIG", "SET", "key-load-delay", "0");
    await this.started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await this.server.stop();
    await this.started;
  }
}
