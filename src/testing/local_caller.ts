/** Runs commands for the program that the server is embedded in, without a socket. */

import type { Client } from "../clients/client.ts";
import { EMBEDDER } from "../execution/caller.ts";
import { Frame } from "../resp/frame.ts";
import { Push, type Reply, ReplyDecoder } from "../resp/reply_reader.ts";
import { ReplyWriter } from "../resp/reply_writer.ts";
import type { CommandRunner } from "../execution/dispatcher.ts";
import type { Server } from "../server/server.ts";
import {
  type Argument,
  argumentBytes,
  CommandError,
  type PlainReply,
  plainReply,
} from "./plain.ts";

/** What is needed of a server to run commands. */
export type CallableServer = Pick<Server, "core" | "clients" | "gate">;

/**
 * A session of its own, which keeps its database, its MULTI and its WATCH from call to call. It is no client
 * that CLIENT LIST shows, and may run everything but what takes a connection (SUBSCRIBE, MONITOR, PSYNC).
 */
export class LocalCaller {
  readonly #server: CallableServer;
  readonly #batches: Pick<CommandRunner, "beginBatch" | "endBatch">;
  readonly #client: Client;

  /** `batches` is told when commands begin and end to run, as it is for those of clients. */
  constructor(server: CallableServer, batches: Pick<CommandRunner, "beginBatch" | "endBatch">) {
    this.#server = server;
    this.#batches = batches;
    const { core, clients } = server;
    const reply = new ReplyWriter();
    reply.resp = 3;
    this.#client = core.createClient({ id: clients.nextId(), caller: EMBEDDER, reply });
    this.#client.user = core.access.users.createUnlimited();
    this.#client.rightsChanged();
  }

  /** The database that it has selected. */
  get database(): number {
    return this.#client.db.index;
  }

  /**
   * Runs a command. Throws `CommandError` where it is answered with an error, and `TypeError` for what is no
   * argument.
   */
  call<Bulk>(args: readonly Argument[], bulk: (bytes: Uint8Array) => Bulk): PlainReply<Bulk> {
    if (args.length === 0) throw new TypeError("a command has a name");
    const reply = plainReply(this.#run(Frame.fromBytes(args.map(argumentBytes))), bulk);
    if (reply instanceof CommandError) throw reply;
    return reply;
  }

  /** It is as at the beginning: in database 0, outside of MULTI. */
  reset(): void {
    this.#client.transaction.discard();
    this.#client.select(0);
    this.#client.closing = false;
  }

  #run(frame: Frame): Reply {
    const { core, gate } = this.#server, client = this.#client, { reply } = client;
    this.#batches.beginBatch();
    try {
      core.dispatcher.execute(client, frame);
    } finally {
      this.#batches.endBatch();
      gate.schedule();
    }
    const bytes = reply.bytes();
    reply.truncate(0);
    this.#refuseConnectionsOwn();
    return lastReply(bytes);
  }

  /** Takes back what only a connection can be told of. */
  #refuseConnectionsOwn(): void {
    const client = this.#client;
    client.closing = false;
    const { isSubscribed, isMonitor, isReplica } = client;
    if (!isSubscribed && !isMonitor && !isReplica && client.tracking === null) return;
    client.endUndertakings();
    throw new CommandError("ERR this takes a connection: a call has none");
  }
}

/** The reply among what was sent, which may tell of other things too; null where there is none. */
function lastReply(bytes: Uint8Array): Reply {
  const decoder = new ReplyDecoder({ bulk: "bytes" });
  decoder.feed(bytes);
  let last: Reply = null;
  for (let next = decoder.next(); next !== undefined; next = decoder.next()) {
    if (!(next instanceof Push)) last = next;
  }
  return last;
}
