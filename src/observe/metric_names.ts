/**
 * The metrics that are a field of INFO each, by that field, as redis_exporter names them
 * (https://github.com/oliver006/redis_exporter), so that dashboards made for it find them here.
 */

/** Figures that go up and down: field of INFO → metric, without the prefix `redis_`. */
export const GAUGES: Readonly<Record<string, string>> = {
  ...same("uptime_in_seconds process_id io_threads_active hz configured_hz"),
  ...same("connected_clients blocked_clients tracking_clients clients_in_timeout_table"),
  ...same("cluster_connections cluster_enabled"),
  ...same("cluster_state cluster_slots_assigned cluster_slots_ok cluster_slots_pfail"),
  ...same("cluster_slots_fail cluster_known_nodes cluster_size cluster_current_epoch"),
  ...same("cluster_my_epoch"),
  maxclients: "max_clients",
  client_recent_max_output_buffer: "client_recent_max_output_buffer_bytes",
  client_recent_max_input_buffer: "client_recent_max_input_buffer_bytes",

  ...inBytes("allocator_active allocator_allocated allocator_resident total_system_memory"),
  ...same("allocator_frag_ratio allocator_frag_bytes allocator_rss_ratio allocator_rss_bytes"),
  used_memory: "memory_used_bytes",
  used_memory_rss: "memory_used_rss_bytes",
  used_memory_peak: "memory_used_peak_bytes",
  used_memory_lua: "memory_used_lua_bytes",
  used_memory_vm_eval: "memory_used_vm_eval_bytes",
  used_memory_vm_functions: "memory_used_vm_functions_bytes",
  used_memory_vm_total: "memory_used_vm_total",
  used_memory_functions: "memory_used_functions_bytes",
  used_memory_scripts_eval: "memory_used_scripts_eval_bytes",
  used_memory_overhead: "memory_used_overhead_bytes",
  used_memory_startup: "memory_used_startup_bytes",
  used_memory_dataset: "memory_used_dataset_bytes",
  used_memory_scripts: "memory_used_scripts_bytes",
  maxmemory: "memory_max_bytes",
  ...same("number_of_cached_scripts number_of_functions number_of_libraries"),
  ...same("mem_fragmentation_ratio mem_fragmentation_bytes mem_clients_slaves mem_clients_normal"),
  ...inBytes("mem_cluster_links mem_aof_buffer mem_replication_backlog"),
  mem_total_replication_buffers: "mem_total_replication_buffers_bytes",
  mem_not_counted_for_evict: "mem_not_counted_for_eviction_bytes",
  ...same("lazyfree_pending_objects lazyfreed_objects active_defrag_running"),
  migrate_cached_sockets: "migrate_cached_sockets_total",
  active_defrag_hits: "defrag_hits",
  active_defrag_misses: "defrag_misses",
  active_defrag_key_hits: "defrag_key_hits",
  active_defrag_key_misses: "defrag_key_misses",
  expired_stale_perc: "expired_stale_percentage",
  expired_time_cap_reached_count: "expired_time_cap_reached_total",

  loading: "loading_dump_file",
  async_loading: "async_loading",
  ...same("rdb_changes_since_last_save rdb_bgsave_in_progress rdb_last_bgsave_status"),
  rdb_saves: "rdb_saves_total",
  rdb_last_save_time: "rdb_last_save_timestamp_seconds",
  rdb_last_bgsave_time_sec: "rdb_last_bgsave_duration_sec",
  rdb_current_bgsave_time_sec: "rdb_current_bgsave_duration_sec",
  rdb_last_load_keys_expired: "rdb_last_load_expired_keys",
  rdb_last_load_keys_loaded: "rdb_last_load_loaded_keys",
  ...inBytes("rdb_last_cow_size aof_last_cow_size aof_current_size aof_base_size"),
  ...same("aof_enabled aof_rewrite_in_progress aof_rewrite_scheduled aof_pending_rewrite"),
  aof_last_rewrite_time_sec: "aof_last_rewrite_duration_sec",
  aof_current_rewrite_time_sec: "aof_current_rewrite_duration_sec",
  ...same("aof_buffer_length aof_pending_bio_fsync aof_delayed_fsync"),
  ...same("aof_last_bgrewrite_status aof_last_write_status"),
  ...same("module_fork_in_progress module_fork_last_cow_size"),

  current_eviction_exceeded_time: "current_eviction_exceeded_time_ms",
  ...same("pubsub_channels pubsub_patterns pubsubshard_channels latest_fork_usec"),
  ...same("tracking_total_keys tracking_total_items tracking_total_prefixes"),
  instantaneous_ops_per_sec: "instantaneous_ops_per_sec",
  instantaneous_input_kbps: "instantaneous_input_kbps",
  instantaneous_output_kbps: "instantaneous_output_kbps",

  ...same("connected_slaves repl_backlog_first_byte_offset master_repl_offset second_repl_offset"),
  ...same("slave_expires_tracked_keys slave_priority"),
  repl_backlog_size: "replication_backlog_bytes",
  repl_backlog_active: "repl_backlog_is_active",
  repl_backlog_histlen: "repl_backlog_history_bytes",
  sync_full: "replica_resyncs_full",
  sync_partial_ok: "replica_partial_resync_accepted",
  sync_partial_err: "replica_partial_resync_denied",
};

/** Figures that only grow, until CONFIG RESETSTAT: field of INFO → metric, without the prefix. */
export const COUNTERS: Readonly<Record<string, string>> = {
  cluster_stats_messages_sent: "cluster_messages_sent_total",
  cluster_stats_messages_received: "cluster_messages_received_total",
  total_connections_received: "connections_received_total",
  total_commands_processed: "commands_processed_total",
  rejected_connections: "rejected_connections_total",
  total_net_input_bytes: "net_input_bytes_total",
  total_net_output_bytes: "net_output_bytes_total",
  total_net_repl_input_bytes: "net_repl_input_bytes_total",
  total_net_repl_output_bytes: "net_repl_output_bytes_total",
  ...same("total_reads_processed total_writes_processed"),
  ...same("io_threaded_reads_processed io_threaded_writes_processed"),
  ...same("total_error_replies unexpected_error_replies dump_payload_sanitizations"),
  reply_buffer_shrinks: "reply_buffer_shrinks_total",
  reply_buffer_expands: "reply_buffer_expands_total",
  expired_keys: "expired_keys_total",
  expire_cycle_cpu_milliseconds: "expire_cycle_cpu_time_ms_total",
  evicted_keys: "evicted_keys_total",
  evicted_clients: "evicted_clients_total",
  total_eviction_exceeded_time: "eviction_exceeded_time_ms_total",
  keyspace_hits: "keyspace_hits_total",
  keyspace_misses: "keyspace_misses_total",
  used_cpu_sys: "cpu_sys_seconds_total",
  used_cpu_user: "cpu_user_seconds_total",
  used_cpu_sys_children: "cpu_sys_children_seconds_total",
  used_cpu_user_children: "cpu_user_children_seconds_total",
  used_cpu_sys_main_thread: "cpu_sys_main_thread_seconds_total",
  used_cpu_user_main_thread: "cpu_user_main_thread_seconds_total",
};

/** Fields whose metric has their own name. */
function same(fields: string): Record<string, string> {
  return Object.fromEntries(fields.split(" ").map((field) => [field, field]));
}

/** Fields whose metric's name also says that it is bytes. */
function inBytes(fields: string): Record<string, string> {
  return Object.fromEntries(fields.split(" ").map((field) => [field, `${field}_bytes`]));
}
