/** Scripts that take all memory end with an error, and the process goes on. */

import { assert, assertEquals } from "@std/assert";
import { amount } from "../support/long_test.ts";
import { ENDINGS } from "./support/endless_memory.ts";

const LEFT_OUT = amount({ quick: 4, full: 0, long: 0 });

Deno.test("scripts end with an error when they take all memory of a heap of 512 MB", async () => {
  const program = new URL("support/memory_cases.ts", import.meta.url);
  const output = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--v8-flags=--max-old-space-size=512,--expose-gc",
      program.pathname,
      String(LEFT_OUT),
    ],
    cwd: new URL("../../", import.meta.url),
  }).output();
  const lines = new TextDecoder().decode(output.stdout).trim().split("\n");
  const wrong = lines.filter((line) => !ENDINGS.some((ending) => line.includes(ending)));
  assertEquals(wrong, []);
  assert(output.success, `after ${lines.at(-1)}: ${new TextDecoder().decode(output.stderr)}`);
});
