/** Many connections, few of them active, with commands of all kinds: what it costs, and what stalls. */

import type { BenchOptions } from "./options.ts";
import { residentBytes, waitsForProcessor } from "./process_usage.ts";
import { BenchServer, type Contender, pause } from "./server.ts";
import { SoakConnection } from "./soak_connection.ts";
import { CHANNELS, nextCall, QUEUES } from "./soak_load.ts";
import { formatCount, formatMegabytes, formatTable } from "./table.ts";

const CONNECTIONS = 10_000;
const ACTIVE = 200;
/** Of the active: those that wait at lists, and those that listen to channels. */
const WAITING = 10, SUBSCRIBED = 10;
/** How long the load runs before memory is looked at, in ms. */
const WARM_UP = 20_000;
/** A client rests between two calls, this long on average, in ms. */
const REST = 30;
/** The machine is looked at this often, in ms. */
const LOOK_INTERVAL = 50;
/** How long a server may tidy up before it is looked at, in ms. */
const SETTLE = 2000;

/** The targets: a command's time in ms, growth of memory as a share, memory of an idle connection in bytes. */
const LONGEST_COMMAND = 250;
const MOST_GROWTH = 0.2;
const MOST_IDLE_BYTES = 40 * 1024;

/** What one server showed. */
export interface Soaked {
  /** Memory per idle connection, in bytes. */
  readonly idle: number;
  /** Resident memory when all were open and warm, and at the end, after a collection where there is one. */
  readonly warm: number;
  readonly end: number;
  readonly calls: number;
  /** In ms. */
  readonly slowest: number;
  /** The 99th of a hundred calls, in ms. */
  readonly p99: number;
  /** The longest that the machine held the clients up, and a thread of the server, in ms. */
  readonly clientStall: number;
  readonly serverStall: number;
  /** Connections that were refused, reset or closed, and unexpected error replies. */
  readonly failures: readonly string[];
}

/** Both servers' runs. */
export interface SoakResult {
  readonly seconds: number;
  readonly miniredis: Soaked;
  readonly redis: Soaked;
}

/** Soaks both servers, one after the other. */
export async function soak(options: BenchOptions): Promise<SoakResult> {
  const { seconds } = options;
  return {
    seconds,
    redis: await measure(options.redis, seconds),
    miniredis: await measure(options.miniredisCollecting, seconds),
  };
}

/** What the clients note together. */
class Notes {
  failures: string[] = [];
  /** How many calls took so many ms; the last one counts longer ones, too. */
  readonly #times = new Uint32Array(1001);
  #slowest = 0;
  #calls = 0;

  note(duration: number): void {
    this.#calls++;
    this.#slowest = Math.max(this.#slowest, duration);
    this.#times[Math.min(1000, Math.floor(duration))]++;
  }

  /** Forgets the times, not the failures. */
  restart(): void {
    this.#times.fill(0);
    this.#slowest = this.#calls = 0;
  }

  get times(): Pick<Soaked, "calls" | "slowest" | "p99"> {
    let rest = 0.01 * this.#calls, p99 = this.#times.length;
    while (p99 > 0 && rest > 0) rest -= this.#times[--p99];
    return { calls: this.#calls, slowest: this.#slowest, p99 };
  }
}

async function measure(contender: Contender, seconds: number): Promise<Soaked> {
  await using server = await BenchServer.start(contender, { appendonly: true });
  using control = await server.connect();
  await control.call("CONFIG", "SET", "maxclients", String(CONNECTIONS + 100));
  const resident = async () => {
    await control.call("MEMORY", "PURGE");
    await pause(SETTLE);
    return residentBytes(server.pid);
  };
  const empty = await resident();
  using idle = await openIdle(server.port, CONNECTIONS - ACTIVE);
  const idleBytes = (await resident() - empty) / (CONNECTIONS - ACTIVE);

  const notes = new Notes();
  const load = await Load.start(server.port, notes);
  await pause(WARM_UP);
  await load.pause();
  const warm = await resident();
  notes.restart();
  load.resume();
  const stalls = await watchStalls(server.pid, seconds * 1000);
  const { calls, slowest, p99 } = notes.times;
  await load.pause();
  const end = await resident();
  await load.stop();
  await checkIdle(idle.connections, notes);
  const { failures } = notes;
  return { idle: idleBytes, warm, end, calls, slowest, p99, ...stalls, failures };
}

interface Crowd extends Disposable {
  readonly connections: Deno.Conn[];
}

const PING = new TextEncoder().encode("PING\r\n");

async function openIdle(port: number, count: number): Promise<Crowd> {
  const connections: Deno.Conn[] = [];
  while (connections.length < count) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    connections.push(conn);
    await ping(conn);
  }
  return {
    connections,
    [Symbol.dispose]: () => connections.forEach((conn) => conn.close()),
  };
}

const ANSWER = new Uint8Array(16);

async function ping(conn: Deno.Conn): Promise<void> {
  await conn.write(PING);
  const count = await conn.read(ANSWER);
  if (count !== 7) throw new Error(`an idle connection got ${count} bytes for PING`);
}

async function checkIdle(connections: readonly Deno.Conn[], notes: Notes): Promise<void> {
  for (const conn of connections) {
    await ping(conn).catch((error) => notes.failures.push(`idle: ${error}`));
  }
}

/** What the machine made of a time: how late our timers were, and threads of the server without a processor. */
async function watchStalls(
  pid: number,
  duration: number,
): Promise<Pick<Soaked, "clientStall" | "serverStall">> {
  const end = performance.now() + duration;
  let clientStall = 0, serverStall = 0;
  let waits = waitsForProcessor(pid);
  for (let last = performance.now(); last < end;) {
    await pause(LOOK_INTERVAL);
    const now = performance.now(), waitsNow = waitsForProcessor(pid);
    clientStall = Math.max(clientStall, now - last - LOOK_INTERVAL);
    for (const [thread, waited] of waitsNow) {
      serverStall = Math.max(serverStall, waited - (waits.get(thread) ?? waited));
    }
    last = now;
    waits = waitsNow;
  }
  return { clientStall, serverStall };
}

/** The active clients. */
class Load {
  readonly #notes: Notes;
  readonly #connections: SoakConnection[] = [];
  readonly #clients: Promise<void>[] = [];
  #running = Promise.withResolvers<void>();
  #isStopped = false;
  #underWay = 0;

  private constructor(notes: Notes) {
    this.#notes = notes;
    this.#running.resolve();
  }

  static async start(port: number, notes: Notes): Promise<Load> {
    const load = new Load(notes);
    for (let i = 0; i < ACTIVE; i++) {
      const connection = await SoakConnection.connect(port);
      load.#connections.push(connection);
      const client = i < WAITING
        ? load.#wait(connection, i % QUEUES)
        : i < WAITING + SUBSCRIBED
        ? load.#listen(connection, i % CHANNELS)
        : load.#work(connection);
      load.#clients.push(client.catch((error) => load.#fail(error)));
    }
    return load;
  }

  /** Starts no more calls, and waits for those under way. */
  async pause(): Promise<void> {
    this.#running = Promise.withResolvers<void>();
    while (this.#underWay > 0) await pause(5);
  }

  resume(): void {
    this.#running.resolve();
  }

  /** Closes all connections. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.resume();
    for (const connection of this.#connections) connection[Symbol.dispose]();
    await Promise.all(this.#clients);
  }

  #fail(error: unknown): void {
    if (!this.#isStopped) this.#notes.failures.push(`active: ${error}`);
  }

  async #work(connection: SoakConnection): Promise<void> {
    while (!this.#isStopped) {
      await pause(2 * REST * Math.random());
      await this.#running.promise;
      if (this.#isStopped) return;
      const { text, replies } = nextCall();
      this.#underWay++;
      const began = performance.now();
      try {
        await connection.call(text, replies);
      } finally {
        this.#underWay--;
      }
      this.#notes.note(performance.now() - began);
    }
  }

  /** Its waits are no commands that take long: they are not timed. */
  async #wait(connection: SoakConnection, queue: number): Promise<void> {
    const text = `*3\r\n$5\r\nBLPOP\r\n$7\r\nqueue:${queue}\r\n$3\r\n0.5\r\n`;
    while (!this.#isStopped) await connection.call(text, 1);
  }

  async #listen(connection: SoakConnection, channel: number): Promise<void> {
    await connection.call(`SUBSCRIBE channel:${channel}\r\n`, 1);
    while (!this.#isStopped) await connection.receive();
  }
}

/** The figures of both beside the targets. */
export function formatSoak({ seconds, miniredis, redis }: SoakResult): string {
  const row = (
    title: string,
    format: (soaked: Soaked) => string,
    isMet?: (soaked: Soaked) => boolean,
  ) => [
    title,
    format(miniredis),
    format(redis),
    isMet === undefined ? "" : isMet(miniredis) ? "ok" : "MISSED",
  ];
  const growth = ({ warm, end }: Soaked) => end / warm - 1;
  const ms = (time: number) => `${time.toFixed(0)} ms`;
  const table = formatTable([`soak, ${seconds} s`, "miniredis", "redis-server", ""], [
    row(
      "idle connection",
      ({ idle }) => `${(idle / 1024).toFixed(1)} KB`,
      ({ idle }) => idle <= MOST_IDLE_BYTES,
    ),
    row("RSS when warm", ({ warm }) => formatMegabytes(warm)),
    row("RSS at the end", ({ end }) => formatMegabytes(end)),
    row(
      "growth",
      (soaked) => `${(100 * growth(soaked)).toFixed(1)} %`,
      (soaked) => Math.abs(growth(soaked)) <= MOST_GROWTH,
    ),
    row("calls", ({ calls }) => formatCount(calls)),
    row("slowest call", ({ slowest }) => ms(slowest), ({ slowest }) => slowest <= LONGEST_COMMAND),
    row("99 % of calls within", ({ p99 }) => ms(p99 + 1)),
    row("the machine held clients up", ({ clientStall }) => ms(clientStall)),
    row("the machine held the server up", ({ serverStall }) => ms(serverStall)),
    row(
      "refused, reset, errors",
      ({ failures }) => String(failures.length),
      ({ failures }) => failures.length === 0,
    ),
  ]);
  const failures = [...miniredis.failures, ...redis.failures].slice(0, 5);
  return failures.length === 0 ? table : `${table}\n${failures.join("\n")}`;
}
