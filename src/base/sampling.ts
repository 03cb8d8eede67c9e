/** Random choices, uniform and in time that fits what is asked for. */

let draw: () => number = Math.random;

/** Has random choices be drawn from `source`, which gives numbers from 0 up to 1; null: from the engine's own. */
export function drawFrom(source: (() => number) | null): void {
  draw = source ?? Math.random;
}

/** A number from 0 up to but not including 1. */
export function randomFraction(): number {
  return draw();
}

/** A whole number from 0 up to but not including `limit`, each as likely as the others. */
export function randomBelow(limit: number): number {
  return Math.floor(draw() * limit);
}

/** From this share of the population on, walking over all of it beats drawing until all differ. */
const WALK_FROM = 1 / 3;
/** A `Set` can't hold many more than this. */
const MOST_REMEMBERED = 2 ** 23;

/**
 * `count` different numbers of `0` to `population - 1`, all of them if `count` is larger: every set of
 * numbers is as likely as any other, their order is not random. Takes time in the order of
 * `count`, but for millions of numbers out of many more.
 */
export function* sampleDistinct(population: number, count: number): Generator<number> {
  if (count > population * WALK_FROM || count > MOST_REMEMBERED) {
    // Each number is taken with the share of those still wanted in those still to come.
    let wanted = Math.min(count, population);
    for (let number = 0; wanted > 0; number++) {
      if (randomBelow(population - number) >= wanted) continue;
      wanted--;
      yield number;
    }
    return;
  }
  const taken = new Set<number>();
  while (taken.size < count) {
    const number = randomBelow(population);
    if (taken.has(number)) continue;
    taken.add(number);
    yield number;
  }
}
