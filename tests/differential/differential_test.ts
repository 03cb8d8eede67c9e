/** Runs the scripts; README.md beside this file says how to write one. */

import { assertEquals } from "@std/assert";
import { referenceTest } from "../support/reference.ts";
import { readCommandDocs, unusedTokens } from "./command_docs.ts";
import { readList } from "./lists.ts";
import { comparesReferenceWithItself, Pair } from "./pair.ts";
import { runScript } from "./run_script.ts";
import { parseScripts, type Script } from "./script.ts";

const SCRIPTS = new URL("scripts/", import.meta.url);

referenceTest(
  "miniredis answers, stores and logs as redis-server does in every script",
  async (t) => {
    const only = Deno.env.get("DIFFERENTIAL_ONLY")?.split(",");
    const stillToCome = readList("still_to_come.txt");
    const answered: (readonly string[])[] = [];
    await using pair = await Pair.start();
    const files = [...Deno.readDirSync(SCRIPTS)].map((entry) => entry.name).sort();
    let failed = false;
    for (const file of files) {
      if (only && !only.includes(file.replace(/\.txt$/, ""))) continue;
      const scripts = parseScripts(
        `tests/differential/scripts/${file}`,
        Deno.readTextFileSync(new URL(file, SCRIPTS)),
      );
      const passed = await t.step(file, async () => {
        const failures: string[] = [];
        for (const script of scripts) {
          const missing = comparesReferenceWithItself()
            ? []
            : script.settings.requires.filter((name) => stillToCome.includes(name));
          if (missing.length > 0) {
            console.log(`skipped: ${file}: ${script.name}: still to come: ${missing.join(" ")}`);
            continue;
          }
          for (const protocol of script.settings.protocols) {
            const result = await runOnRightPair(script, protocol, pair);
            failures.push(...result.failures);
            answered.push(...result.answered);
          }
        }
        if (failures.length > 0) {
          throw new Error(`${failures.length} differences\n${failures.slice(0, 40).join("\n")}`);
        }
      });
      if (!passed) failed = true;
    }
    if (only || failed) return;
    await t.step("every argument token of our commands was used by a script", async () => {
      const docs = await readCommandDocs(pair.expected.control);
      for (const name of stillToCome) docs.delete(name);
      assertEquals(unusedTokens(docs, answered), tokensToCome(docs));
    });
  },
);

/** The listed tokens of commands that we have. */
function tokensToCome(docs: ReadonlyMap<string, unknown>): string[] {
  return readList("tokens_to_come.txt").filter((entry) => docs.has(entry.split(" ")[0]));
}

async function runOnRightPair(script: Script, protocol: 2 | 3, pair: Pair) {
  if (Object.keys(script.settings.start).length === 0) {
    return await runScript(script, protocol, pair);
  }
  await using own = await Pair.start(script.settings.start);
  return await runScript(script, protocol, own);
}
