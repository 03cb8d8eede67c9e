/** The package at a glance, on the Node that is installed: what it holds, and that it serves. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { pack, runWell } from "./package.ts";
import { nodeTest } from "./runtimes.ts";

/** A program that embeds a server, finds its port in use, and asks it something. */
const EMBEDDING = `
import { ListenError, startServer } from "./package/miniredis.mjs";
import { connect } from "node:net";

const server = await startServer();
const error = await startServer({ port: server.port }).catch((error) => error);
if (!(error instanceof ListenError)) throw error;
const client = connect(server.port, server.hostname);
client.end("SET k v\\r\\nEVAL 'return redis.call(\\"GET\\", \\"k\\")' 0\\r\\n");
for await (const chunk of client) process.stdout.write(chunk);
await server.stop();
`;

const FILES = [
  ...["LICENSE", "README.md", "cli.cjs", "miniredis.cjs", "miniredis.mjs", "package.json"],
];

/** Types: each once for `import` and once for `require`. */
const TYPES = [
  ...["base/clock", "config/directive_names", "config/errors", "mod", "network/listen_error"],
  ...["observe/log", "persistence/persistence_error", "testing/dump", "testing/embedded_server"],
  ...["testing/faults", "testing/filter", "testing/observation", "testing/options"],
  ...["testing/plain", "testing/start_server"],
];

nodeTest("the package holds what it should, and serves on Node", async () => {
  await using directory = await TempDir.create("npm-quick-");
  const { files, size } = await pack(directory);
  const types = TYPES.flatMap((name) => [`types/${name}.d.cts`, `types/${name}.d.mts`]);
  assertEquals(files.map(({ path }) => path).sort(), [...FILES, ...types].sort());
  assert(size < 600_000, `the package has ${size} bytes`);
  const made = JSON.parse(Deno.readTextFileSync(`${directory.path}/package/package.json`));
  for (const name of ["dependencies", "peerDependencies", "scripts", "optionalDependencies"]) {
    assertEquals(made[name], undefined);
  }
  const program = `${directory.path}/embedding.mjs`;
  Deno.writeTextFileSync(program, EMBEDDING);
  assertEquals(
    await runWell("node", [program], { cwd: directory.path }),
    "+OK\r\n$1\r\nv\r\n",
  );

  const command = ["node", `${directory.path}/package/cli.cjs`];
  await using server = await ServerProcess.start(command, { directives: { appendonly: "yes" } });
  const client = await server.connect();
  assertEquals(await client.texts("SET", "k", "kept"), ["OK"]);
  const [info] = await client.texts("INFO", "server");
  assertMatch(info, /^multiplexing_api:node\.js-\d/m);
  assertEquals((await server.kill("SIGTERM")).code, 0);
  assertMatch(server.log, /bye bye/);
  await server.restart();
  assertEquals(await (await server.connect()).texts("GET", "k"), ["kept"]);
});
