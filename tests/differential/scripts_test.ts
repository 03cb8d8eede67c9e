/** The scripts as a whole: each file is run by a test, and together they use every argument token. */

import { assertEquals } from "@std/assert";
import { referenceTest } from "../support/reference.ts";
import { readCommandDocs, unusedTokens, usedTokens } from "./command_docs.ts";
import { readList } from "./lists.ts";
import { Pair } from "./pair.ts";
import type { Script } from "./script.ts";
import { readScripts, runOnRightPair, scriptFiles, stillToCome } from "./script_file.ts";

const TEST = `import { testScriptsBeside } from "../script_file.ts";

testScriptsBeside(import.meta.url);
`;

Deno.test("every file of scripts has a test beside it that runs it", () => {
  for (const name of scriptFiles()) {
    const path = new URL(`scripts/${name}_test.ts`, import.meta.url);
    assertEquals(Deno.readTextFileSync(path), TEST, path.pathname);
  }
});

/**
 * What counts is what redis-server answers without an error, so it runs the scripts, but only those that
 * name a token which none before them has used.
 */
referenceTest("every argument token of our commands is used by a script", async () => {
  await using pair = await Pair.start({}, true);
  const docs = await readCommandDocs(pair.expected.control);
  for (const name of readList("still_to_come.txt")) docs.delete(name);
  const unused = new Set(unusedTokens(docs, []));
  for (const script of scriptFiles().flatMap(readScripts)) {
    if (stillToCome(script).length > 0) continue;
    if (![...usedTokens(docs, linesOf(script))].some((token) => unused.has(token))) continue;
    for (const protocol of script.settings.protocols) {
      const { answered } = await runOnRightPair(script, protocol, pair);
      for (const token of usedTokens(docs, answered)) unused.delete(token);
    }
  }
  assertEquals([...unused], tokensToCome(docs));
});

/** The command lines of a script, whatever they are answered. */
function linesOf(script: Script): (readonly string[])[] {
  return script.steps.flatMap(({ action }) => "args" in action ? [action.args] : []);
}

/** The listed tokens of commands that we have. */
function tokensToCome(docs: ReadonlyMap<string, unknown>): string[] {
  return readList("tokens_to_come.txt").filter((entry) => docs.has(entry.split(" ")[0]));
}
