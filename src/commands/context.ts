/**
 * What a handler works with: through these narrow interfaces, and those in `views/`, it sees the rest
 * of the server. Higher rooms implement them; nothing here knows sockets, files or replicas.
 */

import type { Clock } from "../base/clock.ts";
import type { DebugSettings, Settings } from "../config/mod.ts";
import type { Database } from "../keyspace/database.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { ReplyWriter } from "../resp/reply_writer.ts";
import type { ClientView } from "./views/client.ts";
import type { CommandView } from "./views/commands.ts";
import type { PropagationView } from "./views/propagation.ts";
import type { ServerView } from "./views/server.ts";

/** What every handler is given. Valid for the call; handlers never await. */
export interface CommandContext {
  /** The caller's selected database. */
  readonly db: Database;
  /** All databases, and the time. */
  readonly keyspace: Keyspace;
  /** Where the reply goes. Handlers throw `ReplyError` rather than reply an error themselves. */
  readonly reply: ReplyWriter;
  readonly client: ClientView;
  /** The directives' values. */
  readonly settings: Readonly<Settings & DebugSettings>;
  readonly propagation: PropagationView;
  /** The time itself; what has to do with data goes by `keyspace.now`, which stands still meanwhile. */
  readonly clock: Clock;
  /** The command that runs. */
  readonly command: CommandView;
}

/**
 * What a handler is given that acts on the server, or on the parts of it that are named. Commands on
 * data have no use for it: `CommandDeclaration` without more allows a `CommandContext` only.
 */
export interface ServerContext<Parts extends keyof ServerView = keyof ServerView>
  extends CommandContext {
  readonly server: Pick<ServerView, Parts>;
}
