/** The configuration compared with a real redis-server: names, defaults, error texts, files, flags. */

import { assertEquals } from "@std/assert";
import { bytesOf } from "../../src/base/span.ts";
import {
  ConfigError,
  Configuration,
  configurationFrom,
  parseCommandLine,
} from "../../src/config/mod.ts";
import {
  DIRECTIVE_NAMES as ALL_NAMES,
  directiveOf,
  findDirective,
} from "../../src/config/directives.ts";
import { type RawClient } from "../support/raw_client.ts";
import { leaves } from "../support/reply.ts";
import { referenceTest, startReference } from "../support/reference.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { NOT_OPENABLE } from "../../src/config/errors.ts";
import { replyTo } from "./reply_to.ts";

const PROGRAM = Deno.env.get("REDIS_SERVER") ?? "redis-server";

/** The directives that Redis has, too. */
const DIRECTIVE_NAMES = ALL_NAMES.filter((name) => !directiveOf(name).own);

/** What CONFIG GET * may show differently: chosen by the test, or by Redis for its process. */
const CHOSEN_BY_TEST = ["dir", "port"];

async function theirPairs(client: RawClient, ...patterns: string[]): Promise<[string, string][]> {
  const texts = await client.texts("CONFIG", "GET", ...patterns);
  return texts.flatMap((text, at): [string, string][] =>
    at % 2 === 0 ? [[text, texts[at + 1]]] : []
  )
    .sort(([a], [b]) => a < b ? -1 : 1);
}

function ourPairs(configuration: Configuration, ...patterns: string[]): [string, string][] {
  return configuration.get(patterns).sort(([a], [b]) => a < b ? -1 : 1);
}

function without(pairs: [string, string][], names: readonly string[]): [string, string][] {
  return pairs.filter(([name]) => !names.includes(name));
}

referenceTest("CONFIG GET shows the reference's names and defaults", async () => {
  await using server = await ServerProcess.start([PROGRAM]);
  const client = await server.connect();
  const ours = new Configuration();
  assertEquals(
    without(ourPairs(ours, "*"), CHOSEN_BY_TEST),
    without(await theirPairs(client, "*"), CHOSEN_BY_TEST),
  );
  const hidden = DIRECTIVE_NAMES.filter((name) => directiveOf(name).hidden);
  assertEquals(ourPairs(ours, ...hidden), await theirPairs(client, ...hidden));
});

referenceTest("CONFIG GET finds what the reference finds when patterns are odd", async () => {
  await using server = await ServerProcess.start([PROGRAM]);
  const client = await server.connect();
  const ours = new Configuration();
  for (
    const patterns of [
      ["MaxMemory"],
      ["MaxMemory", "maxmemory", "MAXMEM*"],
      ["slaveof", "replicaof"],
      ["*-priority", "slave-priority"],
      ["[hp]z", "h?"],
      ["watchdog*", "WATCHDOG-period", "watchdog-period"],
      ["include", "user", "list-max-ziplist-entries"],
      ["h\\z", "hz\\*"],
      ["", "?"],
      ["[^a-y]*"],
    ]
  ) {
    assertEquals(ourPairs(ours, ...patterns), await theirPairs(client, ...patterns), `${patterns}`);
  }
});

const VALUES = [
  ["", " ", "abc", "yes", "YES", "no", "maybe", "local", "always", "a/b", "a b"],
  ["0", "1", "2", "-0", "-1", "-2", "+1", "007", "10", "99", "100", "101", "500", "501", "1001"],
  ["65535", "65536", "2147483647", "2147483648", "4294967295", "4294967296", "-2147483649"],
  ["9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809"],
  ["18446744073709551615", "99999999999999999999", "1.5", " 1", "1 ", "0x10", "1e3", "\xff"],
  ["1k", "1kb", "1KB", "2m", "2mb", "3g", "3gb", "kb", "1kx", "1b", "k1", "17179869184gb"],
  ["10%", "100%", "200%", "-5%", "5%%", "%", "777", "778", "1777", "888", "0700"],
  ["900 1", "900  1", " 900 1", "900 1 60", "0 1", "60 -1", "1 2 3 4", "10 3000000000"],
  ["normal 1 2 3", "slave 1k 2kb 3 pubsub 4 5 6", "normal 1 2", "bad 1 2 3", "normal x 2 3"],
  [
    "normal 1 2 x",
    "normal 1 2 -3",
    "normal -1 2 3",
    "NORMAL 1 2 3",
    "normal 9223372036854775807 99999999999999999999 3",
    "9223372036854775807 1",
    "replica 1 2 4294967296",
  ],
  [
    "KEA",
    "Kg$lshzxetd",
    "gK",
    "AKEmn",
    "Kgnm",
    "n",
    "KEA KEA",
    "Q",
    "50 99.9",
    "0.1234567 33.3",
    "50 nan",
  ],
  ["1 2 3", "3 2 1", "1 2", "1 2 2001", "1 2 -2001", "1 2 x", "save", "save now", "save nosave"],
  ["now force", "default now", "SAVE", "save  now", "volatile-lru", "ALLKEYS-LFU", "debug"],
  [
    "{title} x",
    "{title}",
    "{{",
    "{{title}}",
    "{",
    "{}x",
    "{{ {port}",
    "{nosuch}",
    "{title",
    "title}",
    "}{",
    "{}",
    "a.b-c",
    "a_b",
    "allchannels",
  ],
].flat();

/** Values that the reference would do something with outside of its configuration. */
const NOT_COMPARED: Readonly<Record<string, string | RegExp>> = {
  "port": "a good port moves the reference's listener",
  // A test of the server has it.
  "tls-replication": /^yes$/i,
  "tls-port": "a good port moves our listener, and asks for certificates in the reference",
  "bind": "an address moves the reference's listeners",
  "maxclients": /^[0-9]{5,}$/, // depends on the limit of open files
  "dir": "relative to the working directory; tested below",
};

/** Why all values but the default are refused by ours. */
function refusalOf(name: string): string | undefined {
  const directive = findDirective(name);
  return directive === undefined ? undefined : directiveOf(directive).fixed;
}

const NAMES_AND_ALIASES = DIRECTIVE_NAMES.flatMap((name) => {
  const { alias } = directiveOf(name);
  return alias === undefined ? [name] : [name, alias];
});

referenceTest(
  "CONFIG SET answers as the reference for good and bad values of every directive",
  async () => {
    await using directory = await TempDir.create("config-");
    await using server = await startReference({
      dir: directory.path,
      directives: { "enable-protected-configs": "yes" },
    });
    const client = await server.connect();
    const configuration = configurationFrom(
      parseCommandLine([
        ...["--port", String(server.port), "--dir", directory.path, "--save", ""],
        ...["--enable-debug-command", "yes", "--enable-protected-configs", "yes"],
      ]),
    );
    const differences: string[] = [];
    for (const name of NAMES_AND_ALIASES) {
      const apart = NOT_COMPARED[name];
      if (typeof apart === "string") continue;
      const values = VALUES.filter((value) => !apart?.test(value));
      const [[, initial]] = await theirPairs(client, name);
      const replies = await client.pipeline(values.flatMap((value) => [
        ["CONFIG", "SET", name, value],
        ["CONFIG", "GET", name],
        ["CONFIG", "SET", name, initial],
      ]));
      for (const [at, value] of values.entries()) {
        const theirs = `${replies[3 * at].text}, now ${leaves(replies[3 * at + 1])[1]}`;
        const reply = replyTo(configuration, name, value);
        const ours = `${reply}, now ${configuration.get([name])[0][1]}`;
        // What theirs may do and ours can't.
        const refused = refusalOf(name);
        if (refused !== undefined && reply.endsWith(refused)) continue;
        if (reply.endsWith(NOT_OPENABLE)) continue;
        if (theirs !== ours) {
          differences.push(`${name} ${JSON.stringify(value)}: theirs ${theirs}; ours ${ours}`);
        }
        const restored = replyTo(configuration, name, initial);
        assertEquals(restored, replies[3 * at + 2].text, `${name} back to ${initial}`);
      }
    }
    assertEquals(differences, []);
  },
);

referenceTest("CONFIG SET answers as the reference when several arguments are given", async () => {
  await using server = await ServerProcess.start([PROGRAM]);
  const client = await server.connect();
  const ours = new Configuration();
  for (
    const words of [
      ["hz", "20", "timeout", "5"],
      ["hz", "20", "hz", "30"],
      ["hz", "20", "HZ", "30"],
      ["hz"],
      ["hz", "20", "timeout"],
      ["nosuch", "1"],
      ["NoSuch", "1", "hz", "x"],
      ["hz", "x", "nosuch", "1"],
      ["hz", "x", "DaemonIze", "yes"],
      ["daemonize", "yes", "nosuch", "1"],
      ["Slave-Priority", "x"],
      ["slave-priority", "7", "replica-priority", "8"],
      ["replica-priority", "9", "timeout", "x"],
      ["dir", "/", "hz", "x"],
      ["dbfilename", "x"],
      ["include", "x"],
    ]
  ) {
    // One argument alone is the arity check of the command table, before the configuration is asked.
    if (words.length === 1) continue;
    const theirs = await client.call("CONFIG", "SET", ...words);
    assertEquals(replyTo(ours, ...words), theirs.text, words.join(" "));
  }
  const names = ["hz", "timeout", "slave-priority", "replica-priority"];
  assertEquals(ourPairs(ours, ...names), await theirPairs(client, ...names));
});

referenceTest("CONFIG SET dir answers as the reference", async () => {
  await using directory = await TempDir.create("config-");
  Deno.mkdirSync(`${directory.path}/a/b`, { recursive: true });
  Deno.writeTextFileSync(`${directory.path}/file`, "");
  Deno.symlinkSync("a/b", `${directory.path}/link`);
  await using server = await startReference({
    dir: directory.path,
    directives: { "enable-protected-configs": "yes" },
  });
  const client = await server.connect();
  const ours = configurationFrom(
    parseCommandLine(["--dir", directory.path, "--enable-protected-configs", "yes"]),
  );
  for (
    const value of ["", "nosuch", "file", "file/x", "a", "nosuch", "b", "../..", "link", "/tmp"]
  ) {
    const theirs = await client.call("CONFIG", "SET", "dir", value);
    assertEquals(replyTo(ours, "dir", value), theirs.text, value);
    assertEquals(ourPairs(ours, "dir"), await theirPairs(client, "dir"), value);
  }
});

/** Lines that say something about the grammar; each is tried as the only line of a file. */
const LINES = [
  ...["", "   ", "# x", " \t# x", '#"', "nosuch", "nosuch 1", '"" a', "port", "port 1 2", "PORT 1"],
  ...['port "1"', "port '1'", "port '1'x", 'port "1', "port 1 # x", "port\t1", '"port" 1'],
  ...["include", "include a b", "include /nosuch/*.conf", "loadmodule", "user"],
  ...["rename-command", "rename-command a", "rename-command a b c"],
  ...["save", 'save ""', 'save "900 1"', 'save "900  1"', "save 900", "save a b", "save 1 2 3 4"],
  ...["bind", 'bind ""', "bind 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", 'bind "1 2"'],
  ...["client-output-buffer-limit", 'client-output-buffer-limit ""'],
  ...['client-output-buffer-limit "normal 1 2 3"', "client-output-buffer-limit normal 1 2"],
  ...["oom-score-adj-values", 'oom-score-adj-values "1 2 3"', 'oom-score-adj-values ""'],
  ...["latency-tracking-info-percentiles", 'latency-tracking-info-percentiles ""'],
  ...["shutdown-on-sigint", 'shutdown-on-sigint ""', 'shutdown-on-sigint "save now"'],
  ...["replicaof", "replicaof a", "replicaof a x", "replicaof a 65536", "replicaof no one"],
  ...['replicaof "no one"', 'replicaof ""', "slaveof NO ONE", "replicaof a b c", "replicaof a -1"],
  ...["dir", "dir /nosuch", "dir /etc/passwd", 'dir ""', "dir a b", "notify-keyspace-events K E"],
  ...["list-max-ziplist-entries 5", "list-max-ziplist-entries", "list-max-ziplist-value 5 6"],
  ...["lua-replicate-commands yes", "slave-announced yes", "hz 0", "hz x"],
];

/** The reason why the reference doesn't take a line, or null. */
async function theirReason(line: string, directory: string): Promise<string | null> {
  const child = new Deno.Command(PROGRAM, {
    args: ["-"],
    cwd: directory,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  // The last line ends the server whatever it thinks of the first.
  await writer.write(bytesOf(`${line}\nend-of-test\n`));
  await writer.close();
  const { stdout, stderr } = await child.output();
  const text = new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout);
  const match = /at line (\d+)\n>>> .*\n(.*)/.exec(text);
  if (match === null) throw new Error(`no reason in: ${text}`);
  return match[1] === "1" ? match[2] : null;
}

function ourReason(line: string, directory: string): string | null {
  try {
    new Configuration(directory).loadText(line, "test.conf");
    return null;
  } catch (error) {
    if (error instanceof ConfigError) return error.reason;
    throw error;
  }
}

referenceTest("loading refuses a line for the reference's reason", async () => {
  await using directory = await TempDir.create("config-");
  const immutable = DIRECTIVE_NAMES.filter((name) => directiveOf(name).immutable);
  const values = ['""', "abc", "-1", "0", "99999999999", "yes", "no", "a/b", "1 2", "local"];
  const lines = [
    ...LINES,
    ...immutable.flatMap((name) => values.map((value) => `${name} ${value}`)),
  ];
  const differences: string[] = [];
  for (const line of lines) {
    const theirs = await theirReason(line, directory.path);
    const mine = ourReason(line, directory.path);
    if (theirs !== mine) differences.push(`${line}: theirs ${theirs}, ours ${mine}`);
  }
  assertEquals(differences, []);
});

referenceTest(
  "loading refuses a value with open quotes, which the reference takes for none",
  async () => {
    await using directory = await TempDir.create("config-");
    const line = 'save "900 \\"1"';
    assertEquals(await theirReason(line, directory.path), null);
    // To go on with no rule at all is not what whoever wrote the line had in mind.
    assertEquals(ourReason(line, directory.path), "Unbalanced quotes in configuration line");
  },
);

referenceTest("files and flags come to the reference's values", async () => {
  await using directory = await TempDir.create("config-");
  const include = `${directory.path}/include.conf`;
  Deno.writeTextFileSync(include, "hz 33\nsave 7 7\n");
  const path = `${directory.path}/redis.conf`;
  const cases: [string, string[]][] = [
    ["", []],
    ["save 900 1\nsave 60 100\n", []],
    ['save 900 1\nsave ""\n', []],
    ['save ""\nsave 900 1\n', []],
    ["save 900 1\n", ["--save", "5 6"]],
    ["save 900 1\n", ["--save", ""]],
    ["save 900 1\n", ["--save"]],
    ["save 900 1\n", ["--save", "", "--save", "5", "6", "7", "8"]],
    [`save 1 1\ninclude ${include}\nhz 20\n`, ["--include", include]],
    ["bind 127.0.0.1 -::1\nbind 127.0.0.1\n", []],
    ["client-output-buffer-limit normal 1k 2kb 3\n", [
      "--client-output-buffer-limit",
      "pubsub 1 2 3",
    ]],
    ["", ["--hz 20", "--timeout", "7", "--no-appendfsync-on-rewrite", "yes"]],
    ["", ["--slowlog-log-slower-than", "-1", "--list-max-listpack-size", "-1"]],
    ["", [
      "--proc-title-template",
      "a b{title}",
      "--masterauth",
      '"a b"',
      "--masteruser",
      "\\x41'",
    ]],
    ["", ["--notify-keyspace-events", "KEA", "--shutdown-on-sigint", "now", "nosave"]],
    ["hz 1000\nrepl-backlog-size 1\nunixsocketperm 0770\nmaxmemory-clients 5%\n", []],
    ["maxmemory 1gb\nproto-max-bulk-len 1mb\nlogfile ''\npidfile ''\n", []],
    ["latency-tracking-info-percentiles 1.0 5e1 99.999999\nhash-max-ziplist-entries 7\n", []],
  ];
  for (const [text, flags] of cases) {
    Deno.writeTextFileSync(path, text);
    const label = `${JSON.stringify(text)} ${flags.join(" ")}`;
    await using server = await ServerProcess.start([PROGRAM, path, ...flags], {
      dir: directory.path,
    });
    const client = await server.connect();
    const ours = configurationFrom(
      parseCommandLine([path, ...flags, "--port", String(server.port), "--dir", directory.path]),
    );
    assertEquals(ourPairs(ours, "*"), await theirPairs(client, "*"), label);
  }
});

const FILE = `# a comment

slave-priority 50


save 900 1
save 60 100
  # an indented comment
list-max-ziplist-entries 512
hash-max-ziplist-entries 100
lua-replicate-commands yes
client-output-buffer-limit replica 1mb 1kb 60
  MAXMEMORY   10mb
hz 10
rename-command FLUSHALL ""
appendonly no
appendonly no
loglevel "verbose"
unixsocketperm 700
notify-keyspace-events ""
bind 127.0.0.1 -::1
maxmemory-clients 5%
requirepass ""
timeout "0"
tcp-keepalive 1
tcp-keepalive 2`;

/** A file with every directive at its default, under the older name where there is one. */
function everyDirective(): string {
  const configuration = new Configuration();
  const apart = ["port", "dir", "replicaof", "client-output-buffer-limit"];
  const lines = DIRECTIVE_NAMES.filter((name) => !apart.includes(name)).map((name) => {
    const { alias, type } = directiveOf(name);
    const text = configuration.textOf(name);
    return `${alias ?? name} ${type.manyWords && text !== "" ? text : JSON.stringify(text)}`;
  });
  return lines.join("\n") + "\n";
}

/** The text in comparable form: Redis adds lines in random order, and the default user's rules. */
function comparable(text: string): string[] {
  const lines = text.split("\n").filter((line) => !line.startsWith("user default "));
  const added = lines.indexOf("# Generated by CONFIG REWRITE");
  if (added < 0) return lines;
  return [
    ...lines.slice(0, added + 1),
    ...lines.slice(added + 1).filter((line) => line !== "").sort(),
  ];
}

referenceTest("CONFIG REWRITE writes the reference's file", async () => {
  await using directory = await TempDir.create("config-");
  const [theirPath, ourPath] = [`${directory.path}/theirs.conf`, `${directory.path}/ours.conf`];
  const steps: string[][] = [
    [],
    [],
    [
      ...["maxmemory", "1500", "save", "3600 1", "hash-max-listpack-entries", "12", "hz", "50"],
      ...["client-output-buffer-limit", "normal 1024 2000 3", "slave-priority", "60"],
      ...["repl-backlog-size", "2gb", "loglevel", "warning", "notify-keyspace-events", "KEA"],
      ...["masterauth", 'a"\n\xff', "latency-tracking-info-percentiles", "1 2.5"],
      ...["shutdown-on-sigterm", "save now", "maxmemory-clients", "1mb", "appendfsync", "no"],
      ...["oom-score-adj-values", "1 2 3", "lfu-log-factor", "3", "proto-max-bulk-len", "1mb"],
    ],
    [
      "save",
      "",
      "notify-keyspace-events",
      "",
      "latency-tracking-info-percentiles",
      "",
      "masterauth",
      "",
    ],
    [
      ...["save", "1 1 2 2 3 3 4 4", "client-output-buffer-limit", "slave 1 2 3 pubsub 4096 5 6"],
      ...["repl-backlog-size", "1mb", "maxmemory-clients", "0", "shutdown-on-sigterm", "default"],
    ],
    ["save", "3600 1 300 100 60 10000", "appendfsync", "everysec", "hz", "10", "maxmemory", "0"],
  ];
  for (const text of ["", "# only a comment", FILE, everyDirective()]) {
    Deno.writeTextFileSync(theirPath, text);
    Deno.writeTextFileSync(ourPath, text);
    await using server = await ServerProcess.start([PROGRAM, theirPath], { dir: directory.path });
    const client = await server.connect();
    const ours = configurationFrom(
      parseCommandLine([ourPath, "--port", String(server.port), "--dir", directory.path]),
    );
    for (const [at, words] of steps.entries()) {
      if (words.length > 0) {
        await client.texts("CONFIG", "SET", ...words);
        ours.apply(words);
      }
      await client.texts("CONFIG", "REWRITE");
      ours.rewrite((path, written) => Deno.writeFileSync(path, bytesOf(written)));
      assertEquals(
        comparable(Deno.readTextFileSync(ourPath)),
        comparable(Deno.readTextFileSync(theirPath)),
        `step ${at} of ${JSON.stringify(text.slice(0, 30))}`,
      );
    }
  }
});
