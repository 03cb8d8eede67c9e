/** The real redis-cli against an embedded server. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ManualClock, startServer } from "../../src/mod.ts";
import { redisCli, redisCliUntil } from "../support/redis_cli.ts";
import { referenceTest } from "../support/reference.ts";

/** What redis-cli prints; fails when it does not succeed. */
async function cli(port: number, args: string[], input?: string | Uint8Array): Promise<string> {
  const { code, output, errors } = await redisCli(port, args, input);
  assertEquals([code, errors], [0, ""], `redis-cli ${args.join(" ")}: ${output}${errors}`);
  return output;
}

referenceTest(
  "redis-cli runs commands given as arguments, on standard input and by -x",
  async () => {
    // The clock stands still, so a TTL is what it was however slow the machine is.
    await using server = await startServer({ clock: new ManualClock() });
    const { port } = server;
    assertEquals(await cli(port, ["PING"]), "PONG\n");
    assertEquals(await cli(port, ["SET", "greeting", "hello", "EX", "100"]), "OK\n");
    assertEquals(await cli(port, ["--no-raw", "GET", "greeting"]), '"hello"\n');
    assertEquals(await cli(port, ["--no-raw", "GET", "nosuch"]), "(nil)\n");
    assertEquals(await cli(port, ["-r", "3", "INCR", "counter"]), "1\n2\n3\n");
    assertEquals(await cli(port, ["-n", "3", "DBSIZE"]), "0\n");
    assertEquals(
      await cli(port, [], 'HSET user name "Ann Lee" born 1970\nHGETALL user\nTTL greeting\n'),
      "2\nname\nAnn Lee\nborn\n1970\n100\n",
    );
    const binary = Uint8Array.from({ length: 256 }, (_, i) => i);
    assertEquals(await cli(port, ["-x", "SET", "binary"], binary), "OK\n");
    assertEquals(await cli(port, ["STRLEN", "binary"]), "256\n");
  },
);

referenceTest("redis-cli ends with 1 when -e is given and the reply is an error", async () => {
  await using server = await startServer();
  assertEquals(await redisCli(server.port, ["-e", "INCR"]), {
    code: 1,
    output: "",
    errors: "ERR wrong number of arguments for 'incr' command\n",
  });
});

referenceTest("redis-cli shows hashes as maps when -3 or --json is given", async () => {
  await using server = await startServer();
  const { port } = server;
  await cli(port, ["HSET", "user", "name", "Ann", "born", "1970"]);
  assertEquals(
    await cli(port, ["-3", "--no-raw", "HGETALL", "user"]),
    '1# "name" => "Ann"\n2# "born" => "1970"\n',
  );
  assertEquals(await cli(port, ["--json", "HGETALL", "user"]), '{"name":"Ann","born":"1970"}\n');
  assertEquals(await cli(port, ["--csv", "HGETALL", "user"]), '"name","Ann","born","1970"\n');
});

referenceTest("redis-cli finds the server by a URL and gives a password", async () => {
  await using server = await startServer({ directives: { requirepass: "secret" } });
  const { port } = server;
  const url = ["--no-auth-warning", "-u", `redis://default:secret@127.0.0.1:${port}/2`];
  assertEquals(await cli(port, [...url, "SET", "key", "value"]), "OK\n");
  assertEquals(await cli(port, ["--no-auth-warning", "-a", "secret", "-n", "2", "DBSIZE"]), "1\n");
  assertEquals(
    (await redisCli(port, ["GET", "key"])).output,
    "NOAUTH Authentication required.\n\n",
  );
});

referenceTest("redis-cli --pipe loads commands and counts replies and errors", async () => {
  await using server = await startServer();
  const { port } = server;
  const count = 20_000;
  let commands = "";
  for (let i = 0; i < count; i++) {
    const key = `key:${i}`;
    commands += `*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$5\r\nvalue\r\n`;
  }
  commands += "INCR key:1\r\n";
  const { code, output } = await redisCli(port, ["--pipe"], commands);
  assertStringIncludes(output, `errors: 1, replies: ${count + 1}\n`);
  assertEquals(code, 1);
  assertEquals(await cli(port, ["DBSIZE"]), `${count}\n`);
});

referenceTest("redis-cli --scan lists the keys that match a pattern", async () => {
  await using server = await startServer();
  const { port } = server;
  const names = Array.from({ length: 500 }, (_, i) => `key:${i}`);
  await cli(port, ["MSET", ...names.flatMap((name) => [name, "value"]), "other", "value"]);
  const found = (await cli(port, ["--scan", "--pattern", "key:*"])).trimEnd().split("\n");
  assertEquals([...new Set(found)].sort(), names.toSorted());
});

referenceTest("redis-cli --bigkeys finds the biggest keys", async () => {
  await using server = await startServer();
  const { port } = server;
  await cli(port, ["MSET", "small", "x", "big", "x".repeat(1000)]);
  await cli(port, ["HSET", "hash", "a", "1", "b", "2", "c", "3"]);
  const output = await cli(port, ["--bigkeys"]);
  assertStringIncludes(output, "Sampled 3 keys in the keyspace!");
  assertStringIncludes(output, `Biggest   hash found '"hash"' has 3 fields`);
  assertStringIncludes(output, `Biggest string found '"big"' has 1000 bytes`);
});

referenceTest("redis-cli --stat shows keys, memory and clients", async () => {
  await using server = await startServer();
  const { port } = server;
  await cli(port, ["MSET", "a", "1", "b", "2"]);
  const row = /^2 +[\d.]+[KMG] +1 +0 +\d+ \(\+\d+\) +\d+ *$/gm;
  const output = await redisCliUntil(
    port,
    ["--stat", "-i", "0.05"],
    (output) => (output.match(row)?.length ?? 0) >= 2,
  );
  assertMatch(output, row);
});

referenceTest("redis-cli --latency samples the time that PING takes", async () => {
  await using server = await startServer();
  const output = await cli(server.port, ["--latency", "-i", "0.2"]);
  const [, least, most, , samples] = /^(\d+) (\d+) ([\d.]+) (\d+)\n$/.exec(output) ?? [];
  assert(Number(least) <= Number(most), output);
  assert(Number(samples) > 1, output);
});

referenceTest("redis-cli --hotkeys finds what is read often when the policy is LFU", async () => {
  await using server = await startServer({ directives: { "maxmemory-policy": "allkeys-lfu" } });
  const { port } = server;
  await cli(port, ["MSET", "cold", "1", "hot", "2"]);
  await cli(port, [], "GET hot\n".repeat(2000));
  assertMatch(await cli(port, ["--hotkeys"]), /^hot key found with counter: \d+\tkeyname: "hot"$/m);
});
