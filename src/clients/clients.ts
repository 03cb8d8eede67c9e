/** All connected clients of a server. */

import type { UnblockReason } from "../commands/views/blocking.ts";
import type { ClientView } from "../commands/views/client.ts";
import type { ClientFilter, ClientsView } from "../commands/views/clients.ts";
import type { Client } from "./client.ts";
import type { ClientMemory } from "./client_memory.ts";
import type { Monitors } from "./monitors.ts";
import type { PubSub } from "./pubsub.ts";
import type { Tracking } from "./tracking.ts";
import type { Waiting } from "./waiting.ts";

/** What must forget a client that is gone. */
export interface ClientsParts {
  readonly waiting: Waiting;
  readonly pubsub: PubSub;
  readonly monitors: Monitors;
  readonly tracking: Tracking;
  readonly memory: ClientMemory;
}

/** The clients by id; ids grow and are never used again. */
export class Clients implements ClientsView {
  readonly #byId = new Map<number, Client>();
  readonly #waiting: Waiting;
  readonly #pubsub: PubSub;
  readonly #monitors: Monitors;
  readonly #tracking: Tracking;
  readonly #memory: ClientMemory;
  #lastId = 0;

  constructor({ waiting, pubsub, monitors, tracking, memory }: ClientsParts) {
    this.#waiting = waiting;
    this.#pubsub = pubsub;
    this.#monitors = monitors;
    this.#tracking = tracking;
    this.#memory = memory;
  }

  get count(): number {
    return this.#byId.size;
  }

  /** The id of the next client. */
  nextId(): number {
    return ++this.#lastId;
  }

  add(client: Client): void {
    this.#byId.set(client.id, client);
    client.measure();
  }

  /** A client's peer has sent all: it waits for nothing any more, and is told nothing more. */
  leave(client: Client): void {
    this.#waiting.forget(client);
    this.#pubsub.forget(client);
    this.#monitors.remove(client);
    this.#tracking.disable(client);
    client.transaction.discard();
  }

  remove(client: Client): void {
    this.leave(client);
    this.#memory.forget(client);
    this.#byId.delete(client.id);
  }

  /** The client with an id, if it is connected. */
  find(id: number): Client | undefined {
    return this.#byId.get(id);
  }

  [Symbol.iterator](): IterableIterator<Client> {
    return this.#byId.values();
  }

  select(filter: ClientFilter): ClientView[] {
    const candidates = filter.ids
      ? filter.ids.map((id) => this.#byId.get(id)).filter((client) => client !== undefined)
      : [...this.#byId.values()];
    return candidates.filter((client) =>
      (filter.address === undefined || client.address === filter.address) &&
      (filter.localAddress === undefined || client.localAddress === filter.localAddress) &&
      (filter.type === undefined || client.type === filter.type) &&
      (filter.user === undefined || client.user.name === filter.user) &&
      client !== filter.except
    );
  }

  kill(client: ClientView): void {
    this.#byId.get(client.id)?.disconnect();
  }

  get blockedCount(): number {
    return this.#waiting.count;
  }

  unblock(id: number, reason: UnblockReason): boolean {
    const client = this.find(id);
    return client !== undefined && this.#waiting.unblock(client, reason);
  }
}
