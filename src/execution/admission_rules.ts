/** The rules of admission, in the reference's order. */

import { LOADING, ReplyError } from "../base/errors.ts";
import { type Command, CommandBit } from "../commands/registry.ts";
import type { Frame } from "../resp/frame.ts";
import type { Access } from "./access.ts";
import { type AdmissionRule, GONE, type Verdict, WAITS } from "./admission.ts";
import type { Pause } from "./pause.ts";
import { Rule } from "./rule.ts";
import type { Session } from "./session.ts";

const NO_AUTH = new ReplyError("NOAUTH Authentication required.");
const NO_MULTI = new ReplyError("ERR Command not allowed inside a transaction");
const NOT_IN_SCRIPTS = new ReplyError("ERR This Redis command is not allowed from script");
export const OUT_OF_MEMORY: ReplyError = new ReplyError(
  "OOM command not allowed when used memory > 'maxmemory'.",
);
/** What writes are answered while too few replicas follow closely enough. */
export const NO_REPLICAS: ReplyError = new ReplyError(
  "NOREPLICAS Not enough good replicas to write.",
);
/** What writes are answered by a replica that takes none. */
export const READ_ONLY: ReplyError = new ReplyError(
  "READONLY You can't write against a read only replica.",
);
/** What is answered by a replica that has lost its primary, and does not serve old data. */
export const PRIMARY_DOWN: ReplyError = new ReplyError(
  "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
);
const STALE_CALL = new ReplyError("ERR Can not execute the command on a stale replica");
const NO_DATA = new ReplyError("ERR Replica can't interact with the keyspace");

/** Commands that have to do with data. */
const ON_DATA = CommandBit.Write | CommandBit.ReadOnly | CommandBit.MayReplicate;
/** Commands that change data, or may have others do so. */
const CHANGES = CommandBit.Write | CommandBit.MayReplicate;

/** What keeps memory within its limits; both may close clients and remove keys. */
export interface MemoryLimits {
  /** Closes clients whose buffers take too much (`maxmemory-clients`). */
  evictClients(): void;
  /** Makes room for data where too much is in use (`maxmemory`); false where that is not possible. */
  makeRoomFor(session: Session): boolean;
  /** Whether there was no room when `makeRoomFor` was last called. */
  readonly isFull: boolean;
  /** For whose command keys are being removed, before it runs; null: none are. */
  readonly roomFor: Session | null;
}

/** The script that runs, as far as rules have to do with it. */
export interface ScriptState {
  /** What others are told who come while it takes its time; null: none runs. */
  readonly busy: ReplyError | null;
  /** Why it may not call a command with these flags, or null; called when it is about to. */
  check(flags: number): ReplyError | null;
}

/** Whether changes can be written to disk. */
export interface DiskState {
  /** Why writes are refused now, or null. */
  readonly refusal: ReplyError | null;
  /** The same, as scripts that may write are told; null. */
  readonly scriptRefusal: ReplyError | null;
}

/** The replicas that follow closely enough to be counted on. */
export interface ReplicaState {
  /** Whether there are fewer of them than `min-replicas-to-write` asks for. */
  readonly tooFew: boolean;
}

/** The server's part in replication, as far as it says what clients may do. */
export interface RoleState {
  /** Whether it is a replica that takes no writes but its primary's. */
  readonly isReadOnly: boolean;
  /** Whether it is a replica that has lost its primary, and does not serve old data. */
  readonly isStale: boolean;
}

/** The other nodes of a cluster. */
export interface Redirections {
  /** Who else has the keys of a call, or why nobody serves it; null: this node does. */
  check(session: Session, command: Command, frame: Frame, flags: number): Verdict;
}

/** What the rules ask. */
export interface AdmissionParts {
  /** Asked in a cluster only. */
  readonly redirections: () => Redirections;
  readonly access: Access;
  readonly memory: () => MemoryLimits;
  readonly disk: () => DiskState;
  readonly replicas: ReplicaState;
  readonly script: () => ScriptState;
  readonly pause: Pause;
}

const always = () => true;

/** The rules of a server. */
export function admissionRules(parts: AdmissionParts): readonly AdmissionRule[] {
  const { access, redirections, memory, disk, replicas, script, pause } = parts;
  return [
    {
      bit: Rule.Protected,
      concerns: (flags) => (flags & CommandBit.Guarded) !== 0,
      check: (session, command) => command.declaration.guard?.(session) ?? null,
    },
    {
      bit: Rule.Authentication,
      concerns: (flags) => (flags & CommandBit.NoAuth) === 0,
      check: () => NO_AUTH,
    },
    {
      bit: Rule.Transaction,
      concerns: (flags) => (flags & CommandBit.NoMulti) !== 0,
      check: () => NO_MULTI,
    },
    {
      bit: Rule.NoScript,
      concerns: (flags) => (flags & CommandBit.NoScript) !== 0,
      check: () => NOT_IN_SCRIPTS,
    },
    {
      bit: Rule.Access,
      concerns: always,
      check: (session, command, frame) => access.check(session, command, frame),
    },
    {
      bit: Rule.Script,
      concerns: (flags) => (flags & (CHANGES | CommandBit.DenyOom)) !== 0,
      check: (_session, _command, _frame, flags) => script().check(flags),
    },
    {
      bit: Rule.Cluster,
      concerns: (flags) => (flags & (CommandBit.HasKeys | CommandBit.RunsQueue)) !== 0,
      check: (session, command, frame, flags) =>
        redirections().check(session, command, frame, flags),
    },
    {
      bit: Rule.ClientMemory,
      concerns: always,
      check: (session) => {
        memory().evictClients();
        return session.closing ? GONE : null;
      },
    },
    {
      bit: Rule.Memory,
      concerns: always,
      check: (session, command, _frame, flags) => {
        if (memory().makeRoomFor(session)) return null;
        // What is queued needs memory too.
        const needsMemory = (flags & CommandBit.DenyOom) !== 0 ||
          session.transaction.queues(command);
        return needsMemory ? OUT_OF_MEMORY : null;
      },
    },
    {
      bit: Rule.Disk,
      concerns: (flags) => (flags & (CommandBit.Write | CommandBit.RefusedWithWrites)) !== 0,
      check: () => disk().refusal,
    },
    {
      bit: Rule.Replicas,
      concerns: (flags) => (flags & CommandBit.Write) !== 0,
      check: () => replicas.tooFew ? NO_REPLICAS : null,
    },
    {
      bit: Rule.Role,
      concerns: (flags) => (flags & CommandBit.Write) !== 0,
      check: () => READ_ONLY,
    },
    {
      bit: Rule.Subscribed,
      concerns: (flags) => (flags & CommandBit.WhileSubscribed) === 0,
      check: (_session, command) =>
        new ReplyError(
          `ERR Can't execute '${command.fullName}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / ` +
            "PING / QUIT / RESET are allowed in this context",
        ),
    },
    {
      bit: Rule.Stale,
      concerns: (flags) => (flags & CommandBit.Stale) === 0,
      check: ({ caller }) => caller.name === "script" ? STALE_CALL : PRIMARY_DOWN,
    },
    {
      bit: Rule.Loading,
      concerns: (flags) => (flags & CommandBit.Loading) === 0,
      check: () => LOADING,
    },
    {
      bit: Rule.LoadingAside,
      concerns: (flags) => (flags & CommandBit.NoAsyncLoading) !== 0,
      check: () => LOADING,
    },
    {
      bit: Rule.Busy,
      concerns: (flags) => (flags & CommandBit.AllowBusy) === 0,
      // Without a script it is the system that is waited for, by whoever can.
      check: ({ caller }) => script().busy ?? (caller.pauses === "never" ? null : WAITS),
    },
    {
      bit: Rule.Monitor,
      concerns: (flags) => (flags & ON_DATA) !== 0,
      check: () => NO_DATA,
    },
    {
      bit: Rule.Pause,
      concerns: always,
      check: (_session, _command, _frame, flags) =>
        pause.stopsAll || (flags & CHANGES) !== 0 ? WAITS : null,
    },
  ];
}
