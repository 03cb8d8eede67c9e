/** HyperLogLogs. */

import type { CommandDeclaration } from "../declaration.ts";
import { PFADD, PFCOUNT, PFMERGE } from "./count.ts";
import { PFDEBUG, PFSELFTEST } from "./debug.ts";

export const HYPERLOGLOG_COMMANDS: readonly CommandDeclaration[] = [
  PFADD,
  PFCOUNT,
  PFMERGE,
  PFDEBUG,
  PFSELFTEST,
];
