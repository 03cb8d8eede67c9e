/** The differential scripts, and what the program does as a process, with the package on Node. */

import { assertEquals } from "@std/assert";
import { PROJECT } from "../../npm/paths.ts";
import { longTest } from "../support/long_test.ts";
import { TempDir } from "../support/temp_dir.ts";
import { pack } from "./package.ts";

/** Beside the scripts, what stands on the layer: files, signals, connections. */
const SUBJECTS = [
  "tests/differential/scripts",
  "tests/main_test.ts",
  "tests/durability/crash_test.ts",
];

/** What the package refuses on Node. */
const LEFT_OUT = "--ignore=tests/differential/scripts/cluster_node_test.ts";

longTest("the package on Node answers, stores and logs as redis-server does", async () => {
  await using directory = await TempDir.create("npm-differential-");
  await pack(directory);
  console.log("Left out: cluster_node, as Node can't lock nodes.conf.");
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--lock=deno.lock", "--no-check", "--parallel", LEFT_OUT, ...SUBJECTS],
    cwd: PROJECT,
    env: {
      MINIREDIS_BINARY: `${directory.path}/package/cli.cjs`,
      // A share of the random runs is for the program itself.
      ...{ MINIREDIS_TEST_FULL: "0", NO_COLOR: "1" },
    },
  }).output();
  const output = new TextDecoder().decode(stdout);
  assertEquals(code, 0, output.slice(-20_000));
});
