import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { loadAof } from "../../src/persistence/aof_loader.ts";
import { AofManifest } from "../../src/persistence/aof_manifest.ts";
import { loadInSlices } from "../../src/persistence/file_load.ts";
import { PersistenceError } from "../../src/persistence/persistence_error.ts";
import { encoded, fakeRdb, RecordedLog, TestData } from "./aof_harness.ts";
import { EIO, FaultyFileSystem } from "../support/faulty_file_system.ts";

const FIRST = encoded("SELECT", "0") + encoded("SET", "a", "1");
const SECOND = encoded("SET", "b", "2");

interface Loaded {
  readonly data: TestData;
  readonly log: string[];
  readonly files: FaultyFileSystem;
  readonly size: number;
}

const BASE = "x.1.base.aof", INCR = "x.1.incr.aof";

/** Loads a base and the incremental files after it; null leaves a file out of the directory. */
async function load(
  contents: readonly (string | Uint8Array | null)[],
  options: {
    loadTruncated?: boolean;
    slice?: number;
    files?: FaultyFileSystem;
    progressed?: [number, number][];
  } = {},
): Promise<Loaded> {
  const files = options.files ?? new FaultyFileSystem();
  let manifest = new AofManifest(undefined, []);
  contents.forEach((content, i) => {
    const info = i === 0 ? manifest.nextBase("x", "aof") : manifest.nextIncremental("x");
    manifest = i === 0 ? new AofManifest(info, []) : manifest.withIncremental(info);
    if (content !== null) files.put(`dir/${info.name}`, content);
  });
  const log = new RecordedLog(), data = new TestData();
  try {
    const loading = loadAof({
      files,
      directory: "dir",
      manifest,
      loadTruncated: options.loadTruncated ?? true,
      log,
      replay: data,
    });
    const { slice, progressed = [] } = options;
    const { size } = await loadInSlices(loading, {
      slice,
      progress: (loaded, total) => void progressed.push([loaded, total]),
    });
    return { data, log: log.lines, files, size };
  } finally {
    assertEquals(files.openFiles, 0);
  }
}

async function refusal(
  contents: readonly (string | null)[],
  options: { loadTruncated?: boolean; files?: FaultyFileSystem } = {},
): Promise<string> {
  const files = options.files ?? new FaultyFileSystem();
  const { message } = await assertRejects(
    () => load(contents, { ...options, files }),
    PersistenceError,
  );
  // Whatever is refused stays as it is.
  contents.forEach((content, i) => {
    if (content !== null) {
      assertEquals(files.text(`dir/${i === 0 ? BASE : `x.${i}.incr.aof`}`), content);
    }
  });
  return message;
}

const BAD_FORMAT =
  `Bad file format reading the append only file ${INCR}: make a backup of your AOF file, then use ` +
  "./redis-check-aof --fix <filename.manifest>";

Deno.test("loadAof replays base and incremental files in order, each from database 0", async () => {
  const contents = [encoded("SELECT", "3") + SECOND, encoded("SET", "a", "0"), "", FIRST];
  const { data, log, size } = await load(contents);
  assertEquals(data.listing(), ["0:a=1", "3:b=2"]);
  assertEquals(data.files, [BASE, INCR, "x.3.incr.aof"]);
  assertEquals(log.map((line) => line.replace(/[\d.]+ seconds/, "T seconds")), [
    `* DB loaded from base file ${BASE}: T seconds`,
    `* DB loaded from incr file ${INCR}: T seconds`,
    "* DB loaded from incr file x.3.incr.aof: T seconds",
    "* DB loaded from append only file: T seconds",
  ]);
  assertEquals(size, contents.join("").length);
});

Deno.test("loadAof skips annotations, of any length", async () => {
  const text = `#TS:1700000000\r\n#${"x".repeat(5000)}\r\n${FIRST}#TS:1700000001\r\n${SECOND}`;
  assertEquals((await load(["", text])).data.listing(), ["0:a=1", "0:b=2"]);
});

Deno.test("loadAof cuts off the last command wherever it is truncated", async () => {
  for (let cut = 1; cut < SECOND.length; cut++) {
    const { data, log, files } = await load(["", FIRST + SECOND.slice(0, cut)]);
    assertEquals(data.listing(), ["0:a=1"]);
    assertEquals(files.text(`dir/${INCR}`), FIRST);
    assertEquals(files.trace, [`truncate dir/${INCR}`, `sync dir/${INCR}`]);
    assertEquals(log.slice(0, 3), [
      `# !!! Warning: short read while loading the AOF file ${INCR}!!!`,
      `# !!! Truncating the AOF ${INCR} at offset ${FIRST.length} !!!`,
      `# AOF ${INCR} loaded anyway because aof-load-truncated is enabled`,
    ]);
  }
});

Deno.test("loadAof cuts off an annotation without its end, which would swallow the next command", async () => {
  const { files } = await load(["", FIRST + "#TS:17000"]);
  assertEquals(files.text(`dir/${INCR}`), FIRST);
});

Deno.test("loadAof refuses a truncated file with its offset when aof-load-truncated is no", async () => {
  assertEquals(
    await refusal(["", FIRST + SECOND.slice(0, 9)], { loadTruncated: false }),
    `Unexpected end of file reading the append only file ${INCR}. You can: 1) Make a backup of ` +
      "your AOF file, then use ./redis-check-aof --fix <filename.manifest>. 2) Alternatively you " +
      "can set the 'aof-load-truncated' configuration option to yes and restart the server. " +
      `(The last complete command ends at offset ${FIRST.length}.)`,
  );
});

Deno.test("loadAof refuses a truncated file that is not the last", async () => {
  assertEquals(
    await refusal([FIRST + "*1\r\n", ""]),
    `Fatal error: the truncated file is not the last file (${BASE}, at offset ${FIRST.length})`,
  );
  assertEquals(
    await refusal(["", FIRST + encoded("MULTI") + SECOND, encoded("EXEC")]),
    `Fatal error: the truncated file is not the last file (${INCR}, at offset ${FIRST.length})`,
  );
});

Deno.test("loadAof cuts off the last command when only empty files follow", async () => {
  const { data, files } = await load(["", FIRST + "*1\r\n", ""]);
  assertEquals(data.listing(), ["0:a=1"]);
  assertEquals(files.text(`dir/${INCR}`), FIRST);
});

Deno.test("loadAof loads the RDB that a file begins with, and the commands behind it", async () => {
  const { data, log, size } = await load([fakeRdb("data") + FIRST, SECOND]);
  assertEquals(data.listing(), ["0:a=1", "0:b=2", `0:from ${BASE}=data`]);
  assertEquals(size, 13 + FIRST.length + SECOND.length);
  assertEquals(log.slice(0, 2), [
    "* Reading RDB base file on AOF loading...",
    "* Reading the remaining AOF tail...",
  ]);
  const bare = await load([fakeRdb("data"), FIRST + "*1\r\n"]);
  assertEquals(bare.data.listing(), ["0:a=1", `0:from ${BASE}=data`]);
  assert(!bare.log.some((line) => line.includes("AOF tail")));
  // Offsets count from the start of the file.
  assertEquals(
    await refusal([fakeRdb("data") + FIRST + "*1\r\n", SECOND]),
    "Fatal error: the truncated file is not the last file " +
      `(${BASE}, at offset ${13 + FIRST.length})`,
  );
});

Deno.test("loadAof cuts back to before MULTI when the file ends within a transaction", async () => {
  for (const tail of ["", "*", SECOND.slice(0, -1), SECOND + "*1\r\n$4\r\nEXEC\r"]) {
    const { data, log, files } = await load(["", FIRST + encoded("MULTI") + SECOND + tail]);
    assertEquals(data.listing(), ["0:a=1"]);
    assertEquals(files.text(`dir/${INCR}`), FIRST);
    assertEquals(log[0], `# Revert incomplete MULTI/EXEC transaction in AOF file ${INCR}`);
  }
});

Deno.test("loadAof replays a complete transaction without MULTI and EXEC", async () => {
  const text = encoded("MULTI") + FIRST + encoded("SELECT", "2") + SECOND + encoded("exec") +
    encoded("multi") + encoded("EXEC") + encoded("DEL", "b") + SECOND;
  const { data } = await load(["", text]);
  assertEquals(data.listing(), ["0:a=1", "2:b=2"]);
  assertEquals(data.count, 6);
});

Deno.test("loadAof goes on behind MULTI and EXEC out of place, and says so, as Redis takes them", async () => {
  const stray = FIRST + encoded("EXEC") + SECOND;
  const { data, log } = await load(["", stray]);
  assertEquals(data.listing(), ["0:a=1", "0:b=2"]);
  const at = FIRST.length;
  assert(
    log.some((line) => line.endsWith(`${INCR} at offset ${at}: EXEC without MULTI`)),
    `${log}`,
  );

  const nested = encoded("MULTI") + FIRST + encoded("multi") + SECOND + encoded("EXEC");
  const loaded = await load(["", nested]);
  assertEquals(loaded.data.listing(), ["0:a=1", "0:b=2"]);
  assert(loaded.log.some((line) => line.endsWith(": MULTI within MULTI")), `${loaded.log}`);
});

Deno.test("loadAof refuses damage with file and offset", async () => {
  const at = FIRST.length;
  const cases: [text: string, offset: number, problem: string][] = [
    ["xx\r\n" + SECOND, at, "'*' is missing"],
    ["\0\0\0", at, "'*' is missing"],
    ["*0\r\n", at, "a command without arguments"],
    ["*-1\r\n", at, "a length is not a number"],
    ["*\r\n", at, "a length is not a number"],
    ["*1x\r\n$4\r\nPING\r\n", at, "a length is not a number"],
    ["*1\n$4\r\nPING\r\n", at, "a length is not a number"],
    ["*1\rx$4\r\nPING\r\n", at + 2, "a CR LF is missing after a length"],
    ["*" + "1".repeat(40), at, "a length is too long"],
    ["*1\r\n+4\r\nPING\r\n", at + 4, "'$' is missing"],
    ["*1\r\n$-1\r\n", at + 4, "a length is not a number"],
    ["*1\r\n$4\r\nPINGxx" + SECOND, at + 12, "a CR LF is missing after an argument"],
    ["*1\r\n$4\r\nPING!\r\n" + SECOND, at + 12, "a CR LF is missing after an argument"],
    [encoded("SET", "a"), at, "wrong number of arguments for 'SET'"],
  ];
  for (const [text, offset, problem] of cases) {
    assertEquals(
      await refusal(["", FIRST + text]),
      `${BAD_FORMAT} (at offset ${offset}: ${problem})`,
    );
  }
});

Deno.test("loadAof refuses an unknown command by name", async () => {
  assertEquals(
    await refusal(["", FIRST + encoded("FOO", "bar")]),
    `Unknown command 'FOO' reading the append only file ${INCR} (at offset ${FIRST.length})`,
  );
});

Deno.test("loadAof refuses missing files and unreadable ones by name", async () => {
  assertEquals(
    await refusal([FIRST, null]),
    `Unable to obtain the AOF file ${INCR} length. stat: No such file or directory`,
  );
  const files = new FaultyFileSystem();
  files.fail("open", EIO);
  assertEquals(
    await refusal([FIRST, FIRST], { files }),
    `Fatal error: can't open the append log file ${BASE} for reading: Input/output error`,
  );
  files.heal("open");
  files.fail("read", EIO);
  assertEquals(
    await refusal([FIRST, FIRST], { files }),
    `Unrecoverable error reading the append only file ${BASE}: Input/output error`,
  );
});

Deno.test("loadAof takes a length beyond the end for a truncated command and allocates nothing for it", async () => {
  for (const claim of ["*1\r\n$99999999999999\r\nPING\r\n", "*2000000000\r\n$4\r\nPING\r\n"]) {
    const { files } = await load(["", FIRST + claim]);
    assertEquals(files.text(`dir/${INCR}`), FIRST);
  }
});

Deno.test("loadAof reads commands of any size across its chunks", async () => {
  const values = [10, 1 << 20, 3_000_000, (1 << 20) - 40, 0, 5].map((length, i) =>
    String.fromCharCode(65 + i).repeat(length)
  );
  let text = values.map((value, i) => encoded("SET", `k${i}`, value)).join("");
  text += encoded("MULTI") + encoded("SET", "m", values[2]) + encoded("SET", "n", "1") +
    encoded("EXEC") + SECOND;
  const { data, size } = await load(["", text], { slice: 0 });
  assertEquals(size, text.length);
  values.forEach((value, i) => assert(data.database(0).get(`k${i}`) === value));
  assert(data.database(0).get("m") === values[2]);
  assertEquals([data.database(0).get("n"), data.database(0).get("b")], ["1", "2"]);
});

Deno.test("loadAof yields between slices, reports progress and can be aborted", async () => {
  const text = encoded("SET", "k", "v").repeat(5000);
  const progressed: [number, number][] = [];
  await load([FIRST, text], { slice: 0, progressed });
  assertEquals(progressed.length > 10, true);
  for (const [i, [loaded, total]] of progressed.entries()) {
    assertEquals(total, text.length + FIRST.length);
    assert(loaded <= total && loaded > (progressed[i - 1]?.[0] ?? 0));
  }
  const files = new FaultyFileSystem(), abort = new AbortController();
  files.put("dir/f", text);
  const replay = new TestData();
  const loading = loadAof({
    files,
    directory: "dir",
    manifest: new AofManifest({ name: "f", sequence: 1, type: "b" }, []),
    loadTruncated: true,
    log: new RecordedLog(),
    replay,
  });
  await assertRejects(
    () => loadInSlices(loading, { progress: () => abort.abort(), signal: abort.signal, slice: 0 }),
    DOMException,
    "aborted",
  );
  assert(replay.count < 5000);
  assertEquals(files.openFiles, 0);
});

Deno.test("loadAof loads what was written up to any cut, and never anything else", async () => {
  const command = fc.array(fc.string({ unit: "binary-ascii", maxLength: 12 }), {
    minLength: 2,
    maxLength: 2,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 20 }), fc.nat(), async (commands, at) => {
      const pieces = commands.map(([key, value]) => encoded("SET", key, value));
      const text = pieces.join(""), cut = text.length === 0 ? 0 : at % (text.length + 1);
      const { data, files } = await load(["", text.slice(0, cut)]);
      let whole = 0, count = 0;
      for (const piece of pieces) {
        if (whole + piece.length > cut) break;
        whole += piece.length;
        count++;
      }
      assertEquals(data.count, count);
      assertEquals(files.text(`dir/${INCR}`), text.slice(0, whole));
    }),
  );
});

Deno.test("loadAof never fails in other ways when bytes are changed", async () => {
  const good = FIRST + encoded("MULTI") + SECOND + encoded("EXEC") + SECOND + "#TS:17\r\n";
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 }), async (at, byte) => {
      const bad = good.slice(0, at) + String.fromCharCode(byte) + good.slice(at + 1);
      const files = new FaultyFileSystem();
      try {
        await load(["", bad], { files });
      } catch (error) {
        assert(error instanceof PersistenceError, String(error));
        assertEquals(files.text(`dir/${INCR}`), bad);
      }
    }),
    { numRuns: 1000 },
  );
});
