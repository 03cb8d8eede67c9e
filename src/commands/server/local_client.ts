/** Commands that may be kept to clients on this machine: `enable-debug-command` and its like. */

import { ReplyError } from "../../base/errors.ts";
import type { CommandContext } from "../context.ts";
import type { ClientView } from "../views/client.ts";

/** Whether the client is on this machine for sure. */
export function isLocal({ address, localAddress }: ClientView): boolean {
  // Both ends of a Unix socket have the same name.
  return address === localAddress || /^(127\.0\.0\.1|\[::1\]):\d+$/.test(address);
}

/** A guard that lets a command be called as far as a directive allows. */
export function allowedBy(
  directive: "enable-debug-command" | "enable-module-command",
  command: string,
): (context: CommandContext) => ReplyError | null {
  const refusal = new ReplyError(
    `ERR ${command} command not allowed. If the ${directive} option is set to "local", you can run ` +
      "it from a local connection, otherwise you need to set this option in the configuration file, " +
      "and then restart the server.",
  );
  return ({ client, settings }) => {
    const allowed = settings[directive];
    return allowed === "no" || allowed === "local" && !isLocal(client) ? refusal : null;
  };
}
