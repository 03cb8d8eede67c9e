/** Waiting for a condition instead of for time. */

/**
 * How long tests wait for what must come, in ms: on a machine where everything takes thirty times as long
 * it still comes. A test that fails does so only when this is over; env MINIREDIS_PATIENCE, in seconds,
 * shortens that for those who write one.
 */
export const PATIENCE = Number(Deno.env.get("MINIREDIS_PATIENCE") ?? 90) * 1000;

/** How `waitFor` waits. Times are in milliseconds. */
export interface WaitOptions {
  /** Give up after this long; `PATIENCE` if not given. */
  readonly timeout?: number;
  /** Pause between two looks; 5 if not given. */
  readonly interval?: number;
}

/**
 * Looks at `condition` again and again until it returns something truthy, and returns that. Throws an
 * error that names `what` (and the last exception, if the condition threw) when time is up.
 */
export async function waitFor<T>(
  what: string,
  condition: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<T> {
  const timeout = options.timeout ?? PATIENCE;
  const deadline = performance.now() + timeout;
  for (;;) {
    let failure: unknown;
    try {
      const result = await condition();
      if (result) return result;
    } catch (error) {
      failure = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`waited ${timeout} ms in vain for ${what}`, { cause: failure });
    }
    await new Promise((resolve) => setTimeout(resolve, options.interval ?? 5));
  }
}
