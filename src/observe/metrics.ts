/** INFO's figures for Prometheus, in its text format and with redis_exporter's names. */

import type { InfoFields, InfoSection } from "./info.ts";
import type { LatencyMonitor } from "./latency_monitor.ts";
import { COUNTERS, GAUGES } from "./metric_names.ts";
import type { Slowlog } from "./slowlog.ts";

/** Where the figures come from: what INFO, SLOWLOG and LATENCY show. */
export interface MetricsSource {
  readonly sections: readonly InfoSection[];
  /** What CLUSTER INFO shows; empty: there is no cluster. */
  readonly cluster: InfoFields;
  /** How many databases there are: an empty one has metrics, too. */
  readonly databases: number;
  readonly slowlog: Slowlog;
  readonly latency: LatencyMonitor;
}

/** The type of the format, for the header of the answer. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

type Kind = "gauge" | "counter" | "summary";
type Labels = Readonly<Record<string, string | number>>;

/** Samples by metric: those of one metric have to stand together. */
class Exposition {
  readonly #families = new Map<string, string[]>();

  add(kind: Kind, name: string, help: string, value: number, labels: Labels = {}): void {
    this.addTo(name, kind, help, `redis_${name}${labelText(labels)} ${value}`);
  }

  /** Adds a line to the metric `name`. */
  addTo(name: string, kind: Kind, help: string, line: string): void {
    let lines = this.#families.get(name);
    if (lines === undefined) {
      lines = [`# HELP redis_${name} ${help}`, `# TYPE redis_${name} ${kind}`];
      this.#families.set(name, lines);
    }
    lines.push(line);
  }

  render(): string {
    return [...this.#families.values()].flat().join("\n") + "\n";
  }
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeLabel(value: string | number): string {
  return String(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

type Fields = ReadonlyMap<string, string | number>;

/** What `/metrics` answers. */
export function renderMetrics(source: MetricsSource): string {
  const metrics = new Exposition();
  const bySection = new Map<string, Fields>(
    source.sections.map(({ name, fields }) => [name, new Map(fields())]),
  );
  const all: Fields = new Map([...bySection.values()].flatMap((fields) => [...fields]));
  const section = (name: string): Fields => bySection.get(name) ?? new Map();
  metrics.add("gauge", "up", "Whether the server answers", 1);
  addInstance(metrics, all);
  addFields(metrics, all);
  addFields(metrics, new Map(source.cluster));
  addCommands(metrics, section("Commandstats"), section("Latencystats"));
  for (const [field, value] of section("Errorstats")) {
    const err = field.slice("errorstat_".length);
    metrics.add("counter", "errors_total", "Error replies by code", inner(value).count, { err });
  }
  addKeyspace(metrics, section("Keyspace"), source.databases);
  addReplication(metrics, section("Replication"));
  addSlowCalls(metrics, source);
  return metrics.render();
}

/** The numbers in `a=1,b=2`. */
function inner(text: string | number): Record<string, number> {
  return Object.fromEntries(
    String(text).split(",").map((pair) => pair.split("=")).map(([key, value]) => [
      key,
      Number(value),
    ]),
  );
}

const INSTANCE_LABELS = [
  ...["role", "redis_version", "redis_build_id", "redis_mode", "os", "maxmemory_policy"],
  ...["tcp_port", "run_id", "process_id", "master_replid"],
];

function addInstance(metrics: Exposition, fields: Fields): void {
  const labels = INSTANCE_LABELS.map((name) => [name, fields.get(name) ?? ""]);
  metrics.add("gauge", "instance_info", "What server it is", 1, Object.fromEntries(labels));
  const now = Number(fields.get("server_time_usec")) / 1e6;
  const start = Math.floor(now - Number(fields.get("uptime_in_seconds")));
  metrics.add("gauge", "start_time_seconds", "When it started, in seconds since 1970", start);
  for (const name of ["maxclients", "maxmemory"]) {
    const value = fields.get(name);
    metrics.add("gauge", `config_${name}`, `The directive ${name}`, Number(value));
  }
}

/** States that INFO shows as a word. */
const STATES: Readonly<Record<string, number>> = { ok: 1, err: 0 };

function addFields(metrics: Exposition, fields: Fields): void {
  for (const [field, value] of fields) {
    const counter = COUNTERS[field];
    const name = counter ?? GAUGES[field];
    if (name === undefined) continue;
    const number = STATES[value] ?? Number(value);
    metrics.add(counter === undefined ? "gauge" : "counter", name, `INFO's ${field}`, number);
  }
}

function addCommands(metrics: Exposition, calls: Fields, latencies: Fields): void {
  for (const [field, value] of calls) {
    const cmd = field.slice("cmdstat_".length), figures = inner(value);
    const add = (name: string, help: string, number: number) =>
      metrics.add("counter", name, help, number, { cmd });
    add("commands_total", "Calls of a command", figures.calls);
    add("commands_duration_seconds_total", "Time spent in a command", figures.usec / 1e6);
    add("commands_rejected_calls_total", "Calls refused before they ran", figures.rejected_calls);
    add("commands_failed_calls_total", "Calls that ended in an error", figures.failed_calls);
  }
  const name = "latency_percentiles_usec", help = "How long a command's calls take, in µs";
  for (const [field, value] of latencies) {
    const cmd = field.slice("latency_percentiles_usec_".length);
    const add = (suffix: string, number: number, labels: Labels) =>
      metrics.addTo(name, "summary", help, `redis_${name}${suffix}${labelText(labels)} ${number}`);
    for (const [percentile, duration] of Object.entries(inner(value))) {
      const quantile = Number((Number(percentile.slice(1)) / 100).toFixed(9));
      add("", duration, { cmd, quantile });
    }
    const { usec, calls: count } = inner(calls.get(`cmdstat_${cmd}`) ?? "usec=0,calls=0");
    add("_sum", usec, { cmd });
    add("_count", count, { cmd });
  }
}

function addKeyspace(metrics: Exposition, databases: Fields, count: number): void {
  for (let index = 0; index < count; index++) {
    const db = `db${index}`;
    const figures = inner(databases.get(db) ?? "keys=0,expires=0,avg_ttl=0");
    const add = (name: string, help: string, number: number) =>
      metrics.add("gauge", name, help, number, { db });
    add("db_keys", "Keys of a database", figures.keys);
    add("db_keys_expiring", "Keys of a database that expire", figures.expires);
    add("db_avg_ttl_seconds", "How long those live on, on average", figures.avg_ttl / 1000);
  }
}

/** What INFO tells of replicas, and of the primary if this is one of its replicas. */
function addReplication(metrics: Exposition, fields: Fields): void {
  for (const [field, value] of fields) {
    if (!/^slave\d+$/.test(field)) continue;
    const pairs = String(value).split(",").map((pair) => pair.split("="));
    const { ip, port, state, offset, lag } = Object.fromEntries(pairs);
    const labels = { slave_ip: ip, slave_port: port, slave_state: state };
    const add = (name: string, help: string, number: string) =>
      metrics.add("gauge", name, help, Number(number), labels);
    add("connected_slave_offset_bytes", "How far a replica is", offset);
    add("connected_slave_lag_seconds", "When a replica was last heard of", lag);
  }
  const link = fields.get("master_link_status");
  if (link === undefined) return;
  const master = {
    master_host: fields.get("master_host") ?? "",
    master_port: fields.get("master_port") ?? "",
  };
  const add = (name: string, help: string, value: number | string | undefined) => {
    if (value !== undefined) metrics.add("gauge", name, help, Number(value), master);
  };
  add("master_link_up", "Whether the primary is connected", link === "up" ? 1 : 0);
  for (
    const name of ["master_last_io_seconds_ago", "master_sync_in_progress", "slave_repl_offset"]
  ) {
    add(name, `INFO's ${name}`, fields.get(name));
  }
  metrics.add("gauge", "slave_info", "That this is a replica", 1, {
    ...master,
    read_only: fields.get("slave_read_only") ?? "",
  });
}

function addSlowCalls(metrics: Exposition, { slowlog, latency }: MetricsSource): void {
  const [last] = slowlog.latest(1);
  metrics.add("gauge", "slowlog_length", "Entries of the slow log", slowlog.length);
  metrics.add("gauge", "slowlog_last_id", "The id of its last entry", last?.id ?? 0);
  const seconds = (last?.duration ?? 0) / 1e6;
  metrics.add("gauge", "last_slow_execution_duration_seconds", "How long that took", seconds);
  for (const { name: event_name, samples } of latency.events) {
    const spike = samples.at(-1);
    if (spike === undefined) continue;
    const add = (name: string, help: string, value: number) =>
      metrics.add("gauge", name, help, value, { event_name });
    add("latency_spike_last", "When something last held the server up", spike.time);
    add("latency_spike_duration_seconds", "For how long", spike.latency / 1000);
  }
}
