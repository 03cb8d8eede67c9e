/** What INFO's replication section tells of a server's part in replication, and of its link to a primary. */

import type { LinkState, PrimaryPlace } from "../../commands/views/primary_link.ts";
import type { Settings } from "../../config/mod.ts";
import type { InfoFields } from "../../observe/info.ts";
import type { TransferProgress } from "./full_sync.ts";

/** What is told of the link. */
export interface LinkFacts {
  readonly primary: PrimaryPlace | null;
  readonly state: LinkState;
  readonly isLinkUp: boolean;
  /** Whether it is known how far the data set is in the history of a primary. */
  readonly isInHistory: boolean;
  readonly transfer: TransferProgress | null;
  /** When the primary was last heard of, in ms since the epoch; null: there is no connection. */
  readonly heardAt: number | null;
  /** Since when there is no link, in ms since the epoch; 0: there never was one, or there is. */
  readonly downSince: number;
  /** How many bytes of the stream came, and are not applied yet. */
  readonly pendingBytes: number;
}

/** The fields that come first, from `role` on; `offset` is how far the data set is. */
export function linkFields(
  link: LinkFacts,
  offset: number,
  settings: Readonly<Settings>,
  now: number,
): InfoFields {
  const { primary } = link;
  if (primary === null) return [["role", "master"]];
  const seconds = (time: number) => Math.max(0, Math.floor((now - time) / 1000));
  const since = (time: number | null) => time === null ? -1 : seconds(time);
  const applied = link.isInHistory ? offset : 1;
  return [
    ["role", "slave"],
    ["master_host", primary.host],
    ["master_port", primary.port],
    ["master_link_status", link.isLinkUp ? "up" : "down"],
    ["master_last_io_seconds_ago", link.isLinkUp ? since(link.heardAt) : -1],
    ["master_sync_in_progress", link.state === "sync" ? 1 : 0],
    ["slave_read_repl_offset", applied + link.pendingBytes],
    ["slave_repl_offset", applied],
    ...transferFields(link, since(link.heardAt)),
    ...link.isLinkUp ? [] : [[
      "master_link_down_since_seconds",
      link.downSince === 0 ? -1 : seconds(link.downSince),
    ]] as const,
    ["slave_priority", settings["replica-priority"]],
    ["slave_read_only", settings["replica-read-only"] ? 1 : 0],
    ["replica_announced", settings["replica-announced"] ? 1 : 0],
  ];
}

function transferFields({ state, transfer }: LinkFacts, quietFor: number): InfoFields {
  if (state !== "sync") return [];
  const { total, read } = transfer ?? { total: 0, read: 0 };
  return [
    ["master_sync_total_bytes", total],
    ["master_sync_read_bytes", read],
    ["master_sync_left_bytes", total - read],
    ["master_sync_perc", (total === 0 ? 0 : 100 * read / total).toFixed(2)],
    ["master_sync_last_io_seconds_ago", quietFor],
  ];
}
