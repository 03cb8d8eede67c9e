/** The commands on keys of any type. */

import type { ServerContext } from "../context.ts";
import type { CommandDeclaration } from "../declaration.ts";
import { COPY, MOVE } from "./copy.ts";
import { DEL, UNLINK } from "./delete.ts";
import { DUMP } from "./dump.ts";
import { EXISTS, TOUCH, TYPE } from "./exists.ts";
import { EXPIRE, EXPIREAT, PERSIST, PEXPIRE, PEXPIREAT } from "./expire.ts";
import { KEYS, RANDOMKEY, SCAN } from "./keys.ts";
import { MIGRATE } from "./migrate.ts";
import { OBJECT } from "./object.ts";
import { RENAME, RENAMENX } from "./rename.ts";
import { RESTORE, RESTORE_ASKING } from "./restore.ts";
import { SORT, SORT_RO } from "./sort.ts";
import { EXPIRETIME, PEXPIRETIME, PTTL, TTL } from "./ttl.ts";
import { WAIT } from "./wait.ts";

/** Every command of the generic group; moving keys between servers takes parts of this one. */
export const GENERIC_COMMANDS: readonly CommandDeclaration<
  ServerContext<"migrateSockets" | "debug" | "log" | "replicas" | "primaryLink">
>[] = [
  COPY,
  DEL,
  DUMP,
  EXISTS,
  EXPIRE,
  EXPIREAT,
  EXPIRETIME,
  KEYS,
  MIGRATE,
  MOVE,
  OBJECT,
  PERSIST,
  PEXPIRE,
  PEXPIREAT,
  PEXPIRETIME,
  PTTL,
  RANDOMKEY,
  RENAME,
  RENAMENX,
  RESTORE,
  RESTORE_ASKING,
  SCAN,
  SORT,
  SORT_RO,
  TOUCH,
  TTL,
  TYPE,
  UNLINK,
  WAIT,
];
