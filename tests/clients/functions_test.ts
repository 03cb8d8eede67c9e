/** Functions as client libraries load and call them. */

import { assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import { Redis } from "ioredis";
import { type CommandParser, createClient, RESP_TYPES } from "redis";
import { startServer } from "../../src/mod.ts";

const LIBRARY = `#!lua name=counters
redis.register_function('add', function(keys, args)
  local sum = 0
  for _, key in ipairs(keys) do sum = sum + redis.call('incrby', key, args[1]) end
  return sum
end)
redis.register_function{
  function_name = 'read',
  description = 'Reads a counter',
  callback = function(keys) return redis.call('get', keys[1]) end,
  flags = {'no-writes'},
}`;

/** What a client that is created with them calls by their names. */
const FUNCTIONS = {
  counters: {
    add: {
      IS_READ_ONLY: false,
      NUMBER_OF_KEYS: 1,
      parseCommand(parser: CommandParser, key: string, by: number) {
        parser.pushKey(key);
        parser.push(String(by));
      },
      transformReply: (reply: unknown) => Number(reply),
    },
    read: {
      IS_READ_ONLY: true,
      NUMBER_OF_KEYS: 1,
      parseCommand(parser: CommandParser, key: string) {
        parser.pushKey(key);
      },
      transformReply: (reply: unknown) => String(reply),
    },
  },
};

for (const RESP of [2, 3] as const) {
  Deno.test(`npm:redis loads, calls and moves functions when it speaks RESP${RESP}`, async () => {
    await using server = await startServer();
    const client = createClient({ url: server.url, RESP, functions: FUNCTIONS });
    await client.connect();
    try {
      await assertRejects(() => client.counters.add("n", 1), Error, "Function not found");
      assertEquals(await client.functionLoad(LIBRARY), "counters");
      await assertRejects(() => client.functionLoad(LIBRARY), Error, "already exists");
      assertEquals(await client.functionLoad(LIBRARY, { REPLACE: true }), "counters");
      assertEquals(await client.counters.add("n", 5), 5);
      assertEquals(await client.counters.read("n"), "5");
      assertEquals(await client.fCall("add", { keys: ["n", "m"], arguments: ["2"] }), 9);
      assertEquals(await client.fCallRo("read", { keys: ["m"] }), "2");
      const replies = await client.multi().set("n", "1").counters.add("n", 1).exec();
      assertEquals(replies.map(String), ["OK", "2"]);

      const [library] = await client.functionListWithCode({ LIBRARYNAME: "count*" });
      assertEquals([library.library_name, library.engine], ["counters", "LUA"]);
      assertEquals(library.library_code, LIBRARY);
      assertEquals(library.functions.map(({ name }) => String(name)), ["add", "read"]);
      assertEquals([...library.functions[1].flags].map(String), ["no-writes"]);
      const { running_script, engines } = await client.functionStats();
      assertEquals(running_script, null);
      assertEquals(engines.LUA, { libraries_count: 1, functions_count: 2 });

      const dump = await client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
        .functionDump();
      assertEquals(await client.functionFlush("SYNC"), "OK");
      await assertRejects(() => client.counters.read("n"), Error, "Function not found");
      assertEquals(await client.functionRestore(dump as unknown as Buffer), "OK");
      assertEquals(await client.counters.read("n"), "2");
      assertEquals(await client.functionDelete("counters"), "OK");
      assertEquals(await client.functionList(), []);
      await assertRejects(() => client.functionKill(), Error, "NOTBUSY");
    } finally {
      await client.close();
    }
  });
}

Deno.test("npm:ioredis loads, calls and moves functions", async () => {
  await using server = await startServer();
  const client = new Redis(server.url);
  try {
    assertEquals(await client.function("LOAD", LIBRARY), "counters");
    assertEquals(await client.fcall("add", 2, "a", "b", 3), 6);
    assertEquals(await client.fcall_ro("read", 1, "a"), "3");
    await assertRejects(() => client.fcall_ro("add", 1, "a", 3), Error, "write flag");
    const dump = await client.functionBuffer("DUMP");
    if (!(dump instanceof Buffer)) throw new Error("the dump is no buffer");
    assertEquals(await client.function("FLUSH"), "OK");
    assertEquals(await client.function("RESTORE", dump), "OK");
    const replies = await client.multi().fcall("add", 1, "a", 1).fcall_ro("read", 1, "a").exec();
    assertEquals(replies, [[null, 4], [null, "4"]]);
    assertEquals(await client.function("DELETE", "counters"), "OK");
    assertEquals(await client.function("LIST"), []);
  } finally {
    await client.quit();
  }
});
