/** What the log says of an error that ends the start: Redis' words, where it has some. */

import { ConfigError } from "../config/mod.ts";
import { PersistenceError } from "../persistence/persistence_error.ts";

const NOWHERE = "Configured to not listen anywhere";

/** The lines for an error that is the user's to mend. */
export function logLinesOf(error: Error): readonly string[] {
  if (error instanceof PersistenceError) return error.logLines;
  if (!(error instanceof ConfigError)) {
    const { message } = error;
    return message.startsWith(NOWHERE) ? [message, `${NOWHERE}, exiting.`] : [message];
  }
  const { directive, reason, message } = error;
  switch (directive) {
    case "aclfile":
      return [`Aborting Redis startup because of ACL errors: ${reason}`];
    case "user":
      return [message, "Critical error while loading ACLs. Exiting."];
    case "tls-port":
      return [reason, "Failed to configure TLS. Check logs for more info."];
    default:
      return [message];
  }
}
