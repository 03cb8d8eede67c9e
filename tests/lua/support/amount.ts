/** How much a test does: little by default, more in the full and the long runs. */

/** The amount for this run: env MINIREDIS_TEST_FULL=1 or MINIREDIS_TEST_LONG=1 ask for more. */
export function amount(amounts: { quick: number; full: number; long: number }): number {
  if (Deno.env.get("MINIREDIS_TEST_LONG") === "1") return amounts.long;
  return Deno.env.get("MINIREDIS_TEST_FULL") === "1" ? amounts.full : amounts.quick;
}
