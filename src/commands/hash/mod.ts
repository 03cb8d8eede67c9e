/** The hash commands. */

import type { CommandDeclaration } from "../declaration.ts";
import { HGETALL, HKEYS, HVALS } from "./all.ts";
import { HDEL } from "./delete.ts";
import { HEXISTS, HGET, HLEN, HMGET, HSTRLEN } from "./get.ts";
import { HINCRBY, HINCRBYFLOAT } from "./increment.ts";
import { HRANDFIELD } from "./random.ts";
import { HSCAN } from "./scan.ts";
import { HMSET, HSET, HSETNX } from "./set.ts";

/** Every command of the hash group. */
export const HASH_COMMANDS: readonly CommandDeclaration[] = [
  HDEL,
  HEXISTS,
  HGET,
  HGETALL,
  HINCRBY,
  HINCRBYFLOAT,
  HKEYS,
  HLEN,
  HMGET,
  HMSET,
  HRANDFIELD,
  HSCAN,
  HSET,
  HSETNX,
  HSTRLEN,
  HVALS,
];
