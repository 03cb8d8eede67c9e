/** Runs the programs in examples/ as a reader would. */

import { longRequiredTest } from "../support/long_test.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { freePort } from "../support/free_port.ts";
import { miniredisCommand, startMiniredis } from "../support/miniredis_process.ts";
import { hasProgram, requiredTest } from "../support/required_test.ts";
import { PATIENCE } from "../support/wait_for.ts";

interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Runs a program from the project's directory, with `environment` added to ours. */
async function runProgram(
  program: string,
  args: string[],
  environment: Record<string, string> = {},
): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
    env: { REDIS_URL: "", NO_COLOR: "1", ...environment },
    stdin: "null",
    signal: AbortSignal.timeout(PATIENCE),
  }).output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** Runs `deno`, likewise. */
const runDeno = (args: string[], environment: Record<string, string> = {}) =>
  runProgram(Deno.execPath(), args, environment);

const OWN_CLIENT = `strings: OK
  GET hello
  APPEND 12
  GET hello, world
  INCRBY 42
  STRLEN 5
hashes: 2
  HGET Ann
  HGETALL [ "name", "Ann", "born", "1970" ]
  HGETALL in RESP3 Map(2) { "name" => "Ann", "born" => "1970" }
TTLs: 1
  TTL 100
  PERSIST 1
  TTL -1
pipeline:
  43
  error: ERR value is not an integer or out of range
  44
cleaned up: 4
`;

const LIBRARY_CLIENT = `strings: OK
  GET hello
  SET NX null
  INCRBY 42
hashes: 2
  HGET Ann
  HGETALL { name: "Ann", born: "1970" }
  HINCRBY 1980
TTLs: 1
  TTL 100
  PERSIST 1
  TTL -1
pipeline:
  43
  error: ERR value is not an integer or out of range
  44
scan: [ "example:greeting", "example:user", "example:visits" ]
cleaned up: 3
`;

const SENTINEL = `the primary has a replica, and Sentinel knows both
OK
1
the replica says hello
the replica is the primary: OK
`;

for (
  const [program, expected] of [
    ["examples/own_client.ts", OWN_CLIENT],
    ["examples/library_client.ts", LIBRARY_CLIENT],
  ]
) {
  Deno.test(`${program} prints what it does when it starts a server`, async () => {
    const { code, output } = await runDeno(["run", "-A", "--no-check", program]);
    const [first, ...rest] = output.split("\n");
    assertMatch(first, /^started a server at redis:\/\/127\.0\.0\.1:\d+$/);
    assertEquals(rest.join("\n"), expected);
    assertEquals(code, 0);
  });

  Deno.test(`${program} prints what it does when it finds a server`, async () => {
    await using server = await startMiniredis();
    const url = `redis://127.0.0.1:${server.port}`;
    const byArgument = await runDeno(["run", "-A", "--no-check", program, url]);
    assertEquals(byArgument, { code: 0, output: `using the server at ${url}\n${expected}` });
    const byEnvironment = await runDeno(["run", "-A", "--no-check", program], { REDIS_URL: url });
    assertEquals(byEnvironment, byArgument);
  });
}

Deno.test("examples/embedded_test.ts passes", async () => {
  const { code, output } = await runDeno([
    "test",
    "-A",
    "--no-check",
    "examples/embedded_test.ts",
  ]);
  assertStringIncludes(output, "2 passed | 0 failed");
  assertEquals(code, 0);
});

requiredTest(
  hasProgram("redis-sentinel", "--version")
    ? undefined
    : "redis-sentinel is not installed (apt-get install redis-sentinel)",
  "examples/sentinel.sh has a replica take its primary's place",
  async () => {
    const { code, output } = await runProgram("sh", ["examples/sentinel.sh"], {
      MINIREDIS: miniredisCommand().join(" "),
      PRIMARY: String(freePort()),
      REPLICA: String(freePort()),
      SENTINEL: String(freePort()),
    });
    assertEquals(output, SENTINEL);
    assertEquals(code, 0);
  },
);

const CLUSTER = `3 primaries serve all slots
OK
its slot is 12714
1
the replica serves the slot: hello
`;

/** The buses' ports, 10,000 above, are not such as the system gives to anybody by itself. */
function firstOfSix(): number {
  let port = freePort();
  while (port > 22_000) port = freePort();
  return port;
}

longRequiredTest(
  hasProgram("redis-cli") ? undefined : "redis-cli is not installed (apt-get install redis-tools)",
  "examples/cluster.sh has a replica take a primary's place",
  async () => {
    const { code, output } = await runProgram("sh", ["examples/cluster.sh"], {
      MINIREDIS: miniredisCommand().join(" "),
      FIRST: String(firstOfSix()),
    });
    assertEquals(output, CLUSTER);
    assertEquals(code, 0);
  },
);

Deno.test("every program in examples/ is run by a test here", () => {
  const programs = [...Deno.readDirSync(new URL("../../examples/", import.meta.url))]
    .map((entry) => entry.name);
  const runHere = [
    ...["embedded_test.ts", "library_client.ts", "own_client.ts"],
    ...["cluster.sh", "sentinel.sh"],
  ];
  const shared = ["find_server.ts"];
  assert(programs.every((name) => runHere.includes(name) || shared.includes(name)), `${programs}`);
});
