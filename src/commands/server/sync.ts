/** PSYNC and SYNC, with which a replica asks for the data, and REPLCONF, with which it says what it is. */

import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import { parseInteger, requireInteger } from "../../base/numbers.ts";
import { spanString } from "../../base/span.ts";
import { splitArguments } from "../../base/split_arguments.ts";
import { toLowerAscii } from "../../base/ascii.ts";
import type { Frame } from "../../resp/frame.ts";
import { integer, string } from "../arguments.ts";
import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import type { ReplicaCapability, ReplicaSettings } from "../views/replicas.ts";

type SyncContext = ServerContext<"replicas" | "primaryLink" | "failover" | "log">;

/** What an address may have at most, in bytes (NET_HOST_STR_LEN). */
const LONGEST_ADDRESS = 255;

const NO_FILTER = new ReplyError("ERR Missing rdb-filter-only values");
const NO_CONNECTION = new ReplyError("ERR a replica needs a connection");
const NOT_BINARY = new ReplyError("ERR value is out of range, value must between 0 and 1");

/** A port or another number that Redis takes as a `long`. */
function requireLong(args: Frame, index: number): number {
  return Number(requireInteger(args.span(index)));
}

/** Refuses who has none: the program that the server is embedded in. */
function requireConnection({ client }: SyncContext): void {
  if (!client.mayWait) throw NO_CONNECTION;
}

function psync(context: SyncContext, args: Frame): void {
  requireConnection(context);
  const { client, server } = context;
  const offset = requireInteger(args.span(2));
  const history = spanString(args.span(1));
  if (args.argc > 3 && args.is(3, "FAILOVER")) {
    server.failover.takeOver(history);
  }
  server.replicas.sync(client, { history, offset });
}

function sync(context: SyncContext): void {
  requireConnection(context);
  const { client, server } = context;
  server.replicas.sync(client, { history: null, offset: -1 });
}

/** What a replica says of itself, by the options' names in lower case. */
const OPTIONS: Readonly<
  Record<string, (settings: ReplicaSettings, args: Frame, index: number) => void>
> = {
  "listening-port": (settings, args, index) => {
    settings.listeningPort = requireLong(args, index);
  },
  "ip-address": (settings, args, index) => {
    const address = spanString(args.span(index));
    if (address.length > LONGEST_ADDRESS) {
      throw new ReplyError(
        `ERR REPLCONF ip-address provided by replica instance is too long: ${address.length} bytes`,
      );
    }
    settings.address = address;
  },
  "capa": (settings, args, index) => {
    const name = toLowerAscii(spanString(args.span(index)));
    if (CAPABILITIES.has(name)) settings.capabilities.add(name as ReplicaCapability);
  },
  "rdb-only": (settings, args, index) => {
    const value = requireLong(args, index);
    if (value !== 0 && value !== 1) throw NOT_BINARY;
    settings.rdbOnly = value === 1;
  },
  "rdb-filter-only": (settings, args, index) => {
    settings.leavesOutKeys = settings.leavesOutFunctions = true;
    const words = splitArguments(spanString(args.span(index)));
    if (words === null) throw NO_FILTER;
    for (const word of words) {
      if (toLowerAscii(word) !== "functions") {
        throw new ReplyError(`ERR Unsupported rdb-filter-only option: ${word}`);
      }
      settings.leavesOutFunctions = false;
    }
  },
};

const CAPABILITIES: ReadonlySet<string> = new Set<ReplicaCapability>(["eof", "psync2"]);

function replconf({ client, server, reply }: SyncContext, args: Frame): void {
  if (args.argc % 2 === 0) throw SYNTAX_ERROR;
  const { replicas } = server;
  for (let i = 1; i < args.argc; i += 2) {
    // Neither is replied to.
    if (args.is(i, "ACK")) return acknowledge(server.replicas, client, args, i + 1);
    if (args.is(i, "GETACK")) return server.primaryLink.acknowledge();
    const name = toLowerAscii(spanString(args.span(i)));
    const option = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
    if (option === undefined) {
      throw new ReplyError(`ERR Unrecognized REPLCONF option: ${spanString(args.span(i))}`);
    }
    option(replicas.settingsOf(client), args, i + 1);
  }
  reply.ok();
}

function acknowledge(
  replicas: SyncContext["server"]["replicas"],
  client: SyncContext["client"],
  args: Frame,
  index: number,
): void {
  const { buffer, start, end } = args.span(index);
  const offset = parseInteger(buffer, start, end);
  if (offset !== undefined) replicas.acknowledged(client, offset);
}

export const PSYNC: CommandDeclaration<SyncContext> = {
  name: "psync",
  summary: "Makes this connection that of a replica, which has the data up to some point",
  since: "2.8.0",
  group: "server",
  arity: -3,
  flags: ["admin", "noscript", "no_async_loading", "no_multi"],
  arguments: [string("replicationid"), integer("offset")],
  run: psync,
};

export const SYNC: CommandDeclaration<SyncContext> = {
  name: "sync",
  summary: "Makes this connection that of a replica, which has nothing yet",
  since: "1.0.0",
  group: "server",
  arity: 1,
  flags: ["admin", "noscript", "no_async_loading", "no_multi"],
  run: sync,
};

export const REPLCONF: CommandDeclaration<SyncContext> = {
  name: "replconf",
  summary: "Tells a primary what kind of replica this is, or how far it is",
  since: "3.0.0",
  group: "server",
  complexity: "O(1)",
  systemCommand: true,
  arity: -1,
  flags: ["admin", "noscript", "loading", "stale", "allow_busy"],
  run: replconf,
};
