/** The set commands. */

import type { CommandDeclaration } from "../declaration.ts";
import { SDIFF, SDIFFSTORE, SUNION, SUNIONSTORE } from "./algebra.ts";
import { SADD, SREM } from "./change.ts";
import { SCARD, SISMEMBER, SMEMBERS, SMISMEMBER } from "./get.ts";
import { SINTER, SINTERCARD, SINTERSTORE } from "./intersection.ts";
import { SMOVE } from "./move.ts";
import { SPOP } from "./pop.ts";
import { SRANDMEMBER } from "./random.ts";
import { SSCAN } from "./scan.ts";

/** Every command of the set group. */
export const SET_COMMANDS: readonly CommandDeclaration[] = [
  SADD,
  SCARD,
  SDIFF,
  SDIFFSTORE,
  SINTER,
  SINTERCARD,
  SINTERSTORE,
  SISMEMBER,
  SMEMBERS,
  SMISMEMBER,
  SMOVE,
  SPOP,
  SRANDMEMBER,
  SREM,
  SSCAN,
  SUNION,
  SUNIONSTORE,
];
