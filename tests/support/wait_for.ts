/** Waiting for a condition instead of for time. */

/** How `waitFor` waits. Times are in milliseconds. */
export interface WaitOptions {
  /** Give up after this long; 5000 if not given. */
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
  const timeout = options.timeout ?? 5000;
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
