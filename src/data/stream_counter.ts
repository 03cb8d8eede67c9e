/**
 * How many of a stream's entries a group has read, and how many it is behind. Both can be told only
 * where no deleted entries lie between (https://redis.io/docs/latest/commands/xinfo-groups/).
 */

import { normalizeInteger } from "../base/numbers.ts";
import { compareIds, isMinId, type StreamId } from "./stream_id.ts";

/** What stands for a number of entries read that is not known. */
export const READ_UNKNOWN = -1;

/** What is known about a stream's entries without looking at them. */
export interface StreamSummary {
  /** How many entries there are. */
  readonly length: number;
  /** How many were ever added: an int64. */
  readonly entriesAdded: number | bigint;
  /** The ID of the first entry; 0-0 where there is none. */
  readonly firstId: StreamId;
  /** The greatest ID that any entry had, or that was set. */
  readonly lastId: StreamId;
  /** The greatest ID that XDEL deleted. */
  readonly maxDeletedId: StreamId;
}

/** How far a group is. */
interface Progress {
  readonly lastId: StreamId;
  readonly entriesRead: number | bigint;
}

/** The sum of two int64, modulo 2^64. */
export function addInt64(a: number | bigint, b: number | bigint): number | bigint {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return normalizeInteger(BigInt.asIntN(64, BigInt(a) + BigInt(b)));
}

/** The difference of two int64, modulo 2^64. */
export function subtractInt64(a: number | bigint, b: number | bigint): number | bigint {
  return addInt64(a, -b);
}

/** Whether an entry from `id` on, and behind the first that is there, may have been deleted by XDEL. */
export function mayBeDeletedFrom(stream: StreamSummary, id: StreamId): boolean {
  const { firstId, length, maxDeletedId } = stream;
  if (length === 0 || isMinId(maxDeletedId)) return false;
  return compareIds(firstId, maxDeletedId) <= 0 && compareIds(id, maxDeletedId) <= 0;
}

/** How many entries up to `id` were ever added, as far as that is certain; else `READ_UNKNOWN`. */
export function countEntriesUpTo(stream: StreamSummary, id: StreamId): number | bigint {
  const { entriesAdded, firstId, lastId, length, maxDeletedId } = stream;
  if (entriesAdded === 0) return 0;
  const toLast = compareIds(id, lastId);
  if (length === 0 && toLast < 0 || toLast === 0) return entriesAdded;
  if (toLast > 0) return READ_UNKNOWN;
  const toFirst = compareIds(id, firstId);
  if (isMinId(maxDeletedId) || compareIds(maxDeletedId, firstId) < 0) {
    if (toFirst < 0) return subtractInt64(entriesAdded, length);
    if (toFirst === 0) return addInt64(subtractInt64(entriesAdded, length), 1);
  }
  return READ_UNKNOWN;
}

/** How many entries a group has not read; null where that is not certain. */
export function countUnread(stream: StreamSummary, group: Progress): number | bigint | null {
  const { entriesAdded } = stream;
  if (entriesAdded === 0) return 0;
  if (group.entriesRead !== READ_UNKNOWN && !mayBeDeletedFrom(stream, group.lastId)) {
    return subtractInt64(entriesAdded, group.entriesRead);
  }
  const read = countEntriesUpTo(stream, group.lastId);
  return read === READ_UNKNOWN ? null : subtractInt64(entriesAdded, read);
}

/** What a group has read when it is given the entry `id`, the next one behind its last. */
export function countRead(
  stream: StreamSummary,
  group: Progress,
  id: StreamId,
): number | bigint {
  if (group.entriesRead !== READ_UNKNOWN && !mayBeDeletedFrom(stream, id)) {
    return addInt64(group.entriesRead, 1);
  }
  if (stream.entriesAdded !== 0) return countEntriesUpTo(stream, id);
  return group.entriesRead;
}
