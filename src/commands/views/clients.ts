/** All clients, as commands see them. */

import type { UnblockReason } from "./blocking.ts";
import type { ClientType, ClientView } from "./client.ts";

export type { ClientType };

/** The filters of CLIENT KILL and LIST. A client must match all that are given. */
export interface ClientFilter {
  readonly ids?: readonly number[];
  readonly address?: string;
  readonly localAddress?: string;
  readonly type?: ClientType;
  readonly user?: string;
  /** Leaves this client out. */
  readonly except?: ClientView;
}

/** All connected clients. */
export interface ClientsView {
  /** Ends a client's wait; false when it does not wait for keys. */
  unblock(id: number, reason: UnblockReason): boolean;
  /** How many clients wait. */
  readonly blockedCount: number;
  /** Those that match, in order of their ids. */
  select(filter: ClientFilter): ClientView[];
  /** Closes a client's connection. */
  kill(client: ClientView): void;
  readonly count: number;
}

/** Which commands a pause stops: those that change data, or all. */
export type PauseMode = "write" | "all";

/** What CLIENT PAUSE and UNPAUSE act on. */
export interface PauseView {
  /** Has clients wait until `end`, in ms since the epoch; a pause under way is only made stricter. */
  begin(mode: PauseMode, end: number): void;
  /** Ends the pause. */
  end(): void;
}
