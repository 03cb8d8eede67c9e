/** Programs in `programs/`, whose output must be that of lua5.1, and in `redis_programs/`, of EVAL. */

import { byteString } from "../../src/base/span.ts";
import { referenceTest } from "../support/reference.ts";
import { assertSameOutput } from "./support/compare_outputs.ts";
import { evaluate, makeRedisState } from "./support/redis_environment.ts";
import { runHere } from "./support/run_here.ts";
import { EvalReference, luaTest, runOnLua } from "./support/run_reference.ts";
import { wrapProgram } from "./support/wrap_program.ts";

interface Program {
  readonly name: string;
  readonly text: string;
}

function readPrograms(folder: string): Program[] {
  const directory = new URL(`${folder}/`, import.meta.url);
  return Array.from(Deno.readDirSync(directory), ({ name }) => ({
    name,
    text: byteString(Deno.readFileSync(new URL(name, directory))),
  }));
}

for (const { name, text } of readPrograms("programs")) {
  luaTest(`${name} prints the same as in lua5.1`, async () => {
    const [expected] = await runOnLua([text]);
    assertSameOutput(runHere(text), expected);
  });
}

referenceTest("programs for Redis print the same as in EVAL", async (t) => {
  await using reference = await EvalReference.start();
  // Read-only globals, which EVAL has, are what calls of library functions through locals need to be known.
  const alsoHere = readPrograms("programs").filter(({ name }) => name === "closed_functions.lua");
  for (const { name, text } of [...readPrograms("redis_programs"), ...alsoHere]) {
    await t.step(name, async () => {
      const script = wrapProgram(text);
      const [expected] = await reference.evaluate([script]);
      assertSameOutput(evaluate(makeRedisState(), script), expected);
    });
  }
});
