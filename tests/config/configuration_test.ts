import {
  assert,
  assertEquals,
  assertFalse,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { fileURLToPath } from "node:url";
import { ReplyError } from "../../src/base/errors.ts";
import { DIRECTIVE_NAMES, directiveOf, findDirective } from "../../src/config/directives.ts";
import { ConfigError, Configuration, ValueError } from "../../src/config/mod.ts";
import { TempDir } from "../support/temp_dir.ts";
import { replyTo } from "./reply_to.ts";

function loaded(text: string, directory?: string): Configuration {
  const configuration = new Configuration(directory);
  configuration.loadText(text, "test.conf");
  configuration.finishLoading();
  return configuration;
}

Deno.test("Configuration has Redis' defaults when nothing is loaded", () => {
  const { settings } = new Configuration("/somewhere");
  assertEquals(settings.port, 6379);
  assertEquals(settings.appendonly, false);
  assertEquals(settings.appendfsync, "everysec");
  assertEquals(settings.dir, "/somewhere");
  assertEquals(settings["hash-max-listpack-entries"], 512);
  assertEquals(settings.save[2], { seconds: 60, changes: 10000 });
  assertEquals(settings["client-output-buffer-limit"].pubsub.hard, 33554432);
});

Deno.test("Configuration load reads comments, quotes, capitals and repeated lines", () => {
  const { settings } = loaded(
    [
      "# comment",
      "",
      "  \t PORT 7000\r",
      'requirepass "a \\x41\\n\\"b"',
      "logfile 'it\\'s'",
      "save 900 1",
      "save 60 100 30 1000",
      "bind 127.0.0.1 -::1",
      "client-output-buffer-limit replica 1mb 1k 7",
      "slave-priority 5",
      "appendfsync ALWAYS",
    ].join("\n"),
  );
  assertEquals(settings.port, 7000);
  assertEquals(settings.requirepass, 'a A\n"b');
  assertEquals(settings.logfile, "it's");
  assertEquals(settings.save.map((rule) => rule.seconds), [900, 60, 30]);
  assertEquals(settings.bind, ["127.0.0.1", "-::1"]);
  assertEquals(settings["client-output-buffer-limit"].replica, {
    hard: 1048576,
    soft: 1000,
    seconds: 7,
  });
  assertEquals(settings["client-output-buffer-limit"].pubsub.seconds, 60);
  assertEquals(settings["replica-priority"], 5);
  assertEquals(settings.appendfsync, "always");
});

Deno.test("Configuration load names file, line, directive and reason in one line when a line is wrong", () => {
  for (
    const [text, message] of [
      ["port 1\nport x", "test.conf line 2: 'port': argument couldn't be parsed into an integer"],
      ["nosuch 1", "test.conf line 1: 'nosuch': Bad directive or wrong number of arguments"],
      ['\n\nlogfile "a', "test.conf line 3: 'logfile': Unbalanced quotes in configuration line"],
      ["maxmemory 1.5gb", "test.conf line 1: 'maxmemory': argument must be a memory value"],
      ['"a\\nb" 1', "test.conf line 1: 'a\\x0ab': Bad directive or wrong number of arguments"],
      [
        "include /nosuch",
        "test.conf line 1: 'include': can't open config file '/nosuch': No such file or directory",
      ],
      ["loadmodule x.so", "test.conf line 1: 'loadmodule': modules are not supported"],
      ["user", "test.conf line 1: 'user': Bad directive or wrong number of arguments"],
      [
        "user joe on\nuser ann\nuser joe off",
        "test.conf line 3: 'user': Error in user declaration 'joe': Duplicate user found. A user can " +
        "only be defined once in config files",
      ],
      ["tls-cluster yes", "test.conf line 1: 'tls-cluster': the cluster bus has no TLS"],
    ]
  ) {
    const error = assertThrows(() => loaded(text), ConfigError);
    assertEquals(error.message, message);
  }
});

Deno.test("Configuration load accepts what asks for a missing feature when a later line takes it back", () => {
  const { settings } = loaded("daemonize yes\nreplicaof a 1\ndaemonize no\nreplicaof no one\n");
  assertEquals([settings.daemonize, settings.replicaof], [false, null]);
});

Deno.test("Configuration load keeps the lines of users for those who make them", () => {
  const { userLines } = loaded('port 1\nuser ann on ">a b" ~*\nuser default\n');
  assertEquals(userLines, [
    { name: "ann", rules: ["on", ">a b", "~*"], place: { file: "test.conf", line: 2 } },
    { name: "default", rules: [], place: { file: "test.conf", line: 3 } },
  ]);
});

Deno.test("Configuration load includes files and wildcards, from the directory that dir has set", async () => {
  await using directory = await TempDir.create("config-");
  Deno.mkdirSync(`${directory.path}/sub.d`);
  Deno.writeTextFileSync(`${directory.path}/sub.d/2.conf`, "port 2\nhz 22\n");
  Deno.writeTextFileSync(`${directory.path}/sub.d/1.conf`, "port 1\ntimeout 11\n");
  Deno.writeTextFileSync(`${directory.path}/sub.d/.hidden.conf`, "port 3\n");
  Deno.writeTextFileSync(`${directory.path}/one.conf`, "include sub.d/*.conf\nbad line\n");
  const text = "dir sub.d\ninclude ../sub.?/[0-9].conf\ninclude *.nothing\n";
  const { settings } = loaded(text, directory.path);
  assertEquals([settings.port, settings.timeout, settings.hz], [2, 11, 22]);
  assertEquals(settings.dir, `${Deno.realPathSync(directory.path)}/sub.d`);
  const error = assertThrows(() => loaded("include one.conf", directory.path), ConfigError);
  assertEquals(error.place, { file: `${directory.path}/one.conf`, line: 2 });
});

Deno.test("Configuration load ends when files include one another", async () => {
  await using directory = await TempDir.create("config-");
  Deno.writeTextFileSync(`${directory.path}/a.conf`, "include b.conf\n");
  Deno.writeTextFileSync(`${directory.path}/b.conf`, "include a.conf\n");
  const error = assertThrows(() => loaded("include a.conf", directory.path), ConfigError);
  assertEquals(error.reason, "files include one another too deeply");
});

Deno.test("Configuration keeps rename-command lines with their places", () => {
  const { renamedCommands } = loaded('hz 10\nrename-command FLUSHALL ""\n');
  assertEquals(renamedCommands, [
    { from: "FLUSHALL", to: "", place: { file: "test.conf", line: 2 } },
  ]);
});

Deno.test("Configuration remarks on directives that do less than in Redis, if they were given", () => {
  const configuration = loaded(
    "jemalloc-bg-thread yes\nport 7\ntcp-keepalive 60\nio-threads 1\nio-threads-do-reads yes\n",
  );
  assertEquals(configuration.remarks().map(({ name, text }) => [name, text.split(":")[0]]), [
    ["jemalloc-bg-thread", "The directive 'jemalloc-bg-thread' has no effect"],
    ["tcp-keepalive", "The directive 'tcp-keepalive' has less effect than in Redis"],
    ["io-threads-do-reads", "The directive 'io-threads-do-reads' has no effect"],
  ]);
});

/** A value other than the default of each directive that has to keep its default, and one that is not refused. */
const PROMISES: readonly (readonly [line: string, reason: RegExp])[] = [
  ["activedefrag yes", /modified Jemalloc/],
  ["aof_rewrite_cpulist 1", /processors/],
  ["bgsave_cpulist 1", /processors/],
  ["bind-source-addr 10.0.0.1", /outgoing/],
  ["bio_cpulist 1", /processors/],
  ["daemonize yes", /foreground/],
  ["io-threads 4", /one event loop/],
  ["list-compress-depth 1", /not compressed/],
  ["lua-enable-deprecated-api yes", /deprecated/],
  ["server_cpulist 0-3", /processors/],
  ["socket-mark-id 7", /mark/],
  ["syslog-enabled yes", /syslog/],
  ["tls-ciphers x", /ciphers/],
  ["tls-ciphersuites x", /ciphers/],
  ["tls-cluster yes", /no TLS/],
  ["tls-dh-params-file x", /ciphers/],
  ["tls-prefer-server-ciphers yes", /ciphers/],
  ["tls-session-cache-size 1", /runtime/],
  ["tls-session-cache-timeout 1", /runtime/],
  ["tls-session-caching no", /runtime/],
  ["watchdog-period 500", /busy/],
];

Deno.test("a directive whose promise can't be kept is refused at start and by CONFIG SET", () => {
  const tried = new Set(PROMISES.map(([line]) => findDirective(line.split(" ")[0])));
  assertEquals(DIRECTIVE_NAMES.filter((name) => directiveOf(name).fixed && !tried.has(name)), []);
  for (const [line, reason] of PROMISES) {
    assertMatch(assertThrows(() => loaded(line + "\n"), ConfigError).message, reason, line);
    const [name, ...words] = line.split(" "), directive = findDirective(name);
    if (directive === undefined) throw new Error(`${name} is no directive`);
    const before = new Configuration();
    const expected = directiveOf(directive).immutable ? /can't set immutable config/ : reason;
    assertMatch(replyTo(before, name, words.join(" ")), expected, line);
    assertEquals(before.textOf(directive), new Configuration().textOf(directive), line);
    // What was there before may be given.
    const { type } = directiveOf(directive), text = before.textOf(directive);
    if (text !== "" || !type.manyWords) loaded(`${name} "${text}"\n`);
  }
});

Deno.test("every directive has an effect, keeps its default, or says what it lacks", async () => {
  const source = await sourceOutsideOfTheTable();
  const names = DIRECTIVE_NAMES.filter((name) => {
    const { meaningless, fixed } = directiveOf(name);
    if (meaningless !== undefined || fixed !== undefined) return false;
    return !new RegExp(
      `"${name}"|\\b(?:settings|configuration)\\.${name}\\b|[{,]\\s*${name}\\s*[,}:]`,
    )
      .test(source);
  });
  assertEquals(names, []);
});

/** All code but the rows of the table. */
async function sourceOutsideOfTheTable(): Promise<string> {
  const folder = fileURLToPath(new URL("../../src/", import.meta.url));
  const texts: string[] = [];
  const read = async (path: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      if (isDirectory) await read(`${path}${name}/`);
      else if (name.endsWith(".ts") && !/^directives?(_|\.)/.test(name)) {
        texts.push(await Deno.readTextFile(path + name));
      }
    }
  };
  await read(folder);
  return texts.join("\n");
}

Deno.test("Configuration get finds names, aliases and patterns, each once", () => {
  const configuration = new Configuration();
  assertEquals(configuration.get(["MaxMemory", "maxmemory"]), [["MaxMemory", "0"]]);
  assertEquals(configuration.get(["*-priority"]), [
    ["replica-priority", "100"],
    ["slave-priority", "100"],
  ]);
  assertEquals(configuration.get(["HASH-max-*-value"]).map(([name]) => name), [
    "hash-max-listpack-value",
    "hash-max-ziplist-value",
  ]);
  assertEquals(configuration.get(["watchdog*"]), []);
  assertEquals(configuration.get(["watchdog-period"]), [["watchdog-period", "0"]]);
  assertEquals(configuration.get(["nosuch", "nosuch*"]), []);
});

Deno.test("Configuration apply sets all or nothing", () => {
  const configuration = new Configuration();
  assertEquals(replyTo(configuration, "hz", "20", "timeout", "5"), "OK");
  assertEquals([configuration.settings.hz, configuration.settings.timeout], [20, 5]);
  assertEquals(
    replyTo(configuration, "hz", "30", "save", "1 2", "timeout", "x"),
    "ERR CONFIG SET failed (possibly related to argument 'timeout') - " +
      "argument couldn't be parsed into an integer",
  );
  assertEquals(configuration.settings.hz, 20);
  assertEquals(configuration.textOf("save"), "3600 1 300 100 60 10000");
});

Deno.test("Configuration apply refuses unknown, immutable, protected and repeated names", () => {
  const configuration = new Configuration();
  const failed = (name: string, reason: string) =>
    `ERR CONFIG SET failed (possibly related to argument '${name}') - ${reason}`;
  assertEquals(
    replyTo(configuration, "hz", "1", "NoSuch", "1"),
    "ERR Unknown option or number of arguments for CONFIG SET - 'NoSuch'",
  );
  assertEquals(
    replyTo(configuration, "hz", "x", "Databases", "1"),
    failed("Databases", "can't set immutable config"),
  );
  assertEquals(replyTo(configuration, "dir", "/"), failed("dir", "can't set protected config"));
  assertEquals(replyTo(configuration, "hz", "1", "HZ", "2"), failed("HZ", "duplicate parameter"));
  assertEquals(replyTo(configuration, "hz", "1", "port"), "ERR syntax error");
});

Deno.test("Configuration apply allows protected directives when the configuration does", () => {
  const configuration = loaded("enable-protected-configs local\n");
  assertThrows(() => configuration.apply(["dir", "/"]), ReplyError);
  configuration.apply(["dir", "/"], { local: true });
  assertEquals(configuration.settings.dir, "/");
});

Deno.test("Configuration apply answers LOADING when the directive can't be changed meanwhile", () => {
  const configuration = new Configuration();
  assertThrows(
    () => configuration.apply(["hz", "20", "appendonly", "yes"], { loading: true }),
    ReplyError,
    "LOADING Redis is loading the dataset in memory",
  );
  configuration.apply(["hz", "20"], { loading: true });
  assertEquals(configuration.settings.hz, 20);
});

Deno.test("Configuration apply refuses what the server can't do", () => {
  assertEquals(
    replyTo(new Configuration(), "tls-cluster", "yes"),
    "ERR CONFIG SET failed (possibly related to argument 'tls-cluster') - the cluster bus has no TLS",
  );
});

Deno.test("Configuration onChange hooks run after all values are set, and only for changes", () => {
  const configuration = new Configuration();
  const seen: unknown[] = [];
  configuration.onChange(
    "hz",
    (hz, before) => void seen.push([hz, before, configuration.settings.port]),
  );
  configuration.onChange("port", (port, before) => void seen.push([port, before]));
  configuration.apply(["hz", "20", "port", "7"]);
  configuration.apply(["hz", "20", "port", "7"]);
  assertEquals(seen, [[20, 10, 7], [7, 6379]]);
});

Deno.test("Configuration apply runs a hook when those before it have ended", async () => {
  const configuration = new Configuration();
  const seen: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  configuration.onChange("hz", async () => {
    await promise;
    seen.push("hz");
  });
  configuration.onChange("port", () => void seen.push("port"));
  const work = configuration.apply(["hz", "20", "port", "7"]);
  assertEquals(seen, []);
  resolve();
  await work;
  assertEquals(seen, ["hz", "port"]);
  assertEquals(configuration.apply(["port", "8"]), undefined);
  const meaningless: () => void = () => 7;
  configuration.onChange("timeout", meaningless);
  assertEquals(configuration.apply(["timeout", "8"]), undefined);
});

Deno.test("Configuration apply sets everything back when a hook refuses later", async () => {
  const configuration = new Configuration();
  const seen: unknown[] = [];
  configuration.onChange("hz", (hz) => void seen.push(["hz", hz]));
  configuration.onChange("port", async (port, before) => {
    await Promise.resolve();
    seen.push(["port", port, before]);
    if (port === 7) throw new ValueError("no such port");
  });
  const error = await assertRejects(async () => {
    await configuration.apply(["hz", "20", "port", "7", "timeout", "9"]);
  }, ReplyError);
  assertEquals(
    error.message,
    "ERR CONFIG SET failed (possibly related to argument 'port') - no such port",
  );
  const { hz, port, timeout } = configuration.settings;
  assertEquals({ hz, port, timeout }, { hz: 10, port: 6379, timeout: 0 });
  assertEquals(seen, [["hz", 20], ["port", 7, 6379], ["port", 6379, 7], ["hz", 10]]);
});

Deno.test("Configuration apply sets everything back when a hook refuses", () => {
  const configuration = new Configuration();
  const seen: unknown[] = [];
  configuration.onChange("hz", (hz, before) => void seen.push(["hz", hz, before]));
  configuration.onChange("port", (port, before) => {
    seen.push(["port", port, before]);
    if (port === 7) throw new ValueError("no such port today");
  });
  configuration.onChange("timeout", () => void seen.push("timeout"));
  assertEquals(
    replyTo(configuration, "hz", "20", "port", "7", "timeout", "3"),
    "ERR CONFIG SET failed (possibly related to argument 'port') - no such port today",
  );
  assertEquals(seen, [
    ["hz", 20, 10],
    ["port", 7, 6379],
    ["port", 6379, 7],
    ["hz", 10, 20],
  ]);
  const { hz, port, timeout } = configuration.settings;
  assertEquals([hz, port, timeout], [10, 6379, 0]);
  assertEquals(configuration.get(["port"]), [["port", "6379"]]);
});

Deno.test("Configuration apply passes on the whole reply when a hook throws one", () => {
  const configuration = new Configuration();
  configuration.onChange("hz", () => {
    throw new ReplyError("BUSY not now");
  });
  assertEquals(replyTo(configuration, "hz", "20"), "BUSY not now");
  assertEquals(configuration.settings.hz, 10);
});

Deno.test("Configuration assign shows the new value everywhere and runs no hook", () => {
  const configuration = new Configuration();
  configuration.onChange("maxclients", () => {
    throw new Error("not to be called");
  });
  configuration.assign("maxclients", 4064);
  assertEquals(configuration.settings.maxclients, 4064);
  assertEquals(configuration.get(["maxclients"]), [["maxclients", "4064"]]);
});

Deno.test("Configuration isGiven and placeOf know what was given", () => {
  const configuration = loaded("\nslave-priority 5\n");
  assert(configuration.isGiven("replica-priority"));
  assertFalse(configuration.isGiven("port"));
  assertEquals(configuration.placeOf("replica-priority"), { file: "test.conf", line: 2 });
});

Deno.test({
  name: "Configuration loads Debian's redis.conf when its daemonize and paths are overridden",
  ignore: !readable("/etc/redis/redis.conf"),
  fn() {
    const configuration = new Configuration();
    configuration.loadFile("/etc/redis/redis.conf");
    configuration.loadCommandLine(["daemonize no", "dir /tmp", 'logfile ""', 'pidfile ""']);
    configuration.finishLoading();
    assertEquals(configuration.settings.bind, ["127.0.0.1", "-::1"]);
    assertEquals(configuration.settings.dir, "/tmp");
  },
});

function readable(path: string): boolean {
  try {
    Deno.openSync(path).close();
    return true;
  } catch (error) {
    const expected = [Deno.errors.NotFound, Deno.errors.PermissionDenied];
    if (!expected.some((kind) => error instanceof kind)) throw error;
    console.log(`skipped: ${path} can't be read (apt-get install redis-server)`);
    return false;
  }
}

Deno.test("Configuration shows a directive of our own to patterns only when it has a value", () => {
  const configuration = new Configuration();
  assertEquals(
    configuration.get(["metrics*", "*"]).some(([name]) => name === "metrics-port"),
    false,
  );
  assertEquals(configuration.get(["metrics-port"]), [["metrics-port", "0"]]);
  configuration.apply(["metrics-port", "9121"]);
  assertEquals(configuration.get(["metrics*"]), [["metrics-port", "9121"]]);
});

Deno.test("Configuration runs the hooks of a file that is given again", () => {
  const configuration = new Configuration();
  let calls = 0;
  configuration.onChange("tls-cert-file", () => void calls++);
  configuration.onChange("timeout", () => void calls++);
  for (let i = 0; i < 3; i++) configuration.apply(["tls-cert-file", "a", "timeout", "0"]);
  assertEquals(calls, 3);
});
