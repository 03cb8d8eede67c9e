import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  ConfigError,
  type EmbeddedDirective,
  ListenError,
  ManualClock,
  PersistenceError,
  startServer,
} from "../src/mod.ts";
import { ConnectionClosed, RawClient } from "./support/raw_client.ts";
import { TempDir } from "./support/temp_dir.ts";
import { waitFor } from "./support/wait_for.ts";

// Deno's own checks run here: a test that leaves a socket, a file or a timer behind fails.

/** When a manual clock starts, in ms since the epoch. */
const START = 1_700_000_000_000;

/** A connection to an embedded server, closed at the end of the block. */
async function connect(port: number): Promise<RawClient & AsyncDisposable> {
  const client = await RawClient.connect(port);
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

Deno.test("an embedded server refuses directives about the process, by CONFIG SET too", async () => {
  await using redis = await startServer();
  using client = await RawClient.connect(redis.port);
  for (
    const [name, value] of [
      ["oom-score-adj", "yes"],
      ["oom-score-adj-values", "1 2 3"],
      ["proc-title-template", "x"],
      ["crash-log-enabled", "no"],
    ]
  ) {
    const [, before] = await client.texts("CONFIG", "GET", name);
    assertEquals(
      (await client.call("CONFIG", "SET", name, value)).text,
      `ERR CONFIG SET failed (possibly related to argument '${name}') - ` +
        "an embedded server has no process of its own",
    );
    assertEquals(await client.texts("CONFIG", "GET", name), [name, before]);
    assertEquals(await client.texts("CONFIG", "SET", name, before), ["OK"]);
  }
  await client.close();
});

Deno.test("startServer listens on a free port and tells the address", async () => {
  await using server = await startServer();
  assertEquals(server.hostname, "127.0.0.1");
  assert(server.port > 0);
  assertEquals(server.url, `redis://127.0.0.1:${server.port}`);
  await using client = await connect(server.port);
  assertEquals(await client.texts("PING"), ["PONG"]);
});

Deno.test("startServer gives each server its own state when several run", async () => {
  const clock = new ManualClock(START);
  await using first = await startServer({ clock, directives: { databases: "2" } });
  await using second = await startServer({ directives: { requirepass: "secret" } });
  await using one = await connect(first.port);
  await using two = await connect(second.port);

  assertEquals(await one.texts("SET", "key", "first"), ["OK"]);
  assertEquals((await two.call("GET", "key")).text, "NOAUTH Authentication required.");
  assertEquals(await two.texts("AUTH", "secret"), ["OK"]);
  assertEquals((await two.call("GET", "key")).raw, "$-1\r\n");
  assertEquals(await two.texts("SET", "key", "second", "PX", "100"), ["OK"]);
  assertEquals(await one.texts("GET", "key"), ["first"]);
  assertEquals((await one.call("SELECT", "2")).text, "ERR DB index is out of range");
  assertEquals(await two.texts("SELECT", "2"), ["OK"]);

  await second.stop();
  assertEquals(await one.texts("GET", "key"), ["first"]);
});

Deno.test("startServer's server frees its port and closes its clients when disposed", async () => {
  let port: number;
  let client: RawClient;
  {
    await using server = await startServer();
    port = server.port;
    client = await RawClient.connect(port);
    assertEquals(await client.texts("PING"), ["PONG"]);
  }
  assert(await client.waitForClose());
  await client.close();
  await assertRejects(() => RawClient.connect(port), Deno.errors.ConnectionRefused);
  await using again = await startServer({ port });
  assertEquals(again.port, port);
});

Deno.test("stop does nothing when the server has ended", async () => {
  const server = await startServer();
  await Promise.all([server.stop(), server.stop()]);
  await server.stop();
  await server.ended;
});

Deno.test("ended resolves when a client shuts the server down", async () => {
  await using server = await startServer();
  await using client = await connect(server.port);
  await client.send("SHUTDOWN", "NOSAVE");
  await assertRejects(() => client.read(), ConnectionClosed);
  await server.ended;
});

Deno.test("startServer takes directives with the values that redis.conf would have", async () => {
  await using directory = await TempDir.create("mod-");
  const directives: Partial<Record<EmbeddedDirective, string>> = {
    "requirepass": 'two words "and quotes" # grün\n',
    "save": "900 1 60 1000",
    "client-output-buffer-limit": "normal 1mb 0 0 pubsub 2mb 1mb 10",
    "maxmemory": "100mb",
    "appendfilename": "my file.aof",
    "notify-keyspace-events": "",
  };
  await using server = await startServer({ directory: directory.path, directives });
  await using client = await connect(server.port);
  const password = String.fromCharCode(...new TextEncoder().encode(directives.requirepass));
  assertEquals(await client.texts("AUTH", password), ["OK"]);
  const value = async (name: string) => (await client.texts("CONFIG", "GET", name))[1];
  assertEquals(await value("dir"), await Deno.realPath(directory.path));
  assertEquals(await value("requirepass"), password);
  assertEquals(await value("save"), "900 1 60 1000");
  assertStringIncludes(await value("client-output-buffer-limit"), "normal 1048576 0 0");
  assertStringIncludes(await value("client-output-buffer-limit"), "pubsub 2097152 1048576 10");
  assertEquals(await value("maxmemory"), "104857600");
  assertEquals(await value("appendfilename"), "my file.aof");
  assertEquals(await value("notify-keyspace-events"), "");
  assertEquals(await value("port"), String(server.port));
});

Deno.test("startServer hands log lines to the sink, at the level that was asked for", async () => {
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  {
    await using _ = await startServer({ log });
  }
  assert(lines.some((line) => /\* Ready to accept connections at 127\.0\.0\.1:\d+\n$/.test(line)));
  lines.length = 0;
  {
    await using _ = await startServer({ log, directives: { loglevel: "warning" } });
  }
  assertEquals(lines.filter((line) => !/^\d+:[CM] \d\d \w{3} .* # /.test(line)), []);
});

Deno.test("ManualClock drives TTL and lazy expiry", async () => {
  const clock = new ManualClock(START);
  await using server = await startServer({ clock });
  await using client = await connect(server.port);
  assertEquals(await client.texts("SET", "key", "value", "PX", "1000"), ["OK"]);
  clock.advance(400);
  assertEquals(await client.texts("PTTL", "key"), ["600"]);
  assertEquals(await client.texts("PEXPIRETIME", "key"), [String(START + 1000)]);
  clock.advance(599);
  assertEquals(await client.texts("GET", "key"), ["value"]);
  clock.set(START + 1001);
  assertEquals((await client.call("GET", "key")).raw, "$-1\r\n");
});

Deno.test("ManualClock drives active expiry when nobody asks for the keys", async () => {
  const clock = new ManualClock(START);
  await using server = await startServer({ clock });
  await using client = await connect(server.port);
  for (let i = 0; i < 5; i++) await client.texts("SET", `key:${i}`, "value", "EX", "10");
  await client.texts("SET", "stays", "value");
  assertEquals(await client.texts("DBSIZE"), ["6"]);
  clock.advance(11_000);
  await waitFor("the keys to go", async () => (await client.texts("DBSIZE"))[0] === "1");
});

Deno.test("ManualClock is what TIME tells", async () => {
  const clock = new ManualClock(START);
  await using server = await startServer({ clock });
  await using client = await connect(server.port);
  assertEquals(await client.texts("TIME"), [String(START / 1000), "0"]);
  clock.advance(1234);
  assertEquals(await client.texts("TIME"), [String(START / 1000 + 1), "234000"]);
});

Deno.test("ManualClock closes idle clients when timeout is set", async () => {
  const clock = new ManualClock(START);
  await using server = await startServer({ clock, directives: { timeout: "60" } });
  await using client = await connect(server.port);
  assertEquals(await client.texts("PING"), ["PONG"]);
  clock.advance(59_000);
  assertEquals(await client.texts("PING"), ["PONG"]);
  clock.advance(62_000);
  assert(await client.waitForClose());
});

Deno.test("timeout leaves clients alone that subscribe, monitor or wait", async () => {
  const clock = new ManualClock(START);
  await using server = await startServer({ clock, directives: { timeout: "60" } });
  await using idle = await connect(server.port);
  await using subscriber = await connect(server.port);
  await using monitor = await connect(server.port);
  await using waiting = await connect(server.port);
  await subscriber.call("SUBSCRIBE", "channel");
  await monitor.call("MONITOR");
  await idle.texts("PING");
  assert((await monitor.read()).text?.endsWith('"PING"'));
  await waiting.send("BLPOP", "list", "0");
  assert((await monitor.read()).text?.includes('"BLPOP"'));
  clock.advance(62_000);
  assert(await idle.waitForClose());
  assertEquals((await monitor.call("PING")).text, "PONG");
  assertEquals((await subscriber.call("PING")).type, "*");
  assert(!waiting.closed);
});

Deno.test("startServer keeps data across two servers when appendonly is on", async () => {
  await using directory = await TempDir.create("mod-");
  const options = { directory: directory.path, directives: { appendonly: "yes" } };
  {
    await using server = await startServer(options);
    await using client = await connect(server.port);
    assertEquals(await client.texts("HSET", "hash", "field", "value"), ["1"]);
  }
  await using server = await startServer(options);
  await using client = await connect(server.port);
  assertEquals(await client.texts("HGETALL", "hash"), ["field", "value"]);
});

Deno.test("startServer's server without a directory touches no file and needs no permission for one", async () => {
  await using directory = await TempDir.create("mod-");
  // Files that a server would load, and fail to.
  await Deno.writeTextFile(`${directory.path}/dump.rdb`, "no RDB file");
  await Deno.writeTextFile(`${directory.path}/appendonly.aof`, "no commands");
  const program = new URL("no_files_program.ts", import.meta.url).pathname;
  // The variable is the test's client's. In a terminal Deno asks for what is not granted.
  const run = `${Deno.execPath()} run --no-check --allow-net=127.0.0.1 ` +
    `--allow-env=MINIREDIS_PATIENCE ${program}`;
  const { success, stdout } = await new Deno.Command("script", {
    args: ["--quiet", "--return", "--command", run, "/dev/null"],
    cwd: directory.path,
    stdin: "null",
  }).output();
  const output = new TextDecoder().decode(stdout);
  assert(success, output);
  assert(!output.includes("Deno requests"), output);
  const replies: Record<string, string> = JSON.parse(output);
  assertEquals(replies["GET key"], "value");
  assertEquals(replies["DBSIZE"], "1");
  assertStringIncludes(replies["INFO"], "process_id:");
  const says = "this server has no files: it was started without the option 'directory'";
  for (const command of ["SAVE", "BGSAVE", "BGREWRITEAOF"]) {
    assertEquals(replies[command], `ERR ${says}`);
  }
  for (const name of ["appendonly", "save"]) {
    const [command] = Object.keys(replies).filter((key) => key.includes(`SET ${name}`));
    assertEquals(
      replies[command],
      `ERR CONFIG SET failed (possibly related to argument '${name}') - ${says}`,
    );
  }
  const names = Array.from(Deno.readDirSync(directory.path), ({ name }) => name);
  assertEquals(names.sort(), ["appendonly.aof", "dump.rdb"]);
});

Deno.test("startServer's server without a directory has nothing to load it from, or to be ended with", async () => {
  await using server = await startServer({ directives: { "enable-debug-command": "yes" } });
  await using client = await connect(server.port);
  for (const command of [["RELOAD"], ["RELOAD", "NOSAVE"], ["LOADAOF"]]) {
    assertStringIncludes((await client.call("DEBUG", ...command)).text!, "the option 'directory'");
  }
  await client.texts("SET", "key", "value");
  assertEquals((await client.call("SHUTDOWN", "SAVE")).type, "-");
  assertEquals(await client.texts("GET", "key"), ["value"]);
});

Deno.test("startServer throws ConfigError that names the option when data is to be kept nowhere", async () => {
  for (const directives of [{ appendonly: "yes" }, { save: "900 1" }]) {
    await assertRejects(() => startServer({ directives }), ConfigError, "the option 'directory'");
  }
});

Deno.test("startServer throws ConfigError when a directive is invalid or not supported", async () => {
  const start = (directives: Partial<Record<EmbeddedDirective, string>>) => () =>
    startServer({ directives });
  await assertRejects(start({ maxmemory: "lots" }), ConfigError, "argument must be a memory value");
  await assertRejects(
    // A program in JavaScript may ask for anything.
    start({ nosuch: "1" } as Partial<Record<EmbeddedDirective, string>>),
    ConfigError,
    "Bad directive",
  );
  await assertRejects(
    start({ supervised: "auto" } as Partial<Record<EmbeddedDirective, string>>),
    ConfigError,
    "an embedded server has no process of its own",
  );
  await assertRejects(
    () => startServer({ directory: "/no/such/directory" }),
    ConfigError,
    "No such file or directory",
  );
});

Deno.test("startServer throws ListenError and names --port when the port is in use", async () => {
  await using server = await startServer();
  const { port } = server;
  await assertRejects(() => startServer({ port }), ListenError, "--port");
});

Deno.test("startServer throws PersistenceError when its data can't be loaded", async () => {
  await using directory = await TempDir.create("mod-");
  await Deno.writeTextFile(`${directory.path}/appendonly.aof`, "this is no command\n");
  await assertRejects(
    () => startServer({ directory: directory.path, directives: { appendonly: "yes" } }),
    PersistenceError,
  );
});
