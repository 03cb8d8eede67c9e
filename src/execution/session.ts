/** Whose commands run, as the way of a command sees it; clients implement it. */

import type { User } from "../access/user.ts";
import type { ServerContext } from "../commands/context.ts";
import type { ClientView } from "../commands/views/client.ts";
import type { Command } from "../commands/registry.ts";
import type { Frame } from "../resp/frame.ts";
import type { Caller } from "./caller.ts";
import type { HalfDoneCaller } from "./half_done.ts";
import type { Transaction } from "./transaction.ts";

/** State that lasts from command to command: a client's, or that of the server which replays a file. */
export interface Session extends ServerContext, HalfDoneCaller {
  readonly client: ClientView;
  readonly id: number;
  readonly name: string;
  /** The peer's address; empty where there is none. */
  readonly address: string;
  readonly user: User;
  /** As what it calls now: EXEC has another one set while it runs what was queued. */
  caller: Caller;
  /** For whom it acts: itself; for a script's, the client that has called the script. */
  readonly principal: Session;
  /** Bits of `Rule`: the rules of admission that are in force for it. */
  readonly restrictions: number;
  readonly transaction: Transaction;
  /** Whether its next command is for a node that imports the slot of its keys (ASKING). */
  readonly isAsking: boolean;
  /** Whether it reads from a replica of the node that has the keys (READONLY). */
  readonly readsReplica: boolean;
  /** In a cluster, the slot of the keys that its latest call with keys had, or -1. */
  slot: number;
  /** What it called last, whether it ran or not. */
  lastCommand: Command | undefined;
  /** What runs now, if anything. */
  readonly runningCommand: Command | undefined;
  readonly runningFrame: Frame | undefined;
  /** Set once no more commands of it may run. */
  readonly closing: boolean;
  /** Whether it is subscribed to anything. */
  readonly isSubscribed: boolean;
  /** Whether it waits for something: what it sends meanwhile runs afterwards. */
  readonly isWaiting: boolean;
  /** Tells which command runs from now on. */
  setRunning(command: Command | undefined, frame: Frame | undefined): void;
  /** Puts a restriction in force, or out of it. */
  restrict(bit: number, isInForce: boolean): void;
  /** Has a command wait, with those behind it, until clients are not paused any more. */
  postpone(command: Command, frame: Frame): void;
  /** A command of it has ended, which was not run by another one. */
  afterCommand(): void;
  /** Its user is gone: it must authenticate again. */
  forgetUser(): void;
  /** What its user may do, or who may do without a user, has changed. */
  rightsChanged(): void;
  /** Closes its connection at once. */
  disconnect(): void;
  /** The line in CLIENT LIST; `frame` is the command that is about to run, where none does. */
  describe(frame?: Frame): string;
}
