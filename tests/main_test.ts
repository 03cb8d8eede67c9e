/** The program as it is started from a command line, with the permissions of `deno task start`. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { freePort } from "./support/free_port.ts";
import { permittedCommand } from "./support/miniredis_process.ts";
import { RawClient } from "./support/raw_client.ts";
import { TempDir } from "./support/temp_dir.ts";
import { PATIENCE, waitFor } from "./support/wait_for.ts";

const PROJECT = fileURLToPath(new URL("../", import.meta.url));

/** The program, running or ended. Disposing ends it by its pid. */
class Program implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #drained: Promise<unknown>;
  /** What it wrote to standard output so far. */
  output = "";
  errors = "";

  constructor(args: readonly string[], input = "") {
    const [program, ...first] = permittedCommand();
    this.#process = new Deno.Command(program, {
      args: [...first, ...args],
      cwd: PROJECT,
      env: { NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#drained = Promise.all([
      this.#drain(this.#process.stdout, (text) => this.output += text),
      this.#drain(this.#process.stderr, (text) => this.errors += text),
      new Blob([input]).stream().pipeTo(this.#process.stdin).catch((error) => {
        // It need not read what it has no use for.
        if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      }),
    ]);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Waits until the log says that connections are accepted. */
  async ready(): Promise<this> {
    await waitFor(
      `the program to be ready: ${this.output}${this.errors}`,
      () => this.output.includes("Ready to accept connections"),
    );
    return this;
  }

  kill(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Waits until it has ended. */
  async ended(): Promise<Deno.CommandStatus> {
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), PATIENCE);
    const status = await this.#process.status;
    clearTimeout(timer);
    await this.#drained;
    return status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
    await this.ended();
  }

  async #drain(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) take(text);
  }
}

/** Runs a program that is to end by itself. */
async function run(
  ...args: string[]
): Promise<{ code: number; output: string; errors: string }> {
  await using program = new Program(args);
  const { code } = await program.ended();
  return { code, output: program.output, errors: program.errors };
}

/** Runs one command on a server and closes the connection. */
async function ask(port: number, ...command: string[]): Promise<string[]> {
  const client = await RawClient.connect(port);
  try {
    return await client.texts(...command);
  } finally {
    await client.close();
  }
}

Deno.test("--version and --help print and end with 0", async () => {
  for (const flag of ["--version", "-v"]) {
    const { code, output, errors } = await run(flag);
    assertMatch(output, /^Redis server v=7\.0\.15 .* miniredis=\S+ [\w.]+=\S+\n$/);
    assertEquals([code, errors], [0, ""]);
  }
  const { code, output, errors } = await run("--help");
  assertStringIncludes(output, "Usage: miniredis ");
  assertStringIncludes(output, "--appendfsync everysec|always|no");
  assertEquals([code, errors], [0, ""]);
});

Deno.test("the program says in one line what is wrong and ends with 1", async () => {
  await using directory = await TempDir.create("main-");
  const file = `${directory.path}/redis.conf`;
  await Deno.writeTextFile(file, "# a comment\nport 7000\nmaxmemory lots\n");
  const damaged = `${directory.path}/damaged`;
  await Deno.mkdir(damaged);
  await Deno.writeTextFile(`${damaged}/appendonly.aof`, "no command\n");
  const port = String(freePort());
  for (
    const [args, message] of [
      [["--port", "abc"], /^command line: 'port': argument couldn't be parsed into an integer$/],
      [["--nosuch", "1"], /^command line: 'nosuch': Bad directive or wrong number of arguments$/],
      [["--daemonize", "yes"], /^command line: 'daemonize': .*foreground/],
      [["--port", "0"], /--port or --tls-port, .* or --unixsocket$/],
      [
        ["--port", port, "--bind", ""],
        /^Configured to not listen anywhere: .* addresses to --bind/,
      ],
      [["--tls-port", "1"], /^command line: 'tls-port': No tls-cert-file configured!$/],
      [["--syslog-enabled", "yes"], /^command line: 'syslog-enabled': .*log to a file/],
      [["--dir", "/no/such"], /^command line: 'dir': No such file or directory$/],
      [["--logfile", "/no/such/log"], /'logfile': Can't open the log file: No such file/],
      [["/no/such.conf"], /^\/no\/such\.conf: can't open config file: No such file or directory$/],
      [[file], /redis\.conf line 3: 'maxmemory': argument must be a memory value$/],
      [["--port", port, "--dir", damaged, "--appendonly", "yes"], /appendonly\.aof/],
      [["--unixsocket", "/no/such/socket", "--port", "0"], /\/no\/such\/socket/],
    ] as const
  ) {
    const { code, errors } = await run(...args);
    const [line, ...rest] = errors.split("\n");
    assertMatch(line.replace(/^miniredis: /, ""), message);
    assertEquals([line.startsWith("miniredis: "), rest, code], [true, [""], 1], errors);
  }
});

Deno.test("the log goes to the open standard streams when logfile names them", async () => {
  await using directory = await TempDir.create("main-");
  const link = `${directory.path}/log`;
  await Deno.symlink("/dev/stdout", link);
  await Deno.symlink("log", `${link}2`);
  for (
    const [logfile, stream] of [
      ["/dev/stdout", "output"],
      ["/proc/self/fd/1", "output"],
      ["/dev/fd/1", "output"],
      [link, "output"],
      ["log2", "output"],
      ["/dev/stderr", "errors"],
      ["/proc/self/fd/2", "errors"],
    ] as const
  ) {
    const port = String(freePort());
    await using program = new Program([
      ...["--port", port, "--dir", directory.path, "--save", "", "--logfile", logfile],
    ]);
    await waitFor(
      `the log of ${logfile}: ${program.output}${program.errors}`,
      () => program[stream].includes(" * Ready to accept connections"),
    );
    program.kill("SIGTERM");
    assertEquals((await program.ended()).code, 0);
    assertStringIncludes(program[stream], "bye bye");
    assertEquals(program[stream === "output" ? "errors" : "output"], "");
  }
  assertEquals([...Deno.readDirSync(directory.path)].length, 2);
});

Deno.test("the logo tells port and PID before data is loaded when always-show-logo is yes", async () => {
  await using directory = await TempDir.create("main-");
  const port = freePort();
  await using program = new Program([
    ...["--port", String(port), "--dir", directory.path, "--always-show-logo", "yes"],
  ]);
  await program.ready();
  const { output } = program;
  assertMatch(output, new RegExp(`^.* Port: ${port}$`, "m"));
  assertMatch(output, new RegExp(`^.* PID: ${program.pid}$`, "m"));
  assertStringIncludes(output, "Running in standalone mode");
  assert(output.indexOf("PID:") < output.indexOf("Server initialized"), output);
  assert(!output.includes("Running mode="), output);
});

Deno.test("a fatal error leaves a report in the log, and the process ends with 1", async () => {
  await using directory = await TempDir.create("main-");
  const port = freePort(), path = `${directory.path}/server.log`;
  await using program = new Program([
    ...["--port", String(port), "--dir", directory.path, "--logfile", path],
    ...["--enable-debug-command", "yes"],
  ]);
  await waitFor("an answer", () => ask(port, "PING"));
  using client = await RawClient.connect(port);
  await client.call("CLIENT", "SETNAME", "culprit");
  await client.send("DEBUG", "PANIC");
  assert(await client.waitForClose());
  assertEquals((await program.ended()).code, 1);
  const log = await Deno.readTextFile(path);
  for (
    const part of [
      "=== REDIS BUG REPORT START: Cut & paste starting from here ===\n",
      "------ STACK TRACE ------\nError: called by DEBUG PANIC\n    at ",
      "------ INFO OUTPUT ------\n# Server\nredis_version:7.0.15\n",
      "------ CLIENT LIST OUTPUT ------\nid=",
      " name=culprit ",
      "------ CURRENT CLIENT INFO ------\nid=",
      "=== REDIS BUG REPORT END.",
    ]
  ) assertStringIncludes(log, part);
  assertStringIncludes(program.errors, "miniredis: a fatal error: Error: called by DEBUG PANIC\n");
});

Deno.test("the program names --port when the port is in use", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = String(listener.addr.port);
  const { code, errors } = await run("--bind", "127.0.0.1", "--port", port);
  assertMatch(errors, /^miniredis: .*:\d+: the port is in use; choose another with --port\n$/);
  assertEquals(code, 1);
});

Deno.test("the log says what Redis' says when the server starts and ends", async () => {
  await using directory = await TempDir.create("main-");
  const port = freePort();
  const args = ["--bind", "127.0.0.1", "--port", String(port), "--dir", directory.path];
  await using program = new Program(args);
  await program.ready();
  assertEquals(await ask(port, "PING"), ["PONG"]);
  program.kill("SIGTERM");
  assertEquals((await program.ended()).code, 0);
  const said = program.output.trimEnd().split("\n").map((line) => {
    const [, pid, role, sign, message] =
      /^(\d+):(\w) \d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d{3} ([.*#-]) (.*)$/.exec(line) ?? [];
    assertEquals(pid, String(program.pid), line);
    return `${role} ${sign} ${message}`;
  });
  for (
    const expected of [
      "C # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo",
      `C # Redis version=7.0.15, bits=64, commit=00000000, modified=0, pid=${program.pid}, just started (miniredis)`,
      `M * Running mode=standalone, port=${port}.`,
      "M # Server initialized",
      `M * Ready to accept connections at 127.0.0.1:${port}`,
      "M # Received SIGTERM scheduling shutdown...",
      "M # User requested shutdown...",
      "M # Redis is now ready to exit, bye bye...",
    ]
  ) assert(said.includes(expected), `${expected}\nis missing in\n${program.output}`);
  assertEquals(program.errors, "");
});

Deno.test("SIGTERM and SIGINT end the program with 0 and its data is there again", async () => {
  await using directory = await TempDir.create("main-");
  const port = freePort();
  const args = ["--port", String(port), "--dir", directory.path, "--appendonly", "yes"];
  for (const [signal, visits] of [["SIGTERM", "1"], ["SIGINT", "2"], ["SIGTERM", "3"]] as const) {
    await using program = new Program(args);
    await program.ready();
    assertEquals(await ask(port, "INCR", "visits"), [visits]);
    program.kill(signal);
    assertEquals((await program.ended()).code, 0);
  }
});

Deno.test("SIGTERM ends the program with 0 while it loads, and SHUTDOWN does", async () => {
  await using directory = await TempDir.create("main-");
  const command = `*3\r\n$3\r\nSET\r\n$10\r\n0123456789\r\n$5\r\nvalue\r\n`;
  await Deno.writeTextFile(`${directory.path}/appendonly.aof`, command.repeat(2_000_000));
  const port = freePort();
  const args = ["--port", String(port), "--dir", directory.path, "--appendonly", "yes"];
  const isLoading = async () => (await ask(port, "PING").catch(String)).includes("LOADING");
  for (const ends of ["SIGTERM", "SHUTDOWN"]) {
    await using program = new Program(args);
    await waitFor("the loading to begin", isLoading, { interval: 1 });
    if (ends === "SIGTERM") {
      program.kill("SIGTERM");
    } else {
      using client = await RawClient.connect(port);
      await client.send("SHUTDOWN");
      assert(await client.waitForClose());
    }
    assertEquals((await program.ended()).code, 0, program.output + program.errors);
    assert(!program.output.includes("Ready to accept connections"), program.output);
    assertEquals(program.errors, "");
  }
});

Deno.test("the program goes on when nobody reads its log any more", async () => {
  await using directory = await TempDir.create("main-");
  const port = freePort();
  const shell =
    `exec "$0" "$@" --port ${port} --dir '${directory.path}' --loglevel debug | head -1`;
  const process = new Deno.Command("sh", {
    args: ["-c", shell, ...permittedCommand()],
    cwd: PROJECT,
    stdin: "null",
    stdout: "null",
  }).spawn();
  const answered = await waitFor(
    "an answer",
    async () => (await ask(port, "PING"))[0] === "PONG",
  );
  assert(answered);
  const client = await RawClient.connect(port);
  await client.send("SHUTDOWN", "NOSAVE");
  assert(await client.waitForClose());
  await client.close();
  await process.status;
});

Deno.test("the log goes to a new file when the old one was moved, at the level of CONFIG SET", async () => {
  await using directory = await TempDir.create("main-");
  const port = freePort(), path = `${directory.path}/server.log`;
  const directives = ["--dir", directory.path, "--logfile", path, "--pidfile", "redis.pid"];
  await using program = new Program(["--port", String(port), "--save", "", ...directives]);
  await waitFor("an answer", () => ask(port, "PING"));
  await waitFor("the log", () => Deno.readTextFileSync(path).includes("Ready to accept"));
  await Deno.rename(path, `${path}.1`);
  assertEquals(await ask(port, "CONFIG", "SET", "loglevel", "warning"), ["OK"]);
  program.kill("SIGINT");
  assertEquals((await program.ended()).code, 0);
  const [before, after] = [`${path}.1`, path].map((file) => Deno.readTextFileSync(file));
  assertStringIncludes(before, " * Ready to accept connections at ");
  assert(!before.includes("SIGINT"), before);
  assertStringIncludes(after, " # Received SIGINT scheduling shutdown...\n");
  // The level was raised: what is only notable is left out.
  assert(!after.includes(" * "), after);
  assertEquals([program.output, program.errors], ["", ""]);
  assertEquals([...Deno.readDirSync(directory.path)].map(({ name }) => name).sort(), [
    "server.log",
    "server.log.1",
  ]);
});

Deno.test("a redis.conf, flags and the standard input configure the program together", async () => {
  await using directory = await TempDir.create("main-");
  const file = `${directory.path}/redis.conf`;
  const port = freePort();
  await Deno.writeTextFile(
    file,
    `port 1\ndir "${directory.path}"\ntimeout 10\nhz 20\nrename-command FLUSHALL ""\n` +
      `rename-command CONFIG secret-config\n`,
  );
  await using program = new Program(
    [file, "--port", String(port), "-"],
    "timeout 20\nmaxclients 99\n",
  );
  await program.ready();
  const value = async (name: string) => (await ask(port, "secret-config", "GET", name))[1];
  assertEquals(await value("timeout"), "20");
  assertEquals(await value("hz"), "20");
  assertEquals(await value("maxclients"), "99");
  using client = await RawClient.connect(port);
  assertMatch((await client.call("FLUSHALL")).text ?? "", /^ERR unknown command/);
  await client.close();
});

Deno.test("a Unix socket and a pid file are there while the program runs", async () => {
  await using directory = await TempDir.create("main-");
  const path = `${directory.path}/redis.sock`, pidFile = `${directory.path}/redis.pid`;
  const port = freePort();
  await using program = new Program([
    ...["--port", String(port), "--dir", directory.path],
    ...["--unixsocket", path, "--unixsocketperm", "700", "--pidfile", pidFile, "--save", ""],
  ]);
  await program.ready();
  await waitFor("the socket", () => Deno.lstatSync(path).isSocket);
  assertEquals((Deno.lstatSync(path).mode ?? 0) & 0o777, 0o700);
  assertEquals(await Deno.readTextFile(pidFile), `${program.pid}\n`);
  using connection = await Deno.connect({ transport: "unix", path });
  await connection.write(new TextEncoder().encode("PING\r\n"));
  const reply = new Uint8Array(16);
  assertEquals(await connection.read(reply), 7);
  program.kill("SIGTERM");
  assertEquals((await program.ended()).code, 0);
  assertEquals([...Deno.readDirSync(directory.path)].map(({ name }) => name), []);
});

const STOCK = "/etc/redis/redis.conf";

/** The text of Debian's redis.conf; null where it isn't installed or can't be read. */
function stockConfiguration(): string | null {
  try {
    return Deno.readTextFileSync(STOCK);
  } catch (error) {
    const expected = [Deno.errors.NotFound, Deno.errors.PermissionDenied];
    if (!expected.some((kind) => error instanceof kind)) throw error;
    console.log(`skipped: ${STOCK} can't be read (apt-get install redis-server)`);
    return null;
  }
}

const stock = stockConfiguration();

Deno.test({
  name: "the program starts with Debian's redis.conf when paths are writable and daemonize is no",
  ignore: stock === null,
  async fn() {
    await using directory = await TempDir.create("main-");
    const file = `${directory.path}/redis.conf`, log = `${directory.path}/server.log`;
    await Deno.writeTextFile(file, stock ?? "");
    const port = freePort();
    await using program = new Program([
      file,
      ...["--daemonize", "no", "--port", String(port), "--dir", directory.path],
      ...["--logfile", log, "--pidfile", `${directory.path}/redis.pid`],
    ]);
    await waitFor("an answer", () => ask(port, "PING"));
    const lines = (await Deno.readTextFile(log)).split("\n");
    const about = (name: string) =>
      lines.filter((line) => line.includes(`'${name}' has no effect`));
    assertEquals(about("jemalloc-bg-thread").length, 1);
    assertEquals(about("crash-memcheck-enabled").length, 0);
    program.kill("SIGTERM");
    assertEquals((await program.ended()).code, 0);
    assertEquals([program.output, program.errors], ["", ""]);
  },
});
