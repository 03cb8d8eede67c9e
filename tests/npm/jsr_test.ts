/** The package for JSR, as far as that can be told without JSR: every type stands where it is exported. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { PROJECT } from "../../npm/paths.ts";
import { longTest } from "../support/long_test.ts";

longTest("deno publish has nothing against the package", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--dry-run", "--allow-dirty"],
    cwd: PROJECT,
    env: { NO_COLOR: "1" },
  }).output();
  const output = new TextDecoder().decode(stderr);
  assertEquals([code, /\b(error|warning)\[/.exec(output)], [0, null]);
  assertStringIncludes(output, "Success Dry run complete");
});
