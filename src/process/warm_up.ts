/** Runs what clients often ask for first, before they do: the engine compiles a function when it is first called. */

import { letOthersRun } from "../base/event_loop.ts";
import type { Client, ClientIdentity } from "../clients/client.ts";
import { REPLAY } from "../execution/caller.ts";
import type { Dispatcher } from "../execution/dispatcher.ts";
import { Frame } from "../resp/frame.ts";
import { ReplyWriter } from "../resp/reply_writer.ts";

/**
 * Commands that take ten times as long when they are called for the first time, and are what redis-cli, monitors
 * and client libraries begin with. They read nothing of the data, and nobody sees that they ran.
 */
const COMMANDS = [["INFO", "everything"], ["COMMAND"], ["COMMAND", "DOCS"], ["CONFIG", "GET", "*"]];

/** What is warmed up. */
export interface WarmedServer {
  readonly lifecycle: { readonly isEnding: boolean };
  readonly registry: { get(name: string): unknown };
  readonly scripts: { prepare(): void };
  readonly core: { createClient(identity: ClientIdentity): Client };
  readonly dispatcher: Pick<Dispatcher<Client>, "execute">;
}

/** Begins when the server serves; clients have their turn after each step, the longest of which takes some 10 ms. */
export async function warmUp(server: WarmedServer): Promise<void> {
  const reply = new ReplyWriter();
  const client = server.core.createClient({ id: 0, caller: REPLAY, reply });
  const run = (words: readonly string[]) => {
    server.dispatcher.execute(client, Frame.fromStrings(words));
    reply.release(reply.take());
  };
  const steps = [() => server.scripts.prepare()];
  for (const words of COMMANDS) {
    // It may have been renamed.
    if (server.registry.get(words[0].toLowerCase()) === undefined) continue;
    steps.push(() => run(words));
  }
  for (const step of steps) {
    await letOthersRun();
    if (server.lifecycle.isEnding) return;
    step();
  }
}
