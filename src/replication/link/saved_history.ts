/** Which history the data in an RDB file is from: written into it, and gone on with when that is loaded at the start. */

import { Span } from "../../base/span.ts";
import type { Settings } from "../../config/mod.ts";
import type { ExpiredKey } from "../../durability/persistence.ts";
import type { Propagation } from "../../execution/propagation.ts";
import type { ReplicationHistory } from "../history.ts";
import type { ReplicationStream } from "../stream.ts";

/** How a history is named. */
const NAME = /^[^\0]{40}$/;

/** What the history is that of. */
export interface SavedHistoryParts {
  readonly history: ReplicationHistory;
  readonly stream: ReplicationStream;
  readonly propagation: Propagation;
  readonly configuration: { readonly settings: Readonly<Settings> };
}

/** What a file says of a history whose stream is in some database: names and values. */
export function historyAux(
  { id, offset }: ReplicationHistory,
  database: number,
): readonly (readonly [string, string])[] {
  return [
    ["repl-stream-db", String(database)],
    ["repl-id", id],
    ["repl-offset", String(offset)],
  ];
}

/** The database of the stream that a file names. */
export function databaseIn(aux: ReadonlyMap<string, string>): number {
  return Number(aux.get("repl-stream-db") ?? 0);
}

/** Goes on with the history that a file names, as a replica does; says whether there is one. */
export function resume(
  { history, stream }: SavedHistoryParts,
  aux: ReadonlyMap<string, string>,
): boolean {
  const saved = savedIn(aux);
  if (saved === null) return false;
  history.adopt(saved.id, saved.offset);
  stream.activate();
  return true;
}

/** Has the replicas of a primary go on from the history that a file names, without the keys that were left out. */
export function leadOn(
  { history, stream, propagation, configuration: { settings } }: SavedHistoryParts,
  aux: ReadonlyMap<string, string>,
  expired: readonly ExpiredKey[],
): void {
  const saved = savedIn(aux);
  if (saved === null) return;
  history.offset += saved.offset;
  history.continues(saved.id, saved.offset + 1);
  stream.activate();
  const command = settings["lazyfree-lazy-expire"] ? "UNLINK" : "DEL";
  for (const { database, key } of expired) {
    propagation.also(database, command, Span.of(key));
    propagation.flush();
  }
}

function savedIn(aux: ReadonlyMap<string, string>): { id: string; offset: number } | null {
  const id = aux.get("repl-id") ?? "", offset = Number(aux.get("repl-offset") ?? -1);
  return NAME.test(id) && Number.isSafeInteger(offset) && offset >= 0 ? { id, offset } : null;
}
