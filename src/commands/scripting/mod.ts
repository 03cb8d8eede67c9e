/** Scripts: EVAL and its like, SCRIPT. */

import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { EVAL, EVAL_RO, EVALSHA, EVALSHA_RO } from "./eval.ts";
import { SCRIPT } from "./script.ts";

export const SCRIPTING_COMMANDS: readonly CommandDeclaration<ServerContext>[] = [
  EVAL,
  EVALSHA,
  EVAL_RO,
  EVALSHA_RO,
  SCRIPT,
];
