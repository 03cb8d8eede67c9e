/** The one way to keep long tests out of `deno task test`. */

/** Whether long tests run: env MINIREDIS_TEST_FULL=1, which `deno task test:full` sets. */
export function runsLongTests(): boolean {
  return Deno.env.get("MINIREDIS_TEST_FULL") === "1";
}

/**
 * Registers a test that takes longer than `deno task test` has time for. Without MINIREDIS_TEST_FULL=1 it
 * is skipped, which is said together with `why` ("20 crashes").
 */
export function longTest(
  name: string,
  why: string,
  run: (t: Deno.TestContext) => void | Promise<void>,
): void {
  if (!runsLongTests()) console.log(`skipped: ${name}: ${why}; \`deno task test:full\` runs it`);
  Deno.test({ name, fn: run, ignore: !runsLongTests() });
}
