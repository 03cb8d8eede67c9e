/**
 * Client-side caching: clients keep what they have read, and are told when it changes
 * (https://redis.io/docs/latest/develop/reference/client-side-caching/).
 */

import { CallKeys } from "../access/call_keys.ts";
import { type ByteRange, copySpan, Span } from "../base/span.ts";
import type { TrackingOptions, TrackingState } from "../commands/views/tracking.ts";
import { type Command, CommandBit } from "../commands/registry.ts";
import type { ReadTracking } from "../execution/dispatcher.ts";
import type { KeyReaders } from "../execution/keyspace_events.ts";
import type { Frame } from "../resp/frame.ts";
import type { ReplyWriter } from "../resp/reply_writer.ts";
import { PREFIX_COST } from "./client_memory.ts";
import { BroadcastPrefixes, type Change } from "./tracking_broadcast.ts";
import { TrackingTable } from "./tracking_table.ts";

/** The channel from which clients that speak RESP2 hear of changes. */
const CHANNEL = Span.ofString("__redis__:invalidate");
/** Keys that one round of the cron drops from a table which is too large; each further round more. */
const KEYS_PER_ROUND = 100;

/** What commands read is remembered, but for those that run scripts, whose own calls are looked at. */
const READS_AND_SCRIPTS = CommandBit.ReadOnly | CommandBit.RunsScript;

/** A client that can be told of changes. */
export interface Tracker {
  readonly id: number;
  readonly reply: ReplyWriter;
  readonly isSubscribed: boolean;
  /** Set once nothing more may be said to it. */
  readonly closing: boolean;
  /** The command that it runs now, if any. */
  readonly runningCommand: Command | undefined;
  readonly runningFrame: Frame | undefined;
  /** Set by `Tracking` alone. */
  tracking: ClientTracking | null;
  /** Something was written to `reply` that nobody asked for. */
  pushed(): void;
}

/** One client's tracking. */
export class ClientTracking implements TrackingState {
  redirect = 0;
  broadcast = false;
  optIn = false;
  optOut = false;
  noLoop = false;
  caching = false;
  redirectBroken = false;
  readonly prefixSet = new Set<string>();
  /** What the prefixes take, in bytes. */
  prefixBytes = 0;

  get prefixes(): readonly string[] {
    return [...this.prefixSet].sort();
  }

  /** Whether the keys of the command that runs are to be remembered. */
  get remembers(): boolean {
    if (this.broadcast) return false;
    return this.optIn ? this.caching : !(this.optOut && this.caching);
  }
}

/** Writes the keys that have changed: the last part of a message. */
type WriteKeys = (reply: ReplyWriter) => void;

/** What tracking needs of the server. */
export interface TrackingHost {
  /** The client with an id, if it is connected. */
  find(id: number): Tracker | undefined;
  /** All clients that are connected. */
  all(): Iterable<Tracker>;
  /** Whose command runs, or ran last. */
  current(): Tracker | null;
  /** For whose command keys are evicted, before it runs; null: no keys are. */
  makesRoomFor(): object | null;
  /** Asks for `broadcast` to be called at the end of this turn of the event loop. */
  schedule(): void;
}

/** Who tracks what, and what they are still to be told. */
export class Tracking implements ReadTracking<Tracker>, KeyReaders {
  /** Whether anything has to be looked at here when commands run and keys change. */
  isActive = false;
  readonly #host: TrackingHost;
  readonly #table = new TrackingTable();
  readonly #keys = new CallKeys();
  readonly #broadcasts = new BroadcastPrefixes<Tracker>();
  #clients = 0;
  /** What the running command's own client is told behind its reply: copies of keys; null: all keys. */
  #pending: (Span | null)[] = [];
  /** Whose command that is; others may run within it. */
  #pendingFor: Tracker | null = null;
  /** Rounds of the cron, one after the other, that have found too many keys. */
  #roundsOverLimit = 0;

  constructor(host: TrackingHost) {
    this.#host = host;
  }

  /** How many clients track. */
  get clients(): number {
    return this.#clients;
  }

  /** How many keys are in the table. */
  get keys(): number {
    return this.#table.keys;
  }

  /** How many pairs of a key and a client are in the table. */
  get items(): number {
    return this.#table.items;
  }

  /** The memory that the table takes, in bytes. */
  get memoryBytes(): number {
    return this.isActive ? this.#table.memoryBytes : 0;
  }

  /** How many different prefixes clients listen to. */
  get prefixes(): number {
    return this.#broadcasts.size;
  }

  /** Begins to track for a client, or changes how. */
  enable(client: Tracker, options: TrackingOptions): void {
    if (client.tracking === null) this.#clients++;
    const state = client.tracking ??= new ClientTracking();
    state.redirect = options.redirect;
    state.redirectBroken = false;
    state.broadcast = options.broadcast;
    state.optIn = options.optIn;
    state.optOut = options.optOut;
    state.noLoop = options.noLoop;
    if (options.broadcast) {
      for (const prefix of options.prefixes.length === 0 ? [""] : options.prefixes) {
        if (state.prefixSet.has(prefix)) continue;
        state.prefixSet.add(prefix);
        state.prefixBytes += PREFIX_COST + prefix.length;
        this.#broadcasts.add(prefix, client);
      }
    }
    this.isActive = true;
  }

  /** Ends it. What the client has read stays in the table until it changes, as in Redis. */
  disable(client: Tracker): void {
    const state = client.tracking;
    if (state === null) return;
    for (const prefix of state.prefixSet) this.#broadcasts.remove(prefix, client);
    client.tracking = null;
    this.#clients--;
    this.#lookIfActive();
  }

  /** A command has run for a client, or within another one: its keys are remembered. */
  commandRan(client: Tracker, command: Command, frame: Frame): void {
    if ((command.flags & READS_AND_SCRIPTS) === CommandBit.ReadOnly) {
      this.#remember(client, command, frame);
    }
    if (client.runningCommand === undefined) this.tellPending(client);
  }

  /** As in Redis, the keys of the script are remembered then, and not those that it read. */
  scriptRead(client: Tracker): void {
    const { runningCommand, runningFrame } = client;
    if (runningCommand !== undefined && runningFrame !== undefined) {
      this.#remember(client, runningCommand, runningFrame);
    }
  }

  #remember(client: Tracker, command: Command, frame: Frame): void {
    if (!client.tracking?.remembers) return;
    const keys = this.#keys;
    command.findUsedKeys(frame, keys);
    while (keys.next()) this.#table.add(frame.span(keys.position), client.id);
  }

  /** A key was changed by the command that runs. */
  keyChanged(key: ByteRange): void {
    this.#invalidate(key, this.#host.current());
  }

  /** A key has expired or was evicted. */
  keyLost(key: ByteRange): void {
    this.#invalidate(key, null);
  }

  /** Databases were emptied: nothing that anybody has read is there any more. */
  keysFlushed(): void {
    for (const client of this.#host.all()) {
      if (client.tracking === null) continue;
      if (this.#isRunning(client)) this.#tellLater(client, null);
      else this.#tellFlushed(client);
    }
    this.#table.clear();
    this.#lookIfActive();
  }

  /** Tells who listens to prefixes what has changed in this turn. */
  broadcast(): void {
    this.#broadcasts.takeNoted((client, changes) => {
      const heard = client.tracking?.noLoop ? changes.filter(({ by }) => by !== client) : changes;
      if (heard.length > 0) this.#tell(client, (reply) => writeChanges(reply, heard));
    });
  }

  /** Drops keys of a table with more than `most` of them (0: no limit); to be called by the cron. */
  limit(most: number): void {
    if (most === 0 || this.#table.keys <= most) {
      this.#roundsOverLimit = 0;
      return;
    }
    const effort = KEYS_PER_ROUND * ++this.#roundsOverLimit;
    for (let i = 0; i < effort && this.#table.keys > most; i++) {
      this.#tellReaders(this.#table.randomKey());
    }
    this.#lookIfActive();
  }

  #lookIfActive(): void {
    this.isActive = this.#clients > 0 || this.#table.keys > 0 || this.#pending.length > 0;
  }

  /** `by`: who changed it; null: nobody, it was lost. */
  #invalidate(key: ByteRange, by: Tracker | null): void {
    if (this.#broadcasts.note(key, by)) this.#host.schedule();
    if (this.#table.keys === 0) return;
    this.#tellReaders(key);
    this.#lookIfActive();
  }

  #tellReaders(key: ByteRange): void {
    for (const id of this.#table.take(key)) {
      const client = this.#host.find(id);
      const state = client?.tracking;
      if (client === undefined || !state || state.broadcast) continue;
      const isRunning = this.#isRunning(client);
      if (state.noLoop && (isRunning || client === this.#host.makesRoomFor())) continue;
      if (isRunning) this.#tellLater(client, Span.of(copySpan(key)));
      else this.#tell(client, (reply) => writeKey(reply, key));
    }
  }

  /** Whether a command of this client is what runs now. */
  #isRunning(client: Tracker): boolean {
    return client === this.#host.current() && client.runningCommand !== undefined;
  }

  #tellLater(client: Tracker, key: Span | null): void {
    this.#pendingFor = client;
    this.#pending.push(key);
  }

  /** What a client did itself has ended, with all that ran within it: it is told what came of it. */
  tellPending(client: Tracker): void {
    const pending = this.#pending;
    if (pending.length === 0 || client !== this.#pendingFor) return;
    this.#pending = [];
    this.#pendingFor = null;
    for (const key of pending) {
      if (key === null) this.#tellFlushed(client);
      else this.#tell(client, (reply) => writeKey(reply, key));
    }
    this.#lookIfActive();
  }

  #tellFlushed(client: Tracker): void {
    // In the protocol of who tracks, as in Redis, even where another client is told.
    const nothing = client.reply.resp === 2 ? RESP2_NULL : RESP3_NULL;
    this.#tell(client, (reply) => reply.raw(nothing));
  }

  /** Tells a client, or who is told in its place; who speaks RESP2 and doesn't subscribe can't be. */
  #tell(client: Tracker, writeKeys: WriteKeys): void {
    const state = client.tracking;
    let target = client;
    if (state !== null && state.redirect !== 0) {
      const other = this.#host.find(state.redirect);
      if (other === undefined || other.closing) {
        this.#tellBroken(client, state);
        return;
      }
      target = other;
    }
    if (target.closing) return;
    const { reply } = target;
    if (reply.resp === 3) {
      push(target, 2, "invalidate", writeKeys);
    } else if (target !== client && target.isSubscribed) {
      push(target, 3, "message", () => {
        reply.bulk(CHANNEL);
        writeKeys(reply);
      });
    }
  }

  #tellBroken(client: Tracker, state: ClientTracking): void {
    state.redirectBroken = true;
    if (client.reply.resp === 2 || client.closing) return;
    push(client, 2, "tracking-redir-broken", (reply) => reply.integer(state.redirect));
  }
}

const RESP2_NULL = new TextEncoder().encode("$-1\r\n");
const RESP3_NULL = new TextEncoder().encode("_\r\n");

function push(target: Tracker, count: number, name: string, writeRest: WriteKeys): void {
  const { reply } = target;
  const muted = reply.beginMessage();
  reply.push(count);
  reply.bulkString(name);
  writeRest(reply);
  reply.endMessage(muted);
  target.pushed();
}

function writeKey(reply: ReplyWriter, key: ByteRange): void {
  reply.array(1);
  reply.bulk(key);
}

function writeChanges(reply: ReplyWriter, changes: readonly Change<Tracker>[]): void {
  reply.array(changes.length);
  for (const { key } of changes) reply.bulkString(key);
}
