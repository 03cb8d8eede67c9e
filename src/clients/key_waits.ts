/** Clients that wait for keys (BLPOP, XREAD BLOCK and their like), served in the order in which they came. */

import { type ByteRange, byteString, Span, spanString } from "../base/span.ts";
import type { BlockingRequest } from "../commands/views/blocking.ts";
import type { Command } from "../commands/registry.ts";
import { ValueType } from "../data/value.ts";
import type { KeyWaits as ServedKeyWaits, Service } from "../execution/dispatcher.ts";
import type { KeyReadiness } from "../execution/keyspace_events.ts";
import type { Session } from "../execution/session.ts";
import { type Database, NO_ROW } from "../keyspace/database.ts";
import type { Frame } from "../resp/frame.ts";
import type { Waiter, Waiting } from "./waiting.ts";

/** Who can wait for keys. */
export type KeyWaiter = Session & Waiter;

/** A client's wait. */
interface KeyWait<Client> {
  readonly client: Client;
  readonly request: BlockingRequest;
  readonly command: Command;
  /** The command that waits, owning its bytes. */
  readonly frame: Frame;
}

/** Who waits for one key: by the type of value that they wait for, in the order in which they came. */
type KeyQueue<Client> = Map<ValueType, Set<KeyWait<Client>>>;

/** The clients that wait, by the keys that they wait for. */
export class KeyWaits<Client extends KeyWaiter> implements ServedKeyWaits<Client>, KeyReadiness {
  readonly #waiting: Waiting;
  readonly #queues = new Map<string, KeyQueue<Client>>();
  readonly #ready = new Set<string>();

  constructor(waiting: Waiting) {
    this.#waiting = waiting;
  }

  get hasReady(): boolean {
    return this.#ready.size > 0;
  }

  /** A client begins to wait with its command. */
  begin(client: Client, command: Command, args: Frame, request: BlockingRequest): void {
    const { index } = client.db;
    const names = new Set(request.keys.map((key) => queueName(index, byteString(key))));
    const frame = args.detach();
    const wait: KeyWait<Client> = { client, request, command, frame };
    for (const name of names) this.#join(name, wait);
    this.#waiting.begin(client, {
      kind: "keys",
      command,
      frame,
      limit: request,
      left: () => {
        for (const name of names) this.#leave(name, wait);
      },
    });
  }

  keyReady(database: Database, key: ByteRange): void {
    if (this.#queues.size === 0) return;
    const name = queueName(database.index, spanString(key));
    if (this.#queues.has(name)) this.#ready.add(name);
  }

  databaseReady(database: Database): void {
    const prefix = queueName(database.index, "");
    for (const name of this.#queues.keys()) if (name.startsWith(prefix)) this.#ready.add(name);
  }

  databaseCleared(database: Database): void {
    // Who waits as a consumer of a stream has to be told that it is gone.
    const prefix = queueName(database.index, "");
    for (const name of this.#queues.keys()) {
      if (!name.startsWith(prefix)) continue;
      const row = database.peek(Span.ofString(name.slice(prefix.length)));
      if (row !== NO_ROW && database.typeOf(row) === ValueType.Stream) this.#ready.add(name);
    }
  }

  /**
   * Serves those who wait for keys that became ready, until no key is; to be called when a command has
   * ended with all that it caused.
   */
  serveReady(serve: Service<Client>): void {
    while (this.#ready.size > 0) {
      const names = [...this.#ready];
      this.#ready.clear();
      for (const name of names) {
        const key = Span.ofString(name.slice(name.indexOf(":") + 1));
        for (const [type, waits] of this.#queues.get(name) ?? []) {
          this.#serveFrom(key, type, waits, serve);
        }
      }
    }
  }

  #serveFrom(
    key: Span,
    type: ValueType,
    waits: Set<KeyWait<Client>>,
    serve: Service<Client>,
  ): void {
    for (const { client, command, frame, request } of waits) {
      if (serve(client, command, frame, () => request.attempt(key))) this.#waiting.end(client);
      // Of a stream each wants something else. Where one finds nothing to pop, the others won't.
      else if (type !== ValueType.Stream) break;
    }
  }

  #join(name: string, wait: KeyWait<Client>): void {
    const { type } = wait.request;
    let queue = this.#queues.get(name);
    if (queue === undefined) this.#queues.set(name, queue = new Map());
    const waits = queue.get(type);
    if (waits === undefined) queue.set(type, new Set([wait]));
    else waits.add(wait);
  }

  #leave(name: string, wait: KeyWait<Client>): void {
    const { type } = wait.request;
    const queue = this.#queues.get(name);
    const waits = queue?.get(type);
    waits?.delete(wait);
    if (waits?.size === 0) queue?.delete(type);
    if (queue?.size === 0) this.#queues.delete(name);
  }
}

function queueName(database: number, key: string): string {
  return `${database}:${key}`;
}
