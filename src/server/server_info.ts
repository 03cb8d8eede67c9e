/** What INFO tells of a server: its sections and their fields, with Redis' names and in Redis' order. */

import { randomHex } from "../base/random_hex.ts";
import { RUNTIME } from "../base/runtime.ts";
import type { InfoView } from "../commands/views/server.ts";
import type { Clients } from "../clients/clients.ts";
import type { PubSub } from "../clients/pubsub.ts";
import type { Tracking } from "../clients/tracking.ts";
import type { CommandRegistry } from "../commands/registry.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { Statistics } from "../observe/statistics.ts";
import type { Failover } from "../replication/failover.ts";
import type { ReplicationHistory } from "../replication/history.ts";
import type { Replicas } from "../replication/replicas.ts";
import type { ReplicationStream } from "../replication/stream.ts";
import type { Memory } from "./memory.ts";
import { MINIREDIS_VERSION, modeOf, REDIS_VERSION } from "../config/mod.ts";
import {
  humanBytes,
  type InfoFields,
  type InfoSection,
  percentage,
  renderInfo,
} from "../observe/info.ts";
import {
  executablePath,
  fragmentation,
  processMemory,
  processorTime,
  systemMemory,
  systemName,
} from "../observe/process.ts";
import { type LinkFacts, linkFields } from "../replication/link/link_info.ts";
import { keyspaceFields } from "../observe/keyspace_info.ts";
import { persistenceFields, type PersistentState } from "../durability/persistence_info.ts";

/** What INFO tells of. */
export interface InfoParts extends PersistentState {
  readonly keyspace: Keyspace;
  readonly history: ReplicationHistory;
  readonly primaryLink: LinkFacts & { readonly ownExpiries: { readonly size: number } };
  readonly stream: ReplicationStream;
  readonly replicas: Replicas;
  readonly failover: Failover;
  readonly cluster: { readonly linkCount: number; readonly linkBytes: number } | null;
  readonly core: { readonly goodReplicas: { readonly areAsked: boolean; readonly count: number } };
  readonly registry: CommandRegistry;
  readonly statistics: Statistics;
  readonly clients: Clients;
  readonly waiting: { readonly timedCount: number };
  readonly pubsub: PubSub;
  readonly scripts: { readonly bytes: number; readonly count: number };
  readonly tracking: Tracking;
  readonly memory: Memory;
  readonly migrateSockets: { readonly kept: number };
  readonly supervisor: { readonly name: string };
  readonly lifecycle: { readonly isEnding: boolean; readonly waitsFor: number | null };
  /** Whether the data set is being loaded. */
  readonly isLoading: boolean;
  /** When the server started, in ms since the epoch. */
  readonly startedAt: number;
}

const SECONDS_PER_DAY = 24 * 60 * 60;
/** `lru_clock` is a counter of 24 bits. */
const LRU_CLOCK_MASK = 0xffffff;

/** INFO of one server. */
export class ServerInfo implements InfoView {
  /** Tells this run of this server from all others: 40 hexadecimal digits. */
  readonly runId = randomHex(40);
  readonly #server: InfoParts;
  /** All sections, in their order. */
  readonly sections: readonly InfoSection[] = [
    { name: "Server", fields: () => this.#describeServer() },
    { name: "Clients", fields: () => this.#describeClients() },
    { name: "Memory", fields: () => this.#describeMemory() },
    { name: "Persistence", fields: () => persistenceFields(this.#server) },
    { name: "Stats", fields: () => this.#describeStatistics() },
    { name: "Replication", fields: () => this.#describeReplication() },
    { name: "CPU", fields: describeProcessors },
    { name: "Modules", alias: "module_list", fields: () => [] },
    { name: "Commandstats", onlyOnDemand: true, fields: () => this.#describeCommands() },
    { name: "Errorstats", fields: () => this.#describeErrors() },
    { name: "Latencystats", onlyOnDemand: true, fields: () => this.#describeLatencies() },
    { name: "Cluster", fields: () => this.#describeCluster() },
    { name: "Keyspace", fields: () => keyspaceFields(this.#server.keyspace) },
  ];

  constructor(server: InfoParts) {
    this.#server = server;
  }

  /** Why the server can't serve commands now; null when it can. */
  get unreadiness(): string | null {
    const { isLoading, lifecycle } = this.#server;
    if (isLoading) return "the data set is being loaded";
    if (lifecycle.isEnding) return "the server is shutting down";
    const link = new Map(this.#describeReplication()).get("master_link_status") ?? "up";
    return link === "up" ? null : "there is no link to the primary";
  }

  render(sections: readonly string[]): string {
    return renderInfo(this.sections, sections);
  }

  #describeCluster(): InfoFields {
    return [["cluster_enabled", this.#server.configuration.settings["cluster-enabled"] ? 1 : 0]];
  }

  #describeServer(): InfoFields {
    const { clock, startedAt, configuration } = this.#server;
    const { settings, configFile } = configuration;
    const now = clock.now();
    const uptime = Math.floor((now - startedAt) / 1000);
    const { waitsFor } = this.#server.lifecycle;
    const shutdown: InfoFields = waitsFor === null ? [] : [["shutdown_in_milliseconds", waitsFor]];
    return [
      ["redis_version", REDIS_VERSION],
      ["redis_git_sha1", "00000000"],
      ["redis_git_dirty", 0],
      ["redis_build_id", 0],
      ["redis_mode", modeOf(settings)],
      ["os", systemName()],
      ["arch_bits", 64],
      ["monotonic_clock", "performance.now"],
      ["multiplexing_api", `${RUNTIME.name}-${RUNTIME.version}`],
      ["atomicvar_api", "none"],
      ["gcc_version", "0.0.0"],
      ["process_id", Deno.pid],
      ["process_supervised", this.#server.supervisor.name],
      ["run_id", this.runId],
      ["tcp_port", settings.port || settings["tls-port"]],
      ["server_time_usec", clock.micros()],
      ["uptime_in_seconds", uptime],
      ["uptime_in_days", Math.floor(uptime / SECONDS_PER_DAY)],
      ["hz", settings.hz],
      ["configured_hz", settings.hz],
      ["lru_clock", Math.floor(now / 1000) & LRU_CLOCK_MASK],
      ["executable", executablePath()],
      ["config_file", configFile ?? ""],
      ["io_threads_active", 0],
      ...shutdown,
      ["miniredis_version", MINIREDIS_VERSION],
    ];
  }

  #describeClients(): InfoFields {
    const { waiting, clients, configuration, tracking } = this.#server;
    let input = 0, output = 0;
    for (const { transport } of clients) {
      if (transport === undefined) continue;
      input = Math.max(input, transport.queryBytes + transport.queryBytesFree);
      output = Math.max(output, transport.outputBytes);
    }
    return [
      ["connected_clients", clients.count - this.#server.replicas.count],
      ["cluster_connections", this.#server.cluster?.linkCount ?? 0],
      ["maxclients", configuration.settings.maxclients],
      ["client_recent_max_input_buffer", input],
      ["client_recent_max_output_buffer", output],
      ["blocked_clients", clients.blockedCount],
      ["tracking_clients", tracking.clients],
      ["clients_in_timeout_table", waiting.timedCount],
    ];
  }

  #describeMemory(): InfoFields {
    const { keyspace, configuration: { settings }, memory } = this.#server;
    const { used, peak } = memory;
    const { bytes: scriptBytes, count: scriptCount } = this.#server.scripts;
    const { used: inProcess, allocated, resident } = processMemory();
    const { libraries } = keyspace;
    const allScriptBytes = scriptBytes + libraries.bytes;
    const dataset = keyspace.memoryBytes;
    const wasted = fragmentation(used, resident);
    const total = systemMemory();
    const maxmemory = Number(settings.maxmemory);
    const ratio = (part: number, whole: number) => (whole > 0 ? part / whole : 0).toFixed(2);
    return [
      ["used_memory", used],
      ["used_memory_human", humanBytes(used)],
      ["used_memory_rss", resident],
      ["used_memory_rss_human", humanBytes(resident)],
      ["used_memory_peak", peak],
      ["used_memory_peak_human", humanBytes(peak)],
      ["used_memory_peak_perc", percentage(used, peak)],
      ["used_memory_overhead", used - dataset],
      ["used_memory_startup", memory.startup],
      ["used_memory_dataset", dataset],
      ["used_memory_dataset_perc", percentage(dataset, used - memory.startup)],
      ["allocator_allocated", inProcess],
      ["allocator_active", allocated],
      ["allocator_resident", resident],
      ["total_system_memory", total],
      ["total_system_memory_human", humanBytes(total)],
      ["used_memory_lua", 0],
      ["used_memory_vm_eval", 0],
      ["used_memory_lua_human", humanBytes(0)],
      ["used_memory_scripts_eval", scriptBytes],
      ["number_of_cached_scripts", scriptCount],
      ["number_of_functions", libraries.functionCount],
      ["number_of_libraries", libraries.size],
      ["used_memory_vm_functions", 0],
      ["used_memory_vm_total", 0],
      ["used_memory_vm_total_human", humanBytes(0)],
      ["used_memory_functions", libraries.bytes],
      ["used_memory_scripts", allScriptBytes],
      ["used_memory_scripts_human", humanBytes(allScriptBytes)],
      ["maxmemory", maxmemory],
      ["maxmemory_human", humanBytes(maxmemory)],
      ["maxmemory_policy", settings["maxmemory-policy"]],
      ["allocator_frag_ratio", ratio(allocated, inProcess)],
      ["allocator_frag_bytes", allocated - inProcess],
      ["allocator_rss_ratio", ratio(resident, allocated)],
      ["allocator_rss_bytes", resident - allocated],
      ["rss_overhead_ratio", ratio(resident, resident)],
      ["rss_overhead_bytes", 0],
      ["mem_fragmentation_ratio", wasted.ratio.toFixed(2)],
      ["mem_fragmentation_bytes", wasted.bytes],
      ["mem_not_counted_for_evict", memory.aofBuffer + memory.replicas],
      ["mem_replication_backlog", memory.backlog],
      ["mem_total_replication_buffers", this.#server.stream.memoryBytes],
      ["mem_clients_slaves", memory.replicas],
      ["mem_clients_normal", memory.clients],
      ["mem_cluster_links", this.#server.cluster?.linkBytes ?? 0],
      ["mem_aof_buffer", memory.aofBuffer],
      ["mem_allocator", `v8-${Deno.version.v8}`],
      ["active_defrag_running", 0],
      ["lazyfree_pending_objects", 0],
      ["lazyfreed_objects", keyspace.lazyFreeing.objects],
    ];
  }

  #describeStatistics(): InfoFields {
    const { statistics, keyspace, pubsub, memory, migrateSockets, tracking } = this.#server;
    const kilobytes = (bytes: number) => (bytes / 1024).toFixed(2);
    return [
      ["total_connections_received", statistics.connectionsReceived],
      ["total_commands_processed", statistics.commandsProcessed],
      ["instantaneous_ops_per_sec", Math.round(statistics.instantaneousOps.rate)],
      ["total_net_input_bytes", statistics.netInputBytes + statistics.netReplicationInputBytes],
      ["total_net_output_bytes", statistics.netOutputBytes],
      ["total_net_repl_input_bytes", statistics.netReplicationInputBytes],
      ["total_net_repl_output_bytes", statistics.netReplicationOutputBytes],
      ["instantaneous_input_kbps", kilobytes(statistics.instantaneousInput.rate)],
      ["instantaneous_output_kbps", kilobytes(statistics.instantaneousOutput.rate)],
      ["instantaneous_input_repl_kbps", kilobytes(statistics.instantaneousReplicationInput.rate)],
      ["instantaneous_output_repl_kbps", kilobytes(statistics.instantaneousReplicationOutput.rate)],
      ["rejected_connections", statistics.rejectedConnections],
      ["sync_full", statistics.fullSyncs],
      ["sync_partial_ok", statistics.partialSyncs],
      ["sync_partial_err", statistics.partialSyncsRefused],
      ["expired_keys", keyspace.expired],
      ["expired_stale_perc", statistics.expiredStalePercent.toFixed(2)],
      ["expired_time_cap_reached_count", statistics.expireTimeCapReached],
      ["expire_cycle_cpu_milliseconds", Math.floor(statistics.expireCycleMilliseconds)],
      ["evicted_keys", memory.eviction.evicted],
      ["evicted_clients", statistics.evictedClients],
      ["total_eviction_exceeded_time", Math.floor(memory.exceededTime.total)],
      ["current_eviction_exceeded_time", Math.floor(memory.exceededTime.current)],
      ["keyspace_hits", keyspace.hits],
      ["keyspace_misses", keyspace.misses],
      ["pubsub_channels", pubsub.nameCount("channel")],
      ["pubsub_patterns", pubsub.nameCount("pattern")],
      ["pubsubshard_channels", pubsub.nameCount("shard")],
      ["latest_fork_usec", 0],
      ["total_forks", 0],
      ["migrate_cached_sockets", migrateSockets.kept],
      ["slave_expires_tracked_keys", this.#server.primaryLink.ownExpiries.size],
      ["active_defrag_hits", 0],
      ["active_defrag_misses", 0],
      ["active_defrag_key_hits", 0],
      ["active_defrag_key_misses", 0],
      ["total_active_defrag_time", 0],
      ["current_active_defrag_time", 0],
      ["tracking_total_keys", tracking.keys],
      ["tracking_total_items", tracking.items],
      ["tracking_total_prefixes", tracking.prefixes],
      ["unexpected_error_replies", statistics.unexpectedErrorReplies],
      ["total_error_replies", statistics.errorReplies],
      ["dump_payload_sanitizations", 0],
      ["total_reads_processed", statistics.readsProcessed],
      ["total_writes_processed", statistics.writesProcessed],
      ["io_threaded_reads_processed", 0],
      ["io_threaded_writes_processed", 0],
      ["reply_buffer_shrinks", statistics.replyBufferShrinks],
      ["reply_buffer_expands", statistics.replyBufferExpands],
    ];
  }

  #describeReplication(): InfoFields {
    const { history, configuration: { settings }, core: { goodReplicas } } = this.#server;
    const { primaryLink, clock, stream, replicas, failover } = this.#server;
    const good: InfoFields = goodReplicas.areAsked
      ? [["min_slaves_good_slaves", goodReplicas.count]]
      : [];
    return [
      ...linkFields(primaryLink, history.offset, settings, clock.now()),
      ["connected_slaves", replicas.count],
      ...good,
      ...replicas.describe(),
      ["master_failover_state", failover.state],
      ["master_replid", history.id],
      ["master_replid2", history.secondId],
      ["master_repl_offset", history.offset],
      ["second_repl_offset", history.secondOffset],
      ["repl_backlog_active", stream.isActive ? 1 : 0],
      ["repl_backlog_size", settings["repl-backlog-size"]],
      ["repl_backlog_first_byte_offset", stream.first],
      ["repl_backlog_histlen", stream.length],
    ];
  }

  #describeCommands(): InfoFields {
    const fields: [string, string][] = [];
    for (const { fullName, statistics } of this.#server.registry.all()) {
      const { calls, rejected, failed } = statistics;
      if (calls === 0 && rejected === 0 && failed === 0) continue;
      const microseconds = Math.floor(statistics.microseconds);
      const perCall = calls === 0 ? 0 : microseconds / calls;
      fields.push([
        `cmdstat_${fullName}`,
        `calls=${calls},usec=${microseconds},usec_per_call=${perCall.toFixed(2)},` +
        `rejected_calls=${rejected},failed_calls=${failed}`,
      ]);
    }
    return fields;
  }

  #describeErrors(): InfoFields {
    const codes = [...this.#server.statistics.errorsByCode].sort(([a], [b]) => a < b ? -1 : 1);
    return codes.map(([code, count]) => [`errorstat_${code}`, `count=${count}`]);
  }

  #describeLatencies(): InfoFields {
    const { statistics, configuration } = this.#server;
    if (!statistics.tracksLatency) return [];
    const percentiles = configuration.settings["latency-tracking-info-percentiles"];
    const fields: [string, string][] = [];
    for (const { fullName, statistics: { latency } } of this.#server.registry.all()) {
      if (latency.total === 0) continue;
      const values = percentiles.map((percent) =>
        `p${Number(percent.toFixed(6))}=${(latency.percentile(percent) / 1000).toFixed(3)}`
      );
      fields.push([`latency_percentiles_usec_${fullName}`, values.join(",")]);
    }
    return fields;
  }
}

function describeProcessors(): InfoFields {
  const { system, user } = processorTime();
  const seconds = (microseconds: number) => (microseconds / 1e6).toFixed(6);
  return [
    ["used_cpu_sys", seconds(system)],
    ["used_cpu_user", seconds(user)],
    ["used_cpu_sys_children", seconds(0)],
    ["used_cpu_user_children", seconds(0)],
    // The runtime does not tell its threads apart.
    ["used_cpu_sys_main_thread", seconds(system)],
    ["used_cpu_user_main_thread", seconds(user)],
  ];
}
