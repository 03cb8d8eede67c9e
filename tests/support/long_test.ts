/** The one way to keep long tests out of `deno task test`. */

/** Whether long tests run in full: env MINIREDIS_TEST_FULL=1, which `deno task test:full` sets. */
export function runsLongTests(): boolean {
  return Deno.env.get("MINIREDIS_TEST_FULL") === "1";
}
