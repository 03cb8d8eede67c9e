/** Makes up commands from what COMMAND DOCS says about their arguments. */

import type { Argument, CommandDocs } from "../command_docs.ts";
import { type Call, keyFor, repair, valueFor, WEIGHTS } from "./hints.ts";
import type { Random } from "../../support/random.ts";
import { ALL_KEYS, DATABASES_USED, element, integer } from "./values.ts";

/** A command that can be generated. */
export interface Candidate {
  readonly docs: CommandDocs;
  /** As COMMAND DOCS has it: `string`, `sorted-set` … */
  readonly group: string;
  /** How often it comes; that of `WEIGHTS` where it is not given. */
  readonly weight?: number;
}

/** The thresholds that decide encodings, with values that make conversions happen. */
export const THRESHOLDS: Readonly<Record<string, readonly string[]>> = {
  "hash-max-listpack-entries": ["0", "3", "8", "128"],
  "hash-max-listpack-value": ["0", "4", "20", "64"],
  "set-max-intset-entries": ["0", "3", "8", "512"],
  "zset-max-listpack-entries": ["0", "3", "8", "128"],
  "zset-max-listpack-value": ["0", "4", "20", "64"],
  "list-max-listpack-size": ["-2", "-1", "1", "2", "7"],
  "stream-node-max-entries": ["0", "1", "3", "10", "100"],
  // Less than an entry is long makes redis-server 7.0.15 end with a failed assertion.
  "stream-node-max-bytes": ["0", "20000", "100000"],
  "hll-sparse-max-bytes": ["0", "40", "300", "3000"],
};

/** From how many bytes on list elements are plain nodes; 0 is more than any has. */
const PACKED_THRESHOLDS = ["0", "0", "1", "5", "60"];

/** Commands from MULTI to EXEC at most. */
const TRANSACTION_LENGTH = 8;
const OPTION_PROBABILITY = 0.3;
/** Enough repetitions to pass the thresholds' defaults. */
const MANY = [40, 130, 300];

/** An endless sequence of commands, the same for the same source of random numbers. */
export class Generator {
  readonly #candidates: readonly Candidate[];
  readonly #cumulated: number[] = [];
  readonly #streamIds = new Map<string, number>();
  #untilExec = 0;

  constructor(candidates: readonly Candidate[], private readonly random: Random) {
    this.#candidates = candidates.toSorted((a, b) => a.docs.name < b.docs.name ? -1 : 1);
    let sum = 0;
    for (const { docs, weight } of this.#candidates) {
      this.#cumulated.push(sum += weight ?? WEIGHTS[docs.name] ?? 10);
    }
  }

  /** The next command. */
  next(): readonly string[] {
    const { random } = this;
    if (this.#untilExec > 0 && --this.#untilExec === 0) {
      return [random.chance(0.9) ? "EXEC" : "DISCARD"];
    }
    if (random.chance(0.008)) {
      this.#untilExec = random.between(2, TRANSACTION_LENGTH);
      return ["MULTI"];
    }
    if (random.chance(0.004)) return ["WATCH", random.pick(ALL_KEYS)];
    if (random.chance(0.02)) {
      const name = random.pick(Object.keys(THRESHOLDS));
      return ["CONFIG", "SET", name, random.pick(THRESHOLDS[name])];
    }
    if (random.chance(0.002)) {
      return ["DEBUG", "QUICKLIST-PACKED-THRESHOLD", random.pick(PACKED_THRESHOLDS)];
    }
    if (random.chance(0.006)) {
      return ["SELECT", String(random.chance(0.75) ? 0 : random.below(DATABASES_USED))];
    }
    return this.#command();
  }

  #command(): readonly string[] {
    const { random } = this;
    const at = random.below(this.#cumulated[this.#cumulated.length - 1] * 10) / 10;
    const { docs, group } = this.#candidates[this.#cumulated.findIndex((sum) => at < sum)];
    const call = new CallWriter(docs.name, group, random, this.#streamIds);
    const args = [...docs.name.split("|"), ...call.write(docs.arguments)];
    return repair(random.chance(0.03) ? this.#spoil(args) : args);
  }

  /** Makes a call that is probably wrong. */
  #spoil(args: readonly string[]): string[] {
    const { random } = this;
    const at = random.between(1, args.length);
    switch (random.below(4)) {
      case 0:
        return args.toSpliced(at, 1);
      case 1:
        return args.toSpliced(at, 0, args[random.below(args.length)]);
      case 2:
        // A number in the place of another may ask for more memory than there is.
        return /^-?\d+$/.test(args[at] ?? "")
          ? args.with(at, "x")
          : args.toSpliced(at, 1, integer(random));
      default:
        return [...args, element(random)];
    }
  }
}

/** Writes the arguments of one call. */
class CallWriter implements Call {
  readonly range: "index" | "score" | "lex";
  key?: string;
  keys = 0;
  /** How many keys the argument wrote that did so last. */
  #lastKeys = 0;
  #args: string[] = [];
  /** Where the number of the keys belongs that are about to be written. */
  #numkeysAt?: number;

  constructor(
    readonly command: string,
    private readonly group: string,
    readonly random: Random,
    readonly streamIds: Map<string, number>,
  ) {
    this.range = random.pick(["index", "score", "lex"] as const);
  }

  write(list: readonly Argument[]): string[] {
    this.#writeList(list);
    return this.#args;
  }

  #writeList(list: readonly Argument[]): void {
    for (const one of this.#inSomeOrder(list)) {
      if (this.#isWritten(one)) this.#writeRepeated(one);
    }
  }

  /** Options that follow each other may come in any order. */
  #inSomeOrder(list: readonly Argument[]): readonly Argument[] {
    const first = list.findIndex(isOption);
    if (first < 0 || !this.random.chance(0.3)) return list;
    let end = first;
    while (end < list.length && isOption(list[end])) end++;
    return [
      ...list.slice(0, first),
      ...this.random.shuffle(list.slice(first, end)),
      ...list.slice(end),
    ];
  }

  #isWritten(argument: Argument): boolean {
    // What blocks is not for a run that waits for every reply.
    if (argument.token === "BLOCK") return false;
    if (argument.name === "sortby") return this.range !== "index";
    return !argument.flags.includes("optional") || this.random.chance(OPTION_PROBABILITY);
  }

  #writeRepeated(argument: Argument): void {
    const times = this.#repetitions(argument);
    for (let i = 0; i < times; i++) {
      const { token } = argument;
      if (token && (i === 0 || argument.flags.includes("multiple_token"))) this.#writeToken(token);
      this.#writeOne(argument);
    }
    if (argument.type === "key") this.#lastKeys = times;
    if (argument.type === "key" && this.#numkeysAt !== undefined) {
      if (this.random.chance(0.97)) this.#args[this.#numkeysAt] = String(times);
      this.#numkeysAt = undefined;
    }
  }

  #repetitions(argument: Argument): number {
    const { random } = this;
    if (!argument.flags.includes("multiple")) return 1;
    const agreesWithKeys = argument.name === "weight" ||
      (argument.name === "id" && this.command.startsWith("xread"));
    if (agreesWithKeys && random.chance(0.97)) return this.#lastKeys;
    const isData = argument.type !== "key" && argument.token === undefined &&
      !this.command.startsWith("bitfield");
    if (isData && random.chance(0.01)) return random.pick(MANY);
    return random.pick(isData ? [1, 1, 2, 3, 4, 6, 8] : [1, 1, 1, 2, 2, 3, 4]);
  }

  #writeOne(argument: Argument): void {
    switch (argument.type) {
      case "oneof":
        this.#writeAlternative(argument);
        break;
      case "block":
        this.#writeList(argument.arguments);
        break;
      case "pure-token":
        break;
      case "key": {
        const key = keyFor(this, this.group);
        this.key ??= key;
        this.keys++;
        this.#args.push(key);
        break;
      }
      default:
        if (argument.name === "numkeys") this.#numkeysAt = this.#args.length;
        this.#args.push(valueFor(this, argument));
    }
  }

  #writeAlternative({ name, arguments: alternatives }: Argument): void {
    let chosen = this.random.pick(alternatives);
    if (name === "sortby") chosen = alternatives[this.range === "score" ? 0 : 1];
    // An id of the server's clock is nothing that can be compared.
    if (name === "id_or_auto") chosen = alternatives[1];
    this.#writeRepeated(chosen);
  }

  #writeToken(token: string): void {
    this.#args.push(this.random.chance(0.1) ? token.toLowerCase() : token);
  }
}

function isOption({ flags, token, type }: Argument): boolean {
  return flags.includes("optional") && (token !== undefined || type === "oneof");
}
