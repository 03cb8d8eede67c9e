/** What ZRANGE and its relatives ask for: the range, the direction, LIMIT, WITHSCORES. */

import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { requireSafeInteger } from "../../base/numbers.ts";
import type { LexRange, RankRange, ScoreRange } from "../../data/sorted_set_range.ts";
import * as sortedSet from "../../data/sorted_set_value.ts";
import type { ByteStore } from "../../data/byte_store.ts";
import type { Value } from "../../data/value.ts";
import type { Frame } from "../../resp/frame.ts";
import {
  type IndexRange,
  indexRanks,
  requireIndexRange,
  requireLexRange,
  requireScoreRange,
} from "./scores.ts";

const LIMIT_WITHOUT_RANGE = new ReplyError(
  "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
);
const SCORES_WITH_LEX = new ReplyError(
  "ERR syntax error, WITHSCORES not supported in combination with BYLEX",
);

/** The LIMIT that stands for all that there is. */
const UNLIMITED = -1;

/** By what members are chosen. */
export type RangeKind = "index" | "score" | "lex";

/** What the command's name leaves open or says already. */
export interface SelectionForm {
  /** Absent where BYSCORE and BYLEX choose. */
  readonly kind?: RangeKind;
  /** Absent where REV chooses. */
  readonly reverse?: boolean;
  /** Whether the members are stored, with their scores, so that WITHSCORES makes no sense. */
  readonly stores?: boolean;
}

/** What members a call asks for. Its bounds point into the call's frame. */
export class Selection {
  withScores = false;
  reverse = false;
  #kind: RangeKind = "index";
  #offset = 0;
  #limit = UNLIMITED;
  #indexes: IndexRange | null = null;
  #scores: ScoreRange | null = null;
  #members: LexRange | null = null;

  /** Reads the two bounds at argument `at` and the options behind them. */
  constructor(args: Frame, at: number, form: SelectionForm) {
    this.#readOptions(args, at + 2, form);
    if (this.#limit !== UNLIMITED && this.#kind === "index") throw LIMIT_WITHOUT_RANGE;
    if (this.withScores && this.#kind === "lex") throw SCORES_WITH_LEX;
    const first = args.span(at), second = args.span(at + 1);
    if (this.#kind === "index") {
      this.#indexes = requireIndexRange(first, second);
      return;
    }
    const min = this.reverse ? second : first, max = this.reverse ? first : second;
    if (this.#kind === "score") this.#scores = requireScoreRange(min, max);
    else this.#members = requireLexRange(min, max);
  }

  /** Whether Redis knows how many members there are before it walks over them. */
  get countsFirst(): boolean {
    return this.#kind === "index";
  }

  /** The ranks that are asked for, to be walked over downwards if `reverse`. */
  ranks(store: ByteStore, value: Value): RankRange {
    const { start, end } = this.#allRanks(store, value);
    // A LIMIT that gets here with indexes is without effect, whatever its offset.
    if (this.#kind === "index" || this.#limit === UNLIMITED && this.#offset === 0) {
      return { start, end };
    }
    // As in Redis, where a negative offset leads beyond the end and a negative limit is none.
    const offset = this.#offset < 0 ? end - start : this.#offset;
    const limit = this.#limit < 0 ? end - start : this.#limit;
    return this.reverse
      ? { start: Math.max(start, end - offset - limit), end: end - offset }
      : { start: start + offset, end: Math.min(end, start + offset + limit) };
  }

  #allRanks(store: ByteStore, value: Value): RankRange {
    if (this.#scores !== null) return sortedSet.scoreRanks(store, value, this.#scores);
    if (this.#members !== null) {
      return sortedSet.lexRanks(store, value, this.#members, this.reverse);
    }
    const indexes = this.#indexes as IndexRange;
    return indexRanks(indexes, sortedSet.size(store, value), this.reverse);
  }

  #readOptions(args: Frame, from: number, form: SelectionForm): void {
    let { kind, reverse } = form;
    for (let i = from; i < args.argc; i++) {
      if (!form.stores && args.is(i, "WITHSCORES")) {
        this.withScores = true;
      } else if (args.is(i, "LIMIT") && i + 2 < args.argc) {
        this.#offset = requireSafeInteger(args.span(i + 1));
        this.#limit = requireSafeInteger(args.span(i + 2));
        i += 2;
      } else if (reverse === undefined && args.is(i, "REV")) {
        reverse = true;
      } else if (kind === undefined && args.is(i, "BYLEX")) {
        kind = "lex";
      } else if (kind === undefined && args.is(i, "BYSCORE")) {
        kind = "score";
      } else {
        throw SYNTAX_ERROR;
      }
    }
    this.#kind = kind ?? "index";
    this.reverse = reverse ?? false;
  }
}
