/**
 * Runs cases (cases.ts) in a process of its own, as a case may hang it or end it:
 *
 *     deno run -A tests/persistence/fuzz/run.ts KIND SEED FIRST COUNT [FILE]
 *
 * FILE holds the number of the case at hand. The last line of the output says how many were taken and
 * refused, or which case failed and how it is run alone.
 */

import { type Outcome, runCase } from "./cases.ts";

const [kind, seed, first, count, path] = Deno.args;
const file = path === undefined ? null : Deno.openSync(path, { write: true, create: true });
const encoder = new TextEncoder();
const outcomes: Record<Outcome, number> = { taken: 0, refused: 0 };
for (let number = Number(first), left = Number(count); left > 0; number++, left--) {
  if (file !== null) {
    file.seekSync(0, Deno.SeekMode.Start);
    file.writeSync(encoder.encode(String(number).padEnd(12)));
  }
  try {
    outcomes[await runCase(kind, Number(seed), number)]++;
  } catch (error) {
    console.log(error instanceof Error ? error.stack : error);
    console.log(`failed: deno run -A tests/persistence/fuzz/run.ts ${kind} ${seed} ${number} 1`);
    Deno.exit(1);
  }
}
console.log(`${outcomes.taken} taken, ${outcomes.refused} refused`);
