/** Sub-commands of Redis' DEBUG that have nothing here which they could show or change. */

import { toUpperAscii } from "../../base/ascii.ts";
import { ReplyError } from "../../base/errors.ts";

const NO_C = "there are no C structures and no allocator of our own";
const NO_CRASH = "only DEBUG PANIC ends the server; send its process a signal";
const NO_CLUSTER = "links and packets of a cluster can't be broken by command";

const REASONS: ReadonlyMap<string, string> = new Map([
  ["assert", NO_CRASH],
  ["crash-and-recover", NO_CRASH],
  ["oom", NO_CRASH],
  ["restart", NO_CRASH],
  ["segfault", NO_CRASH],
  ["leak", NO_C],
  ["mallctl", NO_C],
  ["mallctl-str", NO_C],
  ["sdslen", NO_C],
  ["structsize", NO_C],
  ["clusterlink", NO_CLUSTER],
  ["drop-cluster-packet-filter", NO_CLUSTER],
  ["htstats", "tables have no chains; see MEMORY STATS"],
  ["htstats-key", "tables have no chains; see MEMORY USAGE"],
  ["replicate", "there are no replicas"],
  ["client-eviction", "clients are not kept in pools by their size; see CLIENT LIST"],
  ["stringmatch-test", "patterns are matched without recursion, and tested with the server"],
]);

/** Why a sub-command, named in lower case, is not to be had, or null for one that Redis hasn't either. */
export function refusal(name: string): ReplyError | null {
  const reason = REASONS.get(name);
  if (reason === undefined) return null;
  return new ReplyError(`ERR DEBUG ${toUpperAscii(name)} is not supported: ${reason}`);
}
