/** The files of scripts, and the test of one of them. */

import { referenceTest } from "../support/reference.ts";
import { readList } from "./lists.ts";
import { comparesReferenceWithItself, Pair } from "./pair.ts";
import { runScript, type ScriptResult } from "./run_script.ts";
import { parseScripts, type Script } from "./script.ts";

const SCRIPTS = new URL("scripts/", import.meta.url);
const SHOWN_FAILURES = 40;

/** The names of all files of scripts (`strings`), sorted. */
export function scriptFiles(): string[] {
  return [...Deno.readDirSync(SCRIPTS)].flatMap(({ name }) =>
    name.endsWith(".txt") ? [name.slice(0, -".txt".length)] : []
  ).sort();
}

/** Reads the scripts of a file by its name, without its ending. Throws on what is no script. */
export function readScripts(name: string): Script[] {
  const text = Deno.readTextFileSync(new URL(`${name}.txt`, SCRIPTS));
  return parseScripts(`tests/differential/scripts/${name}.txt`, text);
}

/**
 * Registers the test that runs the file of scripts beside the module at `url`: `strings.txt` for
 * `strings_test.ts`. Each file has such a module, so that they run in parallel.
 */
export function testScriptsBeside(url: string): void {
  const [, name] = /([^/]+)_test\.ts$/.exec(url) ?? [];
  referenceTest(
    `miniredis answers, stores and logs as redis-server does in the scripts of ${name}`,
    async () => {
      await using pair = await Pair.start();
      const failures: string[] = [];
      for (const script of readScripts(name)) {
        const missing = stillToCome(script);
        if (missing.length > 0) {
          console.log(`skipped: ${name}: ${script.name}: still to come: ${missing.join(" ")}`);
          continue;
        }
        for (const protocol of script.settings.protocols) {
          failures.push(...(await runOnRightPair(script, protocol, pair)).failures);
        }
      }
      if (failures.length === 0) return;
      const shown = failures.slice(0, SHOWN_FAILURES).join("\n");
      throw new Error(`${failures.length} differences\n${shown}`);
    },
  );
}

/** The commands that a script requires and that we don't have yet. */
export function stillToCome(script: Script): string[] {
  if (comparesReferenceWithItself()) return [];
  const missing = readList("still_to_come.txt");
  return script.settings.requires.filter((name) => missing.includes(name));
}

/** Runs a script, on servers of its own if it wants them started in its own way. */
export async function runOnRightPair(
  script: Script,
  protocol: 2 | 3,
  pair: Pair,
): Promise<ScriptResult> {
  const { start } = script.settings;
  if (Object.keys(start).length === 0) return await runScript(script, protocol, pair);
  await using own = await Pair.start(start, pair.isReferenceTwice);
  return await runScript(script, protocol, own);
}
