/** Scripts and functions: EVAL and its like, SCRIPT, FCALL, FUNCTION. */

import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { EVAL, EVAL_RO, EVALSHA, EVALSHA_RO } from "./eval.ts";
import { FCALL, FCALL_RO } from "./fcall.ts";
import { FUNCTION } from "./function.ts";
import { SCRIPT } from "./script.ts";

export const SCRIPTING_COMMANDS: readonly CommandDeclaration<ServerContext>[] = [
  EVAL,
  EVALSHA,
  EVAL_RO,
  EVALSHA_RO,
  SCRIPT,
  FCALL,
  FCALL_RO,
  FUNCTION,
];
