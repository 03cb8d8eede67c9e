/** One replica that follows this server. */

import type { Client } from "../clients/client.ts";
import type { ReplicaSettings } from "../commands/views/replicas.ts";
import { type PayloadReader, ReplicaOutput, type ReplicaOutputOwner } from "./replica_output.ts";
import type { StreamReader } from "./stream.ts";

/** How far a replica is. */
export type ReplicaState =
  /** A snapshot is to be begun for it. */
  | "wait_bgsave_start"
  /** The snapshot for it is being written; it may be sent meanwhile. */
  | "wait_bgsave_end"
  /** It is sent the file. */
  | "send_bulk"
  /** It follows. */
  | "online"
  /** It has the data, and wanted nothing else. */
  | "transmitted";

/** What happens to a replica. */
export interface ReplicaOwner {
  /** In ms since the epoch. */
  now(): number;
  /** It was sent all data. */
  payloadSent(replica: Replica): void;
  /** Its connection is closed. */
  closed(replica: Replica): void;
}

/** A client that is a replica, and what the server knows of it. */
export class Replica implements ReplicaOutputOwner {
  state: ReplicaState = "wait_bgsave_start";
  /** Up to where it has the changes, as it said last. */
  acknowledged = 0;
  /** When it said so, or began to follow, in ms since the epoch. */
  acknowledgedAt: number;
  /** When it took something last, in ms since the epoch. */
  movedAt: number;
  /** Whether it is sent changes only once it has acknowledged the data. */
  startsOnAcknowledgement = false;
  /** Whether its snapshot goes straight into its connection. */
  isStreamed = false;
  readonly client: Client;
  readonly settings: Readonly<ReplicaSettings>;
  /** Whether it came with SYNC, and knows neither histories nor acknowledgements. */
  readonly isOld: boolean;
  readonly output: ReplicaOutput;
  readonly #owner: ReplicaOwner;

  constructor(
    client: Client,
    settings: Readonly<ReplicaSettings>,
    isOld: boolean,
    owner: ReplicaOwner,
  ) {
    this.client = client;
    this.settings = settings;
    this.isOld = isOld;
    this.#owner = owner;
    this.acknowledgedAt = this.movedAt = owner.now();
    this.output = new ReplicaOutput(this);
  }

  /** The address that others are told: what it said itself, or that of its connection. */
  get address(): string {
    if (this.settings.address !== "") return this.settings.address;
    const { address } = this.client;
    return address.slice(0, address.lastIndexOf(":")).replace(/^\[(.*)\]$/, "$1");
  }

  /** The port that others are told. */
  get port(): number {
    return this.settings.listeningPort;
  }

  /** How logs name it. */
  get name(): string {
    const { settings: { listeningPort }, client } = this;
    return listeningPort === 0 ? `client id #${client.id}` : `${this.address}:${listeningPort}`;
  }

  /** Its state as INFO names it. */
  get shownState(): string {
    return this.state === "online" || this.state === "send_bulk" ? this.state : "wait_bgsave";
  }

  /** What it leaves out of the data: only those that want the same can share a snapshot. */
  get filter(): string {
    const { leavesOutKeys, leavesOutFunctions } = this.settings;
    return `${leavesOutKeys ? "k" : ""}${leavesOutFunctions ? "f" : ""}`;
  }

  /** Whether it is sent the data while that is made, and not from a file. */
  get takesStreamedData(): boolean {
    return this.settings.capabilities.has("eof");
  }

  /** It lacks everything: is told so, and what changes from now on is kept for it. */
  beginFullSync(history: string, offset: number, stream: StreamReader): void {
    this.state = "wait_bgsave_end";
    this.output.follow(stream);
    if (!this.isOld) this.say(`+FULLRESYNC ${history} ${offset}\r\n`);
  }

  /** Sends a line before all else. */
  say(text: string): void {
    this.output.say(text);
    this.client.transport?.feedGrew();
  }

  /** Sends the data. */
  sendPayload(payload: PayloadReader): void {
    this.output.sendPayload(payload);
    this.client.transport?.feedGrew();
  }

  /** Sends the changes. */
  startStream(): void {
    this.output.startStream();
    this.client.transport?.feedGrew();
  }

  /** Has nothing of it any more. */
  disconnect(): void {
    this.client.disconnect();
  }

  moved(): void {
    this.movedAt = this.#owner.now();
  }

  payloadSent(): void {
    this.#owner.payloadSent(this);
  }

  closed(): void {
    this.#owner.closed(this);
  }
}
