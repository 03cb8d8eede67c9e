/** What the tests of the generic group have in common. */

import { ALL_COMMANDS } from "../../../src/commands/mod.ts";
import { CommandHarness } from "../../support/command_harness.ts";

export const NULL = "$-1\r\n";
export const OK = "+OK\r\n";

/** An integer reply. */
export function integer(value: number | bigint): string {
  return `:${value}\r\n`;
}

/** A harness with every command, on which these commands have run and left no trace but their data. */
export function harnessWith(...commands: string[]): CommandHarness {
  const harness = new CommandHarness(ALL_COMMANDS);
  for (const command of commands) harness.run(...command.split(" "));
  forget(harness);
  return harness;
}

/** Drops what was recorded so far. */
export function forget(harness: CommandHarness): void {
  harness.takePropagated();
  harness.takeEvents();
}

/** Moves the clock past the time to live of everything that has one of less than `ms`. */
export function pass(harness: CommandHarness, ms: number): void {
  harness.clock.advance(ms);
  forget(harness);
}

/** The names of a scan's or KEYS' reply, sorted. */
export function namesIn(reply: string): string[] {
  return [...reply.matchAll(/\$\d+\r\n([a-z][^\r]*)\r\n/g)].map((match) => match[1]).sort();
}

/** What was propagated since the last call; MULTI and EXEC without the database that they are told in. */
export function takePropagated(harness: CommandHarness): string[] {
  return harness.takePropagated().map((command) => command.replace(/^\S+ (MULTI|EXEC)$/, "$1"));
}
