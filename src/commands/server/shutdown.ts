/** SHUTDOWN: ends the server. */

import { ReplyError, SYNTAX_ERROR } from "../../base/errors.ts";
import type { Frame } from "../../resp/frame.ts";
import { oneOf, token } from "../arguments.ts";
import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import type { ShutdownOptions } from "../views/lifecycle.ts";

const FAILED = new ReplyError("ERR Errors trying to SHUTDOWN. Check logs.");
const NOTHING_TO_ABORT = new ReplyError("ERR No shutdown in progress.");

function shutdown(
  { server, client, reply }: ServerContext<"lifecycle" | "scriptRunner">,
  args: Frame,
): void {
  const options = requireOptions(args);
  if (options !== "abort") {
    const { busy } = server.scriptRunner;
    // Half of what a script does must not be saved.
    if (busy !== null && options.save !== "nosave") throw busy;
    // Nothing is replied: the client sees the connection close.
    let goOn: ReturnType<typeof client.waitElsewhere> | undefined;
    const refuse = () => {
      throw FAILED;
    };
    server.lifecycle.shutdown(options, () => goOn?.(refuse));
    if (server.lifecycle.waitsFor !== null) goOn = client.waitElsewhere();
    return;
  }
  if (!server.lifecycle.abortShutdown()) throw NOTHING_TO_ABORT;
  reply.ok();
}

function requireOptions(args: Frame): ShutdownOptions | "abort" {
  let save: ShutdownOptions["save"] = "default";
  let now = false, force = false, abort = false;
  for (let i = 1; i < args.argc; i++) {
    if (args.is(i, "NOSAVE") && save !== "save") save = "nosave";
    else if (args.is(i, "SAVE") && save !== "nosave") save = "save";
    else if (args.is(i, "NOW")) now = true;
    else if (args.is(i, "FORCE")) force = true;
    else if (args.is(i, "ABORT")) abort = true;
    else throw SYNTAX_ERROR;
  }
  if (!abort) return { save, now, force };
  if (save !== "default" || now || force) throw SYNTAX_ERROR;
  return "abort";
}

export const SHUTDOWN: CommandDeclaration<ServerContext> = {
  name: "shutdown",
  summary: "Makes the data safe on disk and ends the server",
  since: "1.0.0",
  group: "server",
  complexity: "O(N) when saving, N being the number of all keys, otherwise O(1)",
  arity: -1,
  flags: ["admin", "noscript", "loading", "stale", "no_multi", "allow_busy"],
  arguments: [
    oneOf("nosave_save", [token("NOSAVE"), token("SAVE")], { optional: true }),
    token("NOW", { since: "7.0.0", optional: true }),
    token("FORCE", { since: "7.0.0", optional: true }),
    token("ABORT", { since: "7.0.0", optional: true }),
  ],
  history: [["7.0.0", "Knows `NOW`, `FORCE` and `ABORT`."]],
  run: shutdown,
};
