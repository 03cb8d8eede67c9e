/** Makes a failing sequence of commands short: delta debugging on commands, then on their arguments. */

import { KEYS } from "./values.ts";

/** A sequence of commands. */
export type Sequence = readonly (readonly string[])[];

/** What shrinking may cost. */
export interface Budget {
  /** How many sequences may be tried. */
  readonly tries: number;
  /** Milliseconds. */
  readonly time: number;
}

const ALL_KEYS = new Set(Object.values(KEYS).flat());
/** Commands that change what other commands work on without naming its keys. */
const WITHOUT_KEYS = new Set(["SELECT", "SWAPDB", "CONFIG", "MULTI", "EXEC", "DISCARD"]);

/**
 * The shortest sequence found for which `fails` still is true. It is tried on subsequences only and on
 * shorter argument lists, always from empty servers, so what it returns does fail. If the whole
 * sequence doesn't fail again, it is returned as it is.
 */
export async function shrink(
  sequence: Sequence,
  fails: (candidate: Sequence) => Promise<boolean>,
  { tries, time }: Budget = { tries: 1500, time: 60_000 },
): Promise<Sequence> {
  const deadline = performance.now() + time;
  let left = tries;
  const stillFails = async (candidate: Sequence): Promise<boolean> => {
    if (left-- <= 0 || performance.now() > deadline) return false;
    return await fails(candidate);
  };
  let shortest = sequence;
  for (const part of [relatedTo(sequence), sequence.slice(-200), sequence.slice(-1000)]) {
    if (part.length < shortest.length && await stillFails(part)) shortest = part;
  }
  for (;;) {
    const before = shortest;
    shortest = await withFewerCommands(shortest, stillFails);
    shortest = await withFewerArguments(shortest, stillFails);
    if (size(shortest) === size(before)) return shortest;
  }
}

function size(sequence: Sequence): number {
  return sequence.reduce((sum, args) => sum + args.length, 0);
}

/** The commands that touch a key of the last one. */
function relatedTo(sequence: Sequence): Sequence {
  const keys = (sequence.at(-1) ?? []).slice(1).filter((arg) => ALL_KEYS.has(arg));
  return sequence.filter((args) =>
    WITHOUT_KEYS.has(args[0].toUpperCase()) || args.some((arg) => keys.includes(arg))
  );
}

/** Zeller's ddmin: leaves out ever smaller parts until no single command can be left out. */
async function withFewerCommands(
  sequence: Sequence,
  fails: (candidate: Sequence) => Promise<boolean>,
): Promise<Sequence> {
  let current = sequence;
  let parts = 2;
  while (current.length >= 2) {
    const length = Math.ceil(current.length / parts);
    let reduced = false;
    for (let start = 0; start < current.length && !reduced; start += length) {
      const rest = [...current.slice(0, start), ...current.slice(start + length)];
      if (await fails(rest)) {
        current = rest;
        parts = Math.max(parts - 1, 2);
        reduced = true;
      }
    }
    if (reduced) continue;
    if (length === 1) break;
    parts = Math.min(parts * 2, current.length);
  }
  return current;
}

async function withFewerArguments(
  sequence: Sequence,
  fails: (candidate: Sequence) => Promise<boolean>,
): Promise<Sequence> {
  let current = sequence;
  for (let i = current.length - 1; i >= 0; i--) {
    // Long lists of fields go by halves first.
    for (let length = Math.ceil(current[i].length / 2);; length = Math.ceil(length / 2)) {
      for (let start = current[i].length - length; start >= 1; start--) {
        const candidate = current.with(i, current[i].toSpliced(start, length));
        if (await fails(candidate)) {
          current = candidate;
          start = Math.min(start, current[i].length - length + 1);
        }
      }
      if (length <= 1) break;
    }
  }
  return current;
}
