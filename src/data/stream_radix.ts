/** How many nodes Redis' radix tree of a stream has, which XINFO STREAM tells. */

import { sharedPrefix, type StreamId } from "./stream_id.ts";

/** Bytes of an ID as a key of the tree. */
const KEY_BYTES = 16;

/**
 * The number of nodes of a radix tree whose keys are these IDs, in order, as 16 bytes each: one for
 * each key, one wherever keys part, and one for each stretch of bytes without a fork before those. The
 * depth of a fork is the number of bytes before it.
 */
export function countRadixNodes(ids: Iterable<StreamId>): number {
  /** The forks above the last key, from the root on. */
  const forks: number[] = [];
  let nodes = 0;
  /** How many bytes the last key shares with the one before it; -1: it is the first. */
  let shared = -1;
  let last: StreamId | null = null;

  /** Leaves the forks that are deeper than `depth`. */
  const leave = (depth: number) => {
    while (forks.length > 0 && forks[forks.length - 1] > depth) {
      const fork = forks.pop() as number;
      const above = Math.max(forks.length > 0 ? forks[forks.length - 1] : -1, depth);
      nodes += 1 + (fork > above + 1 ? 1 : 0);
    }
  };
  const addKey = (fork: number) => nodes += 1 + (fork + 1 < KEY_BYTES ? 1 : 0);

  for (const id of ids) {
    if (last !== null) {
      const depth = sharedPrefix(last, id);
      addKey(Math.max(shared, depth));
      leave(depth);
      if (forks.length === 0 || forks[forks.length - 1] < depth) forks.push(depth);
      shared = depth;
    }
    last = id;
  }
  // The root is there without keys, too.
  if (last === null) return 1;
  addKey(shared);
  leave(-1);
  return nodes;
}
