/** What a link to a primary needs of the rest. */

import type { ReplyError } from "../../base/errors.ts";
import type { Client } from "../../clients/client.ts";
import type { Clients } from "../../clients/clients.ts";
import type { ClientTransport, Socket } from "../../clients/transport.ts";
import type { Waiting } from "../../clients/waiting.ts";
import type { CommandRegistry } from "../../commands/registry.ts";
import type { Propagation } from "../../execution/propagation.ts";
import type { Statistics } from "../../observe/statistics.ts";
import type { ReplicationHistory } from "../history.ts";
import type { DownstreamControl } from "../role.ts";
import type { ReplicationStream } from "../stream.ts";
import type { SyncedServer } from "./full_sync.ts";
import type { PrimaryStreamParts } from "./primary_stream.ts";

/** Connects to other servers. */
export interface Connector {
  /** Rejects where that can't be done; `host` is a name or an address. */
  connect(host: string, port: number): Promise<Socket>;
}

/** What a primary that hands over to another server does about its link to that. */
export interface FailoverControl {
  /** What PSYNC says in addition; null: nothing, there is no failover. */
  psyncOption(): string | null;
  /** The other server has answered PSYNC. */
  psyncAnswered(accepted: boolean): void;
}

/** What the link needs of the server. */
export interface LinkedServer
  extends SyncedServer, Pick<PrimaryStreamParts, "dispatcher" | "gate" | "statistics"> {
  readonly registry: CommandRegistry;
  readonly clients: Clients;
  readonly waiting: Waiting;
  readonly statistics: Statistics;
  readonly history: ReplicationHistory;
  readonly stream: ReplicationStream;
  readonly persistence: SyncedServer["persistence"] & {
    /** Why writes can't be made safe now, or null. */
    readonly refusal: ReplyError | null;
    /** Writes an append-only file again, where there is to be one. */
    restartAfterSync(): void;
  };
  readonly propagation: Propagation;
  readonly lifecycle: { abort(): void };
  readonly supervisor: { status(text: string): void };
  /** Makes the client that runs what the primary sends. */
  createPrimaryClient(transport: ClientTransport): Client;
}

/** What else the link is made with. */
export interface PrimaryLinkParts {
  readonly server: LinkedServer;
  readonly connector: Connector;
  readonly downstream: DownstreamControl;
  readonly failover?: FailoverControl;
  /** Is told when the server's part in replication, or the state of the link, is another one. */
  readonly changed: () => void;
}
