/** What somebody may have meant who wrote the name of no directive. */

import { toLowerAscii } from "../base/ascii.ts";
import { DIRECTIVE_NAMES, directiveOf } from "./directives.ts";

/** So much of a name may be wrong: one character in each four, and one in any name. */
const CHARACTERS_PER_FAULT = 4;

/** The directive whose name comes near to `written`, for a message; undefined where none does. */
export function nearestDirective(written: string): string | undefined {
  const name = toLowerAscii(written);
  const most = Math.max(1, Math.floor(name.length / CHARACTERS_PER_FAULT));
  let nearest: string | undefined, least = most + 1;
  for (const candidate of DIRECTIVE_NAMES) {
    if (directiveOf(candidate).hidden || Math.abs(candidate.length - name.length) >= least) {
      continue;
    }
    const faults = distance(name, candidate);
    if (faults < least) [nearest, least] = [candidate, faults];
  }
  return nearest;
}

/**
 * How many characters have to be left out, put in, replaced or exchanged with the next one to make `b` of
 * `a` (optimal string alignment).
 */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [], last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(replaced, last[j] + 1, row[j - 1] + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
      }
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length];
}
