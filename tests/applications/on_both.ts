/** Applications that were written for Redis, run on miniredis and in the same way on redis-server. */

import { longTest } from "../support/long_test.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import { missingReference, startReference } from "../support/reference.ts";
import { requiredTest } from "../support/required_test.ts";

/** What an application needs beside a server. */
export interface ApplicationNeeds {
  /** What of it is not there. */
  readonly missing?: string;
  /** Whether it takes too long for `deno task test`. */
  readonly isLong?: boolean;
}

/** Registers a test for each server. */
export function onBoth(
  name: string,
  run: (port: number) => Promise<void>,
  { missing, isLong = false }: ApplicationNeeds = {},
): void {
  const register = (its: string, missing: string | undefined, test: () => Promise<void>) =>
    isLong && missing === undefined ? longTest(its, test) : requiredTest(missing, its, test);
  register(`${name}, with miniredis`, missing, async () => {
    await using server = await startMiniredis();
    await run(server.port);
  });
  register(`${name}, with redis-server`, missing ?? missingReference(), async () => {
    await using server = await startReference();
    await run(server.port);
  });
}
