/** What the tests of stream commands have in common. */

import { GENERIC_COMMANDS } from "../../../src/commands/generic/mod.ts";
import { STREAM_COMMANDS } from "../../../src/commands/stream/mod.ts";
import { STRING_COMMANDS } from "../../../src/commands/string/mod.ts";
import { TRANSACTION_COMMANDS } from "../../../src/commands/transactions/mod.ts";
import { array, bulk, CommandHarness } from "../../support/command_harness.ts";

/** A harness with the stream commands and what is needed beside them. */
export function streamHarness(): CommandHarness {
  return new CommandHarness([
    ...GENERIC_COMMANDS,
    ...STREAM_COMMANDS,
    ...STRING_COMMANDS,
    ...TRANSACTION_COMMANDS,
  ]);
}

/** An entry as it is replied. */
export function entry(id: string, ...fields: string[]): string {
  return array(bulk(id), array(...fields.map(bulk)));
}

/** Adds entries `1-1` to `count-1`, whose field `f` has the number. */
export function addEntries({ run }: CommandHarness, key: string, count: number): void {
  for (let i = 1; i <= count; i++) run("XADD", key, `${i}-1`, "f", `${i}`);
}

/** Such entries as they are replied. */
export function entries(...numbers: number[]): string {
  return array(...numbers.map((number) => entry(`${number}-1`, "f", `${number}`)));
}

/** Forgets what was propagated and told so far. */
export function forget(harness: CommandHarness): void {
  harness.takePropagated();
  harness.takeAllEvents();
}
