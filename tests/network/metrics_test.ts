/** What Prometheus and health checks get from `metrics-port`. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { freePort } from "../support/free_port.ts";
import { RawClient } from "../support/raw_client.ts";
import { waitFor } from "../support/wait_for.ts";
import { type EmbeddedParts, startEmbedded } from "../support/embedded.ts";
import type { Socket } from "../../src/clients/transport.ts";
import { MetricsEndpoint } from "../../src/network/metrics_endpoint.ts";

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: string;
}

async function get(port: number, path: string, method = "GET"): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
  const body = await response.text();
  return { status: response.status, type: response.headers.get("content-type"), body };
}

async function withMetrics(
  test: (parts: EmbeddedParts, port: number) => Promise<void>,
): Promise<void> {
  const port = freePort();
  await using parts = await startEmbedded({ "metrics-port": String(port) });
  await test(parts, port);
}

/** The samples of an exposition, which has to be well-formed, by name and labels. */
function parseMetrics(text: string): Map<string, number> {
  const samples = new Map<string, number>(), types = new Map<string, string>();
  const families: string[] = [];
  assert(text.endsWith("\n"));
  for (const line of text.trimEnd().split("\n")) {
    const comment = /^# (HELP|TYPE) (redis_[a-z0-9_]+) (.+)$/.exec(line);
    if (comment !== null) {
      if (comment[1] === "HELP") families.push(comment[2]);
      else types.set(comment[2], comment[3]);
      continue;
    }
    const sample =
      /^((redis_[a-z0-9_]+)(?:\{[a-z_]+="(?:[^"\\]|\\.)*"(?:,[a-z_]+="(?:[^"\\]|\\.)*")*\})?) (-?[0-9.e+-]+)$/
        .exec(line);
    if (sample === null) throw new Error(`not in the format: ${line}`);
    const family = families.at(-1) ?? "";
    const suffixes = types.get(family) === "summary" ? ["", "_sum", "_count"] : [""];
    assert(suffixes.some((suffix) => sample[2] === family + suffix), `${line} is not of ${family}`);
    assert(!samples.has(sample[1]), `twice: ${line}`);
    samples.set(sample[1], Number(sample[3]));
  }
  assertEquals(families.length, new Set(families).size, "a metric stands in one place");
  for (const [family, type] of types) assertMatch(type, /^(gauge|counter|summary)$/, family);
  return samples;
}

Deno.test("/metrics shows the figures of INFO under redis_exporter's names", async () => {
  await withMetrics(async ({ server, connect }, port) => {
    const client = await connect();
    await client.texts("MSET", "a", "1", "b", "2");
    await client.texts("EXPIRE", "a", "100");
    await client.texts("GET", "a");
    await client.texts("GET", "nosuch");
    await client.call("GET");
    await client.call("LPUSH", "a", "x");
    await client.texts("CLIENT", "SETNAME", "x");
    const { status, type, body } = await get(port, "/metrics");
    assertEquals([status, type], [200, "text/plain; version=0.0.4; charset=utf-8"]);
    const samples = parseMetrics(body);
    const { settings } = server.configuration;
    for (
      const [name, value] of [
        ["redis_up", 1],
        ["redis_connected_clients", 1],
        ["redis_config_maxclients", settings.maxclients],
        ["redis_keyspace_hits_total", 1],
        ["redis_keyspace_misses_total", 1],
        ["redis_connections_received_total", 1],
        ["redis_commands_processed_total", server.statistics.commandsProcessed],
        ['redis_commands_total{cmd="get"}', 2],
        ['redis_commands_rejected_calls_total{cmd="get"}', 1],
        ['redis_commands_failed_calls_total{cmd="lpush"}', 1],
        ['redis_commands_total{cmd="client|setname"}', 1],
        ['redis_latency_percentiles_usec_count{cmd="get"}', 2],
        ['redis_errors_total{err="WRONGTYPE"}', 1],
        ['redis_db_keys{db="db0"}', 2],
        ['redis_db_keys_expiring{db="db0"}', 1],
        ['redis_db_avg_ttl_seconds{db="db0"}', 100],
        ['redis_db_keys{db="db15"}', 0],
        ["redis_memory_used_bytes", server.memory.used],
        ["redis_memory_max_bytes", 0],
        ["redis_aof_enabled", 0],
        ["redis_rdb_last_bgsave_status", 1],
        ["redis_uptime_in_seconds", 0],
        ["redis_start_time_seconds", 1_700_000_000],
        ["redis_slowlog_length", server.slowlog.length],
      ] as const
    ) assertEquals(samples.get(name), value, name);
    assert((samples.get('redis_commands_duration_seconds_total{cmd="get"}') ?? 0) > 0);
    assert((samples.get('redis_latency_percentiles_usec{cmd="get",quantile="0.5"}') ?? 0) > 0);
    const info = [...samples.keys()].find((name) => name.startsWith("redis_instance_info"));
    assertMatch(info ?? "", /role="master",redis_version="7\.0\.15"/);
  });
});

Deno.test("/metrics has every metric of redis_exporter's own dashboard and alerts", async () => {
  await withMetrics(async ({ connect }, port) => {
    await (await connect()).texts("PING");
    const names = new Set(
      [...parseMetrics((await get(port, "/metrics")).body).keys()].map((name) =>
        name.split("{")[0]
      ),
    );
    for (
      const name of [
        ...["redis_up", "redis_uptime_in_seconds", "redis_connected_clients"],
        ...["redis_memory_used_bytes", "redis_memory_max_bytes", "redis_commands_processed_total"],
        ...["redis_keyspace_hits_total", "redis_keyspace_misses_total", "redis_db_keys"],
        ...["redis_net_input_bytes_total", "redis_net_output_bytes_total"],
        ...["redis_db_keys_expiring", "redis_expired_keys_total", "redis_evicted_keys_total"],
        ...["redis_commands_total", "redis_commands_duration_seconds_total"],
        ...["redis_blocked_clients", "redis_instance_info", "redis_rejected_connections_total"],
        ...["redis_rdb_last_save_timestamp_seconds", "redis_connected_slaves"],
        ...["redis_total_system_memory_bytes", "redis_memory_used_rss_bytes"],
        ...["redis_mem_fragmentation_ratio", "redis_cpu_sys_seconds_total"],
        // What the exporter has added since.
        ...[
          "redis_rdb_saves_total",
          "redis_memory_used_vm_total",
          "redis_unexpected_error_replies",
        ],
        ...["redis_expire_cycle_cpu_time_ms_total", "redis_current_eviction_exceeded_time_ms"],
        ...["redis_eviction_exceeded_time_ms_total", "redis_dump_payload_sanitizations"],
        ...["redis_io_threaded_reads_processed", "redis_io_threaded_writes_processed"],
        ...["redis_reply_buffer_shrinks_total", "redis_reply_buffer_expands_total"],
      ]
    ) assert(names.has(name), name);
  });
});

Deno.test("/healthz, /readyz and what is not there are answered", async () => {
  await withMetrics(async ({ server }, port) => {
    assertEquals(await get(port, "/healthz"), {
      ...{ status: 200, type: "text/plain; charset=utf-8", body: "ok\n" },
    });
    assertEquals((await get(port, "/readyz?verbose=1")).status, 200);
    assertEquals((await get(port, "/metrics", "HEAD")).body, "");
    assertEquals((await get(port, "/metrics", "HEAD")).status, 200);
    assertEquals((await get(port, "/metrics", "POST")).status, 405);
    assertEquals((await get(port, "/")).status, 404);
    const loaded = server.keyspace.loading.hold();
    assertEquals(await get(port, "/readyz"), {
      ...{ status: 503, type: "text/plain; charset=utf-8" },
      body: "the data set is being loaded\n",
    });
    assertEquals((await get(port, "/healthz")).status, 200);
    loaded();
    assertEquals((await get(port, "/readyz")).status, 200);
  });
});

Deno.test("metrics-port is off unless given, can be moved, and ends with the server", async () => {
  const [first, second] = [freePort(), freePort()];
  const parts = await startEmbedded();
  const client = await parts.connect();
  assertEquals(await client.texts("CONFIG", "SET", "metrics-port", String(first)), ["OK"]);
  assertEquals((await get(first, "/healthz")).status, 200);
  assertMatch(
    (await client.call("CONFIG", "SET", "metrics-port", String(parts.server.port))).text ?? "",
    /Unable to listen on this port/,
  );
  assertEquals((await get(first, "/healthz")).status, 200);
  assertEquals(await client.texts("CONFIG", "SET", "metrics-port", String(second)), ["OK"]);
  assertEquals((await get(second, "/healthz")).status, 200);
  await assertRejects(() => RawClient.connect(first), Deno.errors.ConnectionRefused);
  await parts[Symbol.asyncDispose]();
  await assertRejects(() => RawClient.connect(second), Deno.errors.ConnectionRefused);
});

Deno.test("the metrics' port bears peers that ask for nothing, too slowly or too much", async () => {
  await withMetrics(async ({ server, clock }, port) => {
    const silent = await RawClient.connect(port);
    await silent.write("GET /metrics HTTP/1.1\r\n");
    const garbage = await RawClient.connect(port);
    await garbage.write("\0\xff\r\n\r\n");
    assert(await garbage.waitForClose());
    assertMatch(garbage.unread, /^HTTP\/1\.1 405 /);
    const endless = await RawClient.connect(port);
    await endless.write("GET /metrics HTTP/1.1\r\n" + "X: y\r\n".repeat(2000));
    assert(await endless.waitForClose());
    const gone = await RawClient.connect(port);
    await gone.close();
    const crowd = await Promise.all(Array.from({ length: 300 }, () => RawClient.connect(port)));
    // Each makes room by the one that has asked for nothing for the longest time.
    await waitFor("most to be turned away", () => crowd.filter((c) => c.closed).length >= 284);
    assert(await silent.waitForClose());
    for (const client of crowd) if (!client.closed) await client.write("GET /healthz");
    assertEquals((await get(port, "/healthz")).status, 200);
    await waitFor("one more", () => crowd.filter((client) => client.closed).length === 285);
    clock.advance(10_001);
    for (const client of [silent, ...crowd]) {
      assert(await client.waitForClose());
      await client.close();
    }
    for (const client of [garbage, endless]) await client.close();
    assertEquals((await get(port, "/metrics")).status, 200);
    assertEquals(server.statistics.connectionsReceived, 0);
  });
});

Deno.test("the metrics' port bears peers that vanish, whatever the system says of it", async () => {
  await withMetrics(async ({ server }, port) => {
    const endpoint = new MetricsEndpoint({
      clock: server.clock,
      render: () => "",
      unreadiness: () => null,
    });
    const failing = (read: Socket["read"]): Socket & { closed: number } => ({
      localAddr: { transport: "tcp", hostname: "127.0.0.1", port },
      remoteAddr: { transport: "tcp", hostname: "127.0.0.1", port: 1 },
      closed: 0,
      read,
      write: () => Promise.reject(new Error("Network is unreachable (os error 101)")),
      close() {
        this.closed++;
      },
    });
    const head = new TextEncoder().encode("GET /metrics HTTP/1.1\r\n\r\n");
    const lost = failing(() => Promise.reject(new Error("No route to host (os error 113)")));
    const deaf = failing((target) => {
      target.set(head);
      return Promise.resolve(head.length);
    });
    for (const socket of [lost, deaf]) {
      await endpoint.serve(socket, false);
      assertEquals(socket.closed, 1);
    }
  });
});
