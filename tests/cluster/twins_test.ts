import { assertEquals } from "@std/assert";
import { referenceTest } from "../support/reference.ts";
import { differences } from "./twins.ts";

// The slot of a is 15495, which is node 1's; that of b is 3300, which is node 0's.

const REDIRECTIONS = `
  @0 SET b 1
  @0 GET a
  @0 SET a 1
  @1 GET b
  @1 SET a 1
  @0 MGET a b
  @0 MGET a {a}1
  @0 EVAL "return redis.call('get', KEYS[1])" 1 a
  @0 EVAL "return redis.call('get', 'a')" 1 b
  @0 EVAL "return redis.call('get', 'a')" 0
  @0 EVAL "return redis.pcall('get', 'a')" 0
  @0 MULTI
  @0 SET b 2
  @0 SET a 2
  @0 EXEC
  @0 GET b
  @0 MULTI
  @0 SET b 2
  @0 EXEC
  @0 SSUBSCRIBE a
  @0 SPUBLISH a x
  @0 PUBLISH a x
  @0 BLPOP a 0
  @0 XREAD BLOCK 0 STREAMS a $
  @0 READONLY
  @0 GET a
  @0 READWRITE
  @0 CLUSTER KEYSLOT a
  @0 CLUSTER SETSLOT 15495 MIGRATING {id1}
  @0 CLUSTER SETSLOT 15495 IMPORTING {id0}
  @0 CLUSTER SETSLOT 3300 IMPORTING {id1}
  @0 CLUSTER SETSLOT 3300 MIGRATING nobody
  @0 CLUSTER SETSLOT 15495 IMPORTING nobody
  @0 CLUSTER SETSLOT 3300 NODE nobody
  @0 CLUSTER SETSLOT 3300 NODE {id1}
  @0 CLUSTER REPLICATE {id1}
  @0 CLUSTER REPLICAS {id1}
  @0 CLUSTER COUNT-FAILURE-REPORTS {id1}
  @0 CLUSTER SET-CONFIG-EPOCH 7
  @0 CLUSTER RESET
  @0 CLUSTER FAILOVER
`;

const MOVING = `
  @0 MSET b 1 {b}1 1 {b}2 2
  @1 CLUSTER SETSLOT 3300 IMPORTING {id0}
  @0 CLUSTER SETSLOT 3300 MIGRATING {id1}
  @0 GET b
  @0 GET {b}9
  @0 SET {b}9 1
  @0 MGET b {b}1
  @0 MGET b {b}9
  @0 MGET {b}8 {b}9
  @0 EVAL "return redis.call('get', KEYS[1])" 1 {b}9
  @0 EVAL "return redis.call('get', '{b}9')" 1 b
  @0 EVAL "return redis.call('get', '{b}9')" 0
  @0 MULTI
  @0 GET b
  @0 GET {b}9
  @0 EXEC
  @0 MULTI
  @0 GET {b}9
  @0 EXEC
  @0 SSUBSCRIBE {b}ch
  @0 SUNSUBSCRIBE {b}ch
  @1 GET b
  @1 SET {b}9 1
  @1 ASKING
  @1 GET b
  @1 GET b
  @1 ASKING
  @1 SET {b}9 nine
  @1 ASKING
  @1 ASKING
  @1 GET {b}9
  @1 ASKING
  @1 PING
  @1 GET {b}9
  @1 ASKING
  @1 MGET {b}9 {b}8
  @1 ASKING
  @1 MGET {b}9 {b}9
  @1 ASKING
  @1 MGET {b}8 {b}8
  @1 ASKING
  @1 EVAL "return redis.call('get', KEYS[1])" 1 {b}9
  @1 ASKING
  @1 MULTI
  @1 GET {b}9
  @1 GET {b}9
  @1 EXEC
  @1 GET {b}9
  @0 MIGRATE 127.0.0.1 {port1} "" 0 5000 KEYS b {b}1 {b}7
  @0 MIGRATE 127.0.0.1 {port1} {b}9 0 5000
  @0 GET b
  @0 CLUSTER GETKEYSINSLOT 3300 10
  @1 CLUSTER COUNTKEYSINSLOT 3300
  @0 CLUSTER SETSLOT 3300 NODE {id1}
  @0 MIGRATE 127.0.0.1 {port1} {b}2 0 5000
  @0 CLUSTER GETKEYSINSLOT 3300 10
  @0.s SSUBSCRIBE {b}ch
  @0.w & BLPOP {b}list 0
  @1 CLUSTER SETSLOT 3300 NODE {id1}
  @1 GET b
  @0 CLUSTER SETSLOT 3300 NODE {id1}
  @0.s <
  @0 GET b
  @1 MGET b {b}1 {b}2 {b}9
  !until 3300 @0 CLUSTER NODES
  @0 CLUSTER SETSLOT 3300 IMPORTING {id1}
  @0 CLUSTER SETSLOT 3301 MIGRATING {id1}
  @0 CLUSTER SETSLOT 3300 STABLE
  @0 CLUSTER SETSLOT 3301 STABLE
  @1.s SSUBSCRIBE {b}ch
  @1.p SUBSCRIBE news
  @1.p PSUBSCRIBE n*
  @0 PUBLISH news hello
  @1.p <
  @1.p <
  @1 SPUBLISH {b}ch hello
  @1.s <
  @0 CLUSTER FORGET {id0}
`;

const REPLICA = `
  @0 SET a 1
  @0 WAIT 1 5000
  @1 GET a
  @1 SET a 1
  @1 DEL a
  @1 DBSIZE
  @1 FLUSHALL
  @1 MULTI
  @1 GET a
  @1 READONLY
  @1 GET a
  @1 SET a 1
  @1 EVAL "return redis.call('get', KEYS[1])" 1 a
  @1 EVAL_RO "return redis.call('get', KEYS[1])" 1 a
  @1 EVAL "#!lua flags=no-writes\\nreturn redis.call('get', KEYS[1])" 1 a
  @1 EVAL "return redis.call('get', 'a')" 0
  @1 EVAL "return redis.call('set', 'a', 1)" 0
  @1 EVAL "return redis.call('set', KEYS[1], 1)" 1 a
  @1 RESET
  @1 GET a
  @1 READONLY
  @1 MULTI
  @1 GET a
  @1 GET a
  @1 EXEC
  @1 MULTI
  @1 GET a
  @1 SET a 2
  @1 EXEC
  @1 READWRITE
  @1 GET a
  @1.s SSUBSCRIBE a
  @0 SPUBLISH a x
  @1.s <
  @1 SPUBLISH a y
  @1.s <
  @1 CLUSTER COUNTKEYSINSLOT 15495
  @1 CLUSTER GETKEYSINSLOT 15495 10
  @1 CLUSTER SETSLOT 5 STABLE
  @1 CLUSTER FORGET {id0}
  @1 CLUSTER REPLICATE {id1}
  @0 CLUSTER REPLICATE {id1}
  @1 CLUSTER REPLICAS {id1}
  @0 CLUSTER REPLICATE {id0}
  @0 CLUSTER FAILOVER
  @1 READONLY
  @1.b & XREAD BLOCK 0 STREAMS st $
  @1.c & BLPOP li 0
  @1.c <
  @0 CLUSTER SETSLOT 5 MIGRATING {id1}
  @0 CLUSTER SETSLOT 5 NODE {id1}
  @0 DEL a
  @0 WAIT 1 5000
  @1 CLUSTER COUNTKEYSINSLOT 15495
  @1 CLUSTER FAILOVER
  !until master @1 ROLE
  !until slave @0 ROLE
  !until OK @1 SET a after
  @0 SET a 1
  !until slave @1 CLUSTER NODES
  @0 CLUSTER FAILOVER FORCE
  !until master @0 ROLE
  !until slave @1 ROLE
  !until OK @0 SET a again
  !until slave @0 CLUSTER NODES
  @1 CLUSTER FAILOVER TAKEOVER
  !until master @1 ROLE
  !until slave @0 ROLE
  !until OK @1 SET a again
  @0 CLUSTER RESET HARD
  @0 DBSIZE
  @0 ~ ROLE
`;

referenceTest("redirections are those of a real cluster", async () => {
  assertEquals(await differences(REDIRECTIONS), []);
});

referenceTest("a slot moves as in a real cluster", async () => {
  assertEquals(await differences(MOVING), []);
});

referenceTest("a replica in a cluster serves, and takes over, as a real one", async () => {
  assertEquals(await differences(REPLICA, true), []);
});
