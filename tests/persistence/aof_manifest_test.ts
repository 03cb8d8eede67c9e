import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { AofManifest } from "../../src/persistence/aof_manifest.ts";
import { PersistenceError } from "../../src/persistence/persistence_error.ts";

const BASE = "file appendonly.aof.1.base.aof seq 1 type b\n";
const INCR = "file appendonly.aof.1.incr.aof seq 1 type i\n";

function parse(text: string): AofManifest {
  return AofManifest.parse(text, "appendonly.aof.manifest");
}

function refusal(text: string): string[] {
  return assertThrows(() => parse(text), PersistenceError).message.split("\n");
}

Deno.test("AofManifest.parse returns the files in load order when the lines are in any order", () => {
  const manifest = parse(`# a comment\n${INCR}${BASE}file old.aof seq 4 type h\n`);
  assertEquals(manifest.toLoad.map((file) => file.name), [
    "appendonly.aof.1.base.aof",
    "appendonly.aof.1.incr.aof",
  ]);
  assertEquals(manifest.history, [{ name: "old.aof", sequence: 4, type: "h" }]);
});

Deno.test("AofManifest.parse takes fields in any order and case, unknown fields and CR LF", () => {
  assertEquals(parse("SEQ 7 Type base FILE x.aof colour red\r\n").base, {
    name: "x.aof",
    sequence: 7,
    type: "b",
  });
});

Deno.test("AofManifest.parse refuses what Redis refuses, naming file and line", () => {
  const at = (line: number) => `Reading the manifest file appendonly.aof.manifest, at line ${line}`;
  const invalid = "Invalid AOF manifest file format";
  const first = "*** FATAL AOF MANIFEST FILE ERROR ***";
  const cases: [text: string, line: number, shown: string, problem: string][] = [
    ["\n", 1, "", invalid],
    [BASE + "\n" + INCR, 2, "", invalid],
    ["file a seq 1\n", 1, "file a seq 1", invalid],
    ["file a seq x type b\n", 1, "file a seq x type b", invalid],
    ["file a seq 0 type b\n", 1, "file a seq 0 type b", invalid],
    ["file a seq 1 type b odd\n", 1, "file a seq 1 type b odd", invalid],
    ["file 'a seq 1 type b\n", 1, "file 'a seq 1 type b", invalid],
    ["file a seq 1 type x\n", 1, "file a seq 1 type x", "Unknown AOF file type"],
    [
      "file ../a seq 1 type b\n",
      1,
      "file ../a seq 1 type b",
      "File can't be a path, just a filename",
    ],
    [BASE + BASE, 2, BASE.trim(), "Found duplicate base file information"],
    [INCR + INCR, 2, INCR.trim(), "Found a non-monotonic sequence number"],
  ];
  for (const [text, line, shown, problem] of cases) {
    assertEquals(refusal(text), [first, at(line), `>>> '${shown}'`, problem]);
  }
  assertEquals(refusal("").at(-1), "Found an empty AOF manifest");
  assertEquals(refusal(BASE.trim()).at(-1), "The AOF manifest file contains too long line");
  assertEquals(refusal(`file ${"x".repeat(1100)} seq 1 type b\n`).slice(1), [
    at(1),
    "The AOF manifest file contains too long line",
  ]);
});

Deno.test("AofManifest quotes names as Redis does when they hold special characters", () => {
  const base = new AofManifest(undefined, []).nextBase("my file'x.aof", "aof");
  const text = 'file "my file\'x.aof.1.base.aof" seq 1 type b\n';
  assertEquals(new AofManifest(base, []).toString(), text);
  assertEquals(parse(text).base, base);
});

Deno.test("AofManifest reads back what it wrote when names are any bytes", () => {
  const name = fc.string({ unit: "binary", minLength: 1, maxLength: 40 })
    .map((text) => text.replace(/[^\0-\xff]/g, "é").replace(/[/\0]/g, "-"));
  fc.assert(fc.property(name, fc.nat({ max: 1e6 }), (appendFileName, count) => {
    const manifest = new AofManifest({ name: appendFileName, sequence: count + 1, type: "b" }, [
      { name: `${appendFileName}.incr`, sequence: count + 5, type: "i" },
    ], [{ name: "h" + appendFileName, sequence: 1, type: "h" }]);
    assertEquals(parse(manifest.toString()), manifest);
  }));
});

Deno.test("AofManifest.rewritten makes history of all files that were loaded but the last", () => {
  const old = parse(BASE + INCR);
  const next = old.nextIncremental("appendonly.aof");
  const base = old.nextBase("appendonly.aof", "rdb");
  const manifest = old.withIncremental(next).rewritten(base, next);
  assertEquals(
    manifest.toString(),
    "file appendonly.aof.2.base.rdb seq 2 type b\n" +
      "file appendonly.aof.1.incr.aof seq 1 type h\n" +
      "file appendonly.aof.1.base.aof seq 1 type h\n" +
      "file appendonly.aof.2.incr.aof seq 2 type i\n",
  );
  assertEquals(manifest.withoutHistory().toLoad, [base, next]);
});

Deno.test("AofManifest goes on counting incremental files when there is none left", () => {
  const old = parse(BASE + INCR);
  const manifest = old.rewritten(old.nextBase("appendonly.aof", "aof"), undefined);
  assertEquals(manifest.toLoad.map(({ name }) => name), ["appendonly.aof.2.base.aof"]);
  const next = manifest.withoutHistory().nextIncremental("appendonly.aof");
  assertEquals(next.name, "appendonly.aof.2.incr.aof");
});
