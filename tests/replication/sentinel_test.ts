/** Real sentinels fail over from a primary that is killed under load, and take it back as a replica. */

import { assert, assertEquals } from "@std/assert";
import { Redis } from "ioredis";
import { amount, longRequiredTest } from "../support/long_test.ts";
import { missingReference } from "../support/reference.ts";
import { waitFor } from "../support/wait_for.ts";
import { missingSentinel, PRIMARY, Sentinels } from "./sentinels.ts";
import {
  combinations,
  type Implementation,
  isReferenceAlone,
  startMembers,
  waitForSameData,
} from "./topology.ts";

const ROUNDS = amount({ quick: 1, full: 2, long: 10 });
/** Twice what the sentinels need to notice, agree and promote on a machine that has time. */
const FAILOVER_TIME = 60_000;

/** All of one kind, and mixed ones, of what can be both. */
function mixtures(): Implementation[][] {
  const both = ["primary", "replica"] as const;
  return combinations(both, both, both).filter(([first, second, third]) =>
    (first === second && second === third) || (first === "miniredis" && second !== third)
  );
}

/** Writes numbers through whoever is the primary, and keeps those that two replicas had. */
class WaitingWriter {
  readonly kept: number[] = [];
  /** When the last write was taken, by `performance.now()`. */
  lastAt = 0;
  #next = 0;
  #isOver = false;

  constructor(private readonly client: Redis, readonly key: string) {}

  async write(): Promise<void> {
    while (!this.#isOver) {
      const number = this.#next++;
      try {
        await this.client.rpush(this.key, number);
        this.lastAt = performance.now();
        // While the old primary is away, there is only one replica.
        if (await this.client.wait(2, 200) >= 2) this.kept.push(number);
      } catch (error) {
        // Whether it was written is not known: nobody was told.
        if (!(error instanceof Error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  stop(): void {
    this.#isOver = true;
  }

  async check(read: (key: string) => Promise<string[]>): Promise<void> {
    const there = new Set(await read(this.key));
    const lost = this.kept.filter((number) => !there.has(String(number)));
    assertEquals(lost, [], `${this.key}: of ${this.kept.length} writes`);
  }
}

for (const mixture of mixtures()) {
  if (isReferenceAlone(mixture)) continue;
  longRequiredTest(
    missingReference() ?? missingSentinel(),
    `sentinels fail over and lose nothing that WAIT 2 acknowledged (${mixture.join(", ")})`,
    async () => {
      await using members = await startMembers(mixture, { "repl-timeout": "10" });
      for (const replica of members.slice(1)) await replica.attachTo(members[0].port);
      await using sentinels = await Sentinels.start(members[0].port, 2);
      const connect = () =>
        new Redis({
          sentinels: sentinels.ports.map((port) => ({ host: "127.0.0.1", port })),
          name: PRIMARY,
          maxRetriesPerRequest: 1,
          sentinelRetryStrategy: () => 50,
          retryStrategy: () => 50,
        });
      // A client has errors to tell while there is no primary.
      const clients = Array.from({ length: 3 }, () => connect().on("error", () => {}));
      const writers = clients.map((client, i) => new WaitingWriter(client, `list ${i}`));
      const writing = writers.map((writer) => writer.write());
      try {
        for (let round = 0; round < ROUNDS; round++) {
          const [port] = await sentinels.primaryPorts();
          const counts = writers.map(({ kept }) => kept.length);
          await waitFor(
            "writes that two replicas have",
            () => writers.every(({ kept }, i) => kept.length > counts[i] + 20),
          );
          const primary = members.find((member) => member.port === port)!;
          const killedAt = performance.now();
          await primary.server.kill("SIGKILL");
          await sentinels.waitForFailover(port);
          await waitFor(
            "the clients to go on",
            () => writers.every(({ lastAt }) => lastAt > killedAt),
          );
          assert(performance.now() - killedAt < FAILOVER_TIME);
          // The old one comes back as the primary that it was, and is told what has become of it.
          await primary.restart({}, port);
          await sentinels.waitForReplicas(2);
        }
      } finally {
        for (const writer of writers) writer.stop();
        await Promise.all(writing);
        for (const client of clients) client.disconnect();
      }
      const port = await sentinels.waitForReplicas(2);
      // Sentinel has ended the connections of those whose part it changed.
      for (const member of members) await member.reconnect();
      const primary = members.find((member) => member.port === port)!;
      const replicas = members.filter((member) => member !== primary);
      for (const replica of replicas) await replica.waitForLink();
      await waitForSameData(primary, ...replicas);
      for (const writer of writers) {
        assert(writer.kept.length > 0);
        await writer.check((key) => primary.texts("LRANGE", key, "0", "-1"));
      }
    },
  );
}
