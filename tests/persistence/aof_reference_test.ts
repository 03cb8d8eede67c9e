/** Our AOF directories and the real tools: redis-check-aof and redis-server take ours, we take theirs. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { bytesOf, byteString } from "../../src/base/span.ts";
import { DenoFileSystem, readAllSync } from "../../src/persistence/file.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { TempDir } from "../support/temp_dir.ts";
import { rewriteAof, startAof, TestHost } from "./aof_harness.ts";
import { AppendOnlyFile } from "../../src/persistence/aof.ts";

const AOF_DIRECTIVES = { "appendonly": "yes", "aof-use-rdb-preamble": "no" };

/** Values that need care: empty, binary, with line ends, long, and many. */
const VALUES: readonly string[] = [
  "",
  "plain",
  "line\r\nend\0",
  Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join(""),
  "x".repeat(200_000),
];

function realHost(dir: string, changes = {}): TestHost {
  return new TestHost(new DenoFileSystem(), { dir, ...changes });
}

async function checkAof(manifest: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command("redis-check-aof", { args: [manifest] })
    .output();
  const text = byteString(stdout) + byteString(stderr);
  assertEquals(code, 0, text);
  return text;
}

/** Everything in a real server's databases 0 and 3, as `TestData.listing` has it. */
async function serverListing(dir: string, directives = {}): Promise<string[]> {
  await using server = await startReference({
    dir,
    directives: { ...AOF_DIRECTIVES, ...directives },
  });
  const found: string[] = [];
  const client = await server.connect();
  for (const database of ["0", "3"]) {
    await client.texts("SELECT", database);
    for (const key of await client.texts("KEYS", "*")) {
      found.push(`${database}:${key}=${(await client.texts("GET", key))[0]}`);
    }
  }
  return found.sort();
}

function writeValues(aof: AppendOnlyFile): void {
  VALUES.forEach((value, i) => {
    aof.writer.appendCommand(i % 2 ? 3 : 0, ["SET", `key:${i}`, value]);
    aof.writer.appendCommand(0, ["SET", "count", String(i)]);
  });
  aof.writer.flush();
}

const EXPECTED = [
  ...VALUES.map((value, i) => `${i % 2 ? 3 : 0}:key:${i}=${value}`),
  `0:count=${VALUES.length - 1}`,
].sort();

referenceTest(
  "redis-check-aof accepts our directories and redis-server has their data",
  async () => {
    const names = ["appendonly.aof", 'it\'s "odd"', byteString(new TextEncoder().encode("größe"))];
    for (const appendFileName of names) {
      for (const timestampsEnabled of [false, true]) {
        using dir = TempDir.createSync();
        const host = realHost(dir.path, { appendFileName, timestampsEnabled });
        const { aof } = await startAof(host);
        const manifest = `${dir.path}/appendonlydir/${
          new TextDecoder().decode(bytesOf(appendFileName))
        }.manifest`;
        assertStringIncludes(await checkAof(manifest), "All AOF files and manifest are valid");
        writeValues(aof);
        await aof.close();
        const report = await checkAof(manifest);
        assertStringIncludes(report, "All AOF files and manifest are valid");
        const directives = {
          "appendfilename": new TextDecoder().decode(bytesOf(appendFileName)),
        };
        assert((await serverListing(dir.path, directives)).join() === EXPECTED.join());
      }
    }
  },
);

referenceTest("redis-server has the data of a base that a rewrite wrote", async () => {
  using dir = TempDir.createSync();
  const host = realHost(dir.path), aof = new AppendOnlyFile(host), { data } = host;
  VALUES.forEach((value, i) => data.database(i % 2 ? 3 : 0).set(`key:${i}`, value));
  for (let round = 0; round < 2; round++) {
    aof.enable();
    await rewriteAof(aof);
    aof.writer.appendCommand(0, ["SET", "count", String(VALUES.length - 1)]);
    aof.disable();
  }
  data.database(0).set("count", "0");
  aof.enable();
  await rewriteAof(aof);
  aof.writer.appendCommand(0, ["SET", "count", String(VALUES.length - 1)]);
  await aof.close();
  const manifest = `${dir.path}/appendonlydir/appendonly.aof.manifest`;
  assertStringIncludes(await checkAof(manifest), "All AOF files and manifest are valid");
  assert((await serverListing(dir.path)).join() === EXPECTED.join());
});

referenceTest(
  "AppendOnlyFile starts as redis-server does and loads what redis-server wrote",
  async () => {
    await using server = await startReference({
      directives: { ...AOF_DIRECTIVES, "aof-timestamp-enabled": "yes" },
    });
    const listDir = (dir: string) =>
      Array.from(
        Deno.readDirSync(`${dir}/appendonlydir`),
        ({ name }) =>
          `${name}: ${
            byteString(readAllSync(new DenoFileSystem(), `${dir}/appendonlydir/${name}`))
          }`,
      )
        .sort();
    using ownDir = TempDir.createSync();
    const { aof } = await startAof(realHost(ownDir.path, { timestampsEnabled: true }));
    const maskTime = (text: string) => text.replace(/#TS:\d+/, "#TS:T");
    assertEquals(listDir(ownDir.path).map(maskTime), listDir(server.dir).map(maskTime));
    await aof.close();

    const client = await server.connect();
    for (const [i, value] of VALUES.entries()) {
      await client.texts("SELECT", i % 2 ? "3" : "0");
      await client.texts("SET", `key:${i}`, value);
    }
    await client.texts("SELECT", "0");
    await client.texts("MULTI");
    await client.texts("SET", "count", "1");
    await client.texts("SET", "count", String(VALUES.length - 1));
    await client.texts("EXEC");
    await server.kill();
    const copy = await startAof(realHost(server.dir));
    await copy.aof.close();
    assert(copy.data.listing().join() === EXPECTED.join());
  },
);

referenceTest(
  "AppendOnlyFile refuses and repairs what redis-server does, in its words",
  async () => {
    const set = encodedSet("a"), dir = "appendonlydir/";
    const base = dir + "appendonly.aof.1.base.aof", incr = dir + "appendonly.aof.1.incr.aof";
    const manifest = "file appendonly.aof.1.base.aof seq 1 type b\n" +
      "file appendonly.aof.1.incr.aof seq 1 type i\n";
    const name = dir + "appendonly.aof.manifest";
    const cases: Record<string, string>[] = [
      { [name]: manifest, [base]: "", [incr]: set + "*3\r\n$3\r\nSE" },
      { [name]: manifest, [base]: set, [incr]: set + "*1\r\n$4\r\nPING\r" },
      { [name]: manifest, [base]: set, [incr]: set + "*1\r\n$5\r\nMULTI\r\n" + set },
      { [name]: manifest, [base]: set, [incr]: set + "garbage" },
      { [name]: manifest, [base]: set, [incr]: set + "*1\r\n$3\r\nFOO\r\n" },
      { [name]: manifest, [base]: set },
      { [name]: manifest, [base]: set + "*", [incr]: set },
      { [name]: manifest.replace("type i", "type q"), [base]: set, [incr]: set },
      { [name]: "", [base]: set },
      { [name]: manifest + manifest, [base]: set, [incr]: set },
      { "appendonly.aof": set + set },
      { "appendonly.aof": set + "*3\r\n" },
      { "appendonly.aof": set, [base]: set },
      { [name]: "file appendonly.aof seq 1 type b\n", "appendonly.aof": set },
    ];
    for (const contents of cases) {
      const [theirs, ours] = [outcomeDir(contents), outcomeDir(contents)];
      using _theirs = theirs;
      using _ours = ours;
      const reference = await referenceOutcome(theirs.path);
      const own = await ownOutcome(ours.path);
      const label = JSON.stringify(contents);
      assertEquals(own.started, reference.started, label);
      if (own.started) {
        assertEquals(own.log, reference.log, label);
        assertEquals(own.files, reference.files, label);
      } else {
        // Ours says the same and adds where.
        const last = reference.log.at(-1)?.slice(2) ?? "no log";
        assertStringIncludes(own.log.at(-1) ?? "", last, label);
      }
    }
  },
);

function encodedSet(key: string): string {
  return `*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\n${key}\r\n$1\r\n1\r\n`;
}

interface Outcome {
  readonly started: boolean;
  /** Lines about the AOF, with times masked. */
  readonly log: string[];
  /** `name: size` of every file. */
  readonly files: string[];
}

function outcomeDir(contents: Readonly<Record<string, string>>): TempDir {
  const dir = TempDir.createSync();
  for (const [path, text] of Object.entries(contents)) {
    if (path.includes("/")) Deno.mkdirSync(`${dir.path}/appendonlydir`, { recursive: true });
    Deno.writeFileSync(`${dir.path}/${path}`, bytesOf(text));
  }
  return dir;
}

function sizes(dir: string): string[] {
  const found: string[] = [];
  for (const entry of Deno.readDirSync(dir)) {
    const path = `${dir}/${entry.name}`;
    if (entry.isDirectory) found.push(...sizes(path));
    else found.push(`${entry.name}: ${Deno.statSync(path).size}`);
  }
  return found.sort();
}

function maskTimes(line: string): string {
  return line.replace(/: \d+\.\d+ seconds/, ": T seconds");
}

async function referenceOutcome(dir: string): Promise<Outcome> {
  let text: string, started = true;
  try {
    await using server = await startReference({ dir, directives: AOF_DIRECTIVES });
    text = server.log;
  } catch (error) {
    started = false;
    text = String(error);
  }
  const log = text.split("\n")
    .map((line) => / ([*#] .*)/.exec(line)?.[1] ?? line)
    .filter((line) =>
      /AOF|append ?only|sequence number|duplicate base|not the last file/.test(line)
    )
    .filter((line) => !/^\* AOF is enabled/.test(line));
  return { started, log: log.map(maskTimes), files: sizes(dir) };
}

async function ownOutcome(dir: string): Promise<Outcome> {
  const host = realHost(dir);
  let started = true;
  try {
    const { aof } = await startAof(host);
    await aof.close();
  } catch (error) {
    started = false;
    host.log.warning((error as Error).message);
  }
  const log = host.log.take().filter((line) => !/was not in the manifest/.test(line));
  return { started, log: log.map(maskTimes), files: sizes(dir) };
}
