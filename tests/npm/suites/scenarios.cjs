/**
 * What a user of the package does, on any runtime and in any test framework: the suites beside this run each
 * function as a test. It stands in an empty project, with the packed package installed.
 */

const assert = require("node:assert/strict");
const { mkdtempSync, readFileSync, rmSync } = require("node:fs");
const net = require("node:net");
const { tmpdir } = require("node:os");
const { Redis } = require("ioredis");
const { createClient } = require("redis");
const { Queue, Worker } = require("bullmq");
const miniredis = require("miniredis");

const { startServer, ManualClock, ListenError, ConfigError } = miniredis;

/** Runs with a directory that is removed afterwards. */
async function withDirectory(act) {
  const directory = mkdtempSync(`${tmpdir()}/miniredis-npm-`);
  try {
    await act(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Runs with a server and a connection to it. */
async function withServer(options, act) {
  const server = await startServer(options);
  const client = new Redis(server.url, { retryStrategy: null });
  client.on("error", () => {});
  try {
    await act(client, server);
  } finally {
    client.disconnect();
    await server.stop();
  }
}

async function ioredis() {
  await withServer({}, async (client, { url }) => {
    assert.equal(await client.set("key", "v\u00e9"), "OK");
    assert.equal(await client.get("key"), "v\u00e9");
    const big = Buffer.alloc(3_000_000, 7);
    await client.set("big", big);
    assert.ok(big.equals(await client.getBuffer("big")));
    const results = await client.pipeline().incr("n").incr("n").lpush("n", 1).exec();
    assert.deepEqual(results.slice(0, 2), [[null, 1], [null, 2]]);
    assert.match(results[2][0].message, /^WRONGTYPE/);
    assert.deepEqual(await client.multi().hset("h", "f", 1).hgetall("h").exec(), [
      [null, 1],
      [null, { f: "1" }],
    ]);
    assert.equal(await client.eval("return redis.call('incrby', KEYS[1], ARGV[1])", 1, "n", 5), 7);
    const other = new Redis(url);
    const popped = other.blpop("list", 0);
    await client.rpush("list", "served");
    assert.deepEqual(await popped, ["list", "served"]);
    const message = new Promise((resolve) => other.on("message", (...all) => resolve(all)));
    await other.subscribe("news");
    await client.publish("news", "hello");
    assert.deepEqual(await message, ["news", "hello"]);
    other.disconnect();
  });
}

/** npm:redis, by either protocol. */
async function redis() {
  for (const RESP of [2, 3]) {
    const server = await startServer();
    const client = await createClient({ url: server.url, RESP }).connect();
    await client.hSet("user", { name: "Ann", age: "7" });
    assert.deepEqual({ ...(await client.hGetAll("user")) }, { name: "Ann", age: "7" });
    await client.zAdd("scores", [{ value: "a", score: 1.5 }, { value: "b", score: 2 }]);
    assert.deepEqual(await client.zRangeWithScores("scores", 0, -1), [
      { value: "a", score: 1.5 },
      { value: "b", score: 2 },
    ]);
    await client.xAdd("stream", "1-1", { f: "v" });
    assert.equal((await client.xRange("stream", "-", "+"))[0].id, "1-1");
    assert.deepEqual(await client.configSet("maxmemory", "100mb"), "OK");
    client.destroy();
    await server.stop();
  }
}

async function bullmq() {
  await withServer({}, async (_client, { hostname, port }) => {
    const connection = { host: hostname, port, maxRetriesPerRequest: null };
    const queue = new Queue("jobs", { connection });
    const results = [];
    const worker = new Worker("jobs", (job) => Promise.resolve(job.data.n * 2), { connection });
    const done = new Promise((resolve) =>
      worker.on("completed", (_job, result) => results.push(result) === 10 && resolve())
    );
    for (let n = 0; n < 10; n++) await queue.add("double", { n }, { delay: n === 3 ? 20 : 0 });
    await done;
    assert.deepEqual(results.sort((a, b) => a - b), [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
    await worker.close();
    await queue.close();
  });
}

async function appendOnlyFile() {
  await withDirectory(async (directory) => {
    const options = { directory, directives: { appendonly: "yes", appendfsync: "always" } };
    await withServer(options, async (client) => {
      for (let i = 0; i < 100; i++) await client.rpush("list", i);
      await client.bgrewriteaof();
      await client.set("after", "the rewrite");
    });
    await withServer(options, async (client) => {
      assert.equal(await client.llen("list"), 100);
      assert.equal(await client.get("after"), "the rewrite");
    });
  });
}

async function snapshots() {
  await withDirectory(async (directory) => {
    await withServer({ directory }, async (client) => {
      await client.zadd("z", 1, "one", 2, "two");
      await client.set("k", "x".repeat(100_000), "EX", 1000);
      assert.equal(await client.save(), "OK");
      await client.set("late", 1);
    });
    assert.equal(readFileSync(`${directory}/dump.rdb`).subarray(0, 9).toString(), "REDIS0010");
    await withServer({ directory }, async (client) => {
      assert.deepEqual(await client.zrange("z", 0, -1, "WITHSCORES"), ["one", "1", "two", "2"]);
      assert.equal((await client.get("k")).length, 100_000);
      assert.ok(await client.ttl("k") > 900);
      assert.equal(await client.exists("late"), 0);
    });
  });
}

/** Certificates are where CERTIFICATES says. */
async function tls() {
  const file = (name) => `${process.env.CERTIFICATES}/${name}`;
  const port = await freePort();
  const directives = {
    "tls-port": String(port),
    "tls-cert-file": file("server.crt"),
    "tls-key-file": file("server.key"),
    "tls-ca-cert-file": file("ca.crt"),
    "tls-auth-clients": "yes",
  };
  const log = [];
  await withServer({ directives, log: (line) => log.push(line) }, async () => {
    const read = (name) => readFileSync(file(name));
    const base = { ca: read("ca.crt"), servername: "localhost" };
    const connect = (tls) => new Redis({ port, tls, retryStrategy: null, lazyConnect: true });
    const client = connect({ ...base, cert: read("client.crt"), key: read("client.key") });
    assert.equal(await client.set("k", "x".repeat(2_000_000)), "OK");
    assert.equal((await client.get("k")).length, 2_000_000);
    client.disconnect();
    for (const certificate of [{}, { cert: read("stranger.crt"), key: read("stranger.key") }]) {
      const refused = connect({ ...base, ...certificate });
      refused.on("error", () => {});
      await assert.rejects(refused.connect().then(() => refused.ping()));
      refused.disconnect();
    }
    assert.match(log.join(""), /peer did not return a certificate|certificate verify failed/);
  });
}

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function replication() {
  await withServer({ directives: { "repl-diskless-sync-delay": "0" } }, async (primary, { port }) => {
    await primary.set("before", "x".repeat(200_000));
    const directives = { replicaof: `127.0.0.1 ${port}`, "repl-diskless-load": "swapdb" };
    await withDirectory((directory) =>
      withServer({ directory, directives }, async (replica) => {
        while (!/master_link_status:up/.test(await replica.info("replication"))) await pause(10);
        await primary.set("after", 1);
        assert.equal(await primary.wait(1, 5000), 1);
        assert.equal(await replica.get("after"), "1");
        assert.equal(await replica.strlen("before"), 200_000);
      })
    );
  });
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Errors are those of this program: of its classes and of its realm. */
async function errors() {
  const taken = await startServer();
  const error = await startServer({ port: taken.port }).catch((thrown) => thrown);
  assert.ok(error instanceof ListenError && error instanceof Error);
  assert.match(error.message, /the port is in use; choose another with --port/);
  const wrong = await startServer({ directives: { maxmemory: "much" } }).catch((thrown) => thrown);
  assert.ok(wrong instanceof ConfigError && wrong instanceof Error);
  const client = new Redis(taken.url);
  await assert.rejects(client.config("SET", "port", String(await portInUse())), /Unable to listen/);
  assert.equal(await client.set("k", 1), "OK");
  // A runaway script is ended by the server, and not by the runtime.
  await assert.rejects(client.eval("local function f() return f() + 1 end return f()", 0), /stack overflow/);
  await assert.rejects(client.eval("return {", 0), /Error compiling script/);
  client.disconnect();
  await taken.stop();
  await held?.stop();
}

let held;

async function portInUse() {
  held = await startServer();
  return held.port;
}

async function clock() {
  const time = new ManualClock(1_700_000_000_000);
  await withServer({ clock: time }, async (client) => {
    await client.set("session", "Ann", "EX", 3600);
    time.advance(3_599_000);
    assert.equal(await client.get("session"), "Ann");
    time.advance(1_001);
    assert.equal(await client.get("session"), null);
  });
}

/** What a test may do to a server beside talking to it. */
async function kit() {
  await withServer({ seed: 7 }, async (client, server) => {
    assert.equal(server.call("SET", "k", "v", "EX", 60), "OK");
    assert.equal(await client.get("k"), "v");
    assert.deepEqual(Object.keys(server.dump()), ["k"]);
    const snapshot = server.snapshot();
    server.clock.advance(60_001);
    assert.deepEqual(server.dump(), {});
    server.call("SET", "other", 1);
    server.restore(snapshot);
    assert.deepEqual(server.dump(), {});
    server.call("SET", "k", "v");
    const fault = server.fail({ command: "get", error: "ERR not today" });
    await assert.rejects(client.get("k"), /not today/);
    fault[Symbol.dispose]();
    const blocked = client.blpop("list", 0);
    await server.whenBlocked();
    server.call("RPUSH", "list", "x");
    assert.deepEqual(await blocked, ["list", "x"]);
    assert.throws(() => server.call("NOSUCH"), miniredis.CommandError);
    const { port } = server;
    await server.offline();
    await assert.rejects(connected(port), { code: "ECONNREFUSED" });
    await server.online();
    await connected(port);
    await client.quit().catch(() => {});
    await server.reset();
    assert.deepEqual(server.dump(), {});
    assert.equal(server.port, port);
    const replica = await server.startReplica();
    server.call("SET", "copied", 1);
    await server.whenIdle();
    while (replica.call("GET", "copied") !== "1") await pause(5);
    await replica.stop();
  });
}

/** Connects, and goes. */
function connected(port) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, "127.0.0.1", () => resolve(socket.destroy()));
    socket.on("error", reject);
  });
}

/**
 * With timers and `Date` faked by the framework, a server goes on. Bun's framework stops all clocks of the process,
 * and so the server's time: it serves meanwhile, and its time goes on afterwards.
 */
async function withFakeTimers(fake, unfake) {
  const server = await startServer();
  if (globalThis.Bun) {
    await frozen(server, fake, unfake);
    return await server.stop();
  }
  fake();
  try {
    const socket = net.connect(server.port, server.hostname);
    const expected = "+OK\r\n$1\r\nv\r\n*-1\r\n$-1\r\n+OK\r\n$-1\r\n";
    let said = "";
    const answered = new Promise((resolve) =>
      socket.on("data", (chunk) => {
        said += chunk;
        if (said.length >= expected.length) resolve();
      })
    );
    // The clock of the server runs: it expires the key within a command that waits for something else.
    socket.write("SET k v PX 400\r\nGET k\r\nBLPOP nothing 0.6\r\nGET k\r\nCONFIG SET hz 20\r\nGET k\r\n");
    await answered;
    assert.equal(said, expected);
    socket.destroy();
    await server.stop();
  } finally {
    unfake();
  }
}

async function frozen(server, fake, unfake) {
  const socket = net.connect(server.port, server.hostname);
  const ask = (text) =>
    new Promise((resolve) => {
      socket.once("data", (chunk) => resolve(String(chunk)));
      socket.write(text);
    });
  fake();
  try {
    assert.equal(await ask("SET k v PX 50\r\n"), "+OK\r\n");
    assert.equal(await ask("CONFIG SET hz 20\r\n"), "+OK\r\n");
  } finally {
    unfake();
  }
  await pause(100);
  assert.equal(await ask("GET k\r\n"), "$-1\r\n");
  assert.equal(await ask("BLPOP nothing 0.1\r\n"), "*-1\r\n");
  socket.destroy();
}

/** Servers come and go, and nothing of them stays. */
async function cycles() {
  const count = Number(process.env.CYCLES ?? 100);
  const collect = globalThis.Bun ? () => globalThis.Bun.gc(true) : globalThis.gc;
  const used = async () => {
    for (let i = 0; i < 3; i++) {
      await pause(50);
      collect();
    }
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const handles = () => (process.getActiveResourcesInfo?.() ?? []).filter((name) => /TCP|Pipe|FS/.test(name));
  const cycle = async () => {
    const server = await startServer();
    const socket = net.connect(server.port, server.hostname);
    await new Promise((resolve) => socket.on("data", resolve).write("PING\r\n"));
    await server.stop();
    await new Promise((resolve) => socket.on("close", resolve).end());
  };
  // What the engine compiles stays, too.
  for (let i = 0; i < 250; i++) await cycle();
  const before = await used(), open = handles().length;
  const times = [];
  for (let i = 0; i < count; i++) await cycle();
  for (let i = 0; i < 50; i++) {
    const began = performance.now();
    const server = await startServer();
    times.push(performance.now() - began);
    await server.stop();
  }
  const grown = await used() - before;
  // Half a megabyte is one server.
  assert.ok(grown < 4_000_000, `${count} servers have left ${grown} bytes`);
  assert.deepEqual(handles().length, open);
  const servers = [], least = await used();
  for (let i = 0; i < 100; i++) servers.push(await startServer());
  const each = (await used() - least) / 100;
  for (const server of servers) await server.stop();
  const warm = times.sort((a, b) => a - b)[25];
  console.log(`a server: ${warm.toFixed(2)} ms warm, ${Math.round(each / 1000)} KB; ${grown} bytes left`);
  assert.ok(each < 0.6 * 2 ** 20, `a server takes ${each} bytes`);
  // On a machine that others use as well; alone it takes 1 to 2 ms.
  assert.ok(warm < Number(process.env.WARM_START ?? 30), `a server takes ${warm} ms to start`);
}

module.exports = {
  /** By name, each a test. */
  scenarios: {
    ioredis,
    redis,
    bullmq,
    appendOnlyFile,
    snapshots,
    tls,
    replication,
    errors,
    clock,
    kit,
  },
  cycles,
  withFakeTimers,
};
