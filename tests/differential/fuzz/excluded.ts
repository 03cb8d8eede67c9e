/** Commands that the fuzz run does not make up calls of, each with the reason. */

const BY_TEMPLATE =
  "most arguments would end the harness' own connections or bind the machine: see templates.ts";
const CLUSTER = "its replies are about a bus that a single server does not have";

/** By name as in COMMAND LIST; sub-commands as `config|set`. */
export const EXCLUDED: ReadonlyMap<string, string> = new Map([
  ["shutdown", "ends the process"],
  ["monitor", "shows what other connections do, in an order that is nobody's"],
  ["replicaof", "makes a replica of the server, which then takes no writes"],
  ["slaveof", "as REPLICAOF"],
  ["sync", "makes a replica's link of the connection: what follows is a file"],
  ["psync", "as SYNC"],
  ["replconf", "is not answered where it acknowledges"],
  ["client|pause", "has the harness' own connections wait, too"],
  ["client|kill", BY_TEMPLATE],
  ["client|reply", "has the harness wait for replies that don't come"],
  ["migrate", BY_TEMPLATE],
  ["config|set", BY_TEMPLATE],
  ["config|rewrite", "writes a file that the servers were not started with"],
  ["debug", BY_TEMPLATE],
  ["restore", "random bytes are no payload: see payloads.ts"],
  ["restore-asking", "as RESTORE"],
  ["save", "has the disk work; what it writes is compared elsewhere"],
  ["bgsave", "as SAVE, and when it ends is a matter of the machine"],
  ["bgrewriteaof", "as BGSAVE"],
  ["acl|load", "there is no file"],
  ["acl|save", "there is no file"],
  ["acl|setuser", "gives and takes rights by chance, which tests of ACL do on purpose"],
  ["failover", "there is no replica"],
  ["module|load", "there are no modules"],
  ["module|loadex", "there are no modules"],
  ["cluster|meet", CLUSTER],
  ["cluster|reset", CLUSTER],
  ["pfselftest", "keeps a server busy for long without reading a thing that was sent"],
  ["script|debug", "makes the connection another one"],
]);
