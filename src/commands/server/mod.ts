/** The commands about the server itself. */

import type { CommandDeclaration } from "../declaration.ts";
import { COMMAND } from "./command.ts";
import { CONFIG } from "./config.ts";
import { DATABASE_COMMANDS } from "./databases.ts";
import { DEBUG } from "./debug.ts";
import { INFO, TIME } from "./info.ts";
import { LATENCY } from "./latency.ts";
import { LOLWUT } from "./lolwut.ts";
import { MEMORY } from "./memory.ts";
import { MONITOR } from "./monitor.ts";
import { ROLE } from "./role.ts";
import { LASTSAVE, SAVE } from "./save.ts";
import { SHUTDOWN } from "./shutdown.ts";
import { SLOWLOG } from "./slowlog.ts";

/** See above. */
export const SERVER_COMMANDS: readonly CommandDeclaration[] = [
  COMMAND,
  CONFIG,
  DEBUG,
  INFO,
  LASTSAVE,
  LATENCY,
  LOLWUT,
  MEMORY,
  MONITOR,
  ROLE,
  SAVE,
  SHUTDOWN,
  SLOWLOG,
  TIME,
  ...DATABASE_COMMANDS,
];
