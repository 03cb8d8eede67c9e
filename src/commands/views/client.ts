/** A client as commands see it. */

import type { User } from "../../access/user.ts";
import type { ByteRange } from "../../base/span.ts";
import type { ReplyWriter } from "../../resp/reply_writer.ts";
import type { BlockingRequest, WaitLimit } from "./blocking.ts";
import type { TrackingOptions, TrackingState } from "./tracking.ts";

/** The kinds of clients that CLIENT LIST TYPE and KILL TYPE tell apart. */
export type ClientType = "normal" | "master" | "replica" | "pubsub";

/** CLIENT REPLY's modes. */
export type ReplyMode = "on" | "off" | "skip";

/** A client's MULTI … EXEC, and the keys that it watches. */
export interface TransactionView {
  /** Whether commands are being queued. */
  readonly active: boolean;
  /** Begins to queue. */
  begin(): void;
  /** Forgets what was queued, and the watched keys. */
  discard(): void;
  /**
   * Runs what was queued, which is propagated by itself, and replies the results, or nothing if a watched
   * key has changed. Throws `EXECABORT` if a command was refused while queuing.
   */
  execute(): void;
  /** Has `execute` do nothing if this key of the selected database changes before it. */
  watch(key: ByteRange): void;
  /** Forgets the watched keys. */
  unwatch(): void;
}

/** A client as commands see it. */
export interface ClientView {
  readonly id: number;
  /** `CLIENT SETNAME`'s name; empty: none. */
  name: string;
  /** The protocol version, 2 or 3; set by HELLO. */
  protocol: 2 | 3;
  /** Whether what it says was decided elsewhere, so that limits for clients do not apply. */
  readonly mustObey: boolean;
  /** Whether the client may run commands: it has authenticated, or need not. */
  readonly authenticated: boolean;
  /** As whom it runs them. */
  readonly user: User;
  /** `ip:port`, or `path:0` for a Unix socket; empty for a client without a connection. */
  readonly address: string;
  /** The server's end of the connection, in the same form. */
  readonly localAddress: string;
  /** Whether it is exempt from client eviction (`CLIENT NO-EVICT`). */
  noEvict: boolean;
  readonly transaction: TransactionView;
  /** Whether it is subscribed to anything. */
  isSubscribed: boolean;
  /** Whether it has subscriptions and speaks RESP2, in which all that it is sent must be a message. */
  readonly inSubscribedMode: boolean;
  /** Whether it is shown every command that runs. */
  readonly isMonitor: boolean;
  /** From now on it is shown every command that runs. */
  startMonitoring(): void;
  /** How the server keeps track of what it reads, for its cache; null: not at all. */
  readonly tracking: TrackingState | null;
  /** Begins to track, or changes how: prefixes are added to those that there are. */
  track(options: TrackingOptions): void;
  /** Ends tracking; nothing where there is none. */
  endTracking(): void;
  /** What CLIENT CACHING says of the command that comes next; the client must be tracking. */
  markCaching(): void;
  /** In a cluster, has the next command served although the slot of its keys is still being imported. */
  markAsking(): void;
  /** In a cluster, whether it reads from replicas. */
  readsReplica: boolean;
  /** Where its replies go; messages too. */
  readonly reply: ReplyWriter;
  /** How much may wait to be sent to it before it is closed, in bytes (`client-output-buffer-limit`); 0: anything. */
  readonly outputLimit: number;
  /**
   * Whether it makes sense to go on with a very long reply: not where it is dropped, nor where more waits
   * than may (`client-output-buffer-limit`), which closes the connection here and now.
   */
  takesMore(): boolean;
  /** Tells that a message was written to `reply` outside of its own commands. */
  pushed(): void;
  /** Whether its commands may wait: not inside a transaction, a script, or a file that is replayed. */
  readonly mayWait: boolean;
  /** Whether it is a script that calls. */
  readonly isScript: boolean;
  /** Has the client wait until its request is served; nothing has been replied yet. */
  waitForKeys(request: BlockingRequest): void;
  /** Has the client wait for replicas that have what it changed; `left` is called when it does not any more. */
  waitForReplicas(limit: WaitLimit, left: () => void): void;
  /**
   * Has the client wait until the function that is returned is called, once, with what is left of its
   * command: that is run even if the client is gone meanwhile. CLIENT UNBLOCK does not end it.
   */
  waitElsewhere(): (act: () => void) => void;
  /**
   * Has everybody wait for work of the system, which takes hardly any time, as if it took none; then `act` does
   * the rest of the command, in EXEC too. The command fails with what `work` rejects with. For who can't wait, `act`
   * is done at once; only the log tells of a failure then.
   */
  waitForSystem(work: Promise<void>, act: () => void): void;
  /** Selects a database by number, which must exist. */
  select(index: number): void;
  /** Checks a user's password and authenticates the client. Throws `WRONGPASS`. */
  authenticate(user: ByteRange, password: ByteRange): void;
  /** What `CLIENT REPLY` sets. */
  setReplyMode(mode: ReplyMode): void;
  /** Closes the connection once what was replied has been sent. */
  closeAfterReply(): void;
  /** Puts the connection back into its first state, as RESET does. */
  reset(): void;
  /** The kind that CLIENT LIST TYPE and KILL TYPE know it by. */
  readonly type: ClientType;
  /** The client's line in CLIENT LIST and CLIENT INFO, without a line break. */
  describe(): string;
}
