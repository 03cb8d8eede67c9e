/** A client's line in CLIENT LIST, CLIENT INFO and the logs (https://redis.io/docs/latest/commands/client-list/). */

import type { User } from "../access/user.ts";
import type { ClientType } from "../commands/views/clients.ts";
import type { Command } from "../commands/registry.ts";
import type { Transaction } from "../execution/transaction.ts";
import type { Database } from "../keyspace/database.ts";
import type { ReplyWriter } from "../resp/reply_writer.ts";
import type { ClientTracking } from "./tracking.ts";
import type { ClientTransport } from "./transport.ts";

/** What the line tells of a client. */
export interface ClientFacts {
  readonly id: number;
  readonly address: string;
  readonly localAddress: string;
  readonly name: string;
  readonly user: User;
  readonly db: Database;
  readonly protocol: 2 | 3;
  readonly reply: ReplyWriter;
  readonly transport: ClientTransport | undefined;
  readonly transaction: Transaction;
  readonly tracking: ClientTracking | null;
  readonly lastCommand: Command | undefined;
  /** When it came, and when it last sent something, in ms since the epoch. */
  readonly createdAt: number;
  readonly activeAt: number;
  readonly isMonitor: boolean;
  readonly readsReplica: boolean;
  readonly type: ClientType;
  readonly isReplica: boolean;
  readonly isSubscribed: boolean;
  readonly isWaiting: boolean;
  readonly closing: boolean;
  readonly noEvict: boolean;
  readonly memoryBytes: number;
}

/** What the client does not know itself. */
export interface ClientCircumstances {
  /** In ms since the epoch. */
  readonly now: number;
  /** To how many channels, patterns and shard channels it is subscribed. */
  readonly channels: number;
  readonly patterns: number;
  readonly shardChannels: number;
  /** What the arguments of its command take, in bytes. */
  readonly argumentBytes: number;
}

/** `name=value` fields, without a line break. */
export function describeClient(client: ClientFacts, around: ClientCircumstances): string {
  const { transport, reply, transaction } = client;
  const seconds = (since: number) => Math.max(0, Math.floor((around.now - since) / 1000));
  const fields: [string, string | number][] = [
    ["id", client.id],
    ["addr", client.address],
    ["laddr", client.localAddress],
    // The runtime does not tell file descriptors; the id is as unique.
    ["fd", transport ? client.id : -1],
    ["name", client.name],
    ["age", seconds(client.createdAt)],
    ["idle", seconds(client.activeAt)],
    ["flags", flagsOf(client)],
    ["db", client.db.index],
    ["sub", around.channels],
    ["psub", around.patterns],
    ["ssub", around.shardChannels],
    ["multi", transaction.length],
    ["qbuf", transport?.queryBytes ?? 0],
    ["qbuf-free", transport?.queryBytesFree ?? 0],
    ["argv-mem", around.argumentBytes],
    ["multi-mem", transaction.bytes],
    ["rbs", reply.bufferSize],
    ["rbp", reply.bufferPeak],
    ["obl", reply.size],
    ["oll", transport?.outputChunks ?? 0],
    ["omem", transport?.outputBytes ?? 0],
    ["tot-mem", client.memoryBytes],
    ["events", transport?.outputChunks ? "rw" : "r"],
    ["cmd", client.lastCommand?.fullName ?? "NULL"],
    ["user", client.type === "master" ? "(superuser)" : client.user.name],
    ["redir", client.tracking?.redirect ?? -1],
    ["resp", client.protocol],
  ];
  return fields.map(([name, value]) => `${name}=${value}`).join(" ");
}

function flagsOf(client: ClientFacts): string {
  const { tracking, transaction } = client;
  let flags = "";
  if (client.isMonitor) flags += "O";
  if (client.type === "master") flags += "M";
  if (client.isReplica) flags += "S";
  if (client.isSubscribed) flags += "P";
  if (transaction.active) flags += "x";
  if (client.isWaiting) flags += "b";
  if (tracking !== null) flags += "t";
  if (tracking?.redirectBroken) flags += "R";
  if (tracking?.broadcast) flags += "B";
  if (transaction.broken) flags += "d";
  if (client.closing) flags += "c";
  if (client.transport?.isUnixSocket) flags += "U";
  if (client.readsReplica) flags += "r";
  if (client.noEvict) flags += "e";
  return flags === "" ? "N" : flags;
}
