/** Puts an embedded server back to what it was when it had started. */

import type { ManualClock } from "../base/clock.ts";
import type { User } from "../access/user.ts";
import type { Client } from "../clients/client.ts";
import type { Server } from "../server/server.ts";
import type { LocalCaller } from "./local_caller.ts";

/** What a server can be put back to. */
export class Beginning {
  readonly #server: Server;
  readonly #clock: ManualClock | null;
  readonly #restoreConfiguration: () => Promise<void>;
  readonly #users: readonly User[];
  readonly #time: number;
  readonly #isRunning: boolean;
  readonly #wasReplica: boolean;
  readonly #startedAt = performance.now();

  /** Remembers how a server has begun; `clock`: where the test can set it. */
  constructor(server: Server, clock: ManualClock | null) {
    this.#server = server;
    this.#clock = clock;
    this.#restoreConfiguration = server.configuration.remember();
    this.#users = Array.from(server.access.users, (user) => user.copy());
    this.#time = server.clock.now();
    this.#isRunning = clock?.isRunning ?? true;
    this.#wasReplica = server.primaryLink.isReplica;
  }

  /**
   * Puts back data, functions, scripts, configuration, users, statistics and the clock. Connections stay open
   * with their protocol, name and database; what they have begun ends: MULTI, WATCH, subscriptions, waits.
   * All that is done on return; what is returned resolves when the server listens where it did.
   */
  restore(caller: LocalCaller): Promise<void> {
    const { core, clients, pause, primaryLink } = this.#server;
    if (this.#wasReplica) throw new Error("a replica's data is its primary's: reset the primary");
    this.#endScripts();
    primaryLink.standAlone();
    pause.end();
    for (const client of clients) this.#endUndertakings(client);
    // First, as what is configured may forbid to change anything.
    const configured = this.#restoreConfiguration();
    this.#restoreUsers();
    caller.reset();
    this.#emptyData(caller);
    this.#server.scripts.clear();
    this.#restoreClock();
    this.#server.resetStatistics();
    this.#server.slowlog.reset();
    for (const { name } of this.#server.latency.events) this.#server.latency.reset(name);
    core.access.log.reset();
    return configured;
  }

  #endScripts(): void {
    const { core: { halfDone }, scriptRunner, dispatcher } = this.#server;
    while (halfDone.isActive && scriptRunner.end()) dispatcher.goOn();
    if (halfDone.isActive) throw new Error("a script that has written still runs");
  }

  #endUndertakings(client: Client): void {
    if (client.isReplica || client.mustObey) return;
    client.endUndertakings();
    this.#server.waiting.unblock(client, "timeout");
  }

  #restoreUsers(): void {
    const { users } = this.#server.access;
    users.replaceAll(this.#users.map((user) => user.copy()));
    for (const client of this.#server.clients) {
      const user = users.get(client.user.name);
      if (user === undefined) client.forgetUser();
      else client.user = user;
      client.rightsChanged();
    }
  }

  /** By commands, so that the append-only file and replicas follow. */
  #emptyData(caller: LocalCaller): void {
    const { registry, keyspace } = this.#server;
    const run = (name: string, ...args: string[]) => {
      const command = registry.originals.find(({ fullName }) => fullName === name);
      caller.call([command?.lookupName ?? name, ...args], (bytes) => bytes);
    };
    if (keyspace.databases.some(({ size }) => size > 0)) run("flushall", "SYNC");
    if (keyspace.libraries.size > 0) run("function", "FLUSH", "SYNC");
  }

  #restoreClock(): void {
    const clock = this.#clock;
    if (clock === null) return;
    const passed = this.#isRunning ? performance.now() - this.#startedAt : 0;
    // It stands still first, or it would have gone on by the time that it is told to.
    clock.pause();
    clock.set(Math.round(this.#time + passed));
    if (this.#isRunning) clock.run();
    this.#server.keyspace.updateTime();
  }
}
