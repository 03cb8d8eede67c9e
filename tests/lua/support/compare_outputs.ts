/** Outputs that must be the same, but for what no two implementations of Lua agree on. */

import { AssertionError } from "@std/assert";

/** The output without addresses and without the sign of NaN. */
export function normalize(output: string): string {
  return output.replace(/0x[0-9a-f]{6,}/g, "ADDRESS").replaceAll("-nan", "nan");
}

const SHOWN = 20;

/** The lines that differ, as a text; "" if there are none. */
export function describeDifference(actual: string, expected: string): string {
  const here = normalize(actual).split("\n"), there = normalize(expected).split("\n");
  const lines: string[] = [];
  for (let i = 0; i < Math.max(here.length, there.length) && lines.length < SHOWN * 2; i++) {
    if (here[i] === there[i]) continue;
    lines.push(`${i + 1} here: ${JSON.stringify(here[i])}`);
    lines.push(`${i + 1} there: ${JSON.stringify(there[i])}`);
  }
  return lines.join("\n");
}

/** Throws with the lines that differ. */
export function assertSameOutput(actual: string, expected: string): void {
  const difference = describeDifference(actual, expected);
  if (difference !== "") throw new AssertionError(`the outputs differ:\n${difference}`);
}
