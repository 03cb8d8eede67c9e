/** The sorted set commands. */

import type { CommandDeclaration } from "../declaration.ts";
import { ZADD, ZINCRBY } from "./add.ts";
import { BZMPOP, BZPOPMAX, BZPOPMIN } from "./blocking.ts";
import { ZCOUNT, ZLEXCOUNT } from "./count.ts";
import { ZDIFF, ZDIFFSTORE } from "./difference.ts";
import { ZCARD, ZMSCORE, ZRANK, ZREVRANK, ZSCORE } from "./get.ts";
import { ZINTER, ZINTERCARD, ZINTERSTORE } from "./intersection.ts";
import { ZMPOP, ZPOPMAX, ZPOPMIN } from "./pop.ts";
import { ZRANDMEMBER } from "./random.ts";
import {
  ZRANGE,
  ZRANGEBYLEX,
  ZRANGEBYSCORE,
  ZREVRANGE,
  ZREVRANGEBYLEX,
  ZREVRANGEBYSCORE,
} from "./range.ts";
import { ZREM, ZREMRANGEBYLEX, ZREMRANGEBYRANK, ZREMRANGEBYSCORE } from "./remove.ts";
import { ZSCAN } from "./scan.ts";
import { ZRANGESTORE } from "./store.ts";
import { ZUNION, ZUNIONSTORE } from "./union.ts";

/** Every command of the sorted-set group. */
export const SORTED_SET_COMMANDS: readonly CommandDeclaration[] = [
  BZMPOP,
  BZPOPMAX,
  BZPOPMIN,
  ZADD,
  ZCARD,
  ZCOUNT,
  ZDIFF,
  ZDIFFSTORE,
  ZINCRBY,
  ZINTER,
  ZINTERCARD,
  ZINTERSTORE,
  ZLEXCOUNT,
  ZMPOP,
  ZMSCORE,
  ZPOPMAX,
  ZPOPMIN,
  ZRANDMEMBER,
  ZRANGE,
  ZRANGEBYLEX,
  ZRANGEBYSCORE,
  ZRANGESTORE,
  ZRANK,
  ZREM,
  ZREMRANGEBYLEX,
  ZREMRANGEBYRANK,
  ZREMRANGEBYSCORE,
  ZREVRANGE,
  ZREVRANGEBYLEX,
  ZREVRANGEBYSCORE,
  ZREVRANK,
  ZSCAN,
  ZSCORE,
  ZUNION,
  ZUNIONSTORE,
];
