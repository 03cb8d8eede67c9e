/** What a bundle has: the interface for embedding, and the program for `npx miniredis`. */

import { main } from "../main.ts";
import { tellCrashes } from "./runtime/crash_events.ts";

export * from "../src/mod.ts";

/** Runs the program, and ends the process with its exit code. */
export async function runProgram(): Promise<void> {
  tellCrashes();
  Deno.exit(await main());
}
