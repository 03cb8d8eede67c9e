/** What ZUNION and its relatives take: a number of keys, and how their scores are weighed and combined. */

import { ReplyError, SYNTAX_ERROR, WRONG_TYPE } from "../../base/errors.ts";
import { equalsIgnoreCase } from "../../base/ascii.ts";
import { requirePositive, requireSafeInteger } from "../../base/numbers.ts";
import type { Span } from "../../base/span.ts";
import type { Aggregate, Input } from "../../data/sorted_set_algebra.ts";
import { Value, ValueType } from "../../data/value.ts";
import { type Database, NO_ROW } from "../../keyspace/database.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, oneOf, token } from "../arguments.ts";
import type { CommandContext } from "../context.ts";
import type { ArgumentSpec } from "../description.ts";
import { requireScore } from "./scores.ts";

const WEIGHT_NOT_A_FLOAT = new ReplyError("ERR weight value is not a float");
const NEGATIVE_LIMIT = new ReplyError("ERR LIMIT can't be negative");

/** The arguments WEIGHTS and AGGREGATE. */
export const WEIGHT_ARGUMENTS: readonly ArgumentSpec[] = [
  integer("weight", { token: "WEIGHTS", optional: true, multiple: true }),
  oneOf("aggregate", [token("SUM"), token("MIN"), token("MAX")], {
    token: "AGGREGATE",
    optional: true,
  }),
];

/** Which options a command takes. */
export interface InputOptions {
  /** WEIGHTS and AGGREGATE. */
  readonly weights?: boolean;
  /** WITHSCORES. */
  readonly scores?: boolean;
  /** LIMIT. */
  readonly limit?: boolean;
}

/** The inputs of one call, and its options. */
export class Inputs {
  aggregate: Aggregate = "sum";
  withScores = false;
  /** LIMIT's; infinite without one. */
  limit = Infinity;
  readonly #values: (Value | null)[];
  readonly #weights: number[];

  /** Reads the number of keys at argument `at` and what follows. Throws `WRONGTYPE`. */
  constructor({ db, command }: CommandContext, args: Frame, at: number, allowed: InputOptions) {
    const count = requireSafeInteger(args.span(at));
    if (count < 1) {
      throw new ReplyError(`ERR at least 1 input key is needed for '${command.fullName}' command`);
    }
    const first = at + 1, end = first + count;
    if (end > args.argc) throw SYNTAX_ERROR;
    this.#values = [];
    for (let i = first; i < end; i++) this.#values.push(readInput(db, args.span(i)));
    this.#weights = this.#values.map(() => 1);
    this.#readOptions(args, end, allowed);
  }

  /** The values of the keys, null for each key that does not exist. */
  get values(): readonly (Value | null)[] {
    return this.#values;
  }

  /** The inputs whose keys exist. */
  get present(): Input[] {
    return this.#values.flatMap((value, i) => {
      return value === null ? [] : [{ value, weight: this.#weights[i] }];
    });
  }

  /** All inputs; null if one of the keys does not exist, where nothing can be common to all. */
  get all(): Input[] | null {
    const { present } = this;
    return present.length === this.#values.length ? present : null;
  }

  #readOptions(args: Frame, from: number, allowed: InputOptions): void {
    const count = this.#values.length;
    for (let i = from; i < args.argc; i++) {
      const following = args.argc - i - 1;
      if (allowed.weights && following >= count && args.is(i, "WEIGHTS")) {
        for (let k = 0; k < count; k++) {
          this.#weights[k] = requireScore(args.span(++i), WEIGHT_NOT_A_FLOAT);
        }
      } else if (allowed.weights && following >= 1 && args.is(i, "AGGREGATE")) {
        this.aggregate = requireAggregate(args.span(++i));
      } else if (allowed.scores && args.is(i, "WITHSCORES")) {
        this.withScores = true;
      } else if (allowed.limit && following >= 1 && args.is(i, "LIMIT")) {
        // 0 stands for no limit.
        this.limit = requirePositive(args.span(++i), NEGATIVE_LIMIT) || Infinity;
      } else {
        throw SYNTAX_ERROR;
      }
    }
  }
}

/** The value of a key, a sorted set or a set; null where there is none. */
function readInput(db: Database, key: Span): Value | null {
  const row = db.lookupRead(key);
  if (row === NO_ROW) return null;
  const type = db.typeOf(row);
  if (type !== ValueType.SortedSet && type !== ValueType.Set) throw WRONG_TYPE;
  return db.load(row, new Value());
}

function requireAggregate(argument: Span): Aggregate {
  if (equalsIgnoreCase(argument, "SUM")) return "sum";
  if (equalsIgnoreCase(argument, "MIN")) return "min";
  if (equalsIgnoreCase(argument, "MAX")) return "max";
  throw SYNTAX_ERROR;
}
