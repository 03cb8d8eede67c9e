/** Whole AOF directories go from our server to a real one and back. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { byteString } from "../../src/base/span.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import type { RawClient } from "../support/raw_client.ts";
import { leaves } from "../support/reply.ts";
import type { Directives, ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait_for.ts";
import { checkAof, copyDirectory } from "./files.ts";
import { listKeyspace, SAMPLE_COMMANDS } from "./keyspace_listing.ts";

const AOF: Directives = { "appendonly": "yes", "aof-use-rdb-preamble": "no" };

/** Fills a server with the sample, which must hold no mistake. */
async function fill(client: RawClient): Promise<void> {
  for (const [i, reply] of (await client.pipeline(SAMPLE_COMMANDS)).entries()) {
    assert(reply.type !== "-", `${SAMPLE_COMMANDS[i].slice(0, 2)}: ${reply.text}`);
  }
  // Until somebody looks for it, a key whose time has come counts for DEBUG DIGEST.
  for (let database = 0; database < 16; database++) {
    await client.texts("SELECT", String(database));
    await waitFor("a key to expire", async () => (await client.texts("EXISTS", "gone"))[0] === "0");
  }
  await client.texts("SELECT", "9");
}

async function listingOf(server: ServerProcess): Promise<string[]> {
  return await listKeyspace(await server.connect());
}

/** Has a server rewrite its AOF and waits for the end of that. */
async function rewrite(client: RawClient): Promise<void> {
  const rewrites = async () => {
    const [info] = await client.texts("INFO", "persistence");
    if (!/aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0/.test(info)) return -1;
    return Number(/aof_rewrites:(\d+)/.exec(info)?.[1]);
  };
  const before = await rewrites();
  await client.texts("BGREWRITEAOF");
  await waitFor("the rewrite to end", async () => await rewrites() === before + 1);
}

function fileNames(directory: string): string[] {
  return Array.from(Deno.readDirSync(directory), ({ name }) => name).sort();
}

async function digest(client: RawClient): Promise<string> {
  return (await client.texts("DEBUG", "DIGEST"))[0];
}

const SERVERS = { "redis-server": startReference, "miniredis": startMiniredis } as const;

for (const preamble of ["yes", "no"]) {
  for (const timestamps of ["no", "yes"]) {
    for (const from of ["redis-server", "miniredis"] as const) {
      const to = from === "miniredis" ? "redis-server" : "miniredis";
      const directives = {
        "appendonly": "yes",
        "aof-use-rdb-preamble": preamble,
        "aof-timestamp-enabled": timestamps,
        "enable-debug-command": "yes",
      };

      referenceTest(
        `${to} has ${from}'s data when it starts on its directory ` +
          `(preamble ${preamble}, timestamps ${timestamps})`,
        async () => {
          await using source = await SERVERS[from]({ directives });
          const client = await source.connect();
          await fill(client);
          // Half of it in a base that a rewrite wrote, half in the file behind that.
          await rewrite(client);
          await client.texts("SWAPDB", "0", "1");
          await fill(client);
          const expected = await listKeyspace(client), digested = await digest(client);
          // Files that are no longer needed are removed after the rewrite, by both.
          const wanted = [
            `appendonly.aof.2.base.${preamble === "yes" ? "rdb" : "aof"}`,
            "appendonly.aof.2.incr.aof",
            "appendonly.aof.manifest",
          ];
          await waitFor(
            `the files ${wanted.join(", ")}`,
            () => fileNames(`${source.dir}/appendonlydir`).join() === wanted.join(),
          );
          await source.kill("SIGKILL");
          await checkAof(source.dir);
          await using copy = await TempDir.create("copy-");
          copyDirectory(source.dir, copy.path);
          await using target = await SERVERS[to]({ dir: copy.path, directives });
          assertEquals(await listingOf(target), expected);
          assertEquals(await digest(await target.connect()), digested);
          // And back again, rewritten by the other one.
          const other = await target.connect();
          await rewrite(other);
          await other.texts("SET", "more", "data");
          const more = await digest(other);
          await target.kill("SIGKILL");
          await checkAof(copy.path);
          await using back = await SERVERS[from]({ dir: copy.path, directives });
          assertEquals(await digest(await back.connect()), more);
        },
      );
    }
  }
}

for (const from of ["redis-server", "miniredis"] as const) {
  const to = from === "miniredis" ? "redis-server" : "miniredis";
  const directives = { "enable-debug-command": "yes", "maxmemory-policy": "allkeys-lru" };

  referenceTest(
    `${to} loads what BGSAVE of ${from} wrote, and redis-check-rdb accepts it`,
    async () => {
      await using source = await SERVERS[from]({ directives });
      const client = await source.connect();
      await fill(client);
      await client.texts("DEBUG", "POPULATE", "2000", "many", "50");
      for (let i = 0; i < 50; i++) {
        const fields = Array.from({ length: 100 }, (_, j) => [`field ${i * 100 + j}`, `${j}`]);
        await client.texts("HSET", "large", ...fields.flat());
      }
      await client.texts("BGSAVE");
      await waitFor("the save to end", async () => {
        const [info] = await client.texts("INFO", "persistence");
        return info.includes("rdb_bgsave_in_progress:0");
      });
      const digested = await digest(client);
      await client.texts("SET", "late", "1");
      await source.kill("SIGKILL");
      const { code, stdout } = await new Deno.Command("redis-check-rdb", {
        args: [`${source.dir}/dump.rdb`],
      }).output();
      assertEquals(code, 0, new TextDecoder().decode(stdout));
      await using copy = await TempDir.create("copy-");
      await Deno.copyFile(`${source.dir}/dump.rdb`, `${copy.path}/dump.rdb`);
      await using target = await SERVERS[to]({ dir: copy.path, directives });
      assertEquals(await digest(await target.connect()), digested);
    },
  );
}

referenceTest(
  "an AOF that was never there begins with the same files on both servers",
  async () => {
    for (const preamble of ["yes", "no"]) {
      const directives = { "appendonly": "yes", "aof-use-rdb-preamble": preamble };
      await using theirs = await startReference({ directives });
      await using ours = await startMiniredis({ directives });
      const files = ({ dir }: ServerProcess) =>
        Array.from(Deno.readDirSync(`${dir}/appendonlydir`), ({ name }) => {
          const bytes = Deno.readFileSync(`${dir}/appendonlydir/${name}`);
          // When it was written, how much memory was in use, and the checksum over both.
          const text = byteString(bytes).replace(/(?<=ctime.).{4}/s, "").replace(
            /(?<=used-mem.).{4}/s,
            "",
          ).replace(/\xff.{8}$/s, "");
          return `${name}: ${text}`;
        }).sort();
      assertEquals(files(ours), files(theirs));
      assertEquals(files(ours).length, 3);
    }
  },
);

referenceTest("a directory goes to and fro when both servers write to it in turn", async () => {
  await using dir = await TempDir.create("turns-");
  let expected: string[] = [];
  for (let turn = 0; turn < 4; turn++) {
    const start = turn % 2 === 0 ? startMiniredis : startReference;
    await using server = await start({ dir: dir.path, directives: AOF });
    const client = await server.connect();
    assertEquals(await listKeyspace(client), expected);
    await client.texts("SELECT", String(turn));
    await client.texts("HSET", "hash", `field ${turn}`, "value");
    await client.texts("SET", "string", `value ${turn}`, "EX", "100000");
    await client.texts("MULTI");
    await client.texts("INCR", "counter");
    await client.texts("SELECT", "12");
    await client.texts("INCR", "counter");
    await client.texts("EXEC");
    expected = await listKeyspace(client);
    await server.kill();
    await checkAof(dir.path);
  }
});

for (const preamble of ["no", "yes"]) {
  referenceTest(
    `an AOF that is one file is taken up, as redis-server does (preamble ${preamble})`,
    async () => {
      const directives = { ...AOF, "aof-use-rdb-preamble": preamble };
      await using source = await startReference({ directives });
      const client = await source.connect();
      await fill(client);
      if (preamble === "yes") await rewrite(client);
      await client.texts("SET", "behind", "the base");
      const expected = await listKeyspace(client);
      await source.kill();
      // Before Redis 7 a file had both parts.
      const parts = preamble === "yes" ? ["2.base.rdb", "2.incr.aof"] : ["1.incr.aof"];
      await using dir = await TempDir.create("old-");
      for (const part of parts) {
        const bytes = await Deno.readFile(`${source.dir}/appendonlydir/appendonly.aof.${part}`);
        await Deno.writeFile(`${dir.path}/appendonly.aof`, bytes, { append: true });
      }
      await using copy = await TempDir.create("old-");
      copyDirectory(dir.path, copy.path);

      const names = async (server: ServerProcess) => {
        assertEquals(await listingOf(server), expected);
        await (await server.connect()).texts("SET", "more", "data");
        await server.kill();
        await checkAof(server.dir);
        return Array.from(Deno.readDirSync(`${server.dir}/appendonlydir`), ({ name }) => name)
          .sort();
      };
      await using theirs = await startReference({ dir: copy.path, directives });
      await using ours = await startMiniredis({ dir: dir.path, directives });
      assertStringIncludes(ours.log, "Successfully migrated an old-style AOF");
      assertEquals(await names(ours), await names(theirs));
      await ours.restart();
      assertEquals(await (await ours.connect()).texts("GET", "more"), ["data"]);
    },
  );
}

/** A library with a function that counts its own calls, and one that reads. */
function libraryText(name: string): string {
  return `#!lua name=${name}\nlocal calls = 0\n` +
    `redis.register_function('${name}_calls', function() calls = calls + 1 return calls end)\n` +
    `redis.register_function{function_name = '${name}_get', description = 'reads', flags = {'no-writes'}, ` +
    `callback = function(keys) return '${name} ' .. redis.call('get', keys[1]) end}`;
}

const LIBRARIES = ["first", "second"];

/** What a server says of its libraries, one by one: all of them come in any order. */
async function describeLibraries(client: RawClient): Promise<string[][]> {
  const described = [];
  for (const name of LIBRARIES) {
    const { children = [] } = await client.call(
      "FUNCTION",
      "LIST",
      "LIBRARYNAME",
      name,
      "WITHCODE",
    );
    const fields = children[0]?.children ?? [];
    described.push([
      ...fields.slice(0, 4).map(({ text }) => text ?? ""),
      ...(fields[5]?.children ?? []).map((one) => leaves(one).join()).sort(),
      ...fields.slice(6).map(({ text }) => text ?? ""),
    ]);
  }
  return described;
}

/** Has a server write all that it has into an append-only file, and write on into it. */
async function turnAofOn(client: RawClient): Promise<void> {
  await client.texts("CONFIG", "SET", "appendonly", "yes");
  await waitFor("the base to be written", async () => {
    const [info] = await client.texts("INFO", "persistence");
    return /aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0/.test(info);
  });
}

for (const preamble of ["yes", "no"]) {
  for (const first of ["redis-server", "miniredis"] as const) {
    referenceTest(
      `function libraries of ${first} are called on the other server, aof-use-rdb-preamble ${preamble}`,
      async () => {
        const [source, target] = first === "miniredis"
          ? [startMiniredis, startReference]
          : [startReference, startMiniredis];
        const directives = {
          ...{ "enable-debug-command": "yes", save: "", "aof-use-rdb-preamble": preamble },
        };
        await using dir = await TempDir.create("functions-");
        let listed: string[][];
        {
          await using server = await source({ dir: dir.path, directives });
          const client = await server.connect();
          await client.texts("SET", "key", "value");
          await client.texts("FUNCTION", "LOAD", libraryText("first"));
          await turnAofOn(client);
          await client.texts("FUNCTION", "LOAD", libraryText("gone"));
          await client.texts("FUNCTION", "LOAD", libraryText("second"));
          await client.texts("FUNCTION", "DELETE", "gone");
          await client.texts("FLUSHALL");
          await client.texts("SET", "key", "another");
          listed = await describeLibraries(client);
          await client.texts("SAVE");
          await server.kill("SIGKILL");
        }
        await checkAof(dir.path);
        for (const appendonly of ["no", "yes"]) {
          await using copy = await TempDir.create("copy-");
          copyDirectory(dir.path, copy.path);
          await using server = await target({
            dir: copy.path,
            directives: { ...directives, appendonly },
          });
          const client = await server.connect();
          assertEquals(await describeLibraries(client), listed);
          assertEquals(await client.texts("FCALL", "second_calls", "0"), ["1"]);
          assertEquals(await client.texts("FCALL_RO", "first_get", "1", "key"), ["first another"]);
          await client.texts("DEBUG", "RELOAD");
          assertEquals(await client.texts("FCALL", "second_calls", "0"), ["1"]);
          assertEquals(await describeLibraries(client), listed);
        }
      },
    );
  }
}
