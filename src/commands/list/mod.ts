/** The list commands. */

import type { CommandDeclaration } from "../declaration.ts";
import { BLMOVE, BLMPOP, BLPOP, BRPOP, BRPOPLPUSH } from "./blocking.ts";
import { LINSERT, LREM, LSET, LTRIM } from "./change.ts";
import { LINDEX, LLEN, LRANGE } from "./get.ts";
import { LMOVE, RPOPLPUSH } from "./move.ts";
import { LMPOP, LPOP, RPOP } from "./pop.ts";
import { LPOS } from "./position.ts";
import { LPUSH, LPUSHX, RPUSH, RPUSHX } from "./push.ts";

/** Every command of the list group. */
export const LIST_COMMANDS: readonly CommandDeclaration[] = [
  BLMOVE,
  BLMPOP,
  BLPOP,
  BRPOP,
  BRPOPLPUSH,
  LINDEX,
  LINSERT,
  LLEN,
  LMOVE,
  LMPOP,
  LPOP,
  LPOS,
  LPUSH,
  LPUSHX,
  LRANGE,
  LREM,
  LSET,
  LTRIM,
  RPOP,
  RPOPLPUSH,
  RPUSH,
  RPUSHX,
];
