/** `--check-aof` and `--check-rdb` beside redis-check-aof and redis-check-rdb. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { checkFile } from "../../src/durability/check_file.ts";
import { amount } from "../support/long_test.ts";
import { miniredisCommand } from "../support/miniredis_process.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { hasProgram, requiredTest } from "../support/required_test.ts";
import { TempDir } from "../support/temp_dir.ts";

type Kind = "aof" | "rdb";

/** What a check says, and its exit code. */
interface Outcome {
  readonly code: number;
  readonly text: string;
}

function ours(kind: Kind, words: readonly string[], answer = ""): Outcome {
  let text = "", given = 0;
  const code = checkFile({ kind, words }, {
    input: {
      readSync: (into) => given++ < answer.length ? (into[0] = answer.charCodeAt(0), 1) : null,
    },
    output: {
      writeSync(bytes) {
        text += new TextDecoder().decode(bytes);
        return bytes.length;
      },
    },
  });
  return { code, text };
}

async function theirs(kind: Kind, words: readonly string[], answer = ""): Promise<Outcome> {
  const child = new Deno.Command(`redis-check-${kind}`, {
    args: [...words],
    ...{ stdin: "piped", stdout: "piped", stderr: "null" },
  }).spawn();
  const writer = child.stdin.getWriter();
  // It may have ended without asking.
  await writer.write(new TextEncoder().encode(answer)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout } = await child.output();
  return { code, text: new TextDecoder().decode(stdout) };
}

/**
 * Without what differs for a reason: the lines of the server that redis-check-rdb is, the byte that happens to be
 * in memory behind the end of a line, and where in a value a file ends, as ours does not begin with more
 * elements than there is room for.
 */
function comparable({ code, text }: Outcome): Outcome {
  return {
    code,
    text: text.split("\n").filter((line) => !/^\d+:C .* # /.test(line)).join("\n")
      .replace(/, got: 00[0-9a-f]{2}$/m, ", got: 00..")
      .replace(/^\[offset \d+\]( Unexpected EOF.*\n.*read-object-value)$/m, "[offset ..]$1"),
  };
}

/** Whether Redis' words are those of a line of its source, which ours can't be. */
function isOfTheSource({ text }: Outcome): boolean {
  return text.includes("Internal error in RDB reading");
}

const SMALL_AOF = "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n";

/** Files of commands with something at their end. */
const TAILS: Readonly<Record<string, string>> = {
  ...{ nothing: "", garbage: "garbage\n", timestamp: "#TS:1700000000\r\n", comment: "#no end" },
  ...{ multi: "*1\r\n$5\r\nMULTI\r\n", exec: "*1\r\n$4\r\nexec\r\n" },
  twice: "*1\r\n$5\r\nmulti\r\n*1\r\n$5\r\nmulti\r\n",
  done: "*1\r\n$5\r\nmulti\r\n*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nexec\r\n",
  ...{ prefix: "*1\r\n#4\r\nPING\r\n", letter: "*x\r\n", none: "*0\r\n", minus: "*-1\r\n" },
  ...{
    negative: "*1\r\n$-1\r\n",
    huge: "*1\r\n$9223372036854775807\r\n",
    long: "*1\r\n$1000\r\nab",
  },
  ...{ end: "*1\r\n$4\r\nPINGxx", spaces: "* 1\r\n$ +4\r\nPING\r\n", linefeed: "*1\n$4\nPING\n" },
  ...{ number: `*1${"0".repeat(200)}\r\n`, more: "*2\r\n$4\r\nPING\r\n", zero: "*1\r\n$0\r\n\r\n" },
  annotation: `#${"x".repeat(3000)}\r\n`,
};

referenceTest(
  "commands are checked as redis-check-aof does, up to every byte of a file",
  async () => {
    await using dir = await TempDir.create("check-aof-");
    const path = `${dir.path}/file.aof`;
    const compare = async (text: string, words: readonly string[] = [path], answer = "") => {
      Deno.writeTextFileSync(path, text);
      const expected = await theirs("aof", words, answer);
      const left = Deno.readTextFileSync(path);
      Deno.writeTextFileSync(path, text);
      const actual = ours("aof", words, answer);
      assertEquals(comparable(actual), comparable(expected), JSON.stringify(text));
      assertEquals(Deno.readTextFileSync(path), left);
    };
    for (const tail of Object.values(TAILS)) {
      await compare(SMALL_AOF + tail);
      for (const answer of ["y\n", "Y", "n\n", ""]) {
        await compare(SMALL_AOF + tail, ["--fix", path], answer);
      }
    }
    const step = amount({ quick: 5, full: 1, long: 1 });
    for (let size = 0; size <= SMALL_AOF.length; size += step) {
      await compare(
        SMALL_AOF.slice(0, size),
      );
    }
    for (const words of [[`${dir.path}/none`], [dir.path]]) await compare("", words);
  },
);

/** An RDB with a value of each type, some of which expire, and what else there may be. */
async function makeRdb(): Promise<Uint8Array> {
  await using server = await startReference({ directives: { save: "" } });
  const client = await server.connect();
  const commands = [
    "SET s v",
    "SET n 12",
    `SET compressed ${"a".repeat(3000)}`,
    "RPUSH l a b c",
    "HSET h a 1 b 2",
    "SADD ints 1 2 3",
    "SADD set a b",
    "ZADD z 1 a 2.5 b",
    "XADD x 1-1 a b",
    "XGROUP CREATE x g 0",
    "SET later v PXAT 4000000000000",
    "SELECT 3",
    "SET gone v PX 1",
    "CONFIG SET maxmemory-policy allkeys-lfu",
  ];
  for (const command of commands) await client.texts(...command.split(" "));
  await client.texts(
    ...[
      "FUNCTION",
      "LOAD",
      "#!lua name=lib\nredis.register_function('f', function() return 1 end)",
    ],
  );
  // Keys that have expired are in a file, too, if nobody has looked at them.
  await client.texts("SAVE");
  return Deno.readFileSync(`${server.dir}/dump.rdb`);
}

referenceTest("an RDB is checked as redis-check-rdb does, whatever it is cut to", async () => {
  await using dir = await TempDir.create("check-rdb-");
  const path = `${dir.path}/file.rdb`;
  const rdb = await makeRdb();
  const compare = async (bytes: Uint8Array, what: string) => {
    Deno.writeFileSync(path, bytes);
    const expected = comparable(await theirs("rdb", [path]));
    const actual = comparable(ours("rdb", [path]));
    // That something in a value is wrong is all that can be compared there.
    if (isOfTheSource(expected)) assertEquals(actual.code, 1, what);
    else assertEquals(actual, expected, what);
  };
  await compare(rdb, "the whole file");
  assertMatch(ours("rdb", [path]).text, /Checksum OK\n.*RDB looks OK/);
  const step = amount({ quick: 11, full: 1, long: 1 });
  for (let size = 0; size < rdb.length; size += step) {
    await compare(rdb.subarray(0, size), `cut to ${size}`);
  }
  for (const [at, byte] of [[0, 88], [8, 57], [rdb.length - 1, rdb[rdb.length - 1] ^ 1]]) {
    await compare(rdb.with(at, byte), `${byte} at ${at}`);
  }
  const unsummed = rdb.slice();
  unsummed.fill(0, rdb.length - 8);
  await compare(unsummed, "without a checksum");
  await compare(new Uint8Array([...rdb, 1, 2, 3]), "with something behind it");
  Deno.removeSync(path);
  assertEquals(ours("rdb", [path]), await theirs("rdb", [path]));
});

referenceTest("all files of a manifest are checked, and the last one is mended", async () => {
  await using dir = await TempDir.create("check-manifest-");
  const rdb = await makeRdb();
  const write = () => {
    Deno.writeFileSync(`${dir.path}/base.rdb`, rdb);
    Deno.writeFileSync(`${dir.path}/broken.rdb`, rdb.subarray(0, 100));
    Deno.writeTextFileSync(`${dir.path}/base.aof`, SMALL_AOF);
    Deno.writeTextFileSync(`${dir.path}/whole.aof`, SMALL_AOF);
    Deno.writeTextFileSync(`${dir.path}/cut.aof`, SMALL_AOF.slice(0, -4));
    Deno.writeTextFileSync(`${dir.path}/empty.aof`, "");
    Deno.writeFileSync(
      `${dir.path}/both.aof`,
      new Uint8Array([...rdb, ...new TextEncoder().encode(SMALL_AOF), 42]),
    );
  };
  const base = (name: string) => `file ${name} seq 1 type b\n`;
  const next = (name: string, number: number) => `file ${name} seq ${number} type i\n`;
  const manifests = [
    base("base.rdb") + next("whole.aof", 1) + next("cut.aof", 2),
    base("base.rdb") + next("cut.aof", 1) + next("whole.aof", 2),
    base("base.aof") + next("empty.aof", 1),
    base("broken.rdb") + next("whole.aof", 1),
    base("base.rdb") + next("missing.aof", 1),
    "# a comment\n" + base("base.rdb") + "file old.aof seq 1 type h\n",
    base("empty.aof"),
    next("whole.aof", 3),
    "# nothing but a comment\n",
  ];
  const path = `${dir.path}/file.manifest`;
  for (const manifest of manifests) {
    Deno.writeTextFileSync(path, manifest);
    for (const words of [[path], ["--fix", path]]) {
      write();
      const expected = await theirs("aof", words, "y\n");
      const left = Deno.readTextFileSync(`${dir.path}/cut.aof`);
      write();
      const actual = ours("aof", words, "y\n");
      assertEquals(comparable(actual), comparable(expected), manifest);
      assertEquals(Deno.readTextFileSync(`${dir.path}/cut.aof`), left);
    }
  }
  write();
  const both = [`${dir.path}/both.aof`];
  assertEquals(comparable(ours("aof", both)), comparable(await theirs("aof", both)));
  Deno.writeTextFileSync(path, "file base.rdb seq 1 typ b\n");
  const { code, text } = ours("aof", [path]);
  assertEquals(code, 1);
  assertStringIncludes(text, "Invalid AOF manifest file format");
});

const MISSING = hasProgram("redis-check-rdb", "--version")
  ? undefined
  : "redis-check-aof is not installed";

requiredTest(MISSING, "the program checks files, and asks before it cuts one", async () => {
  await using dir = await TempDir.create("check-program-");
  const path = `${dir.path}/file.aof`, [program, ...first] = miniredisCommand();
  const run = async (words: readonly string[], answer = "") => {
    const child = new Deno.Command(program, {
      args: [...first, ...words],
      ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(answer)).catch(() => {});
    await writer.close().catch(() => {});
    const { code, stdout } = await child.output();
    return { code, text: new TextDecoder().decode(stdout) };
  };
  Deno.writeTextFileSync(path, `${SMALL_AOF}*1\r\n`);
  assertEquals(await run(["--check-aof", path]), await theirs("aof", [path]));
  const { code, text } = await run(["--check-aof", "--fix", path], "y\n");
  assertEquals([code, Deno.readTextFileSync(path)], [0, SMALL_AOF]);
  assertStringIncludes(text, `Successfully truncated AOF ${path}`);
  assertEquals((await run(["--check-rdb", path])).code, 1);
  for (
    const words of [["--check-aof"], ["--check-rdb", path, path], ["--check-aof", "--fx", path]]
  ) {
    const wrong = await run(words);
    assertEquals([wrong.code, wrong.text.startsWith("Usage: ")], [1, true]);
  }
});
