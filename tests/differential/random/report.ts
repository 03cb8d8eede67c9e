/** A mismatch as a script of the differential harness. */

import { escapeBytes } from "../../support/quoting.ts";
import { commandLine } from "./command_line.ts";
import { commandsOf, isChange, stepOf } from "./comparison.ts";
import type { Mismatch } from "./player.ts";
import type { Sequence } from "./shrink.ts";

/** The script that shows a mismatch, and in comments what is wrong. */
export function scriptOf(
  sequence: Sequence,
  { at, difference, keyspace }: Mismatch,
  protocol: 2 | 3,
): string {
  const lines = [`=== a sequence found by the random run, in RESP${protocol}`];
  sequence.forEach((args, index) => {
    const step = stepOf(args);
    for (const [position, one] of commandsOf(step).entries()) {
      // The line that differs comes last, even if what follows in its step has been sent too.
      if (index === at && position === difference?.position) return;
      if (one === step.args || isChange(one)) lines.push(commandLine(one));
    }
  });
  if (difference) {
    const masks = difference.masks === "" ? "" : `${difference.masks} `;
    if (at < sequence.length - 1) lines.push("# in the transaction:");
    lines.push(
      masks + commandLine(difference.args),
      `#   ${difference.what}`,
      `#   redis-server: "${escapeBytes(difference.expected, 600)}"`,
      `#   miniredis:    "${escapeBytes(difference.actual, 600)}"`,
    );
  }
  for (const line of keyspace.slice(0, 10)) lines.push(`#   ${line}`);
  return lines.join("\n");
}
