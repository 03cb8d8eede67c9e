/** Files that a crash or a bad disk left behind: a torn tail is cut off, anything else is refused by name. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { startMiniredis } from "../support/miniredis_process.ts";
import { encodeCommandText } from "../support/raw_client.ts";
import { TempDir } from "../support/temp_dir.ts";
import { incrementalPath, manifestPath, startInVain } from "./files.ts";
import { Random } from "../support/random.ts";

const SEED = 20_260_303;

/** Writes an AOF directory with one incremental file of this content. */
function writeDirectory(dir: string, content: string): void {
  Deno.mkdirSync(`${dir}/appendonlydir`, { recursive: true });
  Deno.writeTextFileSync(`${dir}/appendonlydir/appendonly.aof.1.base.aof`, "");
  Deno.writeTextFileSync(incrementalPath(dir), content);
  Deno.writeTextFileSync(
    manifestPath(dir),
    "file appendonly.aof.1.base.aof seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n",
  );
}

const COMMANDS = [
  ["SELECT", "0"],
  ...Array.from({ length: 50 }, (_, i) => ["SET", `key:${i}`, `value ${i}`]),
].map(encodeCommandText);
const WHOLE = COMMANDS.join("");

/** How many of the commands lie whole within the first `length` bytes, and where they end. */
function wholeCommands(length: number): { count: number; end: number } {
  let count = 0, end = 0;
  while (count < COMMANDS.length && end + COMMANDS[count].length <= length) {
    end += COMMANDS[count++].length;
  }
  return { count, end };
}

Deno.test("a torn tail is cut off with a warning when aof-load-truncated is yes", async () => {
  const random = new Random(SEED);
  for (let round = 0; round < 3; round++) {
    await using dir = await TempDir.create("torn-");
    const length = COMMANDS[0].length + 1 + random.below(WHOLE.length - COMMANDS[0].length - 1);
    writeDirectory(dir.path, WHOLE.slice(0, length));
    const { count, end } = wholeCommands(length);
    const keys = count - 1;
    await using server = await startMiniredis({
      dir: dir.path,
      directives: { appendonly: "yes" },
    });
    const client = await server.connect();
    assertEquals(await client.texts("DBSIZE"), [String(keys)], `cut at ${length}`);
    if (end < length) {
      assertStringIncludes(
        server.log,
        `Truncating the AOF appendonly.aof.1.incr.aof at offset ${end}`,
      );
    }
    await client.texts("SET", "after", "the cut");
    await server.restart();
    assertEquals(await (await server.connect()).texts("DBSIZE"), [String(keys + 1)]);
    assert(!server.log.includes("Truncating"));
  }
});

Deno.test("a torn transaction is cut off as a whole", async () => {
  await using dir = await TempDir.create("torn-");
  const before = encodeCommandText(["SELECT", "0"]) + encodeCommandText(["SET", "a", "1"]);
  const transaction = [["MULTI"], ["SET", "a", "2"], ["SET", "b", "2"]].map(encodeCommandText);
  writeDirectory(dir.path, before + transaction.join(""));
  await using server = await startMiniredis({ dir: dir.path, directives: { appendonly: "yes" } });
  const client = await server.connect();
  assertEquals(await client.texts("MGET", "a", "b"), ["1", ""]);
  assertEquals(Deno.statSync(incrementalPath(dir.path)).size, before.length);
});

Deno.test("a torn tail is refused with its offset when aof-load-truncated is no", async () => {
  await using dir = await TempDir.create("torn-");
  const length = WHOLE.length - 5;
  writeDirectory(dir.path, WHOLE.slice(0, length));
  const { code, stderr } = await startInVain(dir.path, "--aof-load-truncated", "no");
  assertEquals(code, 1);
  assertMatch(stderr, /^miniredis: [^\n]+\n$/);
  assertStringIncludes(stderr, "appendonly.aof.1.incr.aof");
  assertStringIncludes(stderr, `offset ${wholeCommands(length).end}`);
  assertEquals(Deno.statSync(incrementalPath(dir.path)).size, length);
});

/** Damage to a good file, and the offset that is named. */
const DAMAGES: readonly [name: string, content: string, offset: number][] = [
  ["zeros in the middle", WHOLE.slice(0, 400) + "\0".repeat(40) + WHOLE.slice(440), -1],
  ["text in the middle", COMMANDS[0] + "hello\r\n" + COMMANDS[1], COMMANDS[0].length],
  ["an unknown command", COMMANDS[0] + encodeCommandText(["NOSUCH", "a"]), COMMANDS[0].length],
  ["too few arguments", COMMANDS[0] + encodeCommandText(["SET", "a"]), COMMANDS[0].length],
  ["a wrong length", COMMANDS[0] + "*2\r\n$4\r\nECHO\r\n$1\r\nlong\r\n" + COMMANDS[1], -1],
];

for (const [name, content, offset] of DAMAGES) {
  Deno.test(`a file with ${name} is refused with file and offset`, async () => {
    await using dir = await TempDir.create("damaged-");
    writeDirectory(dir.path, content);
    const { code, stderr } = await startInVain(dir.path);
    assertEquals(code, 1);
    assertMatch(
      stderr,
      /^miniredis: [^\n]*appendonly\.aof\.1\.incr\.aof[^\n]*at offset \d+[^\n]*\n$/,
    );
    if (offset >= 0) assertStringIncludes(stderr, `at offset ${offset}`);
    assertEquals(Deno.readTextFileSync(incrementalPath(dir.path)), content);
  });
}

Deno.test("an AOF that misses a file is refused by its name", async () => {
  await using dir = await TempDir.create("damaged-");
  writeDirectory(dir.path, WHOLE);
  await Deno.remove(incrementalPath(dir.path));
  const { code, stderr } = await startInVain(dir.path);
  assertEquals(code, 1);
  assertMatch(stderr, /^miniredis: [^\n]*appendonly\.aof\.1\.incr\.aof[^\n]*\n$/);
});

Deno.test("a damaged base in RDB format is refused by file and offset", async () => {
  await using dir = await TempDir.create("damaged-");
  writeDirectory(dir.path, WHOLE);
  await Deno.writeTextFile(`${dir.path}/appendonlydir/appendonly.aof.1.base.aof`, "REDIS0010rest");
  const { code, stderr } = await startInVain(dir.path);
  assertEquals(code, 1);
  assertMatch(
    stderr,
    /^miniredis: [^\n]*RDB file appendonly\.aof\.1\.base\.aof: [^\n]*\(at offset \d+\)\n$/,
  );
});

Deno.test("a manifest that is no manifest is refused by file and line", async () => {
  await using dir = await TempDir.create("damaged-");
  writeDirectory(dir.path, WHOLE);
  await Deno.writeTextFile(manifestPath(dir.path), "file a seq x type b\n");
  const { code, stderr } = await startInVain(dir.path);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "appendonly.aof.manifest");
});
