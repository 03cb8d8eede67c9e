/** The commands on strings. */

import type { CommandDeclaration } from "../declaration.ts";
import { GET, GETDEL, GETEX } from "./get.ts";
import { DECR, DECRBY, INCR, INCRBY, INCRBYFLOAT } from "./increment.ts";
import { LCS } from "./lcs.ts";
import { MGET, MSET, MSETNX } from "./multiple.ts";
import { APPEND, GETRANGE, SETRANGE, STRLEN, SUBSTR } from "./range.ts";
import { GETSET, PSETEX, SET, SETEX, SETNX } from "./set.ts";

/** Every command of the string group. */
export const STRING_COMMANDS: readonly CommandDeclaration[] = [
  APPEND,
  DECR,
  DECRBY,
  GET,
  GETDEL,
  GETEX,
  GETRANGE,
  GETSET,
  INCR,
  INCRBY,
  INCRBYFLOAT,
  LCS,
  MGET,
  MSET,
  MSETNX,
  PSETEX,
  SET,
  SETEX,
  SETNX,
  SETRANGE,
  STRLEN,
  SUBSTR,
];
