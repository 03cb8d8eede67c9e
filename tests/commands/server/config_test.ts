import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ManualClock } from "../../../src/base/clock.ts";
import { Configuration } from "../../../src/config/mod.ts";
import { startServer } from "../../../src/mod.ts";
import { openFileLimit } from "../../../src/observe/process.ts";
import { Server } from "../../../src/server/server.ts";
import { freePort } from "../../support/free_port.ts";
import { RawClient } from "../../support/raw_client.ts";
import { TempDir } from "../../support/temp_dir.ts";
import { waitFor } from "../../support/wait_for.ts";

async function accepts(hostname: string, port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname, port })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

Deno.test("CONFIG SET port moves the listener and leaves connections open", async () => {
  await using server = await startServer();
  using client = await RawClient.connect(server.port);
  const port = freePort(), { port: old } = server;
  assertEquals(await client.texts("CONFIG", "SET", "port", String(port)), ["OK"]);
  assertEquals(server.port, port);
  assert(await accepts("127.0.0.1", port));
  await waitFor("the old port to be closed", async () => !await accepts("127.0.0.1", old));
  assertEquals(await client.texts("PING"), ["PONG"]);
  await client.texts("CONFIG", "SET", "port", "0");
  await waitFor("the new port to be closed", async () => !await accepts("127.0.0.1", port));
});

Deno.test("CONFIG SET changes nothing when the new port is taken", async () => {
  await using server = await startServer();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using client = await RawClient.connect(server.port);
  const { text } = await client.call("CONFIG", "SET", "hz", "50", "port", `${taken.addr.port}`);
  assertEquals(
    text,
    "ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. " +
      "Check server logs.",
  );
  assertEquals(await client.texts("CONFIG", "GET", "port"), ["port", String(server.port)]);
  assertEquals(await client.texts("CONFIG", "GET", "hz"), ["hz", "10"]);
  assert(await accepts("127.0.0.1", server.port));
});

Deno.test("CONFIG SET bind replaces addresses that share a port", async () => {
  await using server = await startServer({ port: freePort() });
  const { port } = server;
  using client = await RawClient.connect(port);
  assertEquals(await client.texts("CONFIG", "SET", "bind", "*"), ["OK"]);
  await waitFor("every address to listen", () => accepts("127.0.0.3", port));
  assertEquals(await client.texts("CONFIG", "SET", "bind", "127.0.0.2 127.0.0.1"), ["OK"]);
  await waitFor("one address to be left", async () => !await accepts("127.0.0.3", port));
  await waitFor("the second address to listen", () => accepts("127.0.0.2", port));
  await waitFor("the first address to listen", () => accepts("127.0.0.1", port));
  assertEquals(
    (await client.call("CONFIG", "SET", "bind", "192.0.2.1")).text,
    "ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified " +
      "addresses.",
  );
  assert(await accepts("127.0.0.2", port));
});

Deno.test("CONFIG SET maxclients refuses more than the system lets the process have", async () => {
  await using server = await startServer();
  using client = await RawClient.connect(server.port);
  const limit = openFileLimit();
  const { text } = await client.call("CONFIG", "SET", "maxclients", "4000000000");
  // Without all permissions, and on other systems than Linux, the limit can't be known.
  if (limit === null) assertEquals(text, "OK");
  else assertMatch(text!, new RegExp(`'maxclients'.*, try with ${limit - 32}$`));
  assertEquals(await client.texts("CONFIG", "SET", "maxclients", "1"), ["OK"]);
  const other = await RawClient.connect(server.port);
  assertEquals((await other.read()).text, "ERR max number of clients reached");
  await other.close();
});

Deno.test("CONFIG SET timeout closes clients that are idle for longer", async () => {
  const clock = new ManualClock();
  await using server = await startServer({ clock });
  const client = await RawClient.connect(server.port);
  await client.texts("CONFIG", "SET", "timeout", "5");
  clock.advance(4000);
  assertEquals(await client.texts("PING"), ["PONG"]);
  clock.advance(7000);
  assert(await client.waitForClose());
  await client.close();
});

Deno.test("CONFIG SET requirepass asks new connections and leaves authenticated ones alone", async () => {
  await using server = await startServer();
  using client = await RawClient.connect(server.port);
  await client.texts("CONFIG", "SET", "requirepass", "open sesame");
  assertEquals(await client.texts("PING"), ["PONG"]);
  using other = await RawClient.connect(server.port);
  assertEquals((await other.call("PING")).text, "NOAUTH Authentication required.");
  await client.texts("CONFIG", "SET", "requirepass", "");
  assertEquals(await other.texts("PING"), ["PONG"]);
});

Deno.test("CONFIG RESETSTAT zeroes counters, statistics of commands and of errors", async () => {
  await using server = await startServer();
  using client = await RawClient.connect(server.port);
  await client.pipeline([["SET", "k", "v"], ["GET", "k"], ["GET", "none"], ["NOSUCH"]]);
  const info = async () => (await client.texts("INFO", "everything"))[0];
  const before = await info();
  assertMatch(before, /keyspace_hits:1\r\nkeyspace_misses:1\r\n/);
  assertMatch(before, /total_error_replies:1\r\n/);
  assertMatch(before, /cmdstat_get:calls=2,.*failed_calls=0\r\n/);
  assertMatch(before, /latency_percentiles_usec_get:p50=.*,p99=.*,p99\.9=/);
  assertEquals(await client.texts("CONFIG", "RESETSTAT"), ["OK"]);
  const after = await info();
  assertMatch(after, /keyspace_hits:0\r\nkeyspace_misses:0\r\n/);
  assertMatch(after, /total_error_replies:0\r\n/);
  assertMatch(after, /total_commands_processed:1\r\n/);
  assertEquals(/cmdstat_get|latency_percentiles_usec_get|errorstat_/.test(after), false);
});

Deno.test("CONFIG SET latency-tracking no stops the percentiles", async () => {
  await using server = await startServer();
  using client = await RawClient.connect(server.port);
  await client.texts("CONFIG", "SET", "latency-tracking", "no");
  await client.texts("GET", "k");
  assertEquals(await client.texts("INFO", "latencystats"), ["# Latencystats\r\n"]);
  await client.texts("CONFIG", "SET", "latency-tracking", "yes");
  await client.texts("CONFIG", "SET", "latency-tracking-info-percentiles", "100");
  await client.texts("GET", "k");
  assertMatch(
    (await client.texts("INFO", "latencystats"))[0],
    /^latency_percentiles_usec_get:p100=[\d.]+\r$/m,
  );
});

async function startWithFile(path: string): Promise<Server> {
  const configuration = new Configuration();
  configuration.loadFile(path);
  configuration.finishLoading();
  return await Server.start({ configuration, freePort: true });
}

Deno.test("CONFIG REWRITE replaces the file as a whole and keeps its comments", async () => {
  using dir = TempDir.createSync();
  const path = `${dir.path}/redis.conf`;
  Deno.writeTextFileSync(path, `# ours\nbind 127.0.0.1\nhz 20\nsave ""\ndir ${dir.path}\n`);
  {
    await using server = await startWithFile(path);
    using client = await RawClient.connect(server.port);
    await client.texts("CONFIG", "SET", "hz", "30", "timeout", "7");
    assertEquals(await client.texts("CONFIG", "REWRITE"), ["OK"]);
    assertMatch((await client.texts("INFO", "server"))[0], new RegExp(`config_file:${path}\r\n`));
  }
  const text = Deno.readTextFileSync(path);
  assertMatch(text, /^# ours\nbind 127\.0\.0\.1\nhz 30\n/);
  assertMatch(text, /\ntimeout 7\n/);
  assertEquals([...Deno.readDirSync(dir.path)].map(({ name }) => name), ["redis.conf"]);
});

Deno.test("CONFIG REWRITE tells why the file can't be written", async () => {
  const dir = TempDir.createSync();
  const path = `${dir.path}/redis.conf`;
  Deno.writeTextFileSync(path, 'bind 127.0.0.1\nsave ""\n');
  await using server = await startWithFile(path);
  using client = await RawClient.connect(server.port);
  dir[Symbol.dispose]();
  assertEquals(
    (await client.call("CONFIG", "REWRITE")).text,
    "ERR Rewriting config file: No such file or directory",
  );
  await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
});
