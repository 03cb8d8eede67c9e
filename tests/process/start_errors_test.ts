/** What the log tells of an error that ends the start, beside what redis-server's tells. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { freePort } from "../support/free_port.ts";
import { permittedCommand } from "../support/miniredis_process.ts";
import { referenceTest } from "../support/reference.ts";
import { TempDir } from "../support/temp_dir.ts";

const REFERENCE = Deno.env.get("REDIS_SERVER") ?? "redis-server";

/** One start that fails. */
interface Case {
  /** Files in the data directory, as byte strings. */
  readonly files?: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  /** The last lines of redis-server's log, as far as ours has to have them; `...`: whatever. */
  readonly lines: readonly string[];
}

const AOF = ["--appendonly", "yes"];

const CASES: Readonly<Record<string, Case>> = {
  "no signature": {
    files: { "dump.rdb": "NOTREDISxxxx" },
    args: [],
    lines: [
      "Wrong signature trying to load DB from file",
      "Fatal error loading the DB: Invalid argument. Exiting.",
    ],
  },
  "a version to come": {
    files: { "dump.rdb": "REDIS9999\xff" },
    args: [],
    lines: [
      "Can't handle RDB format version 9999",
      "Fatal error loading the DB: Invalid argument. Exiting.",
    ],
  },
  "an RDB that is cut off": {
    files: { "dump.rdb": "REDIS0010\xfe\x00\x00\x01k" },
    args: [],
    lines: [
      "Short read or OOM loading DB. Unrecoverable error, aborting now.",
      "Internal error in RDB reading offset N -> Unexpected EOF reading RDB file",
    ],
  },
  "a listpack that is damaged": {
    files: { "dump.rdb": "REDIS0010\xfe\x00\x10\x01k\x04abcd\xff" },
    args: [],
    lines: [
      "Internal error in RDB reading offset N -> ...",
      "Terminating server after rdb file reading failure.",
    ],
  },
  "a wrong checksum": {
    files: { "dump.rdb": "REDIS0010\xfe\x00\x00\x01k\x01v\xff\x01\x02\x03\x04\x05\x06\x07\x08" },
    args: [],
    lines: [
      "Wrong RDB checksum expected: (ce9e24318ea1d4b9) but got (807060504030201). Aborting now.",
      "Internal error in RDB reading offset N -> RDB CRC error",
    ],
  },
  "too many databases": {
    files: { "dump.rdb": "REDIS0003\xfe\x20\x00\x01k\x01v\xff" },
    args: [],
    lines: [
      "FATAL: Data file was created with a Redis server configured to handle more than 16 databases. Exiting",
    ],
  },
  "an AOF that is no AOF": {
    files: { "appendonly.aof": "*1\r\n$4\r\nPING\r\nwhat" },
    args: AOF,
    lines: [
      "Bad file format reading the append only file appendonly.aof: make a backup of your AOF file, " +
      "then use ./redis-check-aof --fix <filename.manifest>...",
    ],
  },
  "an unknown command": {
    files: { "appendonly.aof": "*1\r\n$5\r\nNOSUC\r\n" },
    args: AOF,
    lines: ["Unknown command 'NOSUC' reading the append only file appendonly.aof..."],
  },
  "an AOF that is cut off": {
    files: { "appendonly.aof": "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n*3\r\n$3\r\nSE" },
    args: [...AOF, "--aof-load-truncated", "no"],
    lines: [
      "Unexpected end of file reading the append only file appendonly.aof. You can: 1) Make...",
    ],
  },
  "a command that fails": {
    files: {
      "appendonly.aof": "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n" +
        "*3\r\n$5\r\nLPUSH\r\n$1\r\na\r\n$1\r\n1\r\n",
    },
    args: [...AOF, "--propagation-error-behavior", "panic", "--crash-log-enabled", "no"],
    lines: [
      "== CRITICAL == This server is sending an error to its AOF-loading-client: '-WRONGTYPE " +
      "Operation against a key holding the wrong kind of value' after processing the command 'lpush'",
      "!!! Software Failure. Press left mouse button to continue",
      "Guru Meditation: This server panicked sending an error to its AOF-loading-client after " +
      "processing the command 'lpush'...",
    ],
  },
  "a manifest that is none": {
    files: { "appendonlydir/appendonly.aof.manifest": "what is this\n" },
    args: AOF,
    lines: [
      "*** FATAL AOF MANIFEST FILE ERROR ***",
      ">>> 'what is this'",
      "Invalid AOF manifest file format",
    ],
  },
  "a file that is gone": {
    files: {
      "appendonlydir/appendonly.aof.manifest": "file appendonly.aof.1.base.rdb seq 1 type b\n",
    },
    args: AOF,
    lines: [
      "Unable to obtain the AOF file appendonly.aof.1.base.rdb length. stat: No such file or directory",
    ],
  },
  "no file of users": {
    args: ["--aclfile", "/no/such"],
    lines: [
      "Aborting Redis startup because of ACL errors: Error loading ACLs, opening file '/no/such': " +
      "No such file or directory",
    ],
  },
  "a Unix socket that can't be made": {
    args: ["--unixsocket", "/no/such/socket"],
    lines: ["Failed opening Unix socket: bind: No such file or directory"],
  },
  "nowhere to listen": {
    args: ["--port", "0"],
    lines: ["Configured to not listen anywhere, exiting."],
  },
  "no certificate": {
    args: ["--tls-port", "1"],
    lines: ["No tls-cert-file configured!", "Failed to configure TLS. Check logs for more info."],
  },
};

/** Starts a server that is to end by itself. */
async function start(
  command: readonly string[],
  directory: string,
  { files, args }: Case,
): Promise<{
  readonly code: number;
  readonly log: readonly string[];
  readonly errors: string;
}> {
  for (const [name, content] of Object.entries(files ?? {})) {
    await Deno.mkdir(`${directory}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeFile(
      `${directory}/${name}`,
      Uint8Array.from(content, (character) => character.charCodeAt(0)),
    );
  }
  const [program, ...first] = command;
  const { code, stderr } = await new Deno.Command(program, {
    args: [
      ...first,
      ...["--port", String(freePort()), "--bind", "127.0.0.1", "--dir", directory],
      ...["--logfile", "server.log", "--save", "", ...args],
    ],
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).output();
  const text = await Deno.readTextFile(`${directory}/server.log`);
  const log = text.split("\n").map((line) =>
    line.replace(/^\d+:\S .{24} # /, "")
      .replace(/offset \d+, function at rdb\.c:\d+ /, "offset N ")
      .replace(/reading offset \d+/, "reading offset N")
  );
  return { code, log, errors: new TextDecoder().decode(stderr) };
}

/** Throws where a log lacks one of the lines, or has them in another order. */
function checkLines(log: readonly string[], lines: readonly string[], who: string): void {
  let at = -1;
  for (const line of lines) {
    const open = line.endsWith("...");
    const found = log.findIndex((said, place) =>
      place > at && (open ? said.startsWith(line.slice(0, -3)) : said === line)
    );
    assert(found >= 0, `${who} does not say: ${line}\n${log.join("\n")}`);
    at = found;
  }
}

referenceTest("what ends the start is in the log, in redis-server's words", async () => {
  using held = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const taken = String(held.addr.port);
  const inUse: Case = {
    args: ["--port", taken],
    lines: [
      `Warning: Could not create server TCP listening socket 127.0.0.1:${taken}: bind: Address ` +
      "already in use",
      `Failed listening on port ${taken} (TCP), aborting.`,
    ],
  };
  for (const [name, failing] of Object.entries({ ...CASES, "a port in use": inUse })) {
    await using theirs = await TempDir.create("start-");
    await using ours = await TempDir.create("start-");
    const reference = await start([REFERENCE], theirs.path, failing);
    assert(reference.code !== 0, name);
    checkLines(reference.log, failing.lines, `redis-server (${name})`);
    const mine = await start(permittedCommand(), ours.path, failing);
    assertEquals(mine.code, 1, `${name}: ${mine.errors}`);
    checkLines(mine.log, failing.lines, `miniredis (${name})`);
    // Who starts it by hand is told as well, and sees no stack.
    assertStringIncludes(mine.errors, "miniredis: ");
    assert(!mine.errors.includes("    at "), mine.errors);
  }
});
