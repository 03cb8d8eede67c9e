/** What a supervisor is told, beside what redis-server tells it. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import { openNotifySocket } from "../../src/process/notify_socket.ts";
import { freePort } from "../support/free_port.ts";
import { permittedCommand } from "../support/miniredis_process.ts";
import { RawClient } from "../support/raw_client.ts";
import { referenceCommand, referenceTest } from "../support/reference.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { PATIENCE, waitFor } from "../support/wait_for.ts";

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));
const LOADING = "STATUS=Redis is loading...\n";
const ACCEPTS = "STATUS=Ready to accept connections\n";
const READY = "READY=1\n";
const STOPPING = "STOPPING=1\n";
const SAVING = "STATUS=Saving the final RDB snapshot\n";

type Environment = Readonly<Record<string, string>>;

/** A program that has, of a supervisor's variables, only those in `environment`. */
function under(environment: Environment, command: readonly string[]): string[] {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return ["env", "-u", "NOTIFY_SOCKET", "-u", "UPSTART_JOB", ...variables, ...command];
}

/** Takes what a program tells systemd. `close` when it has ended: then nothing is missing. */
class Receiver implements AsyncDisposable {
  readonly #messages: string[] = [];
  readonly #socket: Deno.DatagramConn;
  readonly #reading: Promise<void>;
  #ended = false;

  private constructor(readonly path: string, private readonly directory: TempDir) {
    this.#socket = Deno.listenDatagram({ transport: "unixpacket", path });
    this.#reading = this.#read();
  }

  static async open(name?: string): Promise<Receiver> {
    const directory = await TempDir.create("notify-");
    return new Receiver(name ?? `${directory.path}/notify`, directory);
  }

  get messages(): readonly string[] {
    return this.#messages;
  }

  /** Waits for all that was sent until now, and returns it. */
  async takeAll(): Promise<readonly string[]> {
    const path = `${this.directory.path}/end`, end = "the end";
    const sender = Deno.listenDatagram({ transport: "unixpacket", path });
    await sender.send(new TextEncoder().encode(end), { transport: "unixpacket", path: this.path });
    sender.close();
    await Deno.remove(path);
    await waitFor("the last message", () => this.#messages.at(-1) === end);
    return this.#messages.splice(0).slice(0, -1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    this.#socket.close();
    await this.#reading;
    await this.directory[Symbol.asyncDispose]();
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        const [bytes] = await this.#socket.receive(new Uint8Array(1024));
        this.#messages.push(new TextDecoder().decode(bytes));
      }
    } catch (error) {
      if (!this.#ended) throw error;
    }
  }
}

/** What the log says about supervisors, without times and process ids. */
function supervisionIn(log: string): string[] {
  return log.split("\n").filter((line) => /superv/i.test(line))
    .map((line) => line.replace(/^\d+:(\w) .{24} /, "$1 "));
}

interface Told {
  readonly messages: readonly string[];
  readonly processSupervised: string | undefined;
  readonly supervised: string;
  readonly log: readonly string[];
}

/** What is told by a program that starts, and is ended by SIGTERM. */
async function observe(
  program: readonly string[],
  supervised: string,
  environment: Environment,
  receiver?: Receiver,
): Promise<Told> {
  const command = under(environment, program);
  await using server = await ServerProcess.start(command, { directives: { save: "", supervised } });
  const told = await askAbout(server);
  assertEquals((await server.kill("SIGTERM")).code, 0);
  const messages = await receiver?.takeAll() ?? [];
  return { ...told, messages, log: supervisionIn(server.log) };
}

async function askAbout(server: ServerProcess) {
  const client = await server.connect();
  const info = (await client.call("INFO", "server")).text ?? "";
  const [, supervised] = await client.texts("CONFIG", "GET", "supervised");
  return { processSupervised: /^process_supervised:(\w+)/m.exec(info)?.[1], supervised };
}

/** Runs both programs, each with a receiver of its own, and returns what ours says when both say the same. */
async function compare(
  supervised: string,
  environmentFor: (receiver: Receiver) => Environment,
): Promise<Told> {
  const run = async (program: readonly string[]) => {
    await using receiver = await Receiver.open();
    return await observe(program, supervised, environmentFor(receiver), receiver);
  };
  const [ours, reference] = await Promise.all([run(permittedCommand()), run(referenceCommand())]);
  assertEquals(ours, reference, `supervised ${supervised}`);
  return ours;
}

referenceTest("systemd is told of the start and the end as by redis-server", async () => {
  for (const supervised of ["systemd", "auto"]) {
    const told = await compare(supervised, ({ path }) => ({ NOTIFY_SOCKET: path }));
    assertEquals(told.messages, [LOADING, ACCEPTS, READY, STOPPING]);
    assertEquals([told.processSupervised, told.supervised], ["systemd", "systemd"]);
    assertEquals(told.log.length, 1);
  }
});

referenceTest("nobody is told anything when supervised does not ask for it", async () => {
  for (
    const [supervised, listens] of [
      ...[["no", true], ["no", false], ["upstart", true], ["upstart", false], ["auto", false]],
    ] as const
  ) {
    const told = await compare(
      supervised,
      ({ path }): Environment => listens ? { NOTIFY_SOCKET: path } : {},
    );
    assertEquals(told.messages, []);
    assertEquals([told.processSupervised, told.supervised], ["no", supervised]);
  }
});

referenceTest("the log says what redis-server's does when systemd can't be told", async () => {
  const errors: [address: string | null, error: string][] = [
    [null, "NOTIFY_SOCKET not found!"],
    ...["", "relative", "/", "@", "unix:/tmp/notify"].map((address): [string, string] => {
      return [address, "sd_notify: -22"];
    }),
    ["/no/such/socket", "sd_notify: -2"],
    [PROJECT, "sd_notify: -111"],
    [`/${"x".repeat(106)}`, "sd_notify: -2"],
    [`/${"x".repeat(107)}`, "sd_notify: -36"],
    [`/${"é".repeat(53)}x`, "sd_notify: -36"],
    [`@${"x".repeat(107)}`, "sd_notify: -22"],
  ];
  for (const [address, error] of errors) {
    const environment: Environment = address === null ? {} : { NOTIFY_SOCKET: address };
    const told = await compare("systemd", () => environment);
    const line = `# systemd supervision error: ${error}`;
    assertEquals(told.log, [`C ${line}`, `M ${line}`, `M ${line}`, `M ${line}`]);
    assertEquals(told.processSupervised, "no");
  }
  const told = await compare("auto", () => ({ NOTIFY_SOCKET: "/no/such/socket" }));
  assertEquals(told.log, ["C # systemd supervision error: sd_notify: -2"]);
  assertEquals([told.processSupervised, told.supervised], ["no", "auto"]);
});

/** Whether the runtime reaches sockets that are no files, and lets a program stop itself. */
const isDeno29 = (() => {
  const [program, ...args] = permittedCommand();
  const { stdout } = new Deno.Command(program, { args: [...args, "--version"] }).outputSync();
  const [, major, minor] = /deno=(\d+)\.(\d+)/.exec(new TextDecoder().decode(stdout)) ?? [];
  return Number(major) > 2 || Number(minor) >= 9;
})();

/** What a program that does not start writes to the standard error. */
async function refusal(command: readonly string[], supervised: string): Promise<string> {
  const [program, ...args] = command;
  const { code, stderr } = await new Deno.Command(program, {
    args: [...args, "--port", String(freePort()), "--save", "", "--supervised", supervised],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
  }).output();
  const [line, ...rest] = new TextDecoder().decode(stderr).split("\n");
  assertEquals([code, rest], [1, [""]], line);
  return line;
}

Deno.test("systemd is told at a socket that is no file, where the runtime reaches it", async () => {
  const name = `miniredis-test-${crypto.randomUUID()}`, environment = { NOTIFY_SOCKET: `@${name}` };
  if (!isDeno29) {
    const line = await refusal(under(environment, permittedCommand()), "systemd");
    assertMatch(line, /^miniredis: command line: 'supervised': .* it takes Deno 2\.9; or give/);
    return;
  }
  await using receiver = await Receiver.open(`\0${name}`);
  const told = await observe(permittedCommand(), "systemd", environment, receiver);
  assertEquals(told.messages, [LOADING, ACCEPTS, READY, STOPPING]);
});

/** Starts a program for Upstart, lets it go on when it has stopped itself, and says what it tells then. */
async function startForUpstart(program: readonly string[], supervised: string) {
  await using receiver = await Receiver.open();
  const environment = { UPSTART_JOB: "redis", NOTIFY_SOCKET: receiver.path };
  // The shell waits until the program, which takes its place in a child, is stopped.
  const script = `"$@" & pid=$!
    for _ in $(seq ${PATIENCE / 10}); do
      case $(cut -d' ' -f3 /proc/$pid/stat) in T) echo stopped; kill -CONT $pid; break;; esac
      sleep 0.01
    done
    trap 'kill $pid' TERM; wait $pid; wait $pid`;
  const command = ["sh", "-c", script, "sh", ...under(environment, program)];
  await using server = await ServerProcess.start(command, { directives: { save: "", supervised } });
  const told = await askAbout(server);
  assertEquals((await server.kill("SIGTERM")).code, 0);
  const stopped = server.log.split("\n").filter((line) => line === "stopped").length;
  return { ...told, stopped, log: supervisionIn(server.log), messages: await receiver.takeAll() };
}

referenceTest("the program stops itself for Upstart, where the runtime lets it", async () => {
  for (const supervised of ["upstart", "auto"]) {
    if (!isDeno29) {
      const line = await refusal(under({ UPSTART_JOB: "" }, permittedCommand()), supervised);
      assertMatch(line, /^miniredis: command line: 'supervised': .* it takes Deno 2\.9; or give/);
      continue;
    }
    const ours = await startForUpstart(permittedCommand(), supervised);
    assertEquals(ours, await startForUpstart(referenceCommand(), supervised));
    assertEquals([ours.stopped, ours.processSupervised, ours.messages], [1, "upstart", []]);
  }
});

/** What is told by a program that is ended by SIGTERM while it loads. */
async function endWhileLoading(program: readonly string[]): Promise<readonly string[]> {
  await using directory = await TempDir.create("supervisor-");
  await using receiver = await Receiver.open();
  const command = `*3\r\n$3\r\nSET\r\n$10\r\n0123456789\r\n$5\r\nvalue\r\n`;
  await Deno.writeTextFile(`${directory.path}/appendonly.aof`, command.repeat(2_000_000));
  const port = freePort();
  const [first, ...args] = under({ NOTIFY_SOCKET: receiver.path }, program);
  await using process = new Deno.Command(first, {
    args: [
      ...[...args, "--port", String(port), "--dir", directory.path, "--save", ""],
      ...["--appendonly", "yes", "--supervised", "systemd"],
    ],
    stdin: "null",
    stdout: "null",
  }).spawn();
  const isLoading = async () => {
    const client = await RawClient.connect(port);
    const { text } = await client.call("PING");
    await client.close();
    return text?.startsWith("LOADING");
  };
  await waitFor("the loading to begin", isLoading, { interval: 1 });
  process.kill("SIGTERM");
  assertEquals((await process.status).code, 0);
  return await receiver.takeAll();
}

referenceTest("systemd is told that a server is ready only when its data is loaded", async () => {
  const told = await endWhileLoading(permittedCommand());
  assertEquals(told, [LOADING, STOPPING]);
  assertEquals(told, await endWhileLoading(referenceCommand()));
});

/** What is told, and logged, when the last snapshot can't be made. */
async function failToEnd(program: readonly string[]) {
  await using receiver = await Receiver.open();
  const command = under({ NOTIFY_SOCKET: receiver.path }, program);
  const directives = { save: "", supervised: "systemd" };
  await using server = await ServerProcess.start(command, { directives });
  await Deno.mkdir(`${server.dir}/dump.rdb`);
  const client = await server.connect();
  await client.call("SET", "key", "value");
  await client.call("CONFIG", "SET", "save", "1 1");
  const { text } = await client.call("SHUTDOWN");
  await client.send("SHUTDOWN", "FORCE");
  assertEquals((await server.waitForExit()).code, 0);
  const log = server.log.split("\n").filter((line) => /trying to s/.test(line))
    .map((line) => line.slice(line.indexOf("#")));
  return { text, log, messages: await receiver.takeAll() };
}

referenceTest("systemd is told of the last snapshot, and that it fails", async () => {
  const told = await failToEnd(permittedCommand());
  assertEquals(told, await failToEnd(referenceCommand()));
  const failed = "STATUS=Error trying to save the DB, can't exit.\n";
  const start = [LOADING, ACCEPTS, READY];
  assertEquals(told.messages, [...start, STOPPING, SAVING, failed, STOPPING, SAVING]);
  assertEquals(told.log.length, 3);
});

/** The lines about `supervised` that CONFIG REWRITE leaves in a file. */
async function rewrite(program: readonly string[]): Promise<string[]> {
  await using receiver = await Receiver.open();
  await using directory = await TempDir.create("supervisor-");
  const file = `${directory.path}/redis.conf`;
  await Deno.writeTextFile(file, 'save ""\nsupervised auto\n');
  const command = under({ NOTIFY_SOCKET: receiver.path }, [...program, file]);
  await using server = await ServerProcess.start(command);
  const client = await server.connect();
  assertEquals((await client.call("CONFIG", "REWRITE")).text, "OK");
  return (await Deno.readTextFile(file)).split("\n").filter((line) => line.includes("supervised"));
}

referenceTest("CONFIG REWRITE writes which supervisor auto has found", async () => {
  const lines = await rewrite(permittedCommand());
  assertEquals(lines, ["supervised systemd"]);
  assertEquals(lines, await rewrite(referenceCommand()));
});

Deno.test("nothing is left of the socket that messages come from, wherever it can be made", async () => {
  await using temporary = await TempDir.create("supervisor-");
  for (const TMPDIR of [temporary.path, "/no/such/directory"]) {
    await using receiver = await Receiver.open();
    const environment = { NOTIFY_SOCKET: receiver.path, TMPDIR };
    await using server = await ServerProcess.start(under(environment, permittedCommand()), {
      directives: { save: "", supervised: "systemd" },
    });
    await waitFor("READY=1", () => receiver.messages.includes(READY));
    for (const path of [temporary.path, server.dir]) {
      const names = Array.from(Deno.readDirSync(path), ({ name }) => name);
      // An executable keeps its compiled code among the temporary files.
      assertEquals(names.filter((name) => !/^deno-compile-.*\.cache$/.test(name)), []);
    }
  }
});

Deno.test("the program ends when its supervisor reads nothing any more", async () => {
  await using directory = await TempDir.create("supervisor-");
  const target = { transport: "unixpacket", path: `${directory.path}/notify` } as const;
  const receiver = Deno.listenDatagram(target);
  const sender = Deno.listenDatagram({ ...target, path: `${directory.path}/sender` });
  const command = under({ NOTIFY_SOCKET: target.path }, permittedCommand());
  await using server = await ServerProcess.start(command, {
    directives: { save: "", supervised: "systemd" },
  });
  /** False when there is no room. */
  const fill = async (): Promise<boolean> => {
    const { promise, resolve } = Promise.withResolvers<number>();
    const timer = setTimeout(() => resolve(0), 200);
    const sent = await Promise.race([sender.send(new Uint8Array(1), target), promise]);
    clearTimeout(timer);
    return sent > 0;
  };
  let room = true;
  for (let count = 0; room && count < 10_000; count++) room = await fill();
  assert(!room, "the receiver's queue has no end");
  const timer = setTimeout(() => server.kill("SIGKILL"), PATIENCE);
  assertEquals((await server.kill("SIGTERM")).code, 0, server.log);
  clearTimeout(timer);
  receiver.close();
  sender.close();
});

Deno.test("the program is refused when it may not or can't tell its supervisor", async () => {
  await using receiver = await Receiver.open();
  await using directory = await TempDir.create("supervisor-");
  const { imports } = JSON.parse(await Deno.readTextFile(`${PROJECT}deno.json`));
  const plain = `${directory.path}/deno.json`;
  await Deno.writeTextFile(plain, JSON.stringify({ imports, nodeModulesDir: "none" }));
  const environment = { NOTIFY_SOCKET: receiver.path };
  const run = (...flags: string[]) =>
    under(environment, [
      ...[Deno.execPath(), "run", "--no-prompt", "--allow-read", "--allow-sys", ...flags],
      `${PROJECT}main.ts`,
    ]);
  const variables = "--allow-env=NOTIFY_SOCKET,UPSTART_JOB";
  const refused: [supervised: string, command: string[], reason: RegExp][] = [
    ["systemd", run("--allow-net", "--allow-write"), /NOTIFY_SOCKET can't be read: .*--allow-env=/],
    ["auto", run("--allow-net", "--allow-write"), /UPSTART_JOB can't be read: .*--allow-env=/],
    ["systemd", run("--allow-net", variables), /can't make a socket to send from: .*write access/],
    [
      "auto",
      run("--allow-net", "--allow-write", variables, "--config", plain, "--no-lock"),
      /the runtime can't send to NOTIFY_SOCKET; Deno can, with --unstable-net/,
    ],
  ];
  for (const [supervised, command, reason] of refused) {
    const line = await refusal(command, supervised);
    assertMatch(line, /^miniredis: command line: 'supervised': .*; or give 'supervised no'/);
    assertMatch(line, reason);
  }
  assertEquals(await receiver.takeAll(), []);
});

/** A thread that counts the messages to a socket while this one is at work. */
async function countInAnotherThread(path: string): Promise<[Worker, Int32Array]> {
  const count = new Int32Array(new SharedArrayBuffer(4));
  const program = `self.onmessage = async ({ data: { path, count } }) => {
    const socket = Deno.listenDatagram({ transport: "unixpacket", path });
    self.postMessage("listening");
    for (;;) {
      await socket.receive();
      Atomics.add(count, 0, 1);
      Atomics.notify(count, 0);
    }
  };`;
  const url = `data:text/javascript,${encodeURIComponent(program)}`;
  const worker = new Worker(url, { type: "module" });
  const listening = new Promise((resolve) => worker.onmessage = resolve);
  worker.postMessage({ path, count });
  await listening;
  return [worker, count];
}

Deno.test("messages leave before the work that the program does next", async () => {
  await using directory = await TempDir.create("supervisor-");
  const path = `${directory.path}/notify`;
  const [worker, count] = await countInAnotherThread(path);
  const socket = openNotifySocket(path, directory.path);
  await socket.send("STATUS=first\n");
  await waitFor("the first message", () => Atomics.load(count, 0) === 1);
  const sent = [socket.send("STATUS=second\n"), socket.send("STATUS=third\n")];
  // This thread stands still until the other one has both.
  for (const before of [1, 2]) {
    assert(Atomics.wait(count, 0, before, PATIENCE) !== "timed-out", `message ${before + 1}`);
  }
  await Promise.all(sent);
  await socket.close();
  worker.terminate();
});
