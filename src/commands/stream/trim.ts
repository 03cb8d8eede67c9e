/** XTRIM, and what trims a stream in XADD. */

import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { requireSafeInteger } from "../../base/numbers.ts";
import type { Stream, Trim } from "../../data/stream.ts";
import { formatId, type StreamId } from "../../data/stream_id.ts";
import { EventClass } from "../../keyspace/events.ts";
import type { Frame } from "../../resp/frame.ts";
import { block, integer, key, keyAt, oneOf, string, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import type { PropagatedArgument } from "../views/propagation.ts";
import { writeStream } from "./access.ts";
import { isCharacter, requireId } from "./ids.ts";

const TWO_STRATEGIES = new ReplyError(
  "ERR syntax error, MAXLEN and MINID options at the same time are not compatible",
);
const NO_STRATEGY = new ReplyError(
  "ERR syntax error, XTRIM must be called with a trimming strategy",
);
const LIMIT_WITHOUT_STRATEGY = new ReplyError(
  "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy",
);
const LIMIT_WHEN_EXACT = new ReplyError(
  "ERR syntax error, LIMIT cannot be used without the special ~ option",
);
const NEGATIVE_LENGTH = new ReplyError("ERR The MAXLEN argument must be >= 0.");
const NEGATIVE_LIMIT = new ReplyError("ERR The LIMIT argument must be >= 0.");

/** By itself `~` looks at so many nodes' worth of entries. */
const NODES_AT_ONCE = 100;
/** The limit where nodes have none, and the greatest. */
const LIMIT_WITHOUT_NODE_SIZE = 10_000;
const GREATEST_LIMIT = 1_000_000;

/** Reads the options of XADD and XTRIM one by one. */
export class TrimOptions {
  /** To what the stream is trimmed; null: it is not. */
  #to: number | StreamId | null = null;
  #approximate = false;
  #limit: number | null = null;
  /** Where `~` stands, and the argument that tells to what. */
  #operatorAt = 0;
  #thresholdAt = 0;

  /** Reads the option at argument `i` and returns the index after it, or `i` when it is none of these. */
  read(args: Frame, i: number): number {
    if (i + 1 === args.argc) return i;
    if (args.is(i, "LIMIT")) {
      this.#limit = requireSafeInteger(args.span(i + 1));
      if (this.#limit < 0) throw NEGATIVE_LIMIT;
      return i + 2;
    }
    const byLength = args.is(i, "MAXLEN");
    if (!byLength && !args.is(i, "MINID")) return i;
    if (this.#to !== null) throw TWO_STRATEGIES;
    let at = i + 1;
    if (at + 1 < args.argc) {
      this.#approximate = isCharacter(args.span(at), "~");
      if (this.#approximate) this.#operatorAt = at;
      if (this.#approximate || isCharacter(args.span(at), "=")) at++;
    }
    this.#thresholdAt = at;
    this.#to = byLength ? requireSafeInteger(args.span(at)) : requireId(args.span(at));
    if (typeof this.#to === "number" && this.#to < 0) throw NEGATIVE_LENGTH;
    return at + 1;
  }

  /** What is to be trimmed, or null. Throws where options do not go together, or a needed one is absent. */
  finish({ client, settings }: CommandContext, needed: boolean): Trim | null {
    if (this.#to === null) {
      if (this.#limit !== null && this.#limit > 0) throw LIMIT_WITHOUT_STRATEGY;
      if (needed) throw NO_STRATEGY;
    }
    // What is replayed was limited when it was written.
    let limit = 0;
    if (!client.mustObey) {
      if (this.#limit !== null && !this.#approximate) throw LIMIT_WHEN_EXACT;
      if (this.#approximate) limit = this.#limit ?? defaultLimit(settings);
    }
    return this.#to === null ? null : { to: this.#to, approximate: this.#approximate, limit };
  }

  /**
   * Makes `args` say what an approximate trim did, so that doing it again does the same; says whether
   * there was something to say.
   */
  rewrite(args: PropagatedArgument[], stream: Stream): boolean {
    if (!this.#approximate) return false;
    args[this.#operatorAt] = "=";
    args[this.#thresholdAt] = typeof this.#to === "number"
      ? stream.length
      : formatId(stream.firstRecordedId);
    return true;
  }
}

function defaultLimit(settings: { readonly "stream-node-max-entries": number }): number {
  const limit = NODES_AT_ONCE * settings["stream-node-max-entries"];
  return limit === 0 ? LIMIT_WITHOUT_NODE_SIZE : Math.min(limit, GREATEST_LIMIT);
}

/** The arguments of a call, to be propagated in another form. */
export function propagatedArguments(args: Frame): PropagatedArgument[] {
  const list: PropagatedArgument[] = [];
  for (let i = 0; i < args.argc; i++) list.push(args.span(i));
  return list;
}

function xtrim(context: CommandContext, args: Frame): void {
  const { db, propagation, reply } = context;
  const options = new TrimOptions();
  for (let i = 2; i < args.argc;) {
    const next = options.read(args, i);
    if (next === i) throw SYNTAX_ERROR;
    i = next;
  }
  const trim = options.finish(context, true);
  const key = args.span(1);
  const stream = writeStream(db, key);
  const removed = trim === null ? 0 : stream?.trim(trim) ?? 0;
  reply.integer(removed);
  if (stream === null || removed === 0) return;
  db.changed(key, EventClass.Stream, "xtrim", removed);
  if (!propagation.isHeard) return;
  const propagated = propagatedArguments(args);
  if (options.rewrite(propagated, stream)) propagation.replace(...propagated);
}

/** How XADD and XTRIM describe trimming. */
export const TRIM_ARGUMENTS = [
  oneOf("strategy", [token("MAXLEN"), token("MINID", { since: "6.2.0" })]),
  oneOf("operator", [token("=", { name: "equal" }), token("~", { name: "approximately" })], {
    optional: true,
  }),
  string("threshold"),
  integer("count", { token: "LIMIT", since: "6.2.0", optional: true }),
];

export const XTRIM: CommandDeclaration = {
  name: "xtrim",
  summary: "Removes entries from the beginning of a stream until it is as short as asked for",
  since: "5.0.0",
  group: "stream",
  complexity: "O(N), N being the number of entries removed, of which many go at a time.",
  arity: -4,
  flags: ["write"],
  categories: ["stream"],
  tips: ["nondeterministic_output"],
  keys: [keyAt(1, ["RW", "delete"])],
  arguments: [key(), block("trim", TRIM_ARGUMENTS)],
  history: [["6.2.0", "Takes `MINID` and `LIMIT`."]],
  run: xtrim,
};
