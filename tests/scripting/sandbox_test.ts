/**
 * Ways out of the sandbox, tried on a server: as scripts, as functions, and as the code of libraries. Each
 * fails with an error, and the server serves on.
 */

import { assert, assertEquals } from "@std/assert";
import { ERRORS, RESULTS } from "../lua/support/ways_out.ts";
import { CASES, ENDINGS } from "../lua/support/endless_memory.ts";
import { amount } from "../support/long_test.ts";
import type { RawClient } from "../support/raw_client.ts";
import { isError, type Reply } from "../support/reply.ts";
import { FAULT, startSmall } from "./small_server.ts";

/** What comes of a text as a script, as a function, and as the code of a library. */
const FORMS: {
  readonly [form: string]: (client: RawClient, text: string) => Promise<Reply>;
} = {
  script: (client, text) => client.call("EVAL", text, "0"),
  "read-only script": (client, text) => client.call("EVAL_RO", text, "0"),
  async function(client, text) {
    const library = `#!lua name=way\nredis.register_function('out', function() ${text}\nend)`;
    const loaded = await client.call("FUNCTION", "LOAD", "REPLACE", library);
    return isError(loaded) ? loaded : await client.call("FCALL", "out", "0");
  },
  async "text that a function compiles"(client, text) {
    const code = "redis.register_function('out', function(keys, args) " +
      "local chunk, problem = loadstring(args[1]) if not chunk then error(problem) end return chunk() end)";
    await client.texts("FUNCTION", "LOAD", "REPLACE", `#!lua name=way\n${code}`);
    return await client.call("FCALL", "out", "0", text);
  },
};

/** The server answers and its libraries work, as if nothing had been tried. */
async function checkServes(client: RawClient): Promise<void> {
  assertEquals(await client.texts("EVAL", "return ('x'):rep(3) .. #'abc' .. tostring(nil)", "0"), [
    "xxx3nil",
  ]);
  const library = "#!lua name=well\nredis.register_function('well', function(keys) " +
    "redis.call('set', keys[1], cjson.encode({string.format('%d', 7)})) return redis.call('get', keys[1]) end)";
  await client.texts("FUNCTION", "LOAD", "REPLACE", library);
  assertEquals(await client.texts("FCALL", "well", "1", "k"), ['["7"]']);
}

Deno.test("ways out of the sandbox fail with an error when they are tried on a server", async (t) => {
  await using server = await startSmall(100);
  const client = await server.connect();
  for (const [form, evaluate] of Object.entries(FORMS)) {
    for (const [what, text] of Object.entries(ERRORS)) {
      await t.step(`${form}: ${what}`, async () => {
        const reply = await evaluate(client, text);
        assert(isError(reply), reply.raw);
        assert(!FAULT.test(reply.raw), reply.raw);
        await checkServes(client);
      });
    }
  }
  assert(!FAULT.test(server.log), server.log);
});

Deno.test("ways out of the sandbox fail with an error when a library tries them", async (t) => {
  await using server = await startSmall();
  const client = await server.connect();
  for (const [what, text] of Object.entries(ERRORS)) {
    await t.step(what, async () => {
      const reply = await client.call("FUNCTION", "LOAD", "REPLACE", `#!lua name=way\n${text}`);
      assert(isError(reply), reply.raw);
      assert(!FAULT.test(reply.raw), reply.raw);
      await checkServes(client);
    });
  }
  assert(!FAULT.test(server.log), server.log);
});

Deno.test("scripts have their own meaning when their words mean something to JavaScript", async (t) => {
  await using server = await startSmall();
  const client = await server.connect();
  for (const [form, evaluate] of Object.entries(FORMS)) {
    for (const [what, [text, expected]] of Object.entries(RESULTS)) {
      await t.step(`${form}: ${what}`, async () => {
        assertEquals((await evaluate(client, text)).text, expected);
        await checkServes(client);
      });
    }
  }
});

/** Words that mean something to JavaScript. */
const NAMES = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf"];

Deno.test("libraries and functions may have names that mean something to JavaScript", async () => {
  await using server = await startSmall();
  const client = await server.connect();
  for (const name of NAMES) {
    assertEquals((await client.call("FCALL", name, "0")).text, "ERR Function not found");
    assertEquals((await client.call("FUNCTION", "DELETE", name)).text, "ERR Library not found");
    const code = `redis.register_function('${name}', function(keys) return keys[1] end)`;
    assertEquals(await client.texts("FUNCTION", "LOAD", `#!lua name=${name}\n${code}`), [name]);
    assertEquals(await client.texts("FCALL", name, "1", name), [name]);
    const option = `redis.register_function{function_name='x', callback=redis.log, ${name}=1}`;
    const reply = await client.call("FUNCTION", "LOAD", `#!lua name=other\n${option}`);
    assert(reply.text?.endsWith("unknown argument given to redis.register_function"), reply.raw);
    assertEquals(await client.texts("FUNCTION", "DELETE", name), ["OK"]);
  }
  for (const name of NAMES) {
    const script =
      "redis.call('hset', KEYS[1], KEYS[1], 'v') return redis.call('hgetall', KEYS[1])";
    assertEquals(await client.texts("EVAL", script, "1", name), [name, "v"]);
    assert(isError(await client.call("EVAL", `return redis.call('${name}')`, "0")));
    assertEquals(await client.texts("EVAL", `return tostring(redis.${name})`, "0"), ["nil"]);
    assertEquals(await client.texts("EVAL", `return cjson.encode({['${name}'] = 1})`, "0"), [
      `{"${name}":1}`,
    ]);
    assertEquals(
      await client.texts("EVAL", `return cjson.decode('{"${name}":[1]}')['${name}']`, "0"),
      ["1"],
    );
  }
});

Deno.test("scripts and functions that take all memory of a heap of 512 MB end with an error", async (t) => {
  await using server = await startSmall();
  const client = await server.connect();
  const step = amount({ quick: 6, full: 1, long: 1 });
  const forms = Object.entries(FORMS).filter(([form]) => form === "script" || form === "function");
  for (const [at, [what, text]] of Object.entries(CASES).entries()) {
    if (at % step !== 0) continue;
    const [form, evaluate] = forms[Math.floor(at / step) % forms.length];
    await t.step(`${form}: ${what}`, async () => {
      const reply = await evaluate(client, text);
      assert(isError(reply), reply.raw);
      assert(ENDINGS.some((ending) => reply.raw.includes(ending)), reply.raw);
      await checkServes(client);
    });
  }
  assert(!FAULT.test(server.log), server.log);
});
