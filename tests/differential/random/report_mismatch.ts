/** What a run has found, made short and written down as a script. */

import type { Mismatch, Player } from "./player.ts";
import { scriptOf } from "./report.ts";
import { type Sequence, shrink } from "./shrink.ts";

/**
 * Shortens a sequence as long as it still shows a mismatch; `origin` says how to get it again, `repair` keeps
 * what is left of calls answerable.
 */
export async function describeMismatch(
  player: Player,
  protocol: 2 | 3,
  sequence: Sequence,
  found: Mismatch,
  origin: string,
  repair: (args: readonly string[]) => readonly string[],
): Promise<string> {
  const failing = sequence.slice(0, endOf(sequence, found.at) + 1);
  const shortest = await shrink(
    failing.map(repair),
    async (part) => await player.play(part.map(repair)) !== undefined,
  );
  const repaired = shortest.map(repair);
  const again = await player.play(repaired);
  if (again) return `${origin}\n${scriptOf(repaired, again, protocol)}`;
  const start = Math.max(0, found.at - 20);
  const last = scriptOf(failing.slice(start), { ...found, at: found.at - start }, protocol);
  return `${origin}: seen once and not again; the last commands were\n${last}`;
}

/** A difference within a transaction is that of an earlier command, but EXEC is what shows it. */
function endOf(sequence: Sequence, at: number): number {
  const isBracket = ([name]: readonly string[]) => /^(MULTI|EXEC|DISCARD)$/.test(name);
  const last = sequence.slice(0, at).findLast(isBracket);
  if (last?.[0] !== "MULTI") return at;
  const end = sequence.findIndex((args, i) => i > at && isBracket(args));
  return end < 0 ? at : end;
}
