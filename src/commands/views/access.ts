/** Users, as the commands about them see them. */

import type { AccessLog } from "../../access/access_log.ts";
import type { Users } from "../../access/users.ts";
import type { ClientView } from "./client.ts";

/** Who there is, and what they may do. */
export interface AccessView {
  readonly users: Users;
  /** What was refused. */
  readonly log: AccessLog;
  /**
   * Makes a user, or changes it, by rules; clients that may not have their subscriptions any more are
   * closed. Throws `ReplyError`, and has changed nothing then.
   */
  setUser(name: string, rules: readonly string[], caller: ClientView): void;
  /** Removes users, closes their clients, and says how many there were. Throws for the default user. */
  deleteUsers(names: readonly string[], caller: ClientView): number;
  /**
   * Puts the users in the file in place of all; clients are closed but for those of the default user.
   * Throws `ReplyError`, and has changed nothing then.
   */
  load(caller: ClientView): void;
  /** Writes all users to the file. Throws `ReplyError`; the file is as it was then. */
  save(): void;
}
