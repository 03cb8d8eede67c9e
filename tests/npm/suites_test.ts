/** The packed package in empty projects, as those use it who install it. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Certificates } from "../support/certificates.ts";
import { amount, longTest } from "../support/long_test.ts";
import { hasProgram, requiredTest } from "../support/required_test.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait_for.ts";
import { pack, project, run, runWell } from "./package.ts";
import { isFull, RUNTIMES, runtimeTests } from "./runtimes.ts";

/** What the suites use, in the versions that the other tests use, and the frameworks. */
const PACKAGES = ["ioredis@6.0.0", "redis@6.3.1", "bullmq@6.7.0", "vitest@4.1.12", "jest@30.5.2"];

/** Of what is tried within each framework, what its report says at least. */
const SUITES: Readonly<Record<string, { args: readonly string[]; passed: RegExp }>> = {
  vitest: {
    args: ["node_modules/vitest/vitest.mjs", "run", "vitest.test.ts"],
    passed: /Tests {2}12 passed \(12\)/,
  },
  jest: {
    args: ["node_modules/jest/bin/jest.js", "jest.test.cjs"],
    passed: /Tests: {7}11 passed, 11 total/,
  },
};

/** Certificates that the suites find by the environment. */
async function makeCertificates(): Promise<Certificates> {
  const certificates = await Certificates.create();
  for (const name of ["server", "client"]) await certificates.sign(name);
  await certificates.selfSigned("stranger");
  return certificates;
}

const CYCLES = String(amount({ quick: 0, full: 500, long: 2000 }));

longTest("a suite passes in each framework and on each runtime", async () => {
  await using directory = await TempDir.create("npm-suites-");
  await using certificates = await makeCertificates();
  const cwd = await project(directory.path, await pack(directory), PACKAGES);
  const env = {
    ...{ CERTIFICATES: certificates.directory.path, CYCLES, NO_COLOR: "1" },
    // Neither framework looks for it in a project without ES modules.
    NODE_ENV: "test",
  };
  for (const find of Object.values(RUNTIMES)) {
    const { name, program, testArguments, gcArguments } = await find();
    const own = name === "bun" ? "./bun.test.ts" : "node.test.mjs";
    const output = await runWell(program, [...gcArguments, ...testArguments, own], { cwd, env });
    assertMatch(output, name === "bun" ? /13 pass\n.* 0 fail/s : /pass 13\n.*fail 0\n/s);
    console.log(`${name}: ${/a server: .*/.exec(output)?.[0]}`);
    if (name === "bun") continue;
    for (const { args, passed } of Object.values(SUITES)) {
      assertMatch(await runWell(program, args, { cwd, env }), passed);
    }
  }
});

runtimeTests("the program of the package serves, replicates and ends", async (runtime) => {
  await using directory = await TempDir.create("npm-program-");
  const cwd = await project(directory.path, await pack(directory), []);
  const command = [runtime.program, `${cwd}/node_modules/miniredis/cli.cjs`];
  const directives = { appendonly: "yes", appendfsync: "always", "repl-diskless-sync-delay": "0" };
  await using primary = await ServerProcess.start(command, { directives });
  const client = await primary.connect();
  await client.texts("SET", "k", "v");
  await client.texts("EVAL", "for i = 1, 1000 do redis.call('RPUSH', 'list', i) end", "0");
  const replicaof = `127.0.0.1 ${primary.port}`;
  await using replica = await ServerProcess.start(command, { directives: { replicaof, save: "" } });
  const follower = await replica.connect();
  await waitFor("the replica", async () => {
    const [info] = await follower.texts("INFO", "replication");
    return info.includes("master_link_status:up");
  });
  assertEquals(await follower.texts("LLEN", "list"), ["1000"]);
  assertEquals((await replica.kill("SIGINT")).code, 0);
  await client.texts("BGREWRITEAOF");
  await primary.kill("SIGKILL");
  await primary.restart();
  assertEquals(await (await primary.connect()).texts("LLEN", "list"), ["1000"]);
  assertEquals((await primary.kill("SIGTERM")).code, 0);
  const manifest = `${primary.dir}/appendonlydir/appendonly.aof.manifest`;
  const check = await runWell(command[0], [command[1], "--check-aof", manifest], { cwd });
  assertMatch(check, /All AOF files and manifest are valid\n$/);
  assertMatch(primary.log, /Received SIGTERM scheduling shutdown[^]*bye bye/);
  const version = await runWell(command[0], [command[1], "--version"], { cwd });
  assertMatch(version, /^Redis server v=7\.0\.15 .* (node\.js|bun)=\d/);
  const wrong = await run(command[0], [command[1], "--maxmemory", "much"], { cwd });
  assertEquals([wrong.code, wrong.output.includes("'maxmemory'")], [1, true]);
});

/** `npx` and redis-cli are what a user has at hand. */
const HAS_CLI = hasProgram("redis-cli", "--version") ? undefined : "redis-cli is not installed";
if (isFull) {
  requiredTest(HAS_CLI, "npx starts the program for redis-cli", async () => {
    await using directory = await TempDir.create("npm-npx-");
    const cwd = await project(directory.path, await pack(directory), []);
    await using server = await ServerProcess.start(
      ["env", "-C", cwd, "npx", "miniredis"],
      { directives: { save: "" } },
    );
    const cli = (...args: string[]) =>
      runWell("redis-cli", ["-p", String(server.port), ...args], { cwd });
    assertEquals(await cli("SET", "k", "v"), "OK\n");
    assertEquals(await cli("--no-auth-warning", "GET", "k"), "v\n");
    assertStringIncludes(await cli("INFO", "server"), "multiplexing_api:node.js-");
    assertEquals(await cli("SHUTDOWN"), "");
    assertEquals((await server.waitForExit()).code, 0);
  });
}
