/** Random programs, whose output must be that of lua5.1, or of EVAL. */

import { assert, AssertionError } from "@std/assert";
import { referenceTest } from "../support/reference.ts";
import { amount, seedOf } from "../support/long_test.ts";
import { makeProgram } from "./generator/programs.ts";
import { describeDifference } from "./support/compare_outputs.ts";
import { evaluate, makeRedisState } from "./support/redis_environment.ts";
import { PrintingState, runHere } from "./support/run_here.ts";
import { CRASHED, EvalReference, luaTest, runOnLua } from "./support/run_reference.ts";
import { wrapProgram } from "./support/wrap_program.ts";

const PROGRAMS = amount({ quick: 100, full: 5_000, long: 100_000 });
/** A pause at every step makes a program a hundred times slower. */
const PAUSING_PROGRAMS = amount({ quick: 100, full: 400, long: 5_000 });
const BATCH = 100;

/** A failure names the seed of its program. */
const FIRST_SEED = seedOf("random programs", 1);

/** How often a program that differs is run again by the reference. */
const REPEATS = 8;

/** How many programs may be left out, each with which Lua's own faults end the reference. */
const MOST_CRASHES = 20;

/** Whether the reference itself says something else another time: what the digits of an address decide. */
async function dependsOnAddresses(
  program: string,
  expected: string,
  there: (programs: string[]) => Promise<string[]>,
): Promise<boolean> {
  for (let i = 0; i < REPEATS; i++) {
    const [again] = await there([program]);
    if (describeDifference(again, expected) !== "") return true;
  }
  return false;
}

/** Compares programs batch by batch; fails with the first that differs. */
async function compare(
  make: (seed: number) => string,
  here: (program: string) => string,
  there: (programs: string[]) => Promise<string[]>,
): Promise<void> {
  let crashes = 0;
  for (let first = FIRST_SEED; first < FIRST_SEED + PROGRAMS; first += BATCH) {
    const seeds = Array.from(
      { length: Math.min(BATCH, FIRST_SEED + PROGRAMS - first) },
      (_, i) => first + i,
    );
    const programs = seeds.map(make);
    const expected = await there(programs);
    for (const [i, program] of programs.entries()) {
      if (expected[i] === CRASHED) {
        console.log(`The reference crashes with the program of seed ${seeds[i]}: it was left out.`);
        assert(++crashes <= MOST_CRASHES, "the reference crashes too often");
        continue;
      }
      const difference = describeDifference(here(program), expected[i]);
      if (difference === "" || await dependsOnAddresses(program, expected[i], there)) continue;
      throw new AssertionError(`seed ${seeds[i]}:\n${difference}\n\n${program}`);
    }
  }
}

luaTest(
  "random programs print the same as in lua5.1",
  () => compare((seed) => makeProgram(seed, false), runHere, runOnLua),
);

referenceTest("random programs return the same as in EVAL", async () => {
  await using reference = await EvalReference.start();
  await compare(
    (seed) => wrapProgram(makeProgram(seed, true)),
    (program) => evaluate(makeRedisState(), program),
    (programs) => reference.evaluate(programs),
  );
});

Deno.test("random programs print the same when they pause wherever they can", () => {
  let pauses = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + PAUSING_PROGRAMS; seed++) {
    const program = makeProgram(seed, false);
    const expected = new PrintingState().run(program);
    let time = 0;
    const pausing = new PrintingState({
      now: () => ++time,
      sliceMilliseconds: 1,
      unpausableMilliseconds: Infinity,
      unitsPerPoll: 1,
    });
    const difference = describeDifference(pausing.run(program), expected);
    if (difference !== "") throw new AssertionError(`seed ${seed}:\n${difference}`);
    pauses += pausing.pauses;
  }
  assert(pauses > PAUSING_PROGRAMS, `${pauses} pauses`);
});
