/** The commands on strings as rows of bits. */

import type { CommandDeclaration } from "../declaration.ts";
import { GETBIT, SETBIT } from "./bit.ts";
import { BITFIELD, BITFIELD_RO } from "./field.ts";
import { BITOP } from "./operation.ts";
import { BITCOUNT, BITPOS } from "./search.ts";

/** Every command of the bitmap group. */
export const BITMAP_COMMANDS: readonly CommandDeclaration[] = [
  BITCOUNT,
  BITFIELD,
  BITFIELD_RO,
  BITOP,
  BITPOS,
  GETBIT,
  SETBIT,
];
