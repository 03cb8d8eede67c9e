/** WAIT: clients that wait until so many replicas have what they changed. */

import type { Client } from "../clients/client.ts";
import type { Waiting } from "../clients/waiting.ts";
import type { WaitLimit } from "../commands/views/blocking.ts";
import type { Replica } from "./replica.ts";

interface ReplicaWait {
  readonly wanted: number;
  readonly offset: number;
  /** Replies how many there are. */
  readonly reply: () => void;
}

/** Those who wait. */
export class ReplicaWaits {
  readonly #waiting: Waiting;
  readonly #waits = new Map<Client, ReplicaWait>();

  constructor(waiting: Waiting) {
    this.#waiting = waiting;
  }

  /** How many of the replicas have the changes up to an offset. */
  countAt(replicas: Iterable<Replica>, offset: number): number {
    let count = 0;
    for (const { state, acknowledged } of replicas) {
      if (state === "online" && acknowledged >= offset) count++;
    }
    return count;
  }

  /** A client waits until so many replicas have the changes up to an offset. */
  begin(client: Client, offset: number, wanted: number, limit: WaitLimit): void {
    client.waitForReplicas(limit, () => this.#waits.delete(client));
    this.#waits.set(client, { wanted, offset, reply: limit.timedOut });
  }

  /** Replicas are further now: lets go those who have what they wait for. */
  serve(replicas: Iterable<Replica>): void {
    for (const [client, { wanted, offset, reply }] of [...this.#waits]) {
      if (this.countAt(replicas, offset) < wanted) continue;
      reply();
      this.#waiting.end(client);
    }
  }
}
