/** A whole server in this process, with all its parts in reach. */

import { ManualClock } from "../../src/base/clock.ts";
import { Server } from "../../src/server/server.ts";
import type { Directives } from "./server_process.ts";
import { FaultyFileSystem } from "./faulty_file_system.ts";
import { RawClient } from "./raw_client.ts";
import { simulateMachine } from "./simulated_machine.ts";

/** A server whose clock, disk and log are the test's. */
export interface EmbeddedParts extends AsyncDisposable {
  readonly server: Server;
  readonly clock: ManualClock;
  readonly files: FaultyFileSystem;
  /** The lines of its log. */
  readonly log: readonly string[];
  /** A new connection, closed at the end. */
  connect(): Promise<RawClient>;
}

/** Starts a server on a free port, on a new disk or on `files`; its clock stands still at 1,700,000,000 s. */
export async function startEmbedded(
  directives: Directives = {},
  files: FaultyFileSystem = new FaultyFileSystem(),
): Promise<EmbeddedParts> {
  const clock = new ManualClock(1_700_000_000_000);
  const { options, log } = simulateMachine(clock, files, directives);
  const server = await Server.start(options);
  const clients: RawClient[] = [];
  return {
    server,
    clock,
    files,
    log,
    async connect() {
      const client = await RawClient.connect(server.port);
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client.close();
      await server.stop();
    },
  };
}
