/** What this machine can be reached by. */

import { skippedTest } from "./required_test.ts";

/** Whether there is IPv6 on the loopback interface. */
export function hasIpv6(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}

/** Registers a test that needs IPv6, which containers often lack. */
export function ipv6Test(name: string, run: (t: Deno.TestContext) => Promise<void>): void {
  if (hasIpv6()) Deno.test(name, run);
  else skippedTest("this machine has no IPv6", name, run);
}

/** An address of this machine that is not the loopback's: who comes by it counts as remote. */
export const REMOTE: string | undefined = Deno.networkInterfaces().find(({ family, address }) => {
  return family === "IPv4" && !address.startsWith("127.");
})?.address;
