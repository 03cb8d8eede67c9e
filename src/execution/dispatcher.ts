/** The one way of a command, whoever calls: look up, admit, run, propagate. */

import { PassedError, RedirectionError, ReplyError } from "../base/errors.ts";
import { type Command, CommandBit, type CommandRegistry } from "../commands/registry.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { Log } from "../observe/log.ts";
import type { Statistics } from "../observe/statistics.ts";
import type { Frame } from "../resp/frame.ts";
import { REPLY_CUT } from "../resp/reply_writer.ts";
import { type Admission, GONE, type Verdict, WAITS } from "./admission.ts";
import type { CallTiming } from "./call_timing.ts";
import { type HalfDone, type HalfDoneCall, Suspended } from "./half_done.ts";
import { Outcome } from "./outcome.ts";
import type { Propagation } from "./propagation.ts";
import type { Session } from "./session.ts";
import { isHttp, unknownCommand, unknownSubcommand, wrongCount } from "./unknown_command.ts";

/** Attacks are logged at most this often, in ms, so that they can't fill the disk. */
const WARNING_INTERVAL = 60_000;

const INTERNAL = new ReplyError("ERR internal error, see the server's log");

/** Runs what is left of a waiting client's command, as if it ran now; false: the client waits on. */
export type Service<Caller extends Session> = (
  session: Caller,
  command: Command,
  frame: Frame,
  act: () => boolean,
) => boolean;

/** Clients that wait for keys. */
export interface KeyWaits<Caller extends Session> {
  /** Whether keys that somebody waits for have become ready. */
  readonly hasReady: boolean;
  /** Lets those who wait for keys that are ready have them, one after the other, by way of `serve`. */
  serveReady(serve: Service<Caller>): void;
}

/** Who is shown every call. */
export interface CallWatchers {
  readonly isEmpty: boolean;
  /** Shows a call that has run. */
  show(session: Session, command: Command, frame: Frame): void;
}

/** Who is told of changes to what they have read. */
export interface ReadTracking<Caller> {
  /** Whether there is anybody. */
  readonly isActive: boolean;
  /** A call has run: what it read is remembered. */
  commandRan(session: Caller, command: Command, frame: Frame): void;
  /** The script that a session has called read something. */
  scriptRead(session: Caller): void;
  /** What a session did itself has ended: it is told what came of it. */
  tellPending(session: Caller): void;
}

/** For whom somebody acts. */
export interface Acting<Caller> {
  /** The session itself; for a script's, the client that has called the script. */
  readonly principal: Caller;
}

/** What a dispatcher works with. */
export interface DispatcherParts<Caller extends Session & Acting<Caller>> {
  readonly registry: CommandRegistry;
  readonly keyspace: Keyspace;
  readonly propagation: Propagation;
  readonly statistics: Statistics;
  readonly log: Log;
  readonly admission: Admission;
  readonly timing: CallTiming;
  readonly halfDone: HalfDone<Caller>;
  readonly keyWaits: KeyWaits<Caller>;
  readonly monitors: CallWatchers;
  readonly tracking: ReadTracking<Caller>;
}

/** What runs the commands of connections: a dispatcher, or what stands before it. */
export type CommandRunner<Caller extends Session & Acting<Caller> = Session> = Pick<
  Dispatcher<Caller>,
  "beginBatch" | "execute" | "endBatch"
>;

/** Runs commands, one at a time, synchronously from look-up to propagation. */
export class Dispatcher<Caller extends Session & Acting<Caller> = Session> {
  readonly #registry: CommandRegistry;
  readonly #keyspace: Keyspace;
  readonly #propagation: Propagation;
  readonly #statistics: Statistics;
  readonly #log: Log;
  readonly #admission: Admission;
  readonly #timing: CallTiming;
  readonly #halfDone: HalfDone<Caller>;
  readonly #keyWaits: KeyWaits<Caller>;
  readonly #monitors: CallWatchers;
  readonly #tracking: ReadTracking<Caller>;
  /** How many commands run, one within the other. */
  #depth = 0;
  #current: Caller | null = null;
  /** When an attack was last logged, in ms since the epoch. */
  #warnedAt = -Infinity;

  constructor(parts: DispatcherParts<Caller>) {
    this.#registry = parts.registry;
    this.#keyspace = parts.keyspace;
    this.#propagation = parts.propagation;
    this.#statistics = parts.statistics;
    this.#log = parts.log;
    this.#admission = parts.admission;
    this.#timing = parts.timing;
    this.#halfDone = parts.halfDone;
    this.#keyWaits = parts.keyWaits;
    this.#monitors = parts.monitors;
    this.#tracking = parts.tracking;
  }

  /** Whether a command runs that another one has called: one within EXEC or a script. */
  get isNested(): boolean {
    return this.#depth > 1;
  }

  /** Whose command runs, or ran last. */
  get current(): Caller | null {
    return this.#current;
  }

  /** To be called before a batch of commands: takes the time, for the commands and for their cost. */
  beginBatch(): void {
    this.#timing.beginBatch();
  }

  /**
   * To be called after a batch, before its bytes may change. Ends the time of its last commands, and says how
   * long it took, in ms.
   */
  endBatch(): number {
    const took = this.#timing.endBatch();
    this.#propagation.settle();
    return took;
  }

  /** Runs one command, or queues it after MULTI, and leaves its reply in the session's writer. */
  execute(session: Caller, frame: Frame): Outcome {
    const isOutermost = this.#depth === 0;
    // Also one that is not run counts as the client's last; those within EXEC don't.
    if (isOutermost) session.lastCommand = undefined;
    const container = this.#registry.find(frame);
    const { unknownCommand: unknown, wrongCount: wrong } = session.caller;
    if (container === undefined) {
      if (unknown !== null) return this.refuse(session, undefined, unknown);
      if (!isHttp(frame)) return this.refuse(session, undefined, unknownCommand(frame));
      this.#cutOff(session);
      return Outcome.Refused;
    }
    const command = container.called(frame);
    if (command === undefined) {
      return this.refuse(session, undefined, unknown ?? unknownSubcommand(frame));
    }
    if (isOutermost) session.lastCommand = command;
    if (!command.acceptsCount(frame.argc)) {
      return this.refuse(session, command, wrong ?? wrongCount(command));
    }
    const verdict = this.#admit(session, command, frame);
    if (verdict !== null) return this.#stop(session, command, frame, verdict);
    let outcome: Outcome;
    if (session.transaction.queues(command)) {
      session.transaction.enqueue(command, frame);
      session.reply.simple("QUEUED");
      outcome = Outcome.Queued;
    } else {
      outcome = this.#call(session, command, frame);
    }
    if (isOutermost) {
      session.afterCommand();
      this.serveReady();
    }
    return outcome;
  }

  /** Does what is left of a command with which a session waited, as if it ran now. */
  resume(session: Caller, command: Command, frame: Frame, act: () => void): void {
    this.beginBatch();
    this.#serve(session, command, frame, () => {
      act();
      return true;
    });
    this.serveReady();
    this.endBatch();
  }

  /** Serves the clients that wait for what has become ready; within a command they wait for its end. */
  serveReady(): void {
    if (this.#depth > 0 || !this.#keyWaits.hasReady || this.#halfDone.isActive) return;
    this.#keyWaits.serveReady(this.#serve);
  }

  /** Does something that no command may stand half-way for: at once, or when that one has ended. */
  whenWhole(act: () => void): void {
    this.#halfDone.whenWhole(act);
  }

  /** Goes on with what stands half-way; says whether it still does. */
  goOn(): boolean {
    this.beginBatch();
    const calls = this.#halfDone.takeUp();
    const last = calls.length - 1;
    for (let i = last; i >= 0; i--) this.#reenter(calls[i]);
    for (let i = 0; i <= last; i++) {
      const suspended = this.#goOnWith(calls[i]);
      if (suspended === null) {
        if (i < last) calls[i + 1].session.setRunning(calls[i + 1].command, calls[i + 1].frame);
        continue;
      }
      const { goOn, until } = suspended;
      this.#halfDone.add({ ...calls[i], goOn, until });
      for (let outer = i + 1; outer <= last; outer++) this.#halfDone.add(calls[outer]);
      this.#depth = 0;
      calls[last].session.setRunning(undefined, undefined);
      this.#stand();
      this.endBatch();
      return true;
    }
    if (last >= 0) this.#halfDone.end(calls[last].session);
    this.serveReady();
    this.endBatch();
    this.#halfDone.doLater();
    return false;
  }

  /** Ends the connection of a browser, which a web page may have made to send what it says here. */
  #cutOff(session: Caller): void {
    const { now } = this.#keyspace;
    if (now - this.#warnedAt >= WARNING_INTERVAL) {
      this.#warnedAt = now;
      this.#log.warning(
        "Possible SECURITY ATTACK detected: POST or Host: was sent, as a browser does that a page " +
          `made talk to this server. Connection from ${session.address} aborted.`,
      );
    }
    session.disconnect();
  }

  /** Asks the rules. A fault in one of them refuses the call, and leaves everybody else served. */
  #admit(session: Caller, command: Command, frame: Frame): Verdict {
    try {
      return this.#admission.admit(session, command, frame);
    } catch (error) {
      this.#logFault(error);
      return INTERNAL;
    }
  }

  #logFault(error: unknown): void {
    const details = error instanceof Error ? error.stack ?? error.message : String(error);
    this.#log.warning(`A command failed for a reason of the server's own: ${details}`);
  }

  /** Does what a rule says that has something against a call. */
  #stop(
    session: Caller,
    command: Command,
    frame: Frame,
    verdict: Exclude<Verdict, null>,
  ): Outcome {
    if (verdict === WAITS) {
      session.postpone(command, frame);
      return Outcome.Waits;
    }
    if (verdict === GONE) return Outcome.Refused;
    return this.refuse(session, command, verdict);
  }

  /** Answers a command that is not run; after MULTI, what was queued will not be run either. */
  refuse(session: Caller, command: Command | undefined, reason: ReplyError): Outcome {
    const isOutermost = this.#depth === 0;
    if (command !== undefined && (isOutermost || session.caller.countsRefusals)) {
      command.statistics.rejected++;
    }
    let shown = reason;
    if (command !== undefined && (command.flags & CommandBit.RunsQueue) !== 0) {
      session.transaction.discard();
      // Clients look for a redirection as it is.
      if (!(reason instanceof RedirectionError)) {
        shown = new ReplyError(
          `EXECABORT Transaction discarded because of: ${reason.message.replace(/^ERR /, "")}`,
        );
      }
    }
    session.transaction.abort();
    this.#fail(session, shown);
    if (isOutermost) {
      session.afterCommand();
      this.serveReady();
    }
    return Outcome.Refused;
  }

  #call(session: Caller, command: Command, frame: Frame): Outcome {
    const began = this.#timing.begin(command);
    const outerCommand = session.runningCommand, outerFrame = session.runningFrame;
    const { caller } = session, outer = this.#current;
    const before = this.#begin(session, command, frame);
    const db = session.db.index;
    let outcome: Outcome = Outcome.Replied;
    try {
      command.run(session, frame);
    } catch (error) {
      if (error instanceof Suspended) {
        this.#halfDone.add({
          ...{ session, command, frame: frame.detach(), database: db, dirtyBefore: before, began },
          goOn: error.goOn,
          until: error.until,
        });
        session.setRunning(outerCommand, outerFrame);
        if (--this.#depth === 0) this.#stand();
        return Outcome.Suspended;
      }
      if (error !== REPLY_CUT) {
        command.statistics.failed++;
        this.#fail(session, error);
        outcome = Outcome.Failed;
      }
    }
    this.#finish(db, frame, before);
    // Another session's command may have called this one.
    if (this.#depth > 0) this.#current = outer;
    session.setRunning(outerCommand, outerFrame);
    if (this.#tracking.isActive) this.#track(session, command, frame);
    if (caller.isObserved) {
      this.#statistics.commandsProcessed++;
      this.#timing.end(session, command, frame, began);
      if (!this.#monitors.isEmpty) this.#monitors.show(session, command, frame);
    }
    return session.isWaiting ? Outcome.Waits : outcome;
  }

  /** No command runs any more: the one that has begun stands half-way. */
  #stand(): void {
    this.#halfDone.stand();
    this.#timing.interrupt();
  }

  #reenter({ session, command, frame }: HalfDoneCall<Caller>): void {
    this.#depth++;
    session.setRunning(command, frame);
    this.#current = session.principal;
  }

  /** Does the next part of a call, and what is left of it where that is the last; else says how it goes on. */
  #goOnWith(call: HalfDoneCall<Caller>): Suspended | null {
    const { session, command, frame } = call;
    try {
      call.goOn();
    } catch (error) {
      if (error instanceof Suspended) return error;
      if (error !== REPLY_CUT) {
        command.statistics.failed++;
        this.#fail(session, error);
      }
    }
    this.#finish(call.database, frame, call.dirtyBefore);
    session.setRunning(undefined, undefined);
    if (this.#tracking.isActive) this.#track(session, command, frame);
    if (session.caller.isObserved) {
      this.#statistics.commandsProcessed++;
      this.#timing.endHalfDone(session, command, frame, call.began);
      if (!this.#monitors.isEmpty) this.#monitors.show(session, command, frame);
    }
    return null;
  }

  #track(session: Caller, command: Command, frame: Frame): void {
    const { principal } = session;
    if (principal === session) this.#tracking.commandRan(session, command, frame);
    else if ((command.flags & CommandBit.ReadOnly) !== 0) this.#tracking.scriptRead(principal);
  }

  /** Lets a session that waits have what it waits for, as if its command ran now. */
  readonly #serve: Service<Caller> = (session, command, frame, act) => {
    const began = this.#timing.beginService();
    const before = this.#begin(session, command, frame);
    let served = true;
    try {
      served = act();
    } catch (error) {
      if (error !== REPLY_CUT) {
        command.statistics.failed++;
        this.#fail(session, error);
      }
    }
    this.#finish(session.db.index, frame, before);
    session.setRunning(undefined, undefined);
    this.#tracking.tellPending(session);
    this.#timing.endService(session, command, frame, began, served);
    return served;
  };

  #begin(session: Caller, command: Command, frame: Frame): number {
    this.#depth++;
    session.setRunning(command, frame);
    this.#current = session.principal;
    // It may ask for the append-only file, or for another one.
    if ((command.flags & CommandBit.Write) === 0) this.#propagation.settle();
    this.#propagation.begin(session.caller.propagates);
    return this.#keyspace.dirty;
  }

  #finish(database: number, frame: Frame, dirtyBefore: number): void {
    const changed = this.#keyspace.dirty !== dirtyBefore;
    this.#propagation.finish(database, frame, changed);
    this.#keyspace.touched.settle(changed);
    this.#depth--;
  }

  /** Replies an error. Where that is too much the reply is cut, and there is nothing left to be ended. */
  #replyError(session: Caller, { message }: ReplyError): void {
    try {
      session.reply.error(message);
    } catch (error) {
      if (error !== REPLY_CUT) throw error;
    }
  }

  #fail(session: Caller, error: unknown): void {
    let shown = INTERNAL;
    if (error instanceof ReplyError) {
      shown = error;
    } else {
      this.#logFault(error);
    }
    if (!(shown instanceof PassedError)) this.#statistics.countError(shown.code);
    this.#replyError(session, shown);
    const { criticalErrors } = session.caller;
    if (criticalErrors !== null) {
      this.#statistics.unexpectedErrorReplies++;
      const { from, to } = criticalErrors;
      const name = session.runningCommand?.fullName ?? session.lastCommand?.fullName ?? "<unknown>";
      this.#log.warning(
        `== CRITICAL == This ${from} is sending an error to its ${to}: ` +
          `'-${shown.message}' after processing the command '${name}'`,
      );
    }
  }
}
