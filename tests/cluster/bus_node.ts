/** A node of a cluster that has a bus and nothing else: no clients, no data. */

import { SystemClock } from "../../src/base/clock.ts";
import { randomHex } from "../../src/base/random_hex.ts";
import { Bus } from "../../src/cluster/bus.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import type { ClusterSettings } from "../../src/cluster/cluster_settings.ts";
import { firstState } from "../../src/cluster/first_state.ts";
import { nodeLine } from "../../src/cluster/node_lines.ts";
import { NodesFile } from "../../src/cluster/nodes_file.ts";
import { DenoFileSystem } from "../../src/persistence/file.ts";
import { freePort } from "../support/free_port.ts";
import { TempDir } from "../support/temp_dir.ts";
import { settings } from "./cluster_settings.ts";

/** A node on 127.0.0.1. Nobody can be its client, so a replica of it gets no data. */
export class BusNode implements AsyncDisposable {
  readonly bus: Bus;
  /** What it has logged. */
  readonly log: string[] = [];
  /** What others have published. */
  readonly published: string[] = [];
  /** Where it would follow a primary. */
  follows: string | null = null;
  /** How far its data would be. */
  offset = 0;
  pausedUntil = 0;
  readonly port = freePort();
  readonly busPort: number;
  readonly #dir: TempDir;
  readonly #file: NodesFile;
  readonly #listener: Deno.TcpListener;
  #isBroken = false;

  private constructor(over: Partial<ClusterSettings>, dir: TempDir) {
    this.#dir = dir;
    this.#file = NodesFile.open(new DenoFileSystem(), dir.path, "nodes.conf");
    const values = settings({ "cluster-node-timeout": 1000, ...over });
    const clock = new SystemClock(), note = (line: string) => void this.log.push(line);
    const log = { debug: note, verbose: note, notice: note, warning: note };
    const now = () => clock.now(), newId = () => randomHex(40);
    const state = firstState(this.#file, values, { log, now, newId });
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.busPort = this.#listener.addr.port;
    // deno-lint-ignore no-this-alias -- the host's members belong to two objects
    const node = this;
    this.bus = new Bus({
      ...{ state, settings: values, clock },
      host: {
        replication: {
          get offset() {
            return node.offset;
          },
          get isReplica() {
            return node.follows !== null;
          },
          dataAge: 0,
          follow: (ip, port) => this.follows = `${ip}:${port}`,
          becomePrimary: () => this.follows = null,
        },
        keys: { has: () => false, deleteSlot: () => {}, deleteAll: () => {} },
        ports: { port: this.port, plainPort: 0, busPort: this.busPort },
        ...{ log, now, newId },
        below: (limit) => Math.floor(Math.random() * limit),
        pauseWrites: (until) => this.pausedUntil = until,
        resumeWrites: () => this.pausedUntil = 0,
        published: (channel, message, isSharded) => {
          const decoder = new TextDecoder();
          const text = `${decoder.decode(channel)}: ${decoder.decode(message)}`;
          this.published.push(isSharded ? `${text} (sharded)` : text);
        },
        save: (saved, isFinal) => {
          if (this.#isBroken) throw new Error("the disk is broken");
          this.#file.write(saved, isFinal);
        },
      },
      connect: (hostname, port) => Deno.connect({ hostname, port }),
      failed: (error) => note(`failed: ${error}`),
    });
    this.#acceptAll();
  }

  /** Starts a node, which knows no other; with Redis' settings but for a node timeout of 1 s, and `over`. */
  static async start(over: Partial<ClusterSettings> = {}): Promise<BusNode> {
    return new BusNode(over, await TempDir.create("bus-"));
  }

  get cluster(): Cluster {
    return this.bus.cluster;
  }

  get id(): string {
    return this.cluster.state.myself.id;
  }

  /** What CLUSTER NODES would tell. */
  get nodes(): string {
    const { state } = this.cluster;
    return Array.from(state.nodes.values(), (node) => nodeLine(state, node)).join("\n");
  }

  /** Gives it slots, in an epoch. */
  assign(first: number, last: number, epoch: bigint): void {
    const { state } = this.cluster;
    for (let slot = first; slot <= last; slot++) state.assign(slot, state.myself);
    state.currentEpoch = state.myself.configEpoch = epoch;
  }

  /** From now on nodes.conf can't be written. */
  breakFile(): void {
    this.#isBroken = true;
  }

  async #acceptAll(): Promise<void> {
    for await (const socket of this.#listener) this.bus.accept(socket);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.bus.close();
    this.#listener.close();
    this.#file.close();
    await this.#dir[Symbol.asyncDispose]();
  }
}
