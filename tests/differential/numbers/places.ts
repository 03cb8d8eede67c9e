/**
 * Each place of each command where a number may stand: with numbers at the ends of the types that Redis
 * keeps them in.
 */

/** Calls in the script language; `$` stands for a number. */
export interface NumberPlaces {
  readonly numbers: readonly string[];
  /** Sent before each call. */
  readonly before?: readonly string[];
  readonly calls: readonly string[];
}

/** A script. */
export interface NumberScript {
  readonly name: string;
  /** Directives and commands with which it begins. */
  readonly setup?: readonly string[];
  readonly parts: readonly NumberPlaces[];
}

const INTEGERS = [
  "0",
  "-1",
  "2147483647",
  "2147483648",
  "-2147483649",
  "4294967296",
  "9007199254740991",
  "9007199254740993",
  "-9007199254740993",
  "9223372036854775806",
  "9223372036854775807",
  "9223372036854775808",
  "-9223372036854775807",
  "-9223372036854775808",
  "-9223372036854775809",
  "18446744073709551615",
  "18446744073709551616",
];

/** For what replies as many elements as a negative number asks for. */
const COUNTS = [
  ...INTEGERS.filter((number) => !number.startsWith("-")),
  "-9223372036854775808",
  "-9223372036854775809",
];

/** Those with which no key expires while the test lasts. */
const TIMES = INTEGERS.filter((number) => !/^\d{10}$/.test(number));

const FLOATS = [
  "inf",
  "-inf",
  "nan",
  "-0",
  "1e308",
  "-1e308",
  "1e309",
  "1e-400",
  "9007199254740993.5",
  "9223372036854775807",
  "1e4932",
  "1e4933",
  "0x1p1023",
  "0x1p1024",
];

/** All of them. */
export const NUMBER_SCRIPTS: readonly NumberScript[] = [
  {
    name: "integers at the ends of their types: strings",
    setup: ["SET s abc", "SET n 5"],
    parts: [
      {
        numbers: INTEGERS,
        calls: [
          "GETRANGE s $ -1",
          "GETRANGE s 0 $",
          "SUBSTR s $ $",
          'SETRANGE s $ ""',
          "GETBIT s $",
          "BITCOUNT s $ -1",
          "BITCOUNT s 0 $ BIT",
          "BITPOS s 1 $",
          "BITPOS s 0 0 $ BIT",
          "BITPOS s $",
          "BITFIELD_RO s GET u8 $",
          "BITFIELD_RO s GET i64 #$",
          "SETBIT none 0 $",
        ],
      },
      {
        numbers: INTEGERS,
        before: ["SET n 5"],
        calls: ["INCRBY n $", "DECRBY n $", "GET n"],
      },
      {
        numbers: INTEGERS,
        before: ['SET b "\\x7f\\xff\\xff\\xff\\xff\\xff\\xff\\xff"'],
        calls: [
          "BITFIELD b SET i64 0 $ INCRBY i64 0 $ GET i64 0",
          "BITFIELD b OVERFLOW SAT INCRBY i8 0 $",
          "BITFIELD b OVERFLOW FAIL INCRBY u63 0 $",
          "BITFIELD b SET u63 1 $",
          "BITFIELD b OVERFLOW SAT SET u16 3 $",
          "BITFIELD b OVERFLOW FAIL SET i13 3 $",
        ],
      },
      {
        numbers: INTEGERS,
        calls: ["LCS s n IDX MINMATCHLEN $"],
      },
    ],
  },
  {
    name: "floats at the ends of their types: strings and hashes",
    parts: [
      {
        numbers: FLOATS,
        before: ["SET f 1.5", "HSET h f 1e4931"],
        calls: [
          "INCRBYFLOAT f $",
          "INCRBYFLOAT f $",
          "HINCRBYFLOAT h f $",
          "HINCRBYFLOAT h f $",
          "GET f",
          "HGET h f",
        ],
      },
    ],
  },
  {
    name: "integers at the ends of their types: expiry",
    setup: ["!no-aof a time from now is rounded to another ms on each server"],
    parts: [
      {
        numbers: TIMES,
        before: ["SET k v"],
        calls: [
          "EXPIRE k $",
          "PEXPIRE k $",
          "PERSIST k",
          "EXPIREAT k $",
          "EXPIRETIME k",
          "PERSIST k",
          "PEXPIREAT k $",
          "PEXPIRETIME k",
          "PERSIST k",
          "SETEX k $ v",
          "PSETEX k $ v",
          "SET k v EXAT $",
          "EXPIRETIME k",
          "SET k v PXAT $",
          "PEXPIRETIME k",
          "GETEX k PXAT $",
          "PEXPIRETIME k",
          "GETEX k EX $",
          "EXISTS k",
        ],
      },
    ],
  },
  {
    name: "integers at the ends of their types: hashes",
    setup: ["HSET h f 5"],
    parts: [
      {
        numbers: INTEGERS,
        before: ["HSET h f 5"],
        calls: ["HINCRBY h f $", "HGET h f"],
      },
      {
        numbers: COUNTS,
        calls: ["~distinct HRANDFIELD h $", "HRANDFIELD h $ WITHVALUES"],
      },
      {
        numbers: INTEGERS,
        calls: ["HSCAN h 0 COUNT $", "HSCAN h $ COUNT 9223372036854775807"],
      },
    ],
  },
  {
    name: "integers at the ends of their types: lists",
    setup: ["RPUSH l a b c a b"],
    parts: [
      {
        numbers: INTEGERS,
        calls: [
          "LINDEX l $",
          "LRANGE l $ -1",
          "LRANGE l 0 $",
          "LSET l $ x",
          "LPOS l a RANK $",
          "LPOS l a COUNT $",
          "LPOS l a MAXLEN $",
          "LPOS l a RANK -1 COUNT 0 MAXLEN $",
        ],
      },
      {
        numbers: INTEGERS,
        before: ["DEL l", "RPUSH l a b c a b"],
        calls: [
          "LREM l $ a",
          "LRANGE l 0 -1",
          "LTRIM l $ -1",
          "LRANGE l 0 -1",
          "LTRIM l 0 $",
          "LPOP l $",
        ],
      },
      {
        numbers: INTEGERS,
        before: ["DEL l", "RPUSH l a b c a b"],
        calls: [
          "LMPOP $ l LEFT",
          "LMPOP 1 l LEFT COUNT $",
          "BLMPOP 0.01 $ l LEFT",
          "BLMPOP 0.01 1 l LEFT COUNT $",
        ],
      },
      {
        numbers: [
          "-1",
          "-9223372036854775808",
          "9223372036854775808",
          "nan",
          "inf",
          "-inf",
          "1e309",
          "1e4933",
          "9223372036854776",
          "1e-400",
        ],
        calls: [
          "BLPOP none $",
          "BLMOVE none l LEFT LEFT $",
          "BRPOPLPUSH none l $",
          "BZPOPMIN none $",
          "BZMPOP $ 1 none MIN",
        ],
      },
      {
        numbers: INTEGERS,
        before: ["DEL l", "RPUSH l a b c a b"],
        calls: ["SORT l LIMIT $ 3 ALPHA", "SORT l LIMIT 0 $ ALPHA", "SORT l LIMIT $ $ ALPHA"],
      },
    ],
  },
  {
    name: "numbers to sort by at the ends of their types",
    parts: [
      {
        numbers: [...FLOATS, ...INTEGERS],
        calls: [
          "DEL l",
          "RPUSH l 1 $ -1",
          "GEORADIUS_RO none 1 1 1 m",
          "SORT l",
          "GEORADIUS_RO none 1 1 1 m",
          "SORT l DESC LIMIT 0 2",
        ],
      },
    ],
  },
  {
    name: "integers at the ends of their types: sets",
    setup: ["SADD s 1 2 3"],
    parts: [
      {
        numbers: COUNTS,
        calls: ["~one-of(1 2 3) ~distinct SRANDMEMBER s $"],
      },
      {
        numbers: [
          "0",
          "-1",
          "9223372036854775807",
          "9223372036854775808",
          "-9223372036854775808",
          "18446744073709551616",
        ],
        before: ["DEL s", "SADD s 1 2 3"],
        calls: ["~one-of(1 2 3) SPOP s $"],
      },
      {
        numbers: INTEGERS,
        calls: ["SINTERCARD $ s", "SINTERCARD 1 s LIMIT $", "SSCAN s 0 COUNT $", "~type SSCAN s $"],
      },
    ],
  },
  {
    name: "members that are integers at the ends of their types",
    parts: [
      {
        numbers: INTEGERS,
        calls: ["SADD i $", "SISMEMBER i $", "OBJECT ENCODING i"],
      },
      {
        numbers: INTEGERS,
        calls: ["SREM i $"],
      },
    ],
  },
  {
    name: "integers at the ends of their types: sorted sets",
    setup: ["ZADD z 1 a 2 b 3 c"],
    parts: [
      {
        numbers: INTEGERS,
        calls: [
          "ZRANGE z $ -1",
          "ZRANGE z 0 $ REV",
          "ZRANGE z -inf +inf BYSCORE LIMIT $ 2",
          "ZRANGE z -inf +inf BYSCORE LIMIT 0 $",
          "ZRANGEBYSCORE z -inf +inf LIMIT $ $",
          "ZREVRANGEBYLEX z + - LIMIT $ 1",
          "ZRANGESTORE d z $ $",
          "ZINTERCARD $ z",
          "ZINTERCARD 1 z LIMIT $",
          "ZUNION $ z",
          "ZDIFF $ z",
          "ZSCAN z 0 COUNT $",
        ],
      },
      {
        numbers: INTEGERS,
        before: ["DEL z", "ZADD z 1 a 2 b 3 c"],
        calls: ["ZREMRANGEBYRANK z $ -2", "ZPOPMIN z $", "ZMPOP $ z MIN", "ZMPOP 1 z MIN COUNT $"],
      },
      {
        numbers: COUNTS,
        before: ["DEL z", "ZADD z 1 a"],
        calls: ["~distinct ZRANDMEMBER z $", "ZRANDMEMBER z $ WITHSCORES"],
      },
    ],
  },
  {
    name: "scores at the ends of their types",
    parts: [
      {
        numbers: [...FLOATS, ...INTEGERS],
        before: ["DEL z u", "ZADD z 0 a inf b"],
        calls: [
          "ZADD z $ a",
          "ZADD z INCR $ b",
          "ZINCRBY z $ a",
          "ZINCRBY z $ a",
          "ZINCRBY z -inf a",
          "ZRANGE z 0 -1 WITHSCORES",
          "ZCOUNT z $ +inf",
          "ZCOUNT z ($ $",
          "ZRANGEBYSCORE z -inf ($",
          "ZREMRANGEBYSCORE z $ $",
          "ZUNIONSTORE u 2 z z WEIGHTS $ 0",
          "ZINTERSTORE u 2 z z WEIGHTS $ -inf",
          "ZUNION 1 z WEIGHTS $ WITHSCORES",
          "ZSCORE u a",
        ],
      },
    ],
  },
  {
    name: "places and distances at the ends of their types",
    setup: [
      "GEOADD g 13.361389 38.115556 p 15.087269 37.502669 q",
      "ZADD w inf a -inf b 9223372036854775807 c -1 d 1e308 e 4503599627370496 f",
    ],
    parts: [
      {
        numbers: FLOATS,
        calls: [
          "GEOADD g $ 10 x",
          "GEOADD g 10 $ x",
          "GEORADIUS_RO g 15 37 $ km",
          "GEORADIUSBYMEMBER_RO g p $ mi",
          "GEOSEARCH g FROMLONLAT 15 37 BYBOX $ 100 km ASC",
          "GEOSEARCH g FROMLONLAT 15 37 BYBOX $ $ ft",
          "GEOSEARCH g FROMMEMBER p BYRADIUS $ m",
          "GEOSEARCH g FROMLONLAT $ 37 BYRADIUS 1 m",
        ],
      },
      {
        numbers: INTEGERS,
        calls: [
          "GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC COUNT $",
          "GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km COUNT $ ANY",
        ],
      },
      {
        numbers: [""],
        calls: [
          "GEOPOS w a b c d e f",
          "GEOHASH w a b c d e f",
          "GEODIST w a b",
          "GEODIST w c e",
          "GEOSEARCH w FROMMEMBER a BYRADIUS 1000 km WITHHASH",
          "GEOSEARCH w FROMLONLAT 0 0 BYRADIUS inf m",
          "GEORADIUSBYMEMBER_RO w b inf km WITHCOORD",
        ],
      },
    ],
  },
  {
    name: "stream IDs and counts at the ends of their types",
    setup: ["XADD x 1-1 f v", "XADD x 2-1 f v", "XGROUP CREATE x g 0"],
    parts: [
      {
        numbers: INTEGERS,
        before: ["DEL x", "XADD x 1-1 f v", "XADD x 2-1 f v"],
        calls: [
          "XRANGE x $ +",
          "XRANGE x - $",
          "XRANGE x ($ +",
          "XREVRANGE x ($ -",
          "XRANGE x - + COUNT $",
          "XREVRANGE x 2-$ 1-$",
          "XREAD COUNT $ STREAMS x 0",
          "XREAD STREAMS x $",
          "XREAD STREAMS x 1-$",
          "XDEL x 1-$",
          "XLEN x",
          "XINFO STREAM x FULL COUNT $",
          "XADD x NOMKSTREAM MAXLEN ~ $ LIMIT $ 0-1 a b",
        ],
      },
      {
        numbers: INTEGERS,
        before: ["DEL x", "XADD x 1-1 f v", "XADD x 2-1 f v"],
        calls: [
          "XTRIM x MAXLEN $",
          "XTRIM x MAXLEN ~ $ LIMIT $",
          "XTRIM x MINID $",
          "XTRIM x MINID = 1-$",
          "XADD x MAXLEN $ 7-7 a b",
        ],
      },
      {
        numbers: INTEGERS,
        before: ["DEL x", "XADD x 0-1 f v"],
        calls: [
          "XADD x $-1 f v",
          "XADD x $-$ f v",
          "XADD x $-* f v",
          "XADD x 18446744073709551615-* f v",
          "XINFO STREAM x",
          "XSETID x $",
          "XSETID x 18446744073709551615-$ ENTRIESADDED $",
          "XSETID x 18446744073709551615-18446744073709551615 MAXDELETEDID $-$",
          "XINFO STREAM x",
        ],
      },
      {
        numbers: INTEGERS,
        before: [
          "DEL x",
          "XADD x 1-1 f v",
          "XADD x 2-1 f v",
          "XSETID x 2-1 ENTRIESADDED 9223372036854775807 MAXDELETEDID 0-0",
          "XADD x 3-1 f v",
        ],
        calls: [
          "XGROUP CREATE x g $ ENTRIESREAD $",
          "XGROUP CREATE x g $-1",
          "XGROUP SETID x g 0 ENTRIESREAD $",
          "XINFO GROUPS x",
          "XREADGROUP GROUP g c COUNT $ STREAMS x >",
          "XINFO GROUPS x",
          "XREADGROUP GROUP g c COUNT $ STREAMS x $",
          "XPENDING x g - + $",
          "XPENDING x g IDLE $ - + 0",
          "XCLAIM x g d $ 1-1 JUSTID",
          "XCLAIM x g d 0 1-1 IDLE $ JUSTID",
          "XCLAIM x g d 0 1-1 TIME $ JUSTID",
          "XCLAIM x g d 0 2-1 RETRYCOUNT $ JUSTID",
          "XPENDING x g",
          "XCLAIM x g d 0 2-$ FORCE LASTID $ JUSTID",
          "XAUTOCLAIM x g e $ $ COUNT 1 JUSTID",
          "XAUTOCLAIM x g e 9223372036854775807 - COUNT $",
          "XACK x g $ 2-$",
          "XINFO GROUPS x",
        ],
      },
    ],
  },
  {
    name: "integers at the ends of their types: keys, databases and the server",
    setup: ["SET k v"],
    parts: [
      {
        numbers: INTEGERS,
        before: ["FLUSHALL", "SET k v"],
        calls: [
          "SELECT $",
          "MOVE k $",
          "COPY k k2 DB $",
          "SWAPDB 0 $",
          "SWAPDB $ $",
          "SELECT 0",
          "~type SCAN $",
          "SCAN 0 COUNT $",
          "SCAN 0 TYPE $",
          "OBJECT FREQ $",
          "CLIENT UNBLOCK -$",
          "CLIENT NO-EVICT $",
          "ACL GENPASS -$",
          "MEMORY USAGE none SAMPLES $",
          "LATENCY HISTORY $",
          "CLUSTER COUNTKEYSINSLOT $",
          "WAIT -1 -$",
          "LATENCY GRAPH $",
          "HELLO $",
        ],
      },
      {
        numbers: [
          "-1",
          "9223372036854775808",
          "-9223372036854775808",
          "18446744073709551616",
          "1.5",
          "nan",
          "9223372036854775807",
          "9007199254740993",
        ],
        calls: ["CLIENT PAUSE $ WRITE", "CLIENT UNPAUSE", "SLOWLOG GET -2$"],
      },
    ],
  },
];
