/** The server, as the commands about it see it. */

import type { Configuration } from "../../config/mod.ts";
import type { LatencyMonitor } from "../../observe/latency_monitor.ts";
import type { Log } from "../../observe/log.ts";
import type { Slowlog } from "../../observe/slowlog.ts";
import type { AccessView } from "./access.ts";
import type { ClientsView, PauseView } from "./clients.ts";
import type { ClusterView } from "./cluster.ts";
import type { CommandsView } from "./commands.ts";
import type { DebugView } from "./debug.ts";
import type { FunctionsView } from "./functions.ts";
import type { LifecycleView } from "./lifecycle.ts";
import type { MigrateSocketsView } from "./migrate_sockets.ts";
import type { AofRewritesView, RdbSavesView, ReloadView } from "./persistence.ts";
import type { PrimaryLinkView } from "./primary_link.ts";
import type { PubSubView } from "./pubsub.ts";
import type { FailoverView, ReplicasView } from "./replicas.ts";
import type { ScriptRunnerView } from "./script_runner.ts";
import type { ScriptsView } from "./scripts.ts";

/** What INFO prints. */
export interface InfoView {
  /** The text of the named sections (in lower case; also `all`, `default`, `everything`). */
  render(sections: readonly string[]): string;
}

/** The server's memory, in bytes. */
export interface MemoryView {
  /** In use for data (`used_memory`). */
  readonly used: number;
  /** The most that was in use. */
  readonly peak: number;
  /** What an empty server is taken to use. */
  readonly startup: number;
  /** Held for clients' buffers. */
  readonly clients: number;
  /** Held for replicas that come back (the backlog). */
  readonly backlog: number;
  /** Held beyond that for replicas that were not sent it yet. */
  readonly replicas: number;
  /** Waiting to be handed to the append-only file. */
  readonly aofBuffer: number;
  /** Gives back buffers that are kept for later use. */
  releaseUnused(): void;
}

/** What commands may see and do of the server. */
export interface ServerView {
  readonly configuration: Configuration;
  readonly registry: CommandsView;
  readonly clients: ClientsView;
  readonly pubsub: PubSubView;
  readonly lifecycle: LifecycleView;
  readonly info: InfoView;
  readonly memory: MemoryView;
  readonly rdbSaves: RdbSavesView;
  readonly aofRewrites: AofRewritesView;
  readonly reload: ReloadView;
  readonly pause: PauseView;
  readonly primaryLink: PrimaryLinkView;
  readonly migrateSockets: MigrateSocketsView;
  readonly replicas: ReplicasView;
  readonly failover: FailoverView;
  /** The cluster whose node the server is; null: it is in none. */
  readonly cluster: ClusterView | null;
  readonly access: AccessView;
  readonly scripts: ScriptsView;
  readonly functions: FunctionsView;
  readonly scriptRunner: ScriptRunnerView;
  readonly debug: DebugView;
  readonly slowlog: Slowlog;
  readonly latency: LatencyMonitor;
  readonly log: Log;
  /**
   * Writes the configuration to the file that it came from (CONFIG REWRITE), with the directives that
   * have their default values if `everything` is wanted. Throws `ReplyError`.
   */
  rewriteConfiguration(everything?: boolean): void;
  /** Zeroes what INFO counts (CONFIG RESETSTAT). */
  resetStatistics(): void;
}
