/** Clients that wait for keys (BLPOP, XREAD BLOCK and their like), served in the order in which they came. */

import type { Clock, Timer } from "../base/clock.ts";
import { ReplyError } from "../base/errors.ts";
import { type ByteRange, byteString, Span, spanString } from "../base/span.ts";
import type { BlockingRequest, UnblockReason } from "../commands/context.ts";
import type { Command } from "../commands/registry.ts";
import { ValueType } from "../data/value.ts";
import type { Database } from "../keyspace/database.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { Statistics } from "../observe/statistics.ts";
import type { Frame } from "../resp/frame.ts";
import type { Client } from "./client.ts";

const UNBLOCKED = new ReplyError("UNBLOCKED client unblocked via CLIENT UNBLOCK");

/** A client's wait. */
interface Wait {
  readonly client: Client;
  readonly request: BlockingRequest;
  readonly command: Command;
  /** The command that waits, owning its bytes. */
  readonly frame: Frame;
  /** The queues that it stands in, by name. */
  readonly queues: readonly string[];
  readonly timer: Timer | null;
}

/** What serves a wait: the dispatcher, so that it is run, counted and propagated as commands are. */
export type WaitRunner = (
  client: Client,
  command: Command,
  frame: Frame,
  act: () => boolean,
) => boolean;

/** Who waits for one key: by the type of value that they wait for, in the order in which they came. */
type KeyQueue = Map<ValueType, Set<Wait>>;

/** The clients that wait, by the keys that they wait for. */
export class BlockedClients {
  readonly #clock: Clock;
  readonly #keyspace: Keyspace;
  readonly #statistics: Statistics;
  readonly #waits = new Map<Client, Wait>();
  readonly #queues = new Map<string, KeyQueue>();
  readonly #ready = new Set<string>();

  constructor(clock: Clock, keyspace: Keyspace, statistics: Statistics) {
    this.#clock = clock;
    this.#keyspace = keyspace;
    this.#statistics = statistics;
  }

  /** How many clients wait. */
  get count(): number {
    return this.#waits.size;
  }

  /** How many of them wait for a limited time. */
  get timedCount(): number {
    let count = 0;
    for (const { timer } of this.#waits.values()) if (timer !== null) count++;
    return count;
  }

  /** Whether keys that somebody waits for have become ready. */
  get hasReady(): boolean {
    return this.#ready.size > 0;
  }

  /** Whether a client waits. */
  isBlocked(client: Client): boolean {
    return this.#waits.has(client);
  }

  /** The command that a client waits with. */
  frameOf(client: Client): Frame | undefined {
    return this.#waits.get(client)?.frame;
  }

  /** Parks a client. */
  block(client: Client, command: Command, frame: Frame, request: BlockingRequest): void {
    const database = client.db.index;
    const queues = [...new Set(request.keys.map((key) => queueName(database, byteString(key))))];
    const timer = request.timeout > 0
      ? this.#clock.at(this.#clock.now() + request.timeout, () => this.#timeOut(wait))
      : null;
    const wait: Wait = { client, request, command, frame: frame.detach(), queues, timer };
    this.#waits.set(client, wait);
    for (const name of queues) {
      let queue = this.#queues.get(name);
      if (queue === undefined) this.#queues.set(name, queue = new Map());
      const waits = queue.get(request.type);
      if (waits === undefined) queue.set(request.type, new Set([wait]));
      else waits.add(wait);
    }
  }

  /** A key came into being, or has something new for those who wait for it. */
  keyReady(database: Database, key: ByteRange): void {
    if (this.#queues.size === 0) return;
    const name = queueName(database.index, spanString(key));
    if (this.#queues.has(name)) this.#ready.add(name);
  }

  /** All keys of a database may be others than before (SWAPDB). */
  databaseReady(database: Database): void {
    const prefix = queueName(database.index, "");
    for (const name of this.#queues.keys()) if (name.startsWith(prefix)) this.#ready.add(name);
  }

  /**
   * Serves those who wait for keys that became ready, until no key is; to be called when a command has
   * ended with all that it caused.
   */
  serve(run: WaitRunner): void {
    while (this.#ready.size > 0) {
      const names = [...this.#ready];
      this.#ready.clear();
      for (const name of names) {
        const key = Span.ofString(name.slice(name.indexOf(":") + 1));
        for (const [type, waits] of this.#queues.get(name) ?? []) {
          this.#serveFrom(key, type, waits, run);
        }
      }
    }
  }

  #serveFrom(key: Span, type: ValueType, waits: Set<Wait>, run: WaitRunner): void {
    for (const wait of waits) {
      const { client, command, frame, request } = wait;
      if (run(client, command, frame, () => request.attempt(key))) this.#release(wait);
      // Of a stream each wants something else. Where one finds nothing to pop, the others won't.
      else if (type !== ValueType.Stream) break;
    }
  }

  /** Ends a client's wait (CLIENT UNBLOCK); false when it does not wait. */
  unblock(client: Client, reason: UnblockReason): boolean {
    const wait = this.#waits.get(client);
    if (wait === undefined) return false;
    if (reason === "error") {
      this.#statistics.countError(UNBLOCKED.code);
      wait.command.statistics.failed++;
      client.reply.error(UNBLOCKED.message);
    } else {
      wait.request.timedOut();
    }
    this.#release(wait);
    return true;
  }

  /** Forgets a client that is gone. */
  forget(client: Client): void {
    const wait = this.#waits.get(client);
    if (wait !== undefined) this.#remove(wait);
  }

  #timeOut(wait: Wait): void {
    this.#keyspace.updateTime();
    wait.request.timedOut();
    this.#release(wait);
  }

  #release(wait: Wait): void {
    this.#remove(wait);
    wait.client.afterCommand();
    wait.client.transport?.resume();
  }

  #remove(wait: Wait): void {
    wait.timer?.cancel();
    this.#waits.delete(wait.client);
    for (const name of wait.queues) {
      const queue = this.#queues.get(name);
      const waits = queue?.get(wait.request.type);
      waits?.delete(wait);
      if (waits?.size === 0) queue?.delete(wait.request.type);
      if (queue?.size === 0) this.#queues.delete(name);
    }
  }
}

function queueName(database: number, key: string): string {
  return `${database}:${key}`;
}
