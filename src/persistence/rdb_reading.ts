/** Reading of values that may be large, in parts: a loading server answers its clients meanwhile. */

/** What is being read: every `next` reads a part of it, the last one returns it. */
export type Reading<Result> = Generator<undefined, Result, undefined>;

/** Reads all of it at once. */
export function readAtOnce<Result>(reading: Reading<Result>): Result {
  for (;;) {
    const step = reading.next();
    if (step.done === true) return step.value;
  }
}
