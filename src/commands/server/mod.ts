/** The commands about the server itself. */

import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { ACL } from "./acl.ts";
import { BGREWRITEAOF } from "./bgrewriteaof.ts";
import { COMMAND } from "./command.ts";
import { CONFIG } from "./config.ts";
import { DATABASE_COMMANDS } from "./databases.ts";
import { DEBUG } from "./debug.ts";
import { FAILOVER } from "./failover.ts";
import { INFO, TIME } from "./info.ts";
import { LATENCY } from "./latency.ts";
import { LOLWUT } from "./lolwut.ts";
import { MEMORY } from "./memory.ts";
import { MODULE } from "./module.ts";
import { MONITOR } from "./monitor.ts";
import { REPLICAOF, SLAVEOF } from "./replicaof.ts";
import { ROLE } from "./role.ts";
import { PSYNC, REPLCONF, SYNC } from "./sync.ts";
import { BGSAVE, LASTSAVE, SAVE } from "./save.ts";
import { SHUTDOWN } from "./shutdown.ts";
import { SLOWLOG } from "./slowlog.ts";

/** Every command of the server group. */
export const SERVER_COMMANDS: readonly CommandDeclaration<ServerContext>[] = [
  ACL,
  BGREWRITEAOF,
  BGSAVE,
  COMMAND,
  CONFIG,
  DEBUG,
  FAILOVER,
  PSYNC,
  REPLCONF,
  SYNC,
  INFO,
  LASTSAVE,
  LATENCY,
  LOLWUT,
  MEMORY,
  MODULE,
  MONITOR,
  REPLICAOF,
  ROLE,
  SAVE,
  SHUTDOWN,
  SLAVEOF,
  SLOWLOG,
  TIME,
  ...DATABASE_COMMANDS,
];
