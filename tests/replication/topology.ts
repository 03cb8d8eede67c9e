/** Primaries and replicas of both implementations, and what their tests look at. */

import { startMiniredis } from "../support/miniredis_process.ts";
import type { RawClient } from "../support/raw_client.ts";
import { amount } from "../support/long_test.ts";
import { longReferenceTest, referenceTest, startReference } from "../support/reference.ts";
import { Relay } from "../support/relay.ts";
import type { Directives, ServerOptions, ServerProcess } from "../support/server_process.ts";
import { keyspaceDifferences, readKeyspace } from "../differential/keyspace.ts";
import { waitFor } from "../support/wait_for.ts";

/** Whose server it is. */
export type Implementation = "redis" | "miniredis";

/** The part that a server plays; one in the middle of a chain plays both. */
type Role = "primary" | "replica";

/**
 * What miniredis can be: tests run for every combination of implementations that this allows. Env
 * MINIREDIS_REPLICATES says something else for one run: `primary`, `replica`, `primary,replica` or nothing.
 */
const MINIREDIS_CAN_BE: readonly string[] = Deno.env.get("MINIREDIS_REPLICATES")?.split(",") ??
  ["primary", "replica"];

/** Who is the primary and who the replica of a test. */
export interface Pairing {
  readonly primary: Implementation;
  readonly replica: Implementation;
}

/** Whether an implementation can be all of these. */
function canBe(implementation: Implementation, roles: readonly Role[]): boolean {
  return implementation === "redis" || roles.every((role) => MINIREDIS_CAN_BE.includes(role));
}

/** All combinations of implementations for servers with these roles that can be run now. */
export function combinations(...servers: (readonly Role[])[]): Implementation[][] {
  let all: Implementation[][] = [[]];
  for (const roles of servers) {
    const fit = (["redis", "miniredis"] as const).filter((one) => canBe(one, roles));
    all = all.flatMap((before) => fit.map((one) => [...before, one]));
  }
  return all;
}

/** Whether the combination only shows that a test is right: long runs have it, or those that ask for it. */
export function isReferenceAlone(combination: readonly Implementation[]): boolean {
  return combination.every((one) => one === "redis") &&
    Deno.env.get("MINIREDIS_REPLICATES") === undefined &&
    amount({ quick: true, full: true, long: false });
}

/** Registers a test for each pairing that can be run now. */
export function pairingTest(
  name: string,
  run: (pairing: Pairing, t: Deno.TestContext) => Promise<void>,
): void {
  for (const [primary, replica] of combinations(["primary"], ["replica"])) {
    if (isReferenceAlone([primary, replica])) continue;
    // Beside a real server each end shows by itself what two of ours would show together.
    const register = primary === replica ? longReferenceTest : referenceTest;
    register(`${name} (${primary} → ${replica})`, (t) => run({ primary, replica }, t));
  }
}

/** Registers a test for each implementation that can have the role now. */
export function roleTest(
  role: Role,
  name: string,
  run: (implementation: Implementation, t: Deno.TestContext) => Promise<void>,
): void {
  for (const [one] of combinations([role])) {
    if (!isReferenceAlone([one])) referenceTest(`${name} (${one})`, (t) => run(one, t));
  }
}

/** What all servers are started with: replicas that come are served at once. */
const DEFAULTS: Directives = {
  "enable-debug-command": "yes",
  "repl-diskless-sync-delay": "0",
  "repl-backlog-size": "64mb",
};

/** A server that is a primary, a replica, or first one and then the other. */
export class Member implements AsyncDisposable {
  private constructor(
    readonly implementation: Implementation,
    readonly server: ServerProcess,
    /** The test's own connection, in database 0. */
    public control: RawClient,
  ) {}

  /** Starts a server. */
  static async start(
    implementation: Implementation,
    directives: Directives = {},
    options: Omit<ServerOptions, "directives"> = {},
  ): Promise<Member> {
    const start = implementation === "redis" ? startReference : startMiniredis;
    const server = await start({ ...options, directives: { ...DEFAULTS, ...directives } });
    return new Member(implementation, server, await server.connect());
  }

  /** What messages call it. */
  get name(): string {
    return `${this.implementation} on ${this.server.port}`;
  }

  /** The server's port, which is another one after each restart. */
  get port(): number {
    return this.server.port;
  }

  /** Sends a command; the texts of its reply. Throws on an error reply. */
  async texts(...args: string[]): Promise<string[]> {
    try {
      return await this.control.texts(...args);
    } catch (error) {
      throw new Error(`${this.name}: ${args.join(" ")}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  /** Has the server replicate from a port of this machine, without waiting for anything. */
  async replicateFrom(port: number): Promise<void> {
    await this.texts("REPLICAOF", "127.0.0.1", String(port));
  }

  /** The same, and waits until the link is up. */
  async attachTo(port: number): Promise<void> {
    await this.replicateFrom(port);
    await this.waitForLink();
  }

  /** Waits until the server is a replica whose link to its primary is up. */
  async waitForLink(): Promise<void> {
    await this.waitForInfo("master_link_status", (status) => status === "up");
  }

  /** A section of INFO as a map. */
  async info(section = "replication"): Promise<Map<string, string>> {
    const [text] = await this.texts("INFO", section);
    return infoMap(text);
  }

  /** One number of a section of INFO. */
  async infoNumber(field: string, section = "replication"): Promise<number> {
    const value = (await this.info(section)).get(field);
    if (value === undefined || !/^-?\d+$/.test(value)) {
      throw new Error(`${this.name}: ${field} is ${value} in INFO ${section}`);
    }
    return Number(value);
  }

  /** Waits until a field of INFO is right; what is not there is undefined. */
  async waitForInfo(
    field: string,
    isRight: (value: string | undefined) => boolean,
    section = "replication",
  ): Promise<void> {
    let last: string | undefined;
    try {
      await waitFor(`${field} of ${this.name}`, async () => {
        last = (await this.info(section)).get(field);
        return isRight(last);
      }, { interval: 10 });
    } catch (error) {
      const log = this.server.log.slice(-3000);
      throw new Error(`${(error as Error).message}; it is ${last}; the log ends:\n${log}`, {
        cause: error,
      });
    }
  }

  /** How far the server's data is, in bytes of the stream. */
  async offset(): Promise<number> {
    return await this.infoNumber("master_repl_offset");
  }

  /** DEBUG DIGEST, which covers all databases. */
  async digest(): Promise<string> {
    const [digest] = await this.texts("DEBUG", "DIGEST");
    return digest;
  }

  /** Starts the server again with its directory, after it was ended if it still runs; on another port unless one is given. */
  async restart(directives: Directives = {}, port?: number): Promise<void> {
    await this.server.restart(directives, port);
    this.control = await this.server.connect();
  }

  /** Takes a new connection, where the server has closed the test's own. */
  async reconnect(): Promise<void> {
    this.control = await this.server.connect();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A primary that is asked to end waits for its replicas, which nothing here depends on.
    await this.server.kill("SIGKILL");
    await this.server[Symbol.asyncDispose]();
  }
}

/** INFO's text, or a part of it, as a map. */
export function infoMap(text: string): Map<string, string> {
  return new Map(
    text.split("\r\n").filter((line) => line.includes(":")).map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1)];
    }),
  );
}

/** Starts a primary and a replica of it, whose link is up. */
export async function startPair(
  { primary, replica }: Pairing,
  directives: Directives = {},
): Promise<{ primary: Member; replica: Member } & AsyncDisposable> {
  const members = await startChain([primary, replica], directives);
  return {
    primary: members[0],
    replica: members[1],
    [Symbol.asyncDispose]: () => members[Symbol.asyncDispose](),
  };
}

/** A primary, a replica, and the relay between them. */
export interface Relayed extends AsyncDisposable {
  readonly primary: Member;
  readonly replica: Member;
  readonly relay: Relay;
}

/** Starts a primary with directives of its own, and a replica whose link goes through a relay and is up. */
export async function startRelayed(
  pairing: Pairing,
  directives: Directives = {},
): Promise<Relayed> {
  await using stack = new AsyncDisposableStack();
  const primary = stack.use(await Member.start(pairing.primary, directives));
  const replica = stack.use(await Member.start(pairing.replica));
  const relay = stack.use(await Relay.start(primary.port));
  await replica.attachTo(relay.port);
  const started = stack.move();
  return { primary, replica, relay, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

/** Starts servers, none of which knows of another. */
export async function startMembers(
  implementations: readonly Implementation[],
  directives: Directives = {},
): Promise<Member[] & AsyncDisposable> {
  const starts = await Promise.allSettled(
    implementations.map((one) => Member.start(one, directives)),
  );
  const members = starts.flatMap((start) => start.status === "fulfilled" ? [start.value] : []);
  const dispose = async () => {
    // Replicas first: they would only look for a primary that has gone.
    for (const member of members.toReversed()) await member[Symbol.asyncDispose]();
  };
  for (const start of starts) {
    if (start.status === "fulfilled") continue;
    await dispose();
    throw start.reason;
  }
  return Object.assign(members, { [Symbol.asyncDispose]: dispose });
}

/** Starts servers of which each replicates from the one before it; all links are up. */
export async function startChain(
  implementations: readonly Implementation[],
  directives: Directives = {},
): Promise<Member[] & AsyncDisposable> {
  const members = await startMembers(implementations, directives);
  try {
    for (let i = 1; i < members.length; i++) await members[i].attachTo(members[i - 1].port);
  } catch (error) {
    await members[Symbol.asyncDispose]();
    throw error;
  }
  return members;
}

/** Waits until replicas have all that their primary has sent, and the primary sends no more meanwhile; the offset. */
export async function waitForSameOffset(primary: Member, ...replicas: Member[]): Promise<number> {
  let before = 0;
  let offsets: number[] = [];
  await waitFor(`${primary.name} and its replicas to have the same offset`, async () => {
    before = await primary.offset();
    offsets = await Promise.all(replicas.map((replica) => replica.offset()));
    return offsets.every((one) => one === before) && await primary.offset() === before;
  }, { interval: 10 }).catch((error) => {
    throw new Error(`${error.message}; ${before} and ${offsets}`, { cause: error });
  });
  return before;
}

/**
 * Waits until replicas have the same data as their primary at the same offset. Keys that expire meanwhile
 * change both, so it is looked at again and again.
 */
export async function waitForSameData(primary: Member, ...replicas: Member[]): Promise<void> {
  const others = [...replicas];
  try {
    await waitFor(`${primary.name} and its replicas to have the same data`, async () => {
      await waitForSameOffset(primary, ...replicas);
      const expected = await primary.digest();
      while (others.length > 0 && await others[0].digest() === expected) others.shift();
      return others.length === 0;
    }, { interval: 50, timeout: AGREEMENT });
  } catch (error) {
    const differences = others.length === 0 ? [] : keyspaceDifferences(
      await readKeyspace(primary.control, true),
      await readKeyspace(others[0].control, true),
      [primary.name, others[0].name],
    );
    const shown = differences.slice(0, 20).join("\n");
    throw new Error(`${(error as Error).message}:\n${shown}`, { cause: error });
  }
}

/** How long data may differ where offsets don't, in ms: as long as keys expire, and it is not a matter of load. */
const AGREEMENT = 20_000;
