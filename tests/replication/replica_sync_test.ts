/** What a replica does with the data of a real primary, in every way that it can be loaded. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { miniredisCommand } from "../support/miniredis_process.ts";
import { referenceTest } from "../support/reference.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { Relay } from "../support/relay.ts";
import { waitFor } from "../support/wait_for.ts";
import { Member, waitForSameData, waitForSameOffset } from "./topology.ts";

const LIBRARY = "#!lua name=lib\nredis.register_function{function_name='answer', " +
  "callback=function() return 42 end, flags={'no-writes'}}";

/** Values of all types, small ones and some that come in many pieces. */
async function fill(primary: Member): Promise<void> {
  await primary.texts("DEBUG", "POPULATE", "3000", "key", "100");
  const script = `
    for i = 1, 3000 do
      redis.call('rpush', 'list', i, string.rep('e', i % 100))
      redis.call('sadd', 'set', 'member:' .. i)
      redis.call('zadd', 'zset', i / 3, 'member:' .. i)
      redis.call('hset', 'hash', 'field:' .. i, string.rep('v', i % 90))
      redis.call('xadd', 'stream', i .. '-1', 'field', i)
    end
    redis.call('xgroup', 'create', 'stream', 'group', '0')
    redis.call('xreadgroup', 'group', 'group', 'alice', 'count', 10, 'streams', 'stream', '>')
    redis.call('sadd', 'intset', 1, 2, 3)
    redis.call('hset', 'small', 'a', 1)
    redis.call('set', 'large', string.rep('0123456789', 300000))
    redis.call('setrange', 'noise', 2000000, 'x')
    redis.call('set', 'later', 1, 'ex', 1000)
    redis.call('select', 5)
    redis.call('set', 'elsewhere', 1)`;
  await primary.texts("EVAL", script, "0");
  await primary.texts("FUNCTION", "LOAD", LIBRARY);
}

for (const form of ["yes", "no"]) {
  for (const load of ["disabled", "on-empty-db", "swapdb"]) {
    const how = `repl-diskless-load ${load}, a primary with repl-diskless-sync ${form}`;
    referenceTest(`a replica has all of its primary's data (${how})`, async () => {
      await using primary = await Member.start("redis", { "repl-diskless-sync": form });
      await fill(primary);
      await using replica = await Member.start("miniredis", {
        "repl-diskless-load": load,
        "replicaof": ["127.0.0.1", String(primary.port)].join(" "),
      });
      await replica.waitForLink();
      await waitForSameData(primary, replica);
      assertEquals(await replica.texts("FCALL_RO", "answer", "0"), ["42"]);
      await primary.texts("SET", "after", "1");
      await waitForSameData(primary, replica);
    });
  }
}

referenceTest(
  "a replica goes on where it was when its link was cut, also in a transaction",
  async () => {
    await using primary = await Member.start("redis");
    await using relay = await Relay.start(primary.port);
    await using replica = await Member.start("miniredis");
    await replica.attachTo(relay.port);
    relay.hold("toClient");
    await primary.control.pipeline([["MULTI"], ["INCR", "a"], ["INCR", "b"], ["EXEC"]]);
    relay.release("toClient");
    await waitForSameOffset(primary, replica);
    for (let round = 0; round < 3; round++) {
      await relay.cut();
      await primary.control.pipeline([["MULTI"], ["INCR", "a"], ["INCR", "b"], ["EXEC"]]);
      await primary.texts("SELECT", String(round));
      await primary.texts("INCR", "c");
      await replica.waitForLink();
      await waitForSameData(primary, replica);
    }
    assertEquals(await primary.infoNumber("sync_full", "stats"), 1);
    assertEquals(await primary.infoNumber("sync_partial_ok", "stats"), 3);
  },
);

referenceTest("a replica goes on where it was when it is started again", async () => {
  await using primary = await Member.start("redis");
  await using replica = await Member.start("miniredis", { "save": "900 1" });
  await replica.attachTo(primary.port);
  await primary.texts("SELECT", "3");
  await primary.texts("SET", "a", "1");
  await waitForSameOffset(primary, replica);
  await replica.texts("SAVE");
  await replica.restart({ "replicaof": `127.0.0.1 ${primary.port}` });
  await primary.texts("INCR", "a");
  await replica.waitForLink();
  await waitForSameData(primary, replica);
  assertEquals(await primary.infoNumber("sync_full", "stats"), 1);
  assertEquals(await primary.infoNumber("sync_partial_ok", "stats"), 1);
});

referenceTest("a replica becomes a primary that its own former primary goes on with", async () => {
  await using old = await Member.start("redis");
  await using replica = await Member.start("miniredis");
  await old.texts("SET", "a", "1");
  await replica.attachTo(old.port);
  await waitForSameData(old, replica);
  await replica.texts("REPLICAOF", "NO", "ONE");
  await replica.texts("SET", "b", "1");
  await old.attachTo(replica.port);
  await waitForSameData(replica, old);
  assertEquals(await replica.infoNumber("sync_partial_ok", "stats"), 1);
  await old.texts("REPLICAOF", "NO", "ONE");
  await old.texts("SET", "c", "1");
  await replica.attachTo(old.port);
  await waitForSameData(old, replica);
  assertEquals(await old.infoNumber("sync_partial_ok", "stats"), 1);
});

referenceTest("a replica serves its old data while it loads new data with swapdb", async () => {
  await using primary = await Member.start("redis", { "repl-backlog-size": "16kb" });
  await using relay = await Relay.start(primary.port);
  await using replica = await Member.start("miniredis", { "repl-diskless-load": "swapdb" });
  await primary.texts("DEBUG", "POPULATE", "2000", "key", "1000");
  await replica.attachTo(relay.port);
  await waitForSameData(primary, replica);
  await relay.cut();
  // More than the backlog has, so that all data has to come again.
  await primary.texts("SET", "more", "x".repeat(100_000));
  await primary.texts("DEBUG", "POPULATE", "3000", "key", "1000");
  relay.throttle("toClient", 1_000_000);
  await replica.waitForInfo("async_loading", (value) => value === "1", "persistence");
  assertEquals((await replica.texts("GET", "key:7"))[0].length, 1000);
  assertEquals(await replica.texts("EXISTS", "more"), ["0"]);
  assertMatch((await replica.control.call("BGSAVE")).text, /^LOADING/);
  assertMatch((await replica.control.call("REPLICAOF", "NO", "ONE")).text, /^LOADING/);
  relay.throttle("toClient", Infinity);
  await replica.waitForLink();
  await waitForSameData(primary, replica);
});

referenceTest("a replica keeps its old data when swapdb fails", async () => {
  await using primary = await Member.start("redis", { "repl-backlog-size": "16kb" });
  await using relay = await Relay.start(primary.port);
  await using replica = await Member.start("miniredis", { "repl-diskless-load": "swapdb" });
  await primary.texts("DEBUG", "POPULATE", "2000", "key", "1000");
  await replica.attachTo(relay.port);
  await waitForSameData(primary, replica);
  const before = await replica.digest();
  await relay.cut();
  await primary.texts("SET", "more", "x".repeat(100_000));
  relay.throttle("toClient", 300_000);
  await replica.waitForInfo("async_loading", (value) => value === "1", "persistence");
  await relay.cut();
  await waitFor("the log", () => replica.server.log.includes("Discarding temporary DB"));
  assertEquals(await replica.digest(), before);
  relay.throttle("toClient", Infinity);
  await replica.waitForLink();
  await waitForSameData(primary, replica);
});

referenceTest(
  "a replica with an append-only file writes it anew behind a full synchronisation",
  async () => {
    await using primary = await Member.start("redis");
    await primary.texts("SET", "a", "1");
    await using replica = await Member.start("miniredis", { "appendonly": "yes" });
    await replica.texts("SET", "own", "1");
    await replica.attachTo(primary.port);
    await primary.texts("INCR", "a");
    await waitForSameData(primary, replica);
    await replica.waitForInfo("aof_rewrite_in_progress", (value) => value === "0", "persistence");
    await primary.texts("INCR", "a");
    await waitForSameOffset(primary, replica);
    const digest = await replica.digest();
    await replica.texts("REPLICAOF", "NO", "ONE");
    await replica.server.kill("SIGKILL");
    await replica.restart({ "appendonly": "yes" });
    assertEquals(await replica.digest(), digest);
  },
);

referenceTest(
  "a replica's file of a full synchronisation goes when nothing is to be kept",
  async () => {
    await using primary = await Member.start("redis");
    for (const removes of ["yes", "no"]) {
      await using replica = await Member.start("miniredis", { "rdb-del-sync-files": removes });
      await replica.attachTo(primary.port);
      const names = Array.from(Deno.readDirSync(replica.server.dir), ({ name }) => name);
      assertEquals(
        names.filter((name) => name.endsWith(".rdb")),
        removes === "no" ? ["dump.rdb"] : [],
      );
    }
  },
);

referenceTest("a replica authenticates, and says why where it can't", async () => {
  await using primary = await Member.start("redis");
  await primary.texts("ACL", "SETUSER", "copy", "on", ">secret", "+psync", "+replconf", "+ping");
  await primary.texts("CONFIG", "SET", "requirepass", "other");
  await using replica = await Member.start("miniredis", { "masterauth": "wrong" });
  await replica.replicateFrom(primary.port);
  await waitFor(
    "the refusal",
    () => replica.server.log.includes("Unable to AUTH to MASTER: -WRONGPASS"),
  );
  await replica.texts("CONFIG", "SET", "masteruser", "copy", "masterauth", "secret");
  await replica.waitForLink();
  assertStringIncludes(await primary.control.texts("AUTH", "other").then(String), "OK");
  assert((await primary.texts("CLIENT", "LIST", "TYPE", "replica"))[0].includes("user=copy"));
});

referenceTest("clients that wait are told when their server becomes a replica", async () => {
  await using primary = await Member.start("redis");
  await using replica = await Member.start("miniredis");
  using waiting = await replica.server.connect();
  await waiting.send("BLPOP", "list", "0");
  await replica.waitForInfo("blocked_clients", (value) => value === "1", "clients");
  await replica.replicateFrom(primary.port);
  assertEquals(
    (await waiting.read()).text,
    "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
  );
  assert(await waiting.waitForClose());
});

referenceTest(
  "a replica leaves expiry to its primary, and finds no key whose time has come",
  async () => {
    await using primary = await Member.start("redis");
    await using replica = await Member.start("miniredis");
    await replica.attachTo(primary.port);
    await primary.texts("DEBUG", "SET-ACTIVE-EXPIRE", "0");
    await primary.texts("SET", "short", "1", "PX", "50");
    await waitForSameOffset(primary, replica);
    await waitFor("the key's end", async () => (await replica.texts("EXISTS", "short"))[0] === "0");
    assertEquals(await replica.texts("DBSIZE"), ["1"]);
    // The primary has it expire when it is asked for, and tells.
    await primary.texts("GET", "short");
    await waitForSameOffset(primary, replica);
    assertEquals(await replica.texts("DBSIZE"), ["0"]);
  },
);

referenceTest("a writable replica has its own keys expire, and no others", async () => {
  await using primary = await Member.start("redis");
  await using replica = await Member.start("miniredis", { "replica-read-only": "no" });
  await replica.attachTo(primary.port);
  await primary.texts("DEBUG", "SET-ACTIVE-EXPIRE", "0");
  await primary.texts("SET", "theirs", "1", "PX", "50");
  await waitForSameOffset(primary, replica);
  await replica.texts("SET", "own", "1", "PX", "50");
  await replica.waitForInfo("slave_expires_tracked_keys", (value) => value === "1", "stats");
  await waitFor("its end", async () => (await replica.texts("DBSIZE"))[0] === "1");
  await replica.waitForInfo("slave_expires_tracked_keys", (value) => value === "0", "stats");
  // Who writes to a key whose time has come begins anew.
  assertEquals(await replica.texts("APPEND", "theirs", "23"), ["2"]);
  assertEquals(await replica.texts("DBSIZE"), ["1"]);
});

for (const replica of ["redis", "miniredis"] as const) {
  referenceTest(
    `a primary that is started again goes on with its replicas, which learn what has expired (${replica})`,
    async () => {
      await using primary = await Member.start("miniredis", { "save": "900 1" });
      await using follower = await Member.start(replica);
      await follower.attachTo(primary.port);
      await primary.texts("SET", "a", "1");
      await primary.texts("SET", "short", "1", "PX", "200");
      await primary.texts("SET", "other", "1", "PX", "200");
      await waitForSameOffset(primary, follower);
      await primary.texts("DEBUG", "SET-ACTIVE-EXPIRE", "0");
      await primary.texts("SAVE");
      await new Promise((resolve) => setTimeout(resolve, 300));
      await primary.server.kill("SIGKILL");
      await primary.restart({ "save": "900 1" });
      await primary.texts("INCR", "a");
      await follower.attachTo(primary.port);
      await waitForSameData(primary, follower);
      assertEquals(await follower.texts("DBSIZE"), ["1"]);
      assertEquals(await primary.infoNumber("sync_partial_ok", "stats"), 1);
      assertEquals(await primary.infoNumber("sync_full", "stats"), 0);
    },
  );
}

referenceTest("a replica's stream waits for a local script that takes its time", async () => {
  await using primary = await Member.start("redis");
  await using replica = await Member.start("miniredis", { "busy-reply-threshold": "20" });
  await replica.attachTo(primary.port);
  using other = await replica.server.connect();
  await other.send("EVAL_RO", "for i = 1, 6e7 do end return redis.call('get', 'a')", "0");
  await waitFor(
    "a busy replica",
    async () => (await replica.control.call("GET", "a")).text?.startsWith("BUSY"),
  );
  await primary.control.pipeline([["SET", "a", "1"], ["MULTI"], ["INCR", "a"], ["INCR", "a"], [
    "EXEC",
  ]]);
  const offset = await primary.offset();
  await waitForSameOffset(primary, replica);
  assertEquals((await other.read()).type, "$");
  assertEquals(await replica.offset() >= offset, true);
  await waitForSameData(primary, replica);
});

referenceTest("a replica's configuration file names the primary that it has now", async () => {
  await using primary = await Member.start("redis");
  await using directory = await TempDir.create("rewrite-");
  const file = `${directory.path}/redis.conf`;
  await Deno.writeTextFile(file, "# mine\n");
  await using server = await ServerProcess.start([...miniredisCommand(), file]);
  using replica = await server.connect();
  await replica.call("REPLICAOF", "127.0.0.1", String(primary.port));
  await replica.call("CONFIG", "REWRITE");
  assertStringIncludes(await Deno.readTextFile(file), `\nreplicaof 127.0.0.1 ${primary.port}\n`);
  await replica.call("REPLICAOF", "NO", "ONE");
  await replica.call("CONFIG", "REWRITE");
  assertEquals((await Deno.readTextFile(file)).includes("replicaof"), false);
});

referenceTest("a replica leaves maxmemory to its primary, unless it is told not to", async () => {
  await using primary = await Member.start("redis");
  const limit = { "maxmemory": "1500kb", "maxmemory-policy": "allkeys-random" };
  for (const ignores of ["yes", "no"]) {
    await using replica = await Member.start("miniredis", {
      ...limit,
      "replica-ignore-maxmemory": ignores,
    });
    await primary.texts("FLUSHALL");
    await replica.attachTo(primary.port);
    await primary.control.pipeline(
      Array.from({ length: 500 }, (_, i) => ["SET", `key:${i}`, "x".repeat(5000)]),
    );
    await waitForSameOffset(primary, replica);
    const keys = Number((await replica.texts("DBSIZE"))[0]);
    assertEquals(keys === 500, ignores === "yes", `${keys} keys`);
    assertEquals(await replica.texts("GET", "nothing").then(String), "");
  }
});
