/** Ways out of Lua that were tried on Redis or could be tried on us: each fails with an error. */

import { assert, assertEquals } from "@std/assert";
import { generateCode } from "../../src/lua/compiler/compile.ts";
import { helpers } from "../../src/lua/runtime/helpers.ts";
import { LuaError } from "../../src/lua/mod.ts";
import { amount, seedOf } from "../support/long_test.ts";
import { Choices } from "./generator/choices.ts";
import { makeProgram } from "./generator/programs.ts";
import { makeText } from "./generator/texts.ts";
import { evaluate, makeRedisState } from "./support/redis_environment.ts";
import { ERRORS, RESULTS } from "./support/ways_out.ts";

for (const [what, text] of Object.entries(ERRORS)) {
  Deno.test(`a script fails when ${what}`, () => {
    const state = makeRedisState({ unpausableMilliseconds: 2000, sliceMilliseconds: 2000 });
    const result = evaluate(state, text);
    assert(result.startsWith("ERROR ") || result === "killed", result);
    assertEquals(evaluate(state, "return ('x'):rep(3) .. #'abc'"), "xxx3");
  });
}

for (const [what, [text, expected]] of Object.entries(RESULTS)) {
  Deno.test(`a script has its own meaning when ${what}`, () => {
    assertEquals(evaluate(makeRedisState(), text), expected);
  });
}

/** Words of JavaScript that generated code uses. */
const WORDS = new Set(
  ("use strict const let return function new if else for while do break continue try catch throw typeof yield " +
    "instanceof undefined true false null void").split(" "),
);
const PROPERTIES = new Set(
  "plain paced units refill next done value advance key push setString".split(" "),
);

/** Throws where code contains a name that the compiler does not make itself. */
function checkNames(code: string): void {
  const bare = code.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  for (const [, before, name] of bare.matchAll(/(\.{0,3})([A-Za-z_$][\w$]*)/g)) {
    // The exponent of a number.
    if (/^e\d*$/.test(name) || name === "e") continue;
    const isKnown = before === "."
      ? PROPERTIES.has(name)
      : WORDS.has(name) || name in helpers || /^[labcfikpqrstyFLV]\d+p?$/.test(name) ||
        ["H", "K", "L", "G", "C", "M", "d", "v", "g", "s", "w", "x", "$"].includes(name);
    assert(isKnown, `${before}${name} in ${code.slice(0, 2000)}`);
  }
  assert(/^[\x20-\x7e]*$/.test(code), "code is printable ASCII");
}

Deno.test("generated code contains no name but those that the compiler makes when programs are random", () => {
  const { globals } = makeRedisState();
  const count = amount({ quick: 100, full: 1000, long: 10_000 });
  const first = seedOf("names in generated code", 1);
  for (let seed = first; seed < first + count; seed++) {
    checkNames(generateCode(makeProgram(seed, true), "=x", globals).code);
  }
});

Deno.test("compile and run end as Lua says when texts are random", () => {
  const count = amount({ quick: 1000, full: 20_000, long: 100_000 });
  const state = makeRedisState({ stepLimit: 200_000, stringLimit: 1e7 });
  let compiled = 0;
  const first = seedOf("random texts", 1);
  for (let seed = first; seed < first + count; seed++) {
    const text = makeText(new Choices(seed), seed);
    try {
      checkNames(generateCode(text, "=x", state.globals).code);
      compiled++;
    } catch (error) {
      if (!(error instanceof LuaError)) throw error;
    }
    // Faults of the host, as mistakes of ours would be, come out of this.
    evaluate(state, text);
  }
  assert(compiled > count / 100, `${compiled} of ${count} are chunks`);
});
