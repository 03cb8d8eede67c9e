/** Stands between connections and the dispatcher of an embedded server: where faults and observers are. */

import type { Client } from "../clients/client.ts";
import { CallKeys } from "../access/call_keys.ts";
import type { Command, CommandRegistry } from "../commands/registry.ts";
import type { Outcome } from "../execution/outcome.ts";
import { drawFrom } from "../base/sampling.ts";
import type { Frame } from "../resp/frame.ts";
import type { CommandRunner } from "../execution/dispatcher.ts";
import { SeededRandom } from "./seeded_random.ts";

/** A command that a client has sent and that is about to run, or has just run. */
export class SentCommand {
  readonly client: Client;
  readonly frame: Frame;
  /** What it is; undefined: nothing that exists. */
  readonly command: Command | undefined;

  constructor(client: Client, frame: Frame, command: Command | undefined) {
    this.client = client;
    this.frame = frame;
    this.command = command;
  }

  /** Whether it is the command of this name: `get`, `config get`, or `config` for all of its sub-commands. */
  isNamed(name: string): boolean {
    const wanted = name.toLowerCase().replace(/[\s|]+/, "|");
    const fullName = this.command?.fullName ?? this.frame.string(0).toLowerCase();
    return fullName === wanted || fullName.startsWith(`${wanted}|`);
  }

  /** The keys that it names, as byte strings. */
  get keys(): string[] {
    const { command, frame } = this;
    if (command === undefined || !command.acceptsCount(frame.argc)) return [];
    const keys = new CallKeys(), found: string[] = [];
    command.findKeys(frame, keys);
    keys.rewind();
    while (keys.next()) found.push(frame.string(keys.position));
    return found;
  }
}

/** What may happen to a command in place of its being run. */
export interface Interceptor {
  /** Does something in its place, and says how it ended; null: it runs. */
  before(sent: SentCommand): Outcome | null;
  /** It has run; its reply begins after `replyAt` bytes of what the client is sent. */
  after(sent: SentCommand, replyAt: number, outcome: Outcome): void;
}

/** Runs commands, and shows them to interceptors as long as there are any. */
export class InterceptedRunner implements CommandRunner<Client> {
  readonly #inner: CommandRunner<Client>;
  readonly #registry: CommandRegistry;
  readonly #interceptors = new Set<Interceptor>();
  /** From what commands draw what they choose at random; null: from the engine's own source. */
  #random: SeededRandom | null = null;

  constructor(inner: CommandRunner<Client>, registry: CommandRegistry) {
    this.#inner = inner;
    this.#registry = registry;
  }

  /** From now on commands draw the same numbers for the same seed; undefined: they are not to be foreseen. */
  seed(seed: number | undefined): void {
    this.#random = seed === undefined ? null : new SeededRandom(seed);
  }

  /** Shows it what comes from now on. Nothing where it is shown that already. */
  add(interceptor: Interceptor): void {
    this.#interceptors.add(interceptor);
  }

  /** Shows it nothing any more. */
  remove(interceptor: Interceptor): void {
    this.#interceptors.delete(interceptor);
  }

  beginBatch(): void {
    if (this.#random !== null) drawFrom(this.#random.next);
    this.#inner.beginBatch();
  }

  endBatch(): number {
    drawFrom(null);
    return this.#inner.endBatch();
  }

  execute(client: Client, frame: Frame): Outcome {
    if (this.#interceptors.size === 0) return this.#inner.execute(client, frame);
    const container = this.#registry.find(frame);
    const sent = new SentCommand(client, frame, container?.called(frame) ?? container);
    const { reply } = client, replyAt = reply.size;
    const outcome = this.#intercept(sent) ?? this.#inner.execute(client, frame);
    for (const interceptor of this.#interceptors) interceptor.after(sent, replyAt, outcome);
    return outcome;
  }

  #intercept(sent: SentCommand): Outcome | null {
    for (const interceptor of this.#interceptors) {
      const outcome = interceptor.before(sent);
      if (outcome !== null) return outcome;
    }
    return null;
  }
}
