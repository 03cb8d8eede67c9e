/** Plays commands to both servers and compares what they answer and what they then hold. */

import {
  ConnectionClosed,
  encodeCommandText,
  RawClient,
  ReplyTimeout,
} from "../../support/raw_client.ts";
import { escapeBytes } from "../../support/quoting.ts";
import { isError, type Reply } from "../../support/reply.ts";
import { keyspaceDifferences, readKeyspace } from "../keyspace.ts";
import type { Pair, Side } from "../pair.ts";
import { commandsOf, type Difference, differenceOf, type Step, stepOf } from "./comparison.ts";
import { THRESHOLDS } from "./generator.ts";
import { commandLine } from "./command_line.ts";

/** Commands sent at once. */
const BATCH = 64;
/** Steps between two comparisons of the keyspaces. */
const CHECKPOINT = 500;

/** The first thing in which the servers differed. */
export interface Mismatch {
  /** The step that showed it; the last one played if the keyspaces differ. */
  readonly at: number;
  readonly difference?: Difference;
  /** Lines of `keyspaceDifferences`. */
  readonly keyspace: readonly string[];
}

/** What the replies of a run were, for whoever wonders whether the generator does its work. */
export type Observer = (args: readonly string[], reply: Reply) => void;

/** What a run does in a way of its own. */
export interface Playing {
  readonly observe?: Observer;
  /** What is sent around a command to judge its reply. */
  readonly stepOf: (args: readonly string[]) => Step;
  /** Judges the replies to a step. */
  readonly differenceOf: typeof differenceOf;
  /** How long a reply may take, in ms. */
  readonly patience: number;
  /** Whether a command is sent on a connection of its own, as it changes what a connection is. */
  readonly isApart: (args: readonly string[]) => boolean;
  /** Sends such a command; all that comes back is one reply. */
  readonly answerApart: (args: readonly string[], side: Side) => Promise<Reply>;
  /** Called after each batch; throws where a server is not well. */
  readonly inspect: () => void;
  /** Ways in which a server writes and reads all that it holds; done when a sequence has ended. */
  readonly reloads: readonly ((side: Side) => Promise<void>)[];
  /** Puts back what a sequence may have changed besides data and thresholds. */
  readonly restore: (side: Side) => Promise<void>;
}

const USUAL: Playing = {
  stepOf,
  differenceOf,
  patience: 5000,
  isApart: () => false,
  answerApart: () => Promise.reject(new Error("nothing is sent apart")),
  inspect: () => {},
  reloads: [],
  restore: () => Promise.resolve(),
};

/** Plays sequences of commands, each from empty databases, in one protocol. */
export class Player implements AsyncDisposable {
  readonly #defaults: readonly string[];
  /** The batch before. */
  #last: readonly (readonly string[])[] = [];

  private constructor(
    private readonly pair: Pair,
    private readonly clients: readonly [RawClient, RawClient],
    defaults: readonly string[],
    private readonly playing: Playing,
  ) {
    this.#defaults = defaults;
  }

  /** Connects to both servers. */
  static async connect(
    pair: Pair,
    protocol: 2 | 3,
    playing: Partial<Playing> = {},
  ): Promise<Player> {
    const connect = async ({ server }: Side) => {
      const client = await RawClient.connect(server.port);
      await client.texts("HELLO", String(protocol));
      return client;
    };
    const clients = [await connect(pair.expected), await connect(pair.actual)] as const;
    const defaults = await pair.expected.texts("CONFIG", "GET", ...Object.keys(THRESHOLDS));
    return new Player(pair, clients, defaults, { ...USUAL, ...playing });
  }

  /** Plays a sequence; returns the first mismatch, in the end of the keyspaces. */
  async play(sequence: readonly (readonly string[])[]): Promise<Mismatch | undefined> {
    await this.#reset();
    const steps = sequence.map(this.playing.stepOf);
    const transactions = [new TransactionView(), new TransactionView()] as const;
    for (let start = 0, next = 0; start < steps.length; start = next) {
      next = this.#endOfBatch(steps, start);
      const batch = steps.slice(start, next);
      const found = this.#compare(batch, start, await this.#send(batch), transactions);
      if (found) return found;
      this.playing.inspect();
      if (Math.floor(next / CHECKPOINT) === Math.floor(start / CHECKPOINT)) continue;
      const keyspace = await this.#keyspaceDifferences();
      if (keyspace.length > 0) return { at: Math.min(next, steps.length) - 1, keyspace };
    }
    const at = steps.length - 1;
    const keyspace = await this.#keyspaceDifferences();
    if (keyspace.length > 0) return { at, keyspace };
    for (const reload of this.playing.reloads) {
      await Promise.all(this.pair.sides.map(reload));
      const differences = await this.#keyspaceDifferences(true);
      if (differences.length === 0) continue;
      return { at, keyspace: [`after ${reload.name}:`, ...differences] };
    }
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
  }

  /** What goes apart is a batch of its own. */
  #endOfBatch(steps: readonly Step[], start: number): number {
    const most = Math.min(start + BATCH, steps.length);
    for (let at = start; at < most; at++) {
      if (this.playing.isApart(steps[at].args)) return Math.max(at, start + 1);
    }
    return most;
  }

  async #send(batch: readonly Step[]): Promise<[Reply[], Reply[]]> {
    const { isApart, answerApart } = this.playing;
    const [{ args }] = batch;
    if (isApart(args)) {
      const sides = this.pair.sides.map((side) => answerApart(args, side));
      const [expected, actual] = await Promise.all(sides);
      this.#last = [args];
      return [[expected], [actual]];
    }
    const commands = batch.flatMap(commandsOf);
    const [expected, actual] = await Promise.all(
      this.clients.map((client) => this.#pipeline(client, commands)),
    );
    this.#last = commands;
    return [expected, actual];
  }

  async #reset(): Promise<void> {
    // The last sequence may have ended inside a transaction.
    for (const client of this.clients) {
      await client.pipeline([["DISCARD"], ["UNWATCH"], ["SELECT", "0"]]);
    }
    for (const side of this.pair.sides) {
      await side.texts("FLUSHALL");
      await side.texts("CONFIG", "SET", ...this.#defaults);
      await side.texts("DEBUG", "QUICKLIST-PACKED-THRESHOLD", "0");
      await this.playing.restore(side);
    }
  }

  async #pipeline(client: RawClient, commands: readonly (readonly string[])[]): Promise<Reply[]> {
    const replies: Reply[] = [];
    try {
      const sent = client.write(commands.map(encodeCommandText).join(""));
      for (const _ of commands) replies.push(await client.read(this.playing.patience));
      await sent;
      return replies;
    } catch (error) {
      if (!(error instanceof ConnectionClosed || error instanceof ReplyTimeout)) throw error;
      const { name, server } = client === this.clients[0] ? this.pair.expected : this.pair.actual;
      const sent = [...this.#last, ...commands.slice(0, replies.length + 1)].slice(-30);
      throw new Error(
        `${name} did not answer the last of these:\n${sent.map(commandLine).join("\n")}\n` +
          `Its log ends:\n${server.log.slice(-4000)}`,
        { cause: error },
      );
    }
  }

  /**
   * Compares a batch. Steps within MULTI are compared when EXEC's reply has come; until then they are
   * waiting in the views, across batches.
   */
  #compare(
    batch: readonly Step[],
    start: number,
    replies: readonly [Reply[], Reply[]],
    [expectedView, actualView]: readonly [TransactionView, TransactionView],
  ): Mismatch | undefined {
    let at = 0;
    for (const [index, step] of batch.entries()) {
      const length = commandsOf(step).length;
      const [expected, actual] = replies.map((list) => list.slice(at, at + length));
      at += length;
      this.playing.observe?.(step.args, expected[step.before.length]);
      const isApart = this.playing.isApart(step.args);
      const see = (view: TransactionView, replies: readonly Reply[]) =>
        isApart ? [{ step, replies, at: start + index }] : view.see(step, replies, start + index);
      const left = see(expectedView, expected), right = see(actualView, actual);
      // Where only one of them answers a transaction, the reply to EXEC itself says so.
      const from = left.length === right.length ? 0 : left.length - 1;
      for (let i = from; i < left.length; i++) {
        const { step, replies, at } = left[i];
        const { replies: others } = right[right.length - left.length + i];
        const difference = this.playing.differenceOf(step, replies, others);
        if (difference) return { at, difference, keyspace: [] };
      }
    }
    return undefined;
  }

  async #keyspaceDifferences(isLoaded = false): Promise<string[]> {
    const [expected, actual] = await Promise.all(
      this.pair.sides.map(({ control }) => readKeyspace(control, isLoaded)),
    );
    const names = [this.pair.expected.name, this.pair.actual.name] as const;
    const differences = keyspaceDifferences(expected, actual, names);
    if (differences.length > 0) return differences;
    return await this.#streamDifferences(
      [...expected].filter(([, { type }]) => type === "stream").map(([name]) => name),
    );
  }

  /** What XRANGE doesn't tell of streams, which are named `db:key`: their groups above all. */
  async #streamDifferences(names: readonly string[]): Promise<string[]> {
    const steps = names.flatMap((name) => {
      const colon = name.indexOf(":");
      return [
        stepOf(["SELECT", name.slice(0, colon)]),
        stepOf(["XINFO", "STREAM", name.slice(colon + 1), "FULL", "COUNT", "0"]),
      ];
    });
    steps.push(stepOf(["SELECT", "0"]));
    const [expected, actual] = await Promise.all(
      this.pair.sides.map(({ control }) => control.pipeline(steps.map(({ args }) => args))),
    );
    return steps.flatMap((step, i) => {
      const difference = differenceOf(step, [expected[i]], [actual[i]]);
      return difference ? [describeDifference(difference)] : [];
    });
  }
}

function describeDifference({ args, expected, actual }: Difference): string {
  return `${escapeBytes(args.join(" "))}: redis-server "${escapeBytes(expected)}", ` +
    `miniredis "${escapeBytes(actual)}"`;
}

/** A step with the replies that belong to it. */
interface Answered {
  readonly step: Step;
  readonly replies: readonly Reply[];
  readonly at: number;
}

/** Sorts EXEC's replies to the steps that were queued. */
class TransactionView {
  #queued: Answered[] | undefined;

  /** The steps that are answered now: the given one, with EXEC those before it too. */
  see(step: Step, replies: readonly Reply[], at: number): Answered[] {
    const name = step.args[0].toUpperCase();
    const own = { step, replies, at };
    const queued = this.#queued;
    const isEnd = name === "EXEC" || name === "DISCARD";
    // With wrong arguments EXEC ends a transaction, too.
    if (queued && isEnd && (step.args.length === 1 || replies[0].text?.startsWith("EXECABORT"))) {
      this.#queued = undefined;
      return [...answeredByExec(queued, replies[0]), own];
    }
    if (!queued && name === "MULTI" && !isError(replies[0])) {
      this.#queued = [];
      return [own];
    }
    if (!queued) return [own];
    queued.push(own);
    // Whether a command may be queued does not depend on any key.
    const queueing = { args: step.args, before: [], after: [], isQueued: true };
    return [{ step: queueing, replies: [replies[step.before.length]], at }];
  }
}

/** Of a step that failed to be queued the error is the reply. */
function answeredByExec(queued: readonly Answered[], exec: Reply): Answered[] {
  if (!exec.children) return [];
  const results = exec.children.values();
  return queued.map(({ step, replies, at }) => ({
    step,
    at,
    replies: replies.map((reply) =>
      reply.text === "QUEUED" ? results.next().value ?? reply : reply
    ),
  }));
}
