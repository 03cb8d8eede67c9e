/** How DEBUG reads its arguments. */

import { parseScoreBound } from "../../base/numbers.ts";
import type { Frame } from "../../resp/frame.ts";

/** A number, or 0 for what is none, as Redis takes it here. */
export function looseNumber(args: Frame, i: number): number {
  const { buffer, start, end } = args.span(i);
  return parseScoreBound(buffer, start, end) ?? 0;
}
