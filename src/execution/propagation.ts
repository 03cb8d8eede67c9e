/** The one place from which changes go to the append-only file and the replicas. */

import { copyBytes, EMPTY, Span } from "../base/span.ts";
import type { PropagatedArgument, PropagationView } from "../commands/views/propagation.ts";
import type { ByteSink, Frame } from "../resp/frame.ts";

/** Who is given what changed the data set. */
export interface PropagationSink {
  /**
   * Takes the canonical bytes of one or more commands that were run in `database`, one behind the other;
   * they are copied before the call returns.
   */
  propagate(database: number, buffer: Uint8Array, start: number, end: number): void;
}

/** To whom changes are told, as bits (those of redis.set_repl). */
export const Target = { File: 1, Replicas: 2 } as const;

/** All of them. */
export const ALL_TARGETS = 3;

const ENCODER = new TextEncoder();
const MULTI = ENCODER.encode("*1\r\n$5\r\nMULTI\r\n");
const EXEC = ENCODER.encode("*1\r\n$4\r\nEXEC\r\n");
/** Scratch space beyond this is given back after the command that needed it. */
const KEPT_SCRATCH = 64 * 1024;

/** Canonical commands, gathered one behind the other. */
class CommandBuffer implements ByteSink {
  bytes = new Uint8Array(1024);
  length = 0;

  append(buffer: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    copyBytes(buffer, start, end, this.bytes, this.length);
    this.length += end - start;
  }

  appendCommand(args: readonly PropagatedArgument[]): void {
    this.#appendText(`*${args.length}\r\n`);
    for (const argument of args) {
      if (typeof argument === "object") {
        this.#appendText(`$${argument.end - argument.start}\r\n`);
        this.append(argument.buffer, argument.start, argument.end);
        this.#appendText("\r\n");
      } else {
        const text = String(argument);
        this.#appendText(`$${text.length}\r\n${text}\r\n`);
      }
    }
  }

  clear(): void {
    this.length = 0;
    if (this.bytes.length > KEPT_SCRATCH) this.bytes = new Uint8Array(1024);
  }

  #appendText(text: string): void {
    this.#reserve(text.length);
    const { bytes } = this;
    let at = this.length;
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
    this.length = at;
  }

  #reserve(size: number): void {
    if (this.length + size <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.bytes.length, this.length + size));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}

/**
 * Gathers what the running command (with everything that it runs in turn) propagates, and hands it
 * to the sinks as one unit when the outermost command has finished: as it is when it is one command,
 * between MULTI and EXEC when there are more.
 *
 * Commands that are propagated as they came, and that lie one behind the other in a client's query buffer, are
 * handed over together: `settle` has to be called before that buffer changes, and before anybody asks the
 * sinks how far they are.
 */
export class Propagation implements PropagationView {
  /**
   * To whom is told what the commands that run change: bits of `Target`. Set by a script for what it calls, and
   * set back at its end.
   */
  targets: number = ALL_TARGETS;
  readonly #sinks: PropagationSink[] = [];
  /** What each of the sinks is: bits of `Target`. */
  readonly #sinkTargets: number[] = [];
  /** What the sinks are together. */
  #heard = 0;
  /** The commands of the unit under way: `#databases[i]` and `[#starts[i], #starts[i + 1])`. */
  #unit = new CommandBuffer();
  #databases: number[] = [];
  #starts: number[] = [];
  #unitTargets: number[] = [];
  readonly #replacement = new CommandBuffer();
  /** Adjacent commands, run in one database, that the sinks are still to be given. */
  readonly #run = new Span();
  #runDatabase = 0;
  #suppressed = false;
  /** To whom the running command is told though it changes nothing: bits of `Target`. */
  #forced = 0;
  #separate = false;
  #depth = 0;
  /** Whether anybody is given what the outermost command under way changes. */
  #isHeard = false;

  /** Adds a sink that hears of what is told to any of `target`. */
  addSink(sink: PropagationSink, target: number = ALL_TARGETS): void {
    this.settle();
    this.#sinks.push(sink);
    this.#sinkTargets.push(target);
    this.#heard |= target;
    this.#isHeard = true;
  }

  removeSink(sink: PropagationSink): void {
    this.settle();
    const at = this.#sinks.indexOf(sink);
    if (at >= 0) {
      this.#sinks.splice(at, 1);
      this.#sinkTargets.splice(at, 1);
      this.#heard = this.#sinkTargets.reduce((all, target) => all | target, 0);
    }
    this.#isHeard &&= this.#sinks.length > 0;
  }

  // --- What handlers say -------------------------------------------------------------------------

  get isHeard(): boolean {
    return this.#isHeard;
  }

  replace(...args: PropagatedArgument[]): void {
    if (!this.#isHeard) return;
    this.#replacement.length = 0;
    this.#replacement.appendCommand(args);
  }

  also(database: number, ...args: PropagatedArgument[]): void {
    if (!this.#isHeard) return;
    this.#addToUnit(database, ALL_TARGETS);
    this.#unit.appendCommand(args);
  }

  suppress(): void {
    this.#suppressed = true;
  }

  force(): void {
    this.#forced = ALL_TARGETS;
  }

  forceToReplicas(): void {
    this.#forced = Target.Replicas & this.#heard;
  }

  separate(): void {
    if (this.#depth === 1) this.#separate = true;
  }

  // --- What the dispatcher says ------------------------------------------------------------------

  /** A command begins; `isPropagated`: what the caller changes goes to the sinks. */
  begin(isPropagated: boolean): void {
    if (this.#depth++ === 0) this.#isHeard = isPropagated && this.#sinks.length > 0;
  }

  /** The command has run in `database`; `changed`: the data set is dirtier than before. */
  finish(database: number, frame: Frame, changed: boolean): void {
    this.#depth--;
    const targets = this.targets & (changed ? ALL_TARGETS : this.#forced);
    if (targets !== 0 && !this.#suppressed && this.#isHeard) {
      if (targets === ALL_TARGETS && this.#isOnlyCommand() && frame.canonical) {
        this.#extendRun(database, frame);
      } else {
        this.#addToUnit(database, targets);
        const { bytes, length } = this.#replacement;
        if (length > 0) this.#unit.append(bytes, 0, length);
        else frame.appendTo(this.#unit);
      }
    }
    this.#suppressed = false;
    this.#forced = 0;
    if (this.#replacement.length > 0) this.#replacement.clear();
    if (this.#depth === 0) {
      if (this.#databases.length > 0) this.#handUnit();
      this.#separate = false;
      this.#isHeard = this.#sinks.length > 0;
    }
  }

  /** Does something within a command of which nobody is told. */
  silently<Result>(act: () => Result): Result {
    const isHeard = this.#isHeard;
    this.settle();
    this.#isHeard = false;
    try {
      return act();
    } finally {
      this.#isHeard = isHeard;
    }
  }

  /** Hands over what was gathered outside of any command (active expiry, eviction). */
  flush(): void {
    if (this.#depth === 0 && this.#databases.length > 0) this.#handUnit();
  }

  /**
   * The commands under way stand half-way: the unit that they gather is put aside until what this returns is
   * called, when they go on.
   */
  setAside(): () => void {
    const unit = this.#unit, databases = this.#databases, starts = this.#starts;
    const unitTargets = this.#unitTargets, separate = this.#separate, depth = this.#depth;
    const isHeard = this.#isHeard, { targets } = this;
    this.#unit = new CommandBuffer();
    this.#databases = [];
    this.#starts = [];
    this.#unitTargets = [];
    this.#separate = false;
    this.#depth = 0;
    this.#isHeard = this.#sinks.length > 0;
    this.targets = ALL_TARGETS;
    return () => {
      this.#unit = unit;
      this.#databases = databases;
      this.#starts = starts;
      this.#unitTargets = unitTargets;
      this.#separate = separate;
      this.#depth = depth;
      this.#isHeard = isHeard;
      this.targets = targets;
    };
  }

  /** Hands over what is still in the query buffer of the client whose batch is under way. */
  settle(): void {
    const run = this.#run;
    if (run.start === run.end) return;
    this.#hand(this.#runDatabase, run.buffer, run.start, run.end, ALL_TARGETS);
    run.set(EMPTY, 0, 0);
  }

  #extendRun(database: number, { buffer, start, end }: Frame): void {
    const run = this.#run;
    if (run.end === start && run.buffer === buffer && this.#runDatabase === database) {
      run.end = end;
      return;
    }
    this.settle();
    run.set(buffer, start, end);
    this.#runDatabase = database;
  }

  #isOnlyCommand(): boolean {
    return this.#depth === 0 && this.#databases.length === 0 && this.#replacement.length === 0;
  }

  #handUnit(): void {
    this.settle();
    const { bytes, length } = this.#unit;
    const count = this.#databases.length;
    const wrapped = count > 1 && !this.#separate;
    // In the first command's database, so that a SELECT comes before the transaction, as in Redis.
    if (wrapped) this.#hand(this.#databases[0], MULTI, 0, MULTI.length, ALL_TARGETS);
    for (let i = 0; i < count; i++) {
      const end = i + 1 < count ? this.#starts[i + 1] : length;
      this.#hand(this.#databases[i], bytes, this.#starts[i], end, this.#unitTargets[i]);
    }
    if (wrapped) this.#hand(this.#databases[count - 1], EXEC, 0, EXEC.length, ALL_TARGETS);
    this.#databases.length = this.#starts.length = this.#unitTargets.length = 0;
    this.#unit.clear();
  }

  #addToUnit(database: number, targets: number): void {
    this.#databases.push(database);
    this.#starts.push(this.#unit.length);
    this.#unitTargets.push(targets);
  }

  #hand(database: number, buffer: Uint8Array, start: number, end: number, targets: number): void {
    for (let i = 0; i < this.#sinks.length; i++) {
      if ((this.#sinkTargets[i] & targets) === 0) continue;
      this.#sinks[i].propagate(database, buffer, start, end);
    }
  }
}
