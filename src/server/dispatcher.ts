/** The one way of a command, whoever calls: look up, check, run, propagate. */

import { ReplyError } from "../base/errors.ts";
import { byteString } from "../base/span.ts";
import { type Command, CommandBit, type CommandRegistry } from "../commands/registry.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { Log } from "../observe/log.ts";
import type { Statistics } from "../observe/statistics.ts";
import type { Frame } from "../resp/frame.ts";
import type { Client } from "./client.ts";
import type { Propagation } from "./propagation.ts";

/** Longest stretch of a client's bytes that an error reply repeats. */
const QUOTED_BYTES = 128;

const NO_AUTH = new ReplyError("NOAUTH Authentication required.");
const LOADING = new ReplyError("LOADING Redis is loading the dataset in memory");
const INTERNAL = new ReplyError("ERR internal error, see the server's log");

/** Whether the server can take writes now; the answer is an error where it can't. */
export interface WriteGuard {
  /** Why writes are refused, or null. */
  readonly refusal: ReplyError | null;
}

/** What a dispatcher works with. */
export interface DispatcherParts {
  readonly registry: CommandRegistry;
  readonly keyspace: Keyspace;
  readonly propagation: Propagation;
  readonly statistics: Statistics;
  readonly log: Log;
  readonly writeGuard: WriteGuard;
}

/** Runs commands, one at a time, synchronously from look-up to propagation. */
export class Dispatcher {
  readonly #registry: CommandRegistry;
  readonly #keyspace: Keyspace;
  readonly #propagation: Propagation;
  readonly #statistics: Statistics;
  readonly #log: Log;
  readonly #writeGuard: WriteGuard;
  /** When the last command ended: where the next of the same batch begins, in ms. */
  #lap = 0;

  constructor(parts: DispatcherParts) {
    this.#registry = parts.registry;
    this.#keyspace = parts.keyspace;
    this.#propagation = parts.propagation;
    this.#statistics = parts.statistics;
    this.#log = parts.log;
    this.#writeGuard = parts.writeGuard;
  }

  /** To be called before a batch of commands: takes the time, for the commands and for their cost. */
  beginBatch(): void {
    this.#keyspace.updateTime();
    this.#lap = performance.now();
  }

  /** Runs one command and leaves its reply in the client's writer. */
  execute(client: Client, frame: Frame): void {
    let command = this.#registry.find(frame);
    try {
      if (command === undefined) throw unknownCommand(frame);
      command = resolve(command, frame);
      this.#check(client, command);
      this.#call(client, command, frame);
    } catch (error) {
      if (command) command.statistics.rejected++;
      this.#fail(client, error);
    }
    client.afterCommand();
  }

  #check(client: Client, command: Command): void {
    const { flags } = command;
    if (!client.authenticated && (flags & CommandBit.NoAuth) === 0) throw NO_AUTH;
    // What follows concerns clients: a file that is replayed was let in when it was written.
    if (client.isInternal) return;
    if (this.#keyspace.loading && (flags & CommandBit.Loading) === 0) throw LOADING;
    if ((flags & CommandBit.Write) !== 0 && this.#writeGuard.refusal !== null) {
      throw this.#writeGuard.refusal;
    }
  }

  #call(client: Client, command: Command, frame: Frame): void {
    const keyspace = this.#keyspace;
    const { statistics } = command;
    const dirtyBefore = keyspace.dirty;
    const outerCommand = client.runningCommand;
    const db = client.db.index;
    client.runningCommand = command;
    this.#propagation.begin();
    try {
      if (command.run === undefined) throw unknownSubcommand(command, frame);
      command.run(client, frame);
    } catch (error) {
      statistics.failed++;
      this.#fail(client, error);
    }
    this.#propagation.finish(db, frame, keyspace.dirty !== dirtyBefore);
    const now = performance.now();
    statistics.microseconds += (now - this.#lap) * 1000;
    this.#lap = now;
    statistics.calls++;
    this.#statistics.commandsProcessed++;
    client.lastCommand = command;
    client.runningCommand = outerCommand;
  }

  #fail(client: Client, error: unknown): void {
    let shown = INTERNAL;
    if (error instanceof ReplyError) {
      shown = error;
    } else {
      const details = error instanceof Error ? error.stack ?? error.message : String(error);
      this.#log.warning(`A command failed for a reason of the server's own: ${details}`);
    }
    this.#statistics.countError(shown.code);
    client.reply.error(shown.message);
    if (client.isInternal) {
      const name = client.runningCommand?.fullName ?? "?";
      this.#log.warning(
        "== CRITICAL == This server is sending an error to its AOF-loading-client: " +
          `'${shown.message}' after processing the command '${name}'`,
      );
    }
  }
}

/** The command or sub-command that a frame calls, with the right number of arguments. */
function resolve(container: Command, frame: Frame): Command {
  let command = container;
  if (container.subcommands.length > 0 && frame.argc > 1) {
    const subcommand = container.subcommand(frame.span(1));
    if (subcommand === undefined) throw unknownSubcommand(container, frame);
    command = subcommand;
  }
  if (!command.acceptsCount(frame.argc)) {
    throw new ReplyError(`ERR wrong number of arguments for '${command.fullName}' command`);
  }
  return command;
}

function unknownCommand(frame: Frame): ReplyError {
  let args = "";
  for (let i = 1; i < frame.argc && args.length < QUOTED_BYTES; i++) {
    args += `'${quoted(frame, i, QUOTED_BYTES - args.length)}' `;
  }
  return new ReplyError(
    `ERR unknown command '${quoted(frame, 0, QUOTED_BYTES)}', with args beginning with: ${args}`,
  );
}

function unknownSubcommand(container: Command, frame: Frame): ReplyError {
  const name = container.declaration.name.toUpperCase();
  return new ReplyError(
    `ERR unknown subcommand '${quoted(frame, 1, QUOTED_BYTES)}'. Try ${name} HELP.`,
  );
}

function quoted(frame: Frame, i: number, most: number): string {
  const start = frame.argStart(i);
  return byteString(frame.buffer, start, Math.min(frame.argEnd(i), start + most));
}
