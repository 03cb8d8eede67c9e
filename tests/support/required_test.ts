/** Tests that need a program which not every machine has. */

/**
 * Registers a test that needs something; `missing` says what of it is not there. Where something is, the test
 * is skipped, and why is printed; with CI=true it fails instead, so that CI can't go green by skipping.
 */
export function requiredTest(
  missing: string | undefined,
  name: string,
  run: (t: Deno.TestContext) => void | Promise<void>,
): void {
  if (missing === undefined) return Deno.test(name, run);
  if (Deno.env.get("CI") === "true") {
    Deno.test(name, () => {
      throw new Error(`in CI all that tests need is required: ${missing}`);
    });
  } else {
    skippedTest(missing, name, run);
  }
}

/** Registers a test that is not run, and prints why. */
export function skippedTest(
  reason: string,
  name: string,
  run: (t: Deno.TestContext) => void | Promise<void>,
): void {
  console.log(`skipped: ${name}: ${reason}`);
  Deno.test.ignore(name, run);
}

/** Whether a program can be run with these arguments, which ask for its version. */
export function hasProgram(program: string, ...args: string[]): boolean {
  try {
    const output: Deno.CommandOptions = { stdout: "null", stderr: "null" };
    return new Deno.Command(program, { args, ...output }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
