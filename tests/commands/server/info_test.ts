import { assert, assertEquals, assertMatch } from "@std/assert";
import { ManualClock } from "../../../src/base/clock.ts";
import { startServer } from "../../../src/mod.ts";
import { RawClient } from "../../support/raw_client.ts";
import { CommandHarness } from "../../support/command_harness.ts";
import { SERVER_COMMANDS } from "../../../src/commands/server/mod.ts";

const START = 1_700_000_000_123;

async function fieldsOf(client: RawClient, section: string): Promise<Map<string, string>> {
  const [text] = await client.texts("INFO", section);
  return new Map(
    text.split("\r\n").filter((line) => line.includes(":")).map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1)];
    }),
  );
}

Deno.test("TIME and INFO server follow the server's clock", async () => {
  const clock = new ManualClock(START);
  await using server = await startServer({ clock });
  using client = await RawClient.connect(server.port);
  assertEquals(await client.texts("TIME"), ["1700000000", "123000"]);
  clock.set(START + 90_000_000);
  assertEquals(await client.texts("TIME"), ["1700090000", "123000"]);
  const info = await fieldsOf(client, "server");
  assertEquals(info.get("uptime_in_seconds"), "90000");
  assertEquals(info.get("uptime_in_days"), "1");
  assertEquals(info.get("server_time_usec"), "1700090000123000");
  assertEquals(info.get("lru_clock"), String(1_700_090_000 % 2 ** 24));
  assertEquals(info.get("tcp_port"), String(server.port));
});

Deno.test("INFO server has another run_id for every server", async () => {
  const ids = new Set<string>();
  for (let i = 0; i < 2; i++) {
    await using server = await startServer();
    using client = await RawClient.connect(server.port);
    const id = (await fieldsOf(client, "server")).get("run_id")!;
    assertMatch(id, /^[0-9a-f]{40}$/);
    ids.add(id);
  }
  assertEquals(ids.size, 2);
});

Deno.test("INFO memory grows with the data set, and its peak stays when the data set goes", async () => {
  await using server = await startServer();
  using client = await RawClient.connect(server.port);
  const before = await fieldsOf(client, "memory");
  const size = 32 * 1024 * 1024;
  await client.texts("SETRANGE", "k", String(size - 1), "x");
  const after = await fieldsOf(client, "memory");
  const number = (fields: Map<string, string>, name: string) => Number(fields.get(name));
  const grown = (name: string) => number(after, name) - number(before, name);
  assert(grown("used_memory_dataset") >= size);
  assert(grown("used_memory") > size / 2);
  assert(number(after, "used_memory_peak") >= number(after, "used_memory"));
  assert(number(after, "total_system_memory") > size);
  assert(number(after, "used_memory_rss") > 1024 * 1024);
  await client.texts("DEL", "k");
  const end = await fieldsOf(client, "memory");
  assert(number(end, "used_memory_peak") >= number(after, "used_memory"));
  assert(number(end, "used_memory_dataset") < size);
});

Deno.test("INFO cpu grows while the server works", async () => {
  await using server = await startServer();
  using client = await RawClient.connect(server.port);
  const used = async () => {
    const fields = await fieldsOf(client, "cpu");
    return Number(fields.get("used_cpu_user")) + Number(fields.get("used_cpu_sys"));
  };
  const before = await used();
  await client.pipeline(Array.from({ length: 2000 }, () => ["INFO", "all"]));
  assert(await used() > before);
});

Deno.test("INFO keyspace tells the average time to live", async () => {
  const clock = new ManualClock(START);
  await using server = await startServer({ clock });
  using client = await RawClient.connect(server.port);
  await client.pipeline([["SET", "a", "1", "PX", "1000"], ["SET", "b", "1", "PX", "3000"], [
    "SET",
    "c",
    "1",
  ]]);
  assertEquals(
    (await fieldsOf(client, "keyspace")).get("db0"),
    "keys=3,expires=2,avg_ttl=2000",
  );
});

Deno.test("LOLWUT ends with the version and clips its parameters", () => {
  const { run } = new CommandHarness(SERVER_COMMANDS);
  const textOf = (reply: string) => reply.slice(reply.indexOf("\r\n") + 2, -2);
  assertEquals(textOf(run("LOLWUT")), "Redis ver. 7.0.15\n");
  assertEquals(textOf(run("LOLWUT", "VERSION", "7", "x")), "Redis ver. 7.0.15\n");
  const weave = textOf(run("LOLWUT", "version", "5", "10", "2", "3")).split("\n");
  assertEquals(weave.map((line) => line.length).slice(0, 4), [10, 10, 10, 0]);
  assertMatch(weave[4], /Redis ver\. 7\.0\.15$/);
  assertEquals(weave.length, 6);
  const skyline = textOf(run("LOLWUT", "VERSION", "6", "-5", "99999")).split("\n");
  assertEquals(skyline.length, 1000 + 3);
  assertEquals(skyline[0].length, 1);
  assertEquals(
    run("LOLWUT", "VERSION", "6", "x"),
    "-ERR value is not an integer or out of range\r\n",
  );
});
