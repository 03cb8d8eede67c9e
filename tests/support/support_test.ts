/** The test helpers' own tests. */

import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { escapeBytes, splitArguments } from "./quoting.ts";
import { ConnectionClosed, ReplyTimeout } from "./raw_client.ts";
import { hasReference, referenceTest, startReference } from "./reference.ts";
import { leaves, parseReply } from "./reply.ts";
import { TempDir } from "./temp_dir.ts";
import { waitFor } from "./wait_for.ts";

Deno.test("splitArguments follows redis-cli's quoting", () => {
  assertEquals(splitArguments(`SET k "a b\\x00\\n\\"" 'c\\'d\\n' ""`), [
    "SET",
    "k",
    'a b\x00\n"',
    "c'd\\n",
    "",
  ]);
  assertEquals(splitArguments("ECHO é"), ["ECHO", "\xc3\xa9"]);
  assertThrows(() => splitArguments('a "b'), Error, "unbalanced");
  assertThrows(() => splitArguments('"a"b'), Error, "followed by a blank");
});

Deno.test("escapeBytes shows every byte that is not printable", () => {
  assertEquals(escapeBytes('a\r\n\x00\xff"\\'), 'a\\r\\n\\x00\\xff\\"\\\\');
});

Deno.test("parseReply returns undefined until the reply is whole", () => {
  const raw = "%1\r\n$1\r\nk\r\n*3\r\n:1\r\n$-1\r\n_\r\n";
  for (let length = 0; length < raw.length; length++) {
    assertEquals(parseReply(raw.slice(0, length)), undefined);
  }
  const parsed = parseReply(raw + "+next\r\n")!;
  assertEquals(parsed.end, raw.length);
  assertEquals(parsed.reply.raw, raw);
  assertEquals(leaves(parsed.reply), ["k", "1", "", ""]);
  assertThrows(() => parseReply("hello\r\n"), Error, "not a reply");
});

Deno.test("waitFor says what it waited for when time is up", async () => {
  await assertRejects(
    () => waitFor("the impossible", () => false, { timeout: 20 }),
    Error,
    "the impossible",
  );
  let looks = 0;
  assertEquals(await waitFor("three looks", () => ++looks >= 3 && looks), 3);
});

Deno.test("TempDir removes its directory when disposed", async () => {
  let path: string;
  {
    await using dir = await TempDir.create("test-");
    path = dir.path;
    await Deno.writeTextFile(`${path}/file`, "x");
  }
  await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
});

referenceTest("ServerProcess keeps its data when it is killed and restarted", async () => {
  await using server = await startReference({ directives: { appendonly: "yes" } });
  const client = await server.connect();
  assertEquals((await client.call("SET", "k", "v")).raw, "+OK\r\n");
  assertEquals((await server.kill("SIGKILL")).signal, "SIGKILL");
  await assertRejects(() => client.call("PING"), ConnectionClosed);
  await server.restart();
  assertEquals((await (await server.connect()).call("GET", "k")).text, "v");
  assertStringIncludes(server.log, "Ready to accept connections");
});

referenceTest(
  "ServerProcess.start throws with the log when the server does not start",
  async () => {
    await assertRejects(
      () => startReference({ directives: { "maxmemory-policy": "nonsense" } }),
      Error,
      "maxmemory-policy",
    );
  },
);

referenceTest("RawClient.read throws when nothing comes in time", async () => {
  await using server = await startReference();
  const client = await server.connect();
  await assertRejects(() => client.read(20), ReplyTimeout);
  assertEquals((await client.call("PING")).raw, "+PONG\r\n");
});

Deno.test("hasReference is false when the program does not exist", async () => {
  const script = `import { hasReference } from "${new URL("./reference.ts", import.meta.url)}";
    console.log(hasReference());`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", script],
    env: { REDIS_SERVER: "no-such-redis-server" },
  }).output();
  assertEquals(new TextDecoder().decode(stdout).trim(), "false");
  assertEquals(typeof hasReference(), "boolean");
});
