/** The blocks of docs/testing.md are tests that pass. */

import { assert, assertEquals } from "@std/assert";
import { amount } from "../support/long_test.ts";
import { TempDir } from "../support/temp_dir.ts";

/** Whether the types are looked at, which takes as long as all the rest. */
const CHECKS = amount({ quick: "--no-check", full: "--check", long: "--check" });

const PROJECT = new URL("../../", import.meta.url);

Deno.test("the blocks of docs/testing.md pass as the tests that they are", async () => {
  const page = await Deno.readTextFile(new URL("docs/testing.md", PROJECT));
  const blocks = Array.from(page.matchAll(/^```ts\n(.*?)^```$/gms), ([, block]) => block);
  await using directory = await TempDir.create();
  const file = `${directory.path}/page_test.ts`;
  const source = blocks.join("\n")
    .replace('"../src/mod.ts"', JSON.stringify(new URL("src/mod.ts", PROJECT).href))
    // As this project's import map has it.
    .replace('"@std/assert"', '"npm:deno-std@1.4.0/assert/mod.js"');
  await Deno.writeTextFile(file, source);
  // A copy, as Deno takes out of it what the page does not need.
  const lock = `${directory.path}/deno.lock`;
  await Deno.copyFile(new URL("deno.lock", PROJECT), lock);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", `--lock=${lock}`, CHECKS, file],
    env: { NO_COLOR: "1" },
    cwd: directory.path,
  }).output();
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assertEquals(code, 0, output);
  const tests = (page.match(/^Deno\.test\(/gm) ?? []).length;
  assert(tests >= 14 && output.includes(`ok | ${tests} passed`), output);
});
