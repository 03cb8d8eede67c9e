/** The runtime layer by itself, on each runtime. */

import { assertMatch } from "@std/assert";
import { build, stop } from "esbuild";
import { fileURLToPath } from "node:url";
import { TempDir } from "../support/temp_dir.ts";
import { runWell } from "./package.ts";
import { runtimeTests } from "./runtimes.ts";

const SUITES = new URL("layer/", import.meta.url);

runtimeTests("files, connections and the process are as on Deno", async (runtime) => {
  await using directory = await TempDir.create("npm-layer-");
  const names = Array.from(Deno.readDirSync(SUITES), ({ name }) => name);
  for (const name of names) {
    const outfile = `${directory.path}/${name.replace("_suite.ts", ".test.mjs")}`;
    await build({
      entryPoints: [fileURLToPath(new URL(name, SUITES))],
      ...{ outfile, bundle: true, format: "esm", platform: "node", target: "node20" },
    });
    const args = [...runtime.testArguments, outfile];
    const output = await runWell(runtime.program, args, { cwd: directory.path });
    assertMatch(output, /\b([4-9]|\d\d) pass|pass ([4-9]|\d\d)\b/);
  }
  await stop();
});
