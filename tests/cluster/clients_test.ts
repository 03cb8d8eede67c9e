import { assert, assertEquals } from "@std/assert";
import { Cluster as IoCluster } from "ioredis";
import { createCluster } from "redis";
import { amount } from "../support/long_test.ts";
import { longReferenceTest } from "../support/reference.ts";
import { waitFor } from "../support/wait_for.ts";
import { ClusterOf, type Kind } from "./cluster_of.ts";

const ROUNDS = amount({ quick: 1, full: 3, long: 10 });
const KEYS = 50;

/** Who writes and reads: the two libraries, behind what the test needs of them. */
interface Writer {
  set(key: string, value: string): Promise<unknown>;
  get(key: string): Promise<string | null>;
  close(): Promise<void>;
}

function ioredis(ports: readonly number[]): Writer {
  const client = new IoCluster(ports.map((port) => ({ host: "127.0.0.1", port })), {
    clusterRetryStrategy: () => 200,
    redisOptions: { maxRetriesPerRequest: 1, connectTimeout: 2000 },
  });
  client.on("error", () => {});
  return {
    set: (key, value) => client.set(key, value),
    get: (key) => client.get(key),
    close: () => Promise.resolve(client.disconnect()),
  };
}

async function nodeRedis(ports: readonly number[], RESP: 2 | 3): Promise<Writer> {
  const client = createCluster({
    rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })),
    RESP,
    defaults: { socket: { connectTimeout: 2000, reconnectStrategy: 200 } },
  });
  client.on("error", () => {});
  await client.connect();
  return {
    set: (key, value) => client.set(key, value),
    get: (key) => client.get(key),
    close: async () => void await client.destroy(),
  };
}

/** Writes values one after the other, each key's greater than before, and remembers what was acknowledged. */
class Load {
  readonly acknowledged = new Map<string, number>();
  readonly #writer: Writer;
  readonly #name: string;
  #isOver = false;
  #done: Promise<void> = Promise.resolve();

  constructor(writer: Writer, name: string) {
    this.#writer = writer;
    this.#name = name;
  }

  start(): void {
    this.#isOver = false;
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#done;
  }

  async #run(): Promise<void> {
    for (let n = 1; !this.#isOver; n++) {
      const key = `${this.#name}:${n % KEYS}`;
      try {
        await this.#writer.set(key, String(n));
        this.acknowledged.set(key, n);
      } catch {
        // Not acknowledged: it may be there or not.
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  /** Reads all back: nothing older than what was acknowledged. Where that was lost, it is named. */
  async lost(): Promise<string[]> {
    const lost: string[] = [];
    for (const [key, n] of this.acknowledged) {
      const value = Number(await this.#writer.get(key));
      if (value < n) lost.push(`${key}: ${value} instead of ${n}`);
    }
    return lost;
  }
}

const KINDS: readonly Kind[] = ["ours", "ours", "ours", "ours", "ours", "ours"];

longReferenceTest(
  "clients go on where a primary is killed, and where a replica is told to lead",
  async () => {
    await using cluster = await ClusterOf.create(KINDS, 1);
    const ports = cluster.nodes.map(({ port }) => port);
    const writers = [ioredis(ports), await nodeRedis(ports, 2), await nodeRedis(ports, 3)];
    const loads = writers.map((writer, i) => new Load(writer, `load${i}`));
    try {
      for (let round = 0; round < ROUNDS; round++) {
        for (const load of loads) load.start();
        await waitFor(
          "some writes",
          () => loads.every(({ acknowledged }) => acknowledged.size > 20),
        );
        const { primary, replica } = await pairOf(cluster);
        // By hand: nothing that was acknowledged may be lost.
        await cluster.ask(replica, "CLUSTER", "FAILOVER");
        await waitFor(
          "a new primary",
          async () => (await cluster.ask(replica, "ROLE")).includes("master"),
        );
        await waitFor(
          "an old primary that follows",
          async () =>
            (await cluster.ask(primary, "INFO", "replication")).includes("link_status:up"),
        );
        await cluster.agreed();
        for (const load of loads) await load.stop();
        for (const load of loads) assertEquals(await load.lost(), []);

        // The new primary is killed: what its replica had not been sent is lost, which is a moment's.
        for (const load of loads) load.start();
        const { port } = cluster.nodes[replica];
        await cluster.nodes[replica].kill("SIGKILL");
        await waitFor(
          "the replica to lead",
          async () => (await cluster.ask(primary, "ROLE")).includes("master"),
        );
        await waitFor(
          "all slots to be served",
          async () => (await cluster.ask(primary, "CLUSTER", "INFO")).includes("state:ok"),
        );
        for (const load of loads) await load.stop();
        await cluster.nodes[replica].restart({}, port);
        await cluster.agreed();
        for (const load of loads) {
          const lost = await load.lost();
          assert(lost.length < KEYS / 2, lost.join("\n"));
          const before = new Map(load.acknowledged);
          load.start();
          await waitFor("writes after that", () => load.acknowledged.size >= before.size);
          await load.stop();
        }
      }
    } finally {
      for (const load of loads) await load.stop();
      for (const writer of writers) await writer.close();
    }
  },
);

/** A primary with a replica, as numbers of nodes. */
async function pairOf(cluster: ClusterOf): Promise<{ primary: number; replica: number }> {
  const ids = await Promise.all(cluster.nodes.keys().map((node) => cluster.id(node)));
  const lines = (await cluster.ask(0, "CLUSTER", "NODES")).split("\n");
  for (const line of lines) {
    const [id, , flags, of] = line.split(" ");
    if (flags?.includes("slave")) return { primary: ids.indexOf(of), replica: ids.indexOf(id) };
  }
  throw new Error("no node is a replica");
}
