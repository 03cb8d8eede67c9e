/** Runs one script against a pair of servers. README.md beside this file describes the language. */

import { ConnectionClosed, encodeCommandText, RawClient } from "../support/raw_client.ts";
import { escapeBytes } from "../support/quoting.ts";
import { isError, leaves, type Reply } from "../support/reply.ts";
import { waitFor } from "../support/wait_for.ts";
import {
  type AofMark,
  aofMark,
  applyAofMasks,
  commandsSince,
  describeLoggedCommand,
  type LoggedCommand,
  sameLoggedCommand,
} from "./aof.ts";
import { keyspaceDifferences, readKeyspace } from "./keyspace.ts";
import { repliesMatch, sameMultiset } from "./masks.ts";
import type { Pair, Side } from "./pair.ts";
import { expand, type Script, type Step } from "./script.ts";

/** What came of a script. */
export interface ScriptResult {
  /** Each a text of some lines that starts with `file:line (protocol)`. */
  readonly failures: readonly string[];
  /** The commands that got a reply that was neither an error nor QUEUED, with arguments expanded. */
  readonly answered: readonly (readonly string[])[];
}

/** After this many failures of one script the rest of it says nothing new. */
const FAILURE_LIMIT = 10;
const SCAN_LIMIT = 100_000;

/**
 * Runs a script once. `doctor` may change the reply of the server under test before it is compared; it
 * exists so that the harness' own test can see a mismatch reported.
 */
export async function runScript(
  script: Script,
  protocol: 2 | 3,
  pair: Pair,
  doctor: (reply: Reply) => Reply = (reply) => reply,
): Promise<ScriptResult> {
  const run = new ScriptRun(script, protocol, pair, doctor);
  try {
    await run.execute();
  } finally {
    await run.cleanUp();
  }
  return run;
}

/** The connections of a script to one of the servers, and what it has learned there. */
class SideRun {
  readonly connections = new Map<number, RawClient>();
  readonly captured = new Map<string, string>();
  /** Commands sent with `&` on a connection whose replies have not been read. */
  readonly unanswered = new Map<number, string[][]>();

  constructor(readonly side: Side, private readonly protocol: 2 | 3) {}

  async connection(id: number): Promise<RawClient> {
    let client = this.connections.get(id);
    if (!client) {
      client = await this.side.connect();
      this.connections.set(id, client);
      if (this.protocol === 3) await client.texts("HELLO", "3");
    }
    return client;
  }
}

class ScriptRun implements ScriptResult {
  readonly failures: string[] = [];
  readonly answered: string[][] = [];
  readonly #sides: readonly [SideRun, SideRun];
  readonly #marks: AofMark[] = [];
  /** The reference's and our AOF size after each step, to name the line that wrote a command. */
  readonly #written: { step: Step; sizes: [number, number] }[] = [];
  #changesConfiguration: boolean;
  #changesUsers = false;
  #holdsBackground = false;

  constructor(
    private readonly script: Script,
    private readonly protocol: 2 | 3,
    private readonly pair: Pair,
    private readonly doctor: (reply: Reply) => Reply,
  ) {
    this.#sides = [new SideRun(pair.expected, protocol), new SideRun(pair.actual, protocol)];
    this.#changesConfiguration = script.settings.config.length > 0;
  }

  async execute(): Promise<void> {
    await this.#onBoth(async ({ side }) => {
      await side.reset();
      for (const [name, value] of this.script.settings.config) {
        await side.texts("CONFIG", "SET", name, value);
      }
    });
    if (this.#comparesAofs) {
      this.#marks.push(...this.pair.sides.map((side) => aofMark(side.server.dir)));
    }
    let unfinished: Step | undefined;
    for (const step of this.script.steps) {
      unfinished = step;
      try {
        await this.#step(step);
      } catch (error) {
        this.#fail(step.line, `${step.source}\n    ${(error as Error).message}`);
        break;
      }
      this.#noteSizes(step);
      if (this.failures.length >= FAILURE_LIMIT) break;
      unfinished = undefined;
    }
    if (!unfinished && !this.#endsServers()) await this.#finish();
  }

  /** Leaves the pair as the next script wants it, however this one ended. */
  async cleanUp(): Promise<void> {
    await this.#closeConnections();
    if (this.#holdsBackground) await this.#holdBackground(false);
    if (this.#changesConfiguration && !this.#endsServers()) {
      await this.#onBoth(({ side }) => side.restoreConfiguration());
    }
    if (this.#changesUsers) await this.#onBoth(({ side }) => side.restoreUsers());
  }

  async #closeConnections(): Promise<void> {
    for (const { connections } of this.#sides) {
      for (const client of connections.values()) await client.close();
    }
  }

  async #finish(): Promise<void> {
    await this.#expectNothingUnread();
    await this.#closeConnections();
    await this.#onBoth(({ side }) => side.waitForOtherClientsToGo());
    if (this.#comparesAofs) this.#compareAofs();
    if (this.script.settings.skipKeyspace === undefined) {
      const [expected, actual] = await this.#onBoth(({ side }) => readKeyspace(side.control));
      const names = [this.pair.expected.name, this.pair.actual.name] as const;
      for (const difference of keyspaceDifferences(expected, actual, names)) {
        this.#fail(this.script.line, `keyspace after "${this.script.name}"\n    ${difference}`);
      }
    }
  }

  /** Whether the script shuts the servers down; it must then have a pair of its own. */
  #endsServers(): boolean {
    return this.script.steps.some(({ action }) =>
      "args" in action && action.args[0].toLowerCase() === "shutdown"
    );
  }

  async #step(step: Step): Promise<void> {
    const { action, connection } = step;
    const now = Date.now();
    const args = (of: SideRun, list: readonly string[], index = 0) =>
      list.map((arg) => expand(arg, { captured: of.captured, index, now }));
    switch (action.kind) {
      case "command":
        if (action.args[0].toLowerCase() === "config") this.#changesConfiguration = true;
        if (action.args[0].toLowerCase() === "acl") this.#changesUsers = true;
        if (action.repeat === 1) {
          const [expected, actual] = await this.#onBoth(async (of) =>
            await (await of.connection(connection)).call(...args(of, action.args))
          );
          this.#compare(step, expected, actual, args(this.#sides[0], action.args));
        } else {
          const commands = (of: SideRun) =>
            Array.from({ length: action.repeat }, (_, index) => args(of, action.args, index));
          const [expected, actual] = await this.#onBoth(async (of) =>
            await (await of.connection(connection)).pipeline(commands(of))
          );
          const sent = commands(this.#sides[0]);
          expected.forEach((reply, i) => this.#compare(step, reply, actual[i], sent[i]));
        }
        return;
      case "send":
        await this.#onBoth(async (of) => {
          const command = args(of, action.args);
          await (await of.connection(connection)).write(encodeCommandText(command));
          const unanswered = of.unanswered.get(connection) ?? [];
          of.unanswered.set(connection, [...unanswered, command]);
          if (of === this.#sides[0] && isSilent(command)) this.answered.push(command);
        });
        return;
      case "read": {
        const [expected, actual] = await this.#onBoth(async (of) =>
          await (await of.connection(connection)).read()
        );
        const [command] = this.#sides.map((of) => of.unanswered.get(connection)?.shift());
        this.#compare(step, expected, actual, command);
        return;
      }
      case "closed": {
        const closed = await this.#onBoth(async (of) => {
          const client = await of.connection(connection);
          return await client.waitForClose() && client.unread === "";
        });
        closed.forEach((isClosed, i) => {
          if (!isClosed) this.#fail(step.line, `${this.#sides[i].side.name} left it open`);
        });
        for (const of of this.#sides) {
          await of.connections.get(connection)?.close();
          of.connections.delete(connection);
          const command = of.unanswered.get(connection)?.[0];
          // A command whose only answer is that the connection ends, as SHUTDOWN's.
          if (of === this.#sides[0] && command) this.answered.push(command);
          of.unanswered.delete(connection);
        }
        return;
      }
      case "half-close":
        await this.#onBoth(async (of) => await (await of.connection(connection)).closeWrite());
        return;
      case "raw":
        await this.#onBoth(async (of) =>
          await (await of.connection(connection)).write(args(of, [action.bytes])[0])
        );
        return;
      case "scan": {
        const [expected, actual] = await this.#onBoth(async (of) =>
          await collectScan(await of.connection(connection), args(of, action.args))
        );
        if (!expected[0]?.startsWith("-")) this.answered.push(args(this.#sides[0], action.args));
        if (!sameMultiset(expected, actual)) {
          this.#mismatch(step, expected.toSorted().join(""), actual.toSorted().join(""));
        }
        return;
      }
      case "wait-for":
        await this.#onBoth(async (of) => {
          const wanted = `${action.reply}\r\n`;
          const client = await of.connection(connection);
          await waitForReply(client, args(of, action.args), (raw) => raw === wanted);
        });
        return;
      case "wait-with":
        await this.#onBoth(async (of) => {
          const isThere = (raw: string) => {
            const words = raw.split(/\s+/);
            return action.words.every((word) => words.includes(word));
          };
          await waitForReply(await of.connection(connection), args(of, action.args), isThere);
        });
        return;
      case "wait-blocked":
        await this.#onBoth(async ({ side }) =>
          await waitFor(
            `${action.clients} blocked clients of ${side.name}`,
            async () => (await side.blockedClients()) === action.clients,
          )
        );
        return;
      case "hold-background":
        await this.#holdBackground(action.holds);
        return;
      case "sleep":
        await new Promise((resolve) => setTimeout(resolve, action.milliseconds));
    }
  }

  /**
   * Keeps snapshots and rewrites from ending. The reference's child can't be held, but the server does not
   * notice its end while its cron is paused; our work waits for each key.
   */
  async #holdBackground(holds: boolean): Promise<void> {
    this.#holdsBackground = holds;
    const { expected, actual, isReferenceTwice } = this.pair;
    const pauseCron = ["DEBUG", "PAUSE-CRON", holds ? "1" : "0"];
    await expected.texts(...pauseCron);
    if (isReferenceTwice) await actual.texts(...pauseCron);
    else await actual.texts("CONFIG", "SET", "rdb-key-save-delay", holds ? "1000000000" : "0");
  }

  #compare(step: Step, expected: Reply, received: Reply, command: string[] | undefined): void {
    const actual = this.doctor(received);
    if (step.capture !== undefined) {
      this.#sides[0].captured.set(step.capture, leaves(expected).join(" "));
      this.#sides[1].captured.set(step.capture, leaves(actual).join(" "));
    }
    if (!repliesMatch(expected, actual, step.masks)) {
      this.#mismatch(step, expected.raw, actual.raw);
    }
    if (command && !isError(expected) && expected.raw !== "+QUEUED\r\n") {
      this.answered.push(command);
    }
  }

  #mismatch(step: Step, expected: string, actual: string): void {
    this.#fail(
      step.line,
      `${step.source}\n    ${this.pair.expected.name}: "${escapeBytes(expected)}"` +
        `\n    ${this.pair.actual.name}: "${escapeBytes(actual)}"`,
    );
  }

  #fail(line: number, text: string): void {
    this.failures.push(`${this.script.file}:${line} (RESP${this.protocol}): ${text}`);
  }

  /** A reply that no line reads is a mistake of the script or of a server that sent one too many. */
  async #expectNothingUnread(): Promise<void> {
    const sentinel = "is anything unread";
    for (const of of this.#sides) {
      for (const [id, client] of of.connections) {
        if (of.unanswered.get(id)?.length) continue;
        try {
          const reply = await client.call("PING", sentinel);
          const answersPing = leaves(reply).includes(sentinel) || reply.text === "QUEUED" ||
            isError(reply);
          if (!answersPing || client.unread !== "") {
            const rest = escapeBytes(reply.raw + client.unread, 300);
            this.#fail(this.script.line, `${of.side.name} sent @${id} an unread reply: "${rest}"`);
          }
        } catch (error) {
          if (!(error instanceof ConnectionClosed)) throw error;
          this.#fail(this.script.line, `${of.side.name} closed @${id}: ${error.message}`);
        }
      }
    }
  }

  get #comparesAofs(): boolean {
    return this.script.settings.skipAof === undefined;
  }

  #noteSizes(step: Step): void {
    if (!this.#comparesAofs) return;
    const sizes = this.#marks.map((mark) => Deno.statSync(mark.path).size);
    this.#written.push({ step, sizes: [sizes[0], sizes[1]] });
  }

  #compareAofs(): void {
    const [expected, actual] = this.pair.sides.map((side, i) =>
      applyAofMasks(commandsSince(side.server.dir, this.#marks[i]), this.script.settings.aofMasks)
    );
    for (let i = 0; i < Math.max(expected.length, actual.length); i++) {
      if (expected[i] && actual[i] && sameLoggedCommand(expected[i], actual[i])) continue;
      const step = this.#writerOf(expected[i], 0) ?? this.#writerOf(actual[i], 1);
      this.#fail(
        step?.line ?? this.script.line,
        `AOF command ${i} after "${step?.source ?? this.script.name}"` +
          `\n    ${this.pair.expected.name}: ${describeLoggedCommand(expected[i])}` +
          `\n    ${this.pair.actual.name}: ${describeLoggedCommand(actual[i])}`,
      );
      return;
    }
  }

  #writerOf(command: LoggedCommand | undefined, side: 0 | 1): Step | undefined {
    if (!command) return undefined;
    return this.#written.find(({ sizes }) => sizes[side] > command.offset)?.step;
  }

  async #onBoth<T>(work: (of: SideRun) => Promise<T>): Promise<[T, T]> {
    const [expected, actual] = await Promise.allSettled(this.#sides.map(work));
    for (const result of [expected, actual]) {
      if (result.status === "rejected") {
        const name = (result === expected ? this.pair.expected : this.pair.actual).name;
        throw new Error(`${name}: ${result.reason.message}`, { cause: result.reason });
      }
    }
    return [expected, actual].map((r) => (r as PromiseFulfilledResult<T>).value) as [T, T];
  }
}

/** Sends a command again and again until the raw reply is the right one. */
async function waitForReply(
  client: RawClient,
  args: readonly string[],
  isRight: (raw: string) => boolean,
): Promise<void> {
  let last = "";
  await waitFor(`the reply to ${args.join(" ")}`, async () => {
    last = (await client.call(...args)).raw;
    return isRight(last);
  }).catch((error) => {
    throw new Error(`${error.message}; the last one was "${escapeBytes(last)}"`, { cause: error });
  });
}

/** CLIENT REPLY OFF and SKIP succeed by not answering. */
function isSilent(command: readonly string[]): boolean {
  return /^client reply (off|skip)$/i.test(command.join(" "));
}

/** Follows a SCAN-like command to cursor 0 and returns the distinct elements (or pairs) as raw replies. */
async function collectScan(client: RawClient, args: readonly string[]): Promise<string[]> {
  const command = args[0].toLowerCase();
  const cursorAt = command === "scan" ? 1 : 2;
  const inPairs = command === "hscan" || command === "zscan";
  const found = new Set<string>();
  const next = [...args];
  for (let calls = 0; calls < SCAN_LIMIT; calls++) {
    const reply = await client.call(...next);
    const [cursor, elements] = reply.children ?? [];
    if (!elements?.children) return [reply.raw];
    const raws = elements.children.map((element) => element.raw);
    for (let i = 0; i < raws.length; i += inPairs ? 2 : 1) {
      found.add(inPairs ? raws[i] + raws[i + 1] : raws[i]);
    }
    if (cursor.text === "0") return [...found];
    next[cursorAt] = cursor.text ?? "";
  }
  throw new Error(`${args.join(" ")}: no end after ${SCAN_LIMIT} calls`);
}
