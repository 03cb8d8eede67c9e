import { assert, assertEquals, assertMatch } from "@std/assert";
import { type EmbeddedOptions, startServer } from "../../../src/mod.ts";
import { encodeCommandText, RawClient } from "../../support/raw_client.ts";
import { startMiniredis } from "../../support/miniredis_process.ts";
import { TempDir } from "../../support/temp_dir.ts";
import { waitFor } from "../../support/wait_for.ts";

/** A server, a client, and the messages that were logged. */
async function start(options: EmbeddedOptions = {}) {
  const lines: string[] = [];
  const server = await startServer({
    ...options,
    log: (line) => lines.push(line.trimEnd().split(" ").slice(5).join(" ")),
  });
  lines.length = 0;
  return { server, lines, client: await RawClient.connect(server.port) };
}

Deno.test("SHUTDOWN closes connections without a reply and says goodbye", async () => {
  using dir = TempDir.createSync();
  const { server, lines, client } = await start({
    directory: dir.path,
    directives: { appendonly: "yes", unixsocket: `${dir.path}/socket` },
  });
  const other = await RawClient.connect(server.port);
  await client.texts("SET", "k", "v");
  await client.send("SHUTDOWN");
  assert(await client.waitForClose());
  assertEquals(client.unread, "");
  assert(await other.waitForClose());
  await server.ended;
  assertEquals(lines, [
    "# User requested shutdown...",
    "* Calling fsync() on the AOF file.",
    "* Removing the unix socket file.",
    "# Redis is now ready to exit, bye bye...",
  ]);
  await client.close();
  await other.close();
});

Deno.test("SHUTDOWN answers what came before it in a pipeline and nothing after it", async () => {
  const { server, client } = await start();
  await client.write(
    [["SET", "k", "v"], ["SHUTDOWN", "NOSAVE"], ["GET", "k"]].map(encodeCommandText).join(""),
  );
  assertEquals((await client.read()).text, "OK");
  assert(await client.waitForClose());
  assertEquals(client.unread, "");
  await server.ended;
  await client.close();
});

Deno.test("SHUTDOWN SAVE makes a snapshot that the next start loads", async () => {
  using dir = TempDir.createSync();
  const { server, lines, client } = await start({ directory: dir.path });
  await client.texts("SET", "k", "v");
  await client.send("SHUTDOWN", "SAVE");
  assert(await client.waitForClose());
  await server.ended;
  assert(lines.includes("* DB saved on disk"), lines.join("\n"));
  await client.close();
  const next = await start({ directory: dir.path });
  assertEquals(await next.client.texts("GET", "k"), ["v"]);
  await next.client.send("SHUTDOWN", "NOSAVE");
  await next.server.ended;
  await next.client.close();
});

Deno.test("SHUTDOWN SAVE is refused when the snapshot can't be made, and forced with FORCE", async () => {
  const dir = TempDir.createSync();
  const { server, lines, client } = await start({ directory: dir.path });
  dir[Symbol.dispose]();
  assertEquals(
    (await client.call("SHUTDOWN", "SAVE")).text,
    "ERR Errors trying to SHUTDOWN. Check logs.",
  );
  assertEquals(lines.slice(-2), [
    "# Error trying to save the DB, can't exit.",
    "# Errors trying to shut down the server. Check the logs for more information.",
  ]);
  assertEquals(await client.texts("PING"), ["PONG"]);
  await client.send("SHUTDOWN", "SAVE", "FORCE", "NOW");
  assert(await client.waitForClose());
  await server.ended;
  await client.close();
});

Deno.test("SHUTDOWN saves if there are rules of `save`, unless it is told otherwise", async () => {
  for (
    const [words, save, saves] of [
      ["", "60 1", true],
      ["", "", false],
      ["NOSAVE", "60 1", false],
      ["SAVE", "", true],
    ] as const
  ) {
    using dir = TempDir.createSync();
    const { server, client } = await start({ directory: dir.path, directives: { save } });
    await client.send("SHUTDOWN", ...words === "" ? [] : [words]);
    await server.ended;
    const names = [...Deno.readDirSync(dir.path)].map(({ name }) => name);
    assertEquals(names, saves ? ["dump.rdb"] : [], `${words} with save "${save}"`);
    await client.close();
  }
});

Deno.test("SHUTDOWN ends what runs in the background, and removes what that wrote", async () => {
  using dir = TempDir.createSync();
  const { server, lines, client } = await start({
    directory: dir.path,
    directives: { "rdb-key-save-delay": "10000000" },
  });
  await client.texts("SET", "k", "v");
  assertEquals(await client.texts("BGSAVE"), ["Background saving started"]);
  await waitFor("the file to be written", () => [...Deno.readDirSync(dir.path)].length > 0);
  await client.send("SHUTDOWN", "NOSAVE");
  await server.ended;
  assert(lines.includes("# There is a child saving an .rdb. Killing it!"), lines.join("\n"));
  assertEquals([...Deno.readDirSync(dir.path)], []);
  await client.close();
});

Deno.test("SHUTDOWN is refused while the append-only file is being turned on", async () => {
  using dir = TempDir.createSync();
  const { server, lines, client } = await start({
    directory: dir.path,
    directives: { "rdb-key-save-delay": "10000000" },
  });
  await client.texts("SET", "k", "v");
  await client.texts("CONFIG", "SET", "appendonly", "yes");
  const refused = await client.call("SHUTDOWN");
  assertEquals(refused.text, "ERR Errors trying to SHUTDOWN. Check logs.");
  assertEquals(lines.at(-2), "# Writing initial AOF, can't exit.");
  await client.send("SHUTDOWN", "FORCE");
  await server.ended;
  await client.close();
});

Deno.test("SIGTERM ends the process as SHUTDOWN does, with its pid file", async () => {
  using dir = TempDir.createSync();
  const pidFile = `${dir.path}/server.pid`;
  await using server = await startMiniredis({
    directives: { pidfile: pidFile, appendonly: "yes", save: "60 1" },
  });
  const client = await server.connect();
  await client.texts("SET", "k", "v");
  const pid = /process_id:(\d+)/.exec((await client.texts("INFO", "server"))[0])![1];
  assertEquals(Deno.readTextFileSync(pidFile), `${pid}\n`);
  Deno.kill(Number(pid), "SIGTERM");
  const status = await server.waitForExit();
  assertEquals(status.code, 0);
  assertMatch(
    server.log,
    /Received SIGTERM scheduling shutdown\.\.\.\n.*User requested shutdown\.\.\.\n.*Calling fsync\(\) on the AOF file\.\n.*Saving the final RDB snapshot before exiting\.\n.*DB saved on disk\n.*Removing the pid file\.\n.*bye bye/,
  );
  assertEquals([...Deno.readDirSync(dir.path)], []);
});

Deno.test("SIGTERM leaves the server running when shutdown-on-sigterm asks for a save that fails", async () => {
  const dir = TempDir.createSync();
  await using server = await startMiniredis({
    dir: dir.path,
    directives: { "shutdown-on-sigterm": "save" },
  });
  dir[Symbol.dispose]();
  const client = await server.connect();
  const pid = /process_id:(\d+)/.exec((await client.texts("INFO", "server"))[0])![1];
  Deno.kill(Number(pid), "SIGTERM");
  await waitFor(
    "the refusal to be logged",
    () => /Errors trying to shut down the server\. Check the logs/.test(server.log),
  );
  assertEquals(await client.texts("PING"), ["PONG"]);
  await client.send("SHUTDOWN", "NOSAVE");
  assertEquals((await server.waitForExit()).code, 0);
});
