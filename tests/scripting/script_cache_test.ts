/** Which scripts stay compiled. */

import { assert, assertEquals, assertLess } from "@std/assert";
import { type Script, ScriptCache, shaOf } from "../../src/scripting/script_cache.ts";
import type { Runnable } from "../../src/scripting/script_runner.ts";
import { startEmbedded } from "../support/embedded.ts";
import { startMiniredis } from "../support/miniredis_process.ts";

function makeScript(i: number): Script {
  const text = `return ${i}`;
  return {
    ...{ text, codeAt: 0, sha: shaOf(text), flags: 0 },
    ...{ runnable: null, calls: 0, isKnown: false },
  };
}

const RUNNABLE = {} as Runnable;

/** Calls a script, which is compiled for it if it is not; says whether it was. */
function call(cache: ScriptCache, script: Script): boolean {
  script.calls++;
  if (script.runnable !== null) return false;
  cache.setRunnable(script, RUNNABLE);
  return true;
}

function isCompiled({ runnable }: Script): boolean {
  return runnable !== null;
}

Deno.test("ScriptCache keeps all scripts, and those compiled that are called", () => {
  const cache = new ScriptCache();
  const scripts = Array.from({ length: 5000 }, (_, i) => makeScript(i));
  for (const script of scripts) {
    cache.add(script);
    call(cache, script);
    // The first ones are called all the time.
    for (const often of scripts.slice(0, 10)) if (isCompiled(often)) often.calls++;
  }
  assertEquals(cache.size, 5000);
  assertLess(cache.compiledCount, 100);
  assertEquals(scripts.filter(isCompiled).length, cache.compiledCount);
  assert(scripts.slice(0, 10).every(isCompiled));
  assert(scripts.slice(-10).every(isCompiled));
});

Deno.test("ScriptCache keeps scripts compiled that come back, when many others are called between", () => {
  const cache = new ScriptCache();
  const scripts = Array.from({ length: 500 }, (_, i) => makeScript(i));
  for (const script of scripts) cache.add(script);
  const compiledIn = () => scripts.filter((script) => call(cache, script)).length;
  // Of those that are new, the last 64 are there yet when the first comes back.
  assertEquals([compiledIn(), compiledIn(), compiledIn()], [500, 436, 0]);
});

Deno.test("ScriptCache lets the older half of the scripts give way when too many are called again and again", () => {
  const cache = new ScriptCache();
  const scripts = Array.from({ length: 3000 }, (_, i) => makeScript(i));
  for (const script of scripts) {
    cache.add(script);
    for (let i = 0; i < 3; i++) call(cache, script);
  }
  assertLess(cache.compiledCount, 1065);
  assertEquals(scripts.filter(isCompiled).length, cache.compiledCount);
  assert(scripts.slice(-500).every(isCompiled));
  cache.clear();
  assertEquals([cache.size, cache.compiledCount], [0, 0]);
});

Deno.test("EVALSHA runs a script that was compiled long ago, when many others were called since", async () => {
  await using embedded = await startEmbedded();
  const client = await embedded.connect();
  const [sha] = await client.texts("SCRIPT", "LOAD", "return {KEYS[1], 'first'}");
  const commands = Array.from({ length: 3000 }, (_, i) => ["EVAL", `return ${i} + 1`, "0"]);
  const replies = await client.pipeline(commands);
  assertEquals(replies.map(({ raw }) => raw), commands.map((_, i) => `:${i + 1}\r\n`));
  const { raw } = await client.call("EVALSHA", sha, "1", "key");
  assertEquals(raw, "*2\r\n$3\r\nkey\r\n$5\r\nfirst\r\n");
  assertEquals((await client.call("EVAL", "return 5 + 1", "0")).raw, ":6\r\n");
});

Deno.test("SCRIPT FLUSH gives back the memory of many scripts", async () => {
  await using server = await startMiniredis();
  using client = await server.connect();
  // Different in more than strings and numbers: each is compiled.
  const commands = Array.from({ length: 6000 }, (_, i) => {
    const names = Array.from({ length: 20 }, (_, k) => `local v${i}_${k} = ${k}`);
    return ["EVAL", `${names.join(" ")} return v${i}_7`, "0"];
  });
  for (let i = 0; i < commands.length; i += 500) {
    await client.pipeline(commands.slice(i, i + 500));
  }
  const heap = async () =>
    Number(/used_heap_size:(\d+)/.exec((await client.texts("MEMORY", "MALLOC-STATS"))[0])![1]);
  const before = await heap();
  assertEquals(await client.texts("SCRIPT", "FLUSH"), ["OK"]);
  assertLess(await heap(), before - 2_000_000);
});
