/**
 * How much a test does. There are three levels: `deno task test` is quick; `deno task test:full`
 * (MINIREDIS_TEST_FULL=1) runs a share of the long runs, for CI; `deno task test:long`
 * (MINIREDIS_TEST_LONG=1) runs them as long as we promise.
 */

import { requiredTest, skippedTest } from "./required_test.ts";

/** One value for each level. */
export interface Levels<T> {
  /** In `deno task test`: a few seconds at most. */
  readonly quick: T;
  /** In `deno task test:full`: at most some minutes for all tests of one subject. */
  readonly full: T;
  /** In `deno task test:long`. */
  readonly long: T;
}

type Level = keyof Levels<unknown>;

const LEVEL: Level = Deno.env.get("MINIREDIS_TEST_LONG") === "1"
  ? "long"
  : Deno.env.get("MINIREDIS_TEST_FULL") === "1"
  ? "full"
  : "quick";

/** Which of the values is that of this run. */
export function amount<T>(levels: Levels<T>): T {
  return levels[LEVEL];
}

/**
 * The seed of a test's random numbers, which it prints with `name`. Env MINIREDIS_SEED decides it for
 * all tests. Else it is `usual`, which makes every quick and full run the same; long runs take another
 * one each time.
 */
export function seedOf(name: string, usual = 1): number {
  const given = Deno.env.get("MINIREDIS_SEED");
  const value = given === undefined
    ? LEVEL === "long" ? Math.floor(Math.random() * 0x8000_0000) : usual
    : Number(given);
  if (!Number.isSafeInteger(value)) throw new Error(`MINIREDIS_SEED is no whole number: ${given}`);
  console.log(`${name}: MINIREDIS_SEED=${value}`);
  return value;
}

/** Registers a test that is too long for `deno task test`, where it is skipped and says so. */
export function longTest(
  name: string,
  run: (t: Deno.TestContext) => void | Promise<void>,
): void {
  longRequiredTest(undefined, name, run);
}

/** The same for a test that needs something; `missing` says what of it is not there (see `requiredTest`). */
export function longRequiredTest(
  missing: string | undefined,
  name: string,
  run: (t: Deno.TestContext) => void | Promise<void>,
): void {
  if (LEVEL !== "quick") requiredTest(missing, name, run);
  else skippedTest("takes long, MINIREDIS_TEST_FULL=1 runs it", name, run);
}
