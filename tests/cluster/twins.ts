/**
 * Two clusters of two nodes each, one of ours and one of real nodes, which are sent the same commands: their replies
 * must be the same but for ids and ports.
 *
 * A line is `@node[.connection] command arguments…`; `&` before the command has nobody wait for its reply, `<`
 * reads one, `~` compares nothing but the type. `{id0}` and `{id1}` are the nodes' ids, `{port0}` and `{port1}` their
 * ports. `!until TEXT @node command` repeats a command until its reply has the text.
 */

import { splitArguments } from "../support/quoting.ts";
import { RawClient } from "../support/raw_client.ts";
import type { ServerProcess } from "../support/server_process.ts";
import { startMiniredis } from "../support/miniredis_process.ts";
import { startReference } from "../support/reference.ts";
import { waitFor } from "../support/wait_for.ts";

/** The nodes of one cluster. */
class Twin implements AsyncDisposable {
  readonly ids: string[] = [];
  readonly #clients = new Map<string, RawClient>();

  private constructor(readonly nodes: readonly ServerProcess[]) {}

  static async start(start: typeof startReference, hasReplica: boolean): Promise<Twin> {
    const directives = {
      "cluster-enabled": "yes",
      "cluster-node-timeout": "5000",
      "enable-debug-command": "yes",
      "repl-diskless-sync-delay": "0",
    };
    const nodes = await Promise.all([start({ directives }), start({ directives })]);
    const twin = new Twin(nodes);
    for (const node of nodes.keys()) {
      twin.ids.push((await twin.call(node, "CLUSTER", "MYID")).text ?? "");
      await twin.call(node, "CLUSTER", "SET-CONFIG-EPOCH", String(node + 1));
    }
    await twin.call(0, "CLUSTER", "ADDSLOTSRANGE", "0", hasReplica ? "16383" : "8191");
    if (!hasReplica) await twin.call(1, "CLUSTER", "ADDSLOTSRANGE", "8192", "16383");
    await twin.call(0, "CLUSTER", "MEET", "127.0.0.1", String(nodes[1].port));
    const isOk = async (node: number) =>
      /state:ok[^]*assigned:16384[^]*known_nodes:2/.test(
        (await twin.call(node, "CLUSTER", "INFO")).raw,
      );
    await waitFor("a cluster of two", async () => await isOk(0) && await isOk(1));
    if (hasReplica) {
      await twin.call(1, "CLUSTER", "REPLICATE", twin.ids[0]);
      await waitFor(
        "a replica",
        async () => (await twin.call(1, "INFO", "replication")).raw.includes("link_status:up"),
      );
      await waitFor(
        "a replica that is known",
        async () => (await twin.call(0, "CLUSTER", "NODES")).raw.includes("slave"),
      );
    }
    return twin;
  }

  async client(node: number, connection = ""): Promise<RawClient> {
    const name = `${node}.${connection}`;
    const known = this.#clients.get(name);
    if (known !== undefined) return known;
    const client = await this.nodes[node].connect();
    this.#clients.set(name, client);
    return client;
  }

  async call(node: number, ...args: string[]) {
    return await (await this.client(node)).call(...args);
  }

  /** A text of the script as this cluster's nodes have to be told it. */
  expand(text: string): string {
    return text.replace(
      /\{(id|port)([01])\}/g,
      (_, what, node) => what === "id" ? this.ids[node] : String(this.nodes[node].port),
    );
  }

  /** A reply as the other cluster would have given it. */
  shrink(raw: string): string {
    let text = raw;
    for (const [node, { port }] of this.nodes.entries()) {
      text = text.replaceAll(this.ids[node], `{id${node}}`).replaceAll(
        String(port + 10_000),
        `{bus${node}}`,
      )
        .replaceAll(String(port), `{port${node}}`);
    }
    return text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.nodes) await node[Symbol.asyncDispose]();
  }

  static async both(hasReplica: boolean): Promise<Twin[]> {
    return await Promise.all([
      Twin.start(startReference, hasReplica),
      Twin.start(startMiniredis, hasReplica),
    ]);
  }
}

/** Runs a script on both; returns what was not the same. `hasReplica`: node 1 is a replica of node 0. */
export async function differences(script: string, hasReplica = false): Promise<string[]> {
  const twins = await Twin.both(hasReplica);
  try {
    const found: string[] = [];
    for (const line of script.split("\n").map((each) => each.trim())) {
      if (line === "" || line.startsWith("#")) continue;
      const [expected, actual] = await Promise.all(twins.map((twin) => step(twin, line)));
      if (expected !== actual) found.push(`${line}\n  real: ${expected}\n  ours: ${actual}`);
    }
    return found;
  } finally {
    for (const twin of twins) await twin[Symbol.asyncDispose]();
  }
}

const LINE = /^(?:!until (\S+) )?@(\d)(?:\.(\w+))? (~ )?(& )?(.*)$/;

async function step(twin: Twin, line: string): Promise<string> {
  const match = LINE.exec(line);
  if (match === null) throw new Error(`no line of a script: ${line}`);
  const [, wanted, node, connection, isLoose, isLeft, command] = match;
  const client = await twin.client(Number(node), connection);
  if (command === "<") return JSON.stringify(twin.shrink((await client.read()).raw));
  const args = splitArguments(twin.expand(command));
  if (isLeft !== undefined) {
    await client.send(...args);
    return "";
  }
  if (wanted !== undefined) {
    const text = twin.expand(wanted);
    await waitFor(line, async () => (await client.call(...args)).raw.includes(text));
    return "";
  }
  const { raw } = await client.call(...args);
  return isLoose === undefined ? JSON.stringify(twin.shrink(raw)) : raw[0];
}
