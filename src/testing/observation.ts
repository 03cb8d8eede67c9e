/** What a test sees of the commands that clients send. */

import { Outcome } from "../execution/outcome.ts";
import { type CommandFilter, matches } from "./filter.ts";
import { readableText } from "./readable.ts";
import type { InterceptedRunner, Interceptor, SentCommand } from "./runner.ts";

/** What a command was answered with: the kind of the reply, or what happened instead. */
export type ReplyKind =
  | "status"
  | "error"
  | "integer"
  | "string"
  | "array"
  | "map"
  | "set"
  | "push"
  | "null"
  | "boolean"
  | "double"
  | "big number"
  | "verbatim"
  /** It waits: for a key, for replicas, for the end of a pause. */
  | "waits"
  /** It stands in the queue of a transaction. */
  | "queued"
  /** Nothing, as CLIENT REPLY asks for. */
  | "none";

/** A command that a client has sent. Names and arguments that are no UTF-8 are written with `\xff`. */
export interface ObservedCommand {
  /** The client's id, as CLIENT ID tells it. */
  readonly client: number;
  /** The client's name; empty where it has none. */
  readonly name: string;
  /** The database that the client had selected. */
  readonly database: number;
  /** The command's name and its arguments, as they were sent. */
  readonly args: readonly string[];
  readonly reply: ReplyKind;
  /** The error that it was answered with. */
  readonly error?: string;
  /** When it was run, in ms since the epoch by the server's clock. */
  readonly time: number;
}

/** Is told of commands, after they have run. */
export type CommandListener = (command: ObservedCommand) => void;

const KINDS: Readonly<Record<string, ReplyKind>> = {
  "+": "status",
  "-": "error",
  "!": "error",
  ":": "integer",
  "$": "string",
  "*": "array",
  "%": "map",
  "~": "set",
  ">": "push",
  "_": "null",
  "#": "boolean",
  ",": "double",
  "(": "big number",
  "=": "verbatim",
  "|": "map",
};

/** As many commands the log holds, if nothing else is said. */
export const DEFAULT_LOG_LENGTH = 1000;

/** The log holds no more bytes of arguments: where they are long, fewer commands. */
const MOST_LOGGED_BYTES = 16 * 1024 * 1024;

/** The last commands that clients have sent, and who is told of each. */
export class Observation implements Interceptor {
  readonly #runner: InterceptedRunner;
  readonly #now: () => number;
  readonly #listeners = new Map<symbol, { filter: CommandFilter; listener: CommandListener }>();
  #log: ObservedCommand[] = [];
  /** Of the arguments of what the log holds. */
  #bytes = 0;
  #length = 0;
  /** The arguments of the command that runs: it may take their bytes away. */
  #args: readonly string[] = [];

  /** `now` tells the time, in ms since the epoch. */
  constructor(runner: InterceptedRunner, now: () => number) {
    this.#runner = runner;
    this.#now = now;
  }

  /** The last commands, the latest last; see `keep`. */
  get commands(): readonly ObservedCommand[] {
    return this.#log.slice(Math.max(0, this.#log.length - this.#length));
  }

  /** Keeps so many commands from now on; 0: none. Throws `RangeError`. */
  keep(length: number): void {
    if (!(length >= 0)) throw new RangeError(`${length} is no number of commands`);
    this.#length = Math.floor(length);
    this.#drop(this.#log.length - this.#length);
    this.#follow();
  }

  /** Has `listener` told of the commands that `filter` means, until what is returned is disposed of. */
  listen(filter: CommandFilter, listener: CommandListener): Disposable {
    const id = Symbol("listener");
    this.#listeners.set(id, { filter, listener });
    this.#follow();
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(id);
        this.#follow();
      },
    };
  }

  /** Forgets the commands; who listens is told of those that come. */
  clear(): void {
    this.#drop(this.#log.length);
  }

  before({ frame }: SentCommand): null {
    this.#args = frame.strings();
    return null;
  }

  after(sent: SentCommand, replyAt: number, outcome: Outcome): void {
    const observed = this.#describe(sent, replyAt, outcome);
    if (this.#length > 0) this.#keep(observed);
    for (const { filter, listener } of [...this.#listeners.values()]) {
      if (matches(filter, sent)) listener(observed);
    }
  }

  #keep(observed: ObservedCommand): void {
    this.#log.push(observed);
    this.#bytes += lengthOf(observed);
    // Now and then, as it costs as much as the log is long.
    if (this.#log.length >= 2 * this.#length) this.#drop(this.#log.length - this.#length);
    while (this.#bytes > MOST_LOGGED_BYTES && this.#log.length > 1) {
      this.#drop(Math.ceil(this.#log.length / 2));
    }
  }

  /** Forgets so many of the oldest; nothing where that is less than one. */
  #drop(count: number): void {
    if (count <= 0) return;
    for (const dropped of this.#log.splice(0, count)) this.#bytes -= lengthOf(dropped);
  }

  #follow(): void {
    if (this.#length > 0 || this.#listeners.size > 0) this.#runner.add(this);
    else this.#runner.remove(this);
  }

  #describe({ client }: SentCommand, replyAt: number, outcome: Outcome): ObservedCommand {
    const reply = kindOf(client.reply, replyAt, outcome);
    return {
      client: client.id,
      name: readableText(client.name),
      database: client.db.index,
      args: this.#args.map(readableText),
      reply,
      ...(reply === "error" ? { error: readableText(client.reply.lineAt(replyAt).slice(1)) } : {}),
      time: this.#now(),
    };
  }
}

function lengthOf({ args }: ObservedCommand): number {
  return args.reduce((sum, { length }) => sum + length, 0);
}

function kindOf(
  reply: { readonly size: number; lineAt(position: number): string },
  replyAt: number,
  outcome: Outcome,
): ReplyKind {
  if (outcome === Outcome.Waits || outcome === Outcome.Suspended) return "waits";
  if (outcome === Outcome.Queued) return "queued";
  if (reply.size <= replyAt) return "none";
  const line = reply.lineAt(replyAt);
  return line === "$-1" || line === "*-1" ? "null" : KINDS[line[0]] ?? "none";
}
