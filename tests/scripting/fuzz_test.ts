/** Random texts as scripts, as functions and as libraries: nothing that they do harms the server. */

import { assert, assertEquals } from "@std/assert";
import { Choices } from "../lua/generator/choices.ts";
import { makeText } from "../lua/generator/texts.ts";
import { makeProgram } from "../lua/generator/programs.ts";
import { amount, seedOf } from "../support/long_test.ts";
import { escapeBytes } from "../support/quoting.ts";
import type { RawClient } from "../support/raw_client.ts";
import { FAULT, startSmall } from "./small_server.ts";

const TEXTS = amount({ quick: 600, full: 10_000, long: 100_000 });
const BATCH = 100;
/**
 * So many texts one server is given: V8's compilation cache keeps all code that was ever made, unless the
 * process is started with --no-compilation-cache, and 512 MB are full at some point.
 */
const ROUND = 5000;

/** What scripts for Redis have in them, and those in JavaScript. Nothing writes: what has is not killed. */
const WORDS = [
  ...["redis", "redis.call('get', KEYS[1])", "redis.pcall('nope')", "redis.pcall(", "redis.call("],
  ...[
    "KEYS",
    "ARGV",
    "KEYS[1]",
    "#ARGV",
    "redis.sha1hex(",
    "redis.error_reply(",
    "redis.setresp(3)",
  ],
  ...[
    "redis.register_function(",
    "redis.register_function{",
    "function_name=",
    "callback=",
    "flags=",
  ],
  ...["redis.log(0,", "cjson.encode(", "cjson.decode(", "cmsgpack.pack(", "cmsgpack.unpack("],
  ...[
    "struct.pack(",
    "struct.unpack(",
    "bit.lshift(",
    "loadstring(",
    "coroutine.wrap(",
    "setmetatable(",
  ],
  ...[
    "getmetatable(",
    "string.format(",
    "table.concat(",
    "unpack(",
    "pcall(",
    "error(",
    "tostring(",
  ],
  ...[
    ")",
    "}",
    "'x'",
    "1e308",
    "-1",
    "nil",
    "function() ",
    " end",
    "return ",
    "local x = ",
    "\n",
    "\r",
  ],
  ...[
    "{err=",
    "{ok=",
    "{map=",
    "{double=",
    "constructor",
    "__proto__",
    "`${",
    "\u0000",
    "\u00ff",
    "]]",
  ],
];

/** A text of words of Redis, of Lua, of a program, or of bytes. */
function makeScript(seed: number): string {
  const choices = new Choices(seed);
  switch (choices.below(4)) {
    case 0:
      return choices.join(1, 20, () => choices.pick(WORDS), choices.pick([" ", "", ", "]));
    case 1: {
      const lines = makeProgram(seed, true).split("\n");
      for (let i = choices.below(4); i > 0; i--) {
        lines[choices.below(lines.length)] = choices.pick(WORDS);
      }
      return lines.join("\n");
    }
    case 2:
      return choices.join(1, 200, () => String.fromCharCode(choices.below(256)), "");
  }
  return makeText(choices, seed);
}

/** The calls that try a text. */
function callsOf(text: string): string[][] {
  const registered =
    "redis.register_function{function_name='f', flags={'no-writes'}, callback=function(KEYS, ARGV) " +
    `${text}\nend}`;
  return [
    ["EVAL_RO", text, "1", "k", "a", "b"],
    ["FUNCTION", "LOAD", "REPLACE", `#!lua name=fuzz\n${text}`],
    ["FUNCTION", "LOAD", "REPLACE", `#!lua name=fuzz\n${registered}`],
    ["FCALL_RO", "f", "1", "k", "a", "b"],
    ["FUNCTION", "LOAD", `${text}\n${text}`],
  ];
}

/** Ends what runs for long, until it is told to stop. */
async function keepKilling(client: RawClient, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const { text = "" } = await client.call("PING");
    if (text.startsWith("BUSY")) {
      await client.call(text.includes("FUNCTION KILL") ? "FUNCTION" : "SCRIPT", "KILL");
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Tries so many texts on a server of their own; returns how many calls came to something. */
async function tryTexts(first: number, count: number): Promise<number> {
  await using server = await startSmall(20);
  const client = await server.connect(), watcher = await server.connect();
  let isOver = false, problem: unknown;
  const killing = keepKilling(watcher, () => isOver).catch((error: unknown) => error);
  let runs = 0;
  try {
    await client.texts("SET", "k", "v");
    for (let seed = first; seed < first + count; seed++) {
      const text = makeScript(seed);
      const calls = callsOf(text);
      const replies = await client.pipeline(calls).catch((error: Error) => {
        throw new Error(
          `seed ${seed}, ${escapeBytes(text, 2000)}: ${error.message}\n${server.log}`,
        );
      });
      replies.forEach(({ raw }, i) => {
        assert(
          !FAULT.test(raw),
          `seed ${seed}, ${calls[i].map((arg) => escapeBytes(arg, 2000))}: ${raw}`,
        );
        if (!raw.startsWith("-")) runs++;
      });
      if ((seed - first) % BATCH !== BATCH - 1) continue;
      // So many texts are more than there is memory for.
      await client.texts("SCRIPT", "FLUSH");
      // What others see is what it was.
      const [sum] = await client.texts(
        ...[
          "EVAL",
          "return #string.format('%d', 7) .. tostring(rawget(_G, 'x')) .. type(redis.call)",
          "0",
        ],
      );
      assertEquals(sum, "1nilfunction");
      assertEquals(await client.texts("GET", "k"), ["v"]);
      assert(!FAULT.test(server.log), server.log);
    }
  } finally {
    isOver = true;
    problem = await killing;
  }
  assertEquals(problem, undefined);
  return runs;
}

Deno.test("no text of a script ends the server or comes to a fault of its own", async () => {
  const first = seedOf("texts of scripts", 1);
  let runs = 0;
  for (let done = 0; done < TEXTS; done += ROUND) {
    runs += await tryTexts(first + done, Math.min(ROUND, TEXTS - done));
  }
  assert(runs > TEXTS / 20, `${runs} of ${5 * TEXTS} calls came to something`);
});
