/** Every command there is. */

import { CONNECTION_COMMANDS } from "./connection/mod.ts";
import type { CommandDeclaration } from "./declaration.ts";
import { GENERIC_COMMANDS } from "./generic/mod.ts";
import { HASH_COMMANDS } from "./hash/mod.ts";
import { DATABASE_COMMANDS } from "./server/databases.ts";
import { STRING_COMMANDS } from "./string/mod.ts";
import { TRANSACTION_COMMANDS } from "./transactions/mod.ts";

export const ALL_COMMANDS: readonly CommandDeclaration[] = [
  ...CONNECTION_COMMANDS,
  ...DATABASE_COMMANDS,
  ...GENERIC_COMMANDS,
  ...HASH_COMMANDS,
  ...STRING_COMMANDS,
  ...TRANSACTION_COMMANDS,
];
