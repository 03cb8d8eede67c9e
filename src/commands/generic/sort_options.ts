/** The options of SORT and SORT_RO. */

import type { CallKeys } from "../../access/call_keys.ts";
import { keyFlagBits } from "../../access/key_flags.ts";
import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { requireSafeInteger } from "../../base/numbers.ts";
import type { Frame } from "../../resp/frame.ts";

/** How to sort, and what to reply; numbers are positions of arguments. */
export interface SortOptions {
  readonly descending: boolean;
  readonly alphabetic: boolean;
  /** LIMIT's offset and count; a negative count: all. */
  readonly offset: number;
  readonly count: number;
  /** BY's pattern; 0: none. */
  readonly by: number;
  /** Whether a pattern of BY has no star, be it the last or not: nothing is sorted. */
  readonly keepsOrder: boolean;
  /** The patterns of GET. */
  readonly gets: readonly number[];
  /** STORE's key; 0: none. */
  readonly store: number;
}

const BY_DENIED = new ReplyError(
  "ERR BY option of SORT denied due to insufficient ACL permissions.",
);
const BY_IN_CLUSTER = new ReplyError("ERR BY option of SORT denied in Cluster mode.");
const GET_IN_CLUSTER = new ReplyError("ERR GET option of SORT denied in Cluster mode.");
const GET_DENIED = new ReplyError(
  "ERR GET option of SORT denied due to insufficient ACL permissions.",
);

/** What a caller may do with options. */
export interface SortPermissions {
  /** Whether STORE is one. */
  readonly mayStore: boolean;
  /** Whether all keys may be read: patterns may mean any. */
  readonly mayReadAllKeys: () => boolean;
  /** Whether the keys that patterns mean may be on other nodes of a cluster. */
  readonly isInCluster: boolean;
}

/** Reads the options. Throws a syntax error, or what says that a pattern is not allowed. */
export function readSortOptions(
  args: Frame,
  { mayStore, mayReadAllKeys, isInCluster }: SortPermissions,
): SortOptions {
  let descending = false, alphabetic = false, keepsOrder = false;
  let offset = 0, count = -1, by = 0, store = 0;
  const gets: number[] = [];
  for (let i = 2; i < args.argc; i++) {
    const left = args.argc - i - 1;
    if (args.is(i, "ASC")) {
      descending = false;
    } else if (args.is(i, "DESC")) {
      descending = true;
    } else if (args.is(i, "ALPHA")) {
      alphabetic = true;
    } else if (args.is(i, "LIMIT") && left >= 2) {
      offset = requireSafeInteger(args.span(i + 1));
      count = requireSafeInteger(args.span(i + 2));
      i += 2;
    } else if (mayStore && args.is(i, "STORE") && left >= 1) {
      store = ++i;
    } else if (args.is(i, "BY") && left >= 1) {
      by = ++i;
      // A pattern without a star means no key.
      if (!args.shownText(i).includes("*")) keepsOrder = true;
      else if (isInCluster) throw BY_IN_CLUSTER;
      else if (!mayReadAllKeys()) throw BY_DENIED;
    } else if (args.is(i, "GET") && left >= 1) {
      if (isInCluster) throw GET_IN_CLUSTER;
      if (!mayReadAllKeys()) throw GET_DENIED;
      gets.push(++i);
    } else {
      throw SYNTAX_ERROR;
    }
  }
  return { descending, alphabetic, offset, count, by, keepsOrder, gets, store };
}

const SORTED = keyFlagBits(["RO", "access"]), STORED = keyFlagBits(["OW", "update"]);

/** Where SORT_RO's key stands. */
export function findSortedKey(_args: Frame, keys: CallKeys): void {
  keys.addOne(1, SORTED);
}

/** Where SORT's keys stand: its own, and the last STORE's. */
export function findSortKeys(args: Frame, keys: CallKeys): void {
  keys.addOne(1, SORTED);
  let store = 0;
  for (let i = 2; i < args.argc; i++) {
    const left = args.argc - i - 1;
    if (args.is(i, "LIMIT")) i += 2;
    else if (args.is(i, "GET") || args.is(i, "BY")) i++;
    else if (args.is(i, "STORE") && left >= 1) store = i + 1;
  }
  if (store > 0) keys.addOne(store, STORED);
}
