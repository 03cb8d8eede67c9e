/**
 * What Redis would free in the background, and INFO tells (`lazyfreed_objects`). Here everything goes at
 * once, as that takes the same short time whatever is freed.
 */

import type { ByteStore } from "../data/byte_store.ts";
import * as set from "../data/set_value.ts";
import { Encoding, type Value } from "../data/value.ts";

/**
 * Why a key or a value goes, as far as a directive says for it whether that is done lazily: a user deletes
 * it, or something else takes its place, its time has come, it has to make room. UNLINK is always lazy.
 */
export type Removal = "user" | "server" | "expiry" | "eviction" | "unlink";

/** What has no more parts than that Redis frees at once in any case. */
const MOST_AT_ONCE = 64;

/** Counts what is freed lazily. */
export class LazyFreeing {
  /** How many values were freed so, with the keys of databases and the scripts that went at once. */
  objects = 0;
  /** What is done lazily. */
  readonly isLazy: Record<Removal, boolean> = {
    user: false,
    server: false,
    expiry: false,
    eviction: false,
    unlink: true,
  };

  /** So many of something that is no key go. */
  allGo(count: number): void {
    if (count > MOST_AT_ONCE) this.objects += count;
  }

  /** A value goes that a key held, or that was a result. */
  valueGoes(store: ByteStore, value: Value, why: Removal): void {
    if (this.isLazy[why] && partsOf(store, value) > MOST_AT_ONCE) this.objects++;
  }
}

/** How many parts Redis would have to free. */
function partsOf(store: ByteStore, value: Value): number {
  if (value.object !== null) return value.object.parts;
  // In Redis 7.0 these are tables.
  return value.encoding === Encoding.ListpackSet ? set.size(store, value) : 1;
}
