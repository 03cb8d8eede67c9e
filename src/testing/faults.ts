/** What a test has go wrong between clients and an embedded server. */

import { ReplyError } from "../base/errors.ts";
import type { Client } from "../clients/client.ts";
import { Outcome } from "../execution/outcome.ts";
import type { Server } from "../server/server.ts";
import { type CommandFilter, matches } from "./filter.ts";
import type { InterceptedRunner, Interceptor, SentCommand } from "./runner.ts";

/** A fault that is in force until it is removed: by `remove`, by `using`, or by the server's `reset`. */
export interface Fault extends Disposable {
  /** How many commands it has hit. */
  readonly hits: number;
  /** Ends it. Nothing where it has ended. */
  remove(): void;
}

/** Which commands a fault hits, and how many of them. */
export interface FaultOptions extends CommandFilter {
  /** After so many it hits none any more; as many as come, if not given. */
  readonly times?: number;
}

/** What commands are answered in place of being run. */
export interface ErrorFault extends FaultOptions {
  /** The error with its code: `LOADING Redis is loading the dataset in memory`. */
  readonly error: string;
}

/** Where replies are cut off. */
export interface CutFault extends FaultOptions {
  /** How many bytes of the reply are still sent before the connection closes; 0, if not given. */
  readonly after?: number;
}

/** What a fault does to the commands that it hits. */
interface Effect {
  before?(sent: SentCommand, fault: ActiveFault): Outcome | null;
  after?(sent: SentCommand, replyAt: number): void;
}

class ActiveFault implements Fault {
  hits = 0;
  readonly #filter: CommandFilter;
  readonly #times: number;
  readonly #removed: (fault: ActiveFault) => void;

  constructor(
    { times = Infinity, ...filter }: FaultOptions,
    readonly effect: Effect,
    removed: (fault: ActiveFault) => void,
  ) {
    if (!(times >= 1)) throw new RangeError(`${times} is no number of times`);
    this.#filter = filter;
    this.#times = times;
    this.#removed = removed;
  }

  /** Whether it hits a command; it is counted then. */
  hit(sent: SentCommand): boolean {
    if (this.hits >= this.#times || !matches(this.#filter, sent)) return false;
    this.hits++;
    return true;
  }

  remove(): void {
    this.#removed(this);
  }

  [Symbol.dispose](): void {
    this.remove();
  }
}

/** A command that waits for the end of its delay. */
interface Delayed {
  /** By the server's clock, in ms. */
  until: number;
  readonly fault: ActiveFault;
}

/** All faults of a server, in the order in which they were made. */
export class Faults implements Interceptor {
  readonly #server: Server;
  readonly #runner: InterceptedRunner;
  readonly #active = new Set<ActiveFault>();
  readonly #delayed = new Map<Client, Delayed>();
  /** Those that have hit the command which runs, and have something to do when it has run. */
  #hitting: ActiveFault[] = [];

  constructor(server: Server, runner: InterceptedRunner) {
    this.#server = server;
    this.#runner = runner;
  }

  /** Has commands answered with an error in place of being run; a transaction that they stand in is aborted. */
  fail({ error, ...options }: ErrorFault): Fault {
    if (!/^\S+( [^\r\n]*)?$/.test(error)) {
      throw new TypeError(`an error is a code and a text in one line: ${JSON.stringify(error)}`);
    }
    const reason = new ReplyError(error);
    return this.#add(options, {
      before: ({ client, command }) => this.#server.dispatcher.refuse(client, command, reason),
    });
  }

  /** Has commands run `ms` later than they came, by the server's clock; other clients are served meanwhile. */
  delay(ms: number, options: FaultOptions = {}): Fault {
    if (!(ms >= 0 && Number.isFinite(ms))) throw new RangeError(`${ms} is no delay in ms`);
    return this.#add(options, {
      before: (sent, fault) => this.#delay(sent, { until: this.#server.clock.now() + ms, fault }),
    });
  }

  /** Has connections closed in the middle of a reply: the command has run. */
  cutReplies({ after = 0, ...options }: CutFault = {}): Fault {
    if (!(after >= 0)) throw new RangeError(`${after} is no number of bytes`);
    return this.#add(options, {
      after: ({ client }, replyAt) => {
        const { reply } = client;
        reply.truncate(Math.min(reply.size, replyAt + after));
        client.closeAfterReply();
      },
    });
  }

  /** Ends all; commands that are delayed run now. */
  removeAll(): void {
    for (const fault of [...this.#active]) fault.remove();
    for (const [client, delayed] of [...this.#delayed]) {
      delayed.until = -Infinity;
      this.#server.waiting.end(client);
    }
  }

  before(sent: SentCommand): Outcome | null {
    const delayed = this.#delayed.get(sent.client);
    let passed: ActiveFault | null = null;
    if (delayed !== undefined) {
      // It comes again: after its delay, or as something else that it waited for has ended.
      if (delayed.until > this.#server.clock.now()) return this.#delay(sent, delayed);
      this.#delayed.delete(sent.client);
      if (this.#active.has(delayed.fault)) passed = delayed.fault;
    }
    this.#hitting = [];
    for (const fault of this.#active) {
      if (passed !== null) {
        if (fault === passed) passed = null;
        continue;
      }
      if (!fault.hit(sent)) continue;
      const outcome = fault.effect.before?.(sent, fault) ?? null;
      if (outcome !== null) return outcome;
      this.#hitting.push(fault);
    }
    return null;
  }

  after(sent: SentCommand, replyAt: number): void {
    const hitting = this.#hitting;
    this.#hitting = [];
    for (const fault of hitting) fault.effect.after?.(sent, replyAt);
  }

  #add(options: FaultOptions, effect: Effect): Fault {
    const fault = new ActiveFault(options, effect, (removed) => {
      this.#active.delete(removed);
      if (this.#active.size === 0 && this.#delayed.size === 0) this.#runner.remove(this);
    });
    this.#active.add(fault);
    this.#runner.add(this);
    return fault;
  }

  #delay({ client, command, frame }: SentCommand, delayed: Delayed): Outcome | null {
    if (command === undefined) return null;
    const { clock, waiting } = this.#server;
    this.#delayed.set(client, delayed);
    client.postpone(command, frame);
    clock.after(Math.max(0, delayed.until - clock.now()), () => {
      if (this.#delayed.get(client) !== delayed) return;
      if (client.wait === null) this.#delayed.delete(client);
      else waiting.end(client);
    });
    return Outcome.Waits;
  }
}
