/** A row of the table of directives, and the builders that keep the table readable. */

import { NOT_OPENABLE, ValueError } from "./errors.ts";
import { isOpenable } from "./paths.ts";
import {
  type Bound,
  integerType,
  memoryType,
  nameType,
  type TextRules,
  textType,
  type ValueType,
  YES_NO,
} from "./value_type.ts";

/** What else there is to say about a directive. */
export interface DirectiveTraits<T> {
  /** An older name: works everywhere, and CONFIG GET shows it beside the name. */
  readonly alias?: string;
  /** CONFIG SET refuses it. */
  readonly immutable?: true;
  /** CONFIG GET shows it only when asked for by its exact name. */
  readonly hidden?: true;
  /** Redis has no such directive: patterns of CONFIG GET find it only once it was given a value. */
  readonly own?: true;
  /** CONFIG SET has the change done even if the value is the same: a file may have another content. */
  readonly reapplied?: true;
  /** A secret: to be kept out of logs. */
  readonly sensitive?: true;
  /** CONFIG SET wants `enable-protected-configs`. */
  readonly protected?: true;
  /** CONFIG SET answers LOADING while the dataset is being loaded. */
  readonly deniedWhileLoading?: true;
  /**
   * Why the directive has nothing to do in this server, or less than in Redis; it is accepted, kept and shown
   * all the same. Only for one whose value promises nothing that is then missing: the others are `fixed`.
   */
  readonly meaningless?: string;
  /** What of its promise is not kept, although it has an effect. */
  readonly partial?: string;
  /** Why only the default can be had: every other value promises what this server doesn't do, and is refused. */
  readonly fixed?: string;
  /** The value that is used in place of one that is out of the useful range. */
  adjust?(value: T): T;
  /** As `adjust`, but only for values that CONFIG SET gives. */
  adjustOnSet?(value: T): T;
}

/** One directive. */
export interface Directive<T> extends DirectiveTraits<T> {
  readonly type: ValueType<T>;
  /** The value of a server that was started without any configuration. */
  readonly initial: T;
}

/** The largest values of C's types, which Redis uses as bounds. */
export const INT_MAX = 2147483647;
export const INT_MIN = -2147483648;
export const UINT_MAX = 4294967295;
export const LONG_MAX = 9223372036854775807n;
export const ULONG_MAX = 18446744073709551615n;

/** A directive of a type of its own. */
export function directive<T>(
  type: ValueType<T>,
  initial: T,
  traits: DirectiveTraits<T> = {},
): Directive<T> {
  return { type, initial, ...traits };
}

/** yes or no. */
export function yesNo(
  initial: "yes" | "no",
  traits: DirectiveTraits<boolean> = {},
): Directive<boolean> {
  return directive(YES_NO, initial === "yes", traits);
}

/** One of `names`, in the order of Redis' error text. */
export function oneOf<const V extends string>(
  names: readonly V[],
  initial: NoInfer<V>,
  traits: DirectiveTraits<NoInfer<V>> = {},
): Directive<V> {
  return directive(nameType(names), initial, traits);
}

/** A whole number. */
export function integer(
  initial: number,
  min: Bound,
  max: Bound,
  traits: DirectiveTraits<number> = {},
): Directive<number> {
  return directive(integerType(min, max), initial, traits);
}

/** A number of bytes. */
export function memory(
  initial: number,
  min: Bound,
  max: Bound,
  traits: DirectiveTraits<number> = {},
): Directive<number> {
  return directive(memoryType(min, max), initial, traits);
}

/** Any bytes. */
export function text(
  initial: string,
  traits: DirectiveTraits<string> & TextRules = {},
): Directive<string> {
  const { emptyIsUnset, holdsNul, check, ...rest } = traits;
  return directive(textType({ emptyIsUnset, holdsNul, check }), initial, rest);
}

/** The path or name of a file. */
export function path(
  initial: string,
  traits: DirectiveTraits<string> & TextRules = {},
): Directive<string> {
  return text(initial, {
    ...traits,
    check(value) {
      traits.check?.(value);
      if (!isOpenable(value)) throw new ValueError(NOT_OPENABLE);
    },
  });
}

/** Rows that are accepted and have no effect, all for the same reason. */
// deno-lint-ignore no-explicit-any -- rows of different types
export function withoutEffect<Rows extends Readonly<Record<string, Directive<any>>>>(
  reason: string,
  rows: Rows,
): Rows {
  const marked = Object.entries(rows).map(([name, row]) => [name, { ...row, meaningless: reason }]);
  return Object.fromEntries(marked) as Rows;
}
