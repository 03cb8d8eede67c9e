/** Whose keys a call is about: what this node serves, what another one does, and what nobody does now. */

import { CallKeys } from "../access/call_keys.ts";
import { RedirectionError, ReplyError } from "../base/errors.ts";
import { preferredEndpoint } from "../commands/cluster/topology.ts";
import { type Command, CommandBit, type CommandRegistry } from "../commands/registry.ts";
import type { Settings } from "../config/mod.ts";
import type { Redirections as AdmissionRedirections } from "../execution/admission_rules.ts";
import type { Session } from "../execution/session.ts";
import type { Database } from "../keyspace/database.ts";
import { keySlot } from "../keyspace/key_slot.ts";
import type { Frame } from "../resp/frame.ts";
import type { ClusterNode } from "./cluster_node.ts";
import type { ClusterState } from "./cluster_state.ts";

const CROSS_SLOT = new RedirectionError(
  "CROSSSLOT Keys in request don't hash to the same slot",
);
const TRY_AGAIN = new RedirectionError(
  "TRYAGAIN Multiple keys request during rehashing of slot",
);
const DOWN = new RedirectionError("CLUSTERDOWN The cluster is down");
const READS_ONLY = new RedirectionError(
  "CLUSTERDOWN The cluster is down and only accepts read commands",
);
const NOT_SERVED = new RedirectionError("CLUSTERDOWN Hash slot not served");

// What scripts are told of calls for which clients are redirected.
const SCRIPT_DOWN = new ReplyError(
  "ERR Script attempted to execute a command while the cluster is down",
);
const SCRIPT_READS_ONLY = new ReplyError(
  "ERR Script attempted to execute a write command while the cluster is down and readonly",
);
const SCRIPT_ELSEWHERE = new ReplyError(
  "ERR Script attempted to access a non local key in a cluster node",
);
const SCRIPT_CROSSES = new ReplyError(
  "ERR Script attempted to access keys that do not hash to the same slot",
);

/** What redirections go by. */
export interface RedirectionsParts {
  readonly state: ClusterState;
  readonly settings: Readonly<Settings>;
  readonly registry: CommandRegistry;
  /** The keys that this node has. */
  readonly database: Database;
  readonly script: { readonly crossesSlots: boolean };
}

/** Tells which calls are another node's to serve. */
export class Redirections implements AdmissionRedirections {
  readonly #parts: RedirectionsParts;
  readonly #keys = new CallKeys();

  constructor(parts: RedirectionsParts) {
    this.#parts = parts;
  }

  check(session: Session, command: Command, frame: Frame, flags: number): ReplyError | null {
    const { state } = this.#parts, { firstKey } = command;
    if (session.caller.name === "script") return this.#checkScript(session, command, frame, flags);
    if (firstKey > 0 && state.isOk && state.migrating.size === 0) {
      // Nearly all calls are for this node, and about one key.
      const slot = keySlot(frame.buffer, frame.argStart(firstKey), frame.argEnd(firstKey));
      if (state.owners[slot] === state.myself) {
        session.slot = slot;
        return null;
      }
    }
    session.slot = -1;
    return this.#judge(session, session, command, frame, flags);
  }

  #checkScript(session: Session, command: Command, frame: Frame, flags: number): ReplyError | null {
    const { principal } = session, before = principal.slot;
    principal.slot = -1;
    const verdict = this.#judge(principal, session, command, frame, flags), { slot } = principal;
    principal.slot = before;
    if (verdict === DOWN) return SCRIPT_DOWN;
    if (verdict === READS_ONLY) return SCRIPT_READS_ONLY;
    if (verdict !== null) return SCRIPT_ELSEWHERE;
    if (slot < 0 || this.#parts.script.crossesSlots) return null;
    if (before >= 0 && before !== slot) return SCRIPT_CROSSES;
    principal.slot = slot;
    return null;
  }

  /** What there is against a call that `session` makes for `client`, whose slot is noted. */
  #judge(
    client: Session,
    session: Session,
    command: Command,
    frame: Frame,
    flags: number,
  ): RedirectionError | null {
    const { state, settings, registry } = this.#parts, { myself } = state;
    const isShardChannel = (flags & CommandBit.ShardChannels) !== 0;
    const found = new SlotOfCall(state, isShardChannel ? null : this.#parts.database);
    let error: RedirectionError | null;
    if ((flags & CommandBit.RunsQueue) !== 0) {
      const { transaction } = session;
      if (!transaction.active) return null;
      error = null;
      for (const queued of transaction.queued) {
        const called = registry.find(queued)?.called(queued);
        if (called === undefined) continue;
        error ??= this.#look(found, called, queued);
      }
    } else {
      error = this.#look(found, command, frame);
    }
    if (error !== null) return error;
    const { slot, owner } = found;
    if (owner === null) return null;
    const isWrite = (flags & CommandBit.Write) !== 0;
    if (!state.isOk) {
      if (isShardChannel) {
        if (!settings["cluster-allow-pubsubshard-when-down"]) return DOWN;
      } else if (!settings["cluster-allow-reads-when-down"]) return DOWN;
      else if (isWrite) return READS_ONLY;
    }
    client.slot = slot;
    const { isMigrating, isImporting, missing, present } = found;
    if ((isMigrating || isImporting) && (flags & CommandBit.MovesKeys) !== 0) return null;
    if (isMigrating && missing > 0) {
      return present > 0 ? TRY_AGAIN : this.#redirection("ASK", slot, state.migrating.get(slot));
    }
    const isAsking = client.isAsking || (flags & CommandBit.Asking) !== 0;
    if (isImporting && isAsking) return found.hasSeveral && missing > 0 ? TRY_AGAIN : null;
    const mayRead = (client.readsReplica || isShardChannel) && !isWrite;
    if (mayRead && myself.isReplica && myself.primary === owner) return null;
    return owner === myself ? null : this.#redirection("MOVED", slot, owner);
  }

  #look(found: SlotOfCall, command: Command, frame: Frame): RedirectionError | null {
    const keys = this.#keys;
    command.findUsedKeys(frame, keys);
    return found.add(keys, frame);
  }

  #redirection(word: "ASK" | "MOVED", slot: number, node: ClusterNode | undefined) {
    if (node === undefined) return NOT_SERVED;
    const type = this.#parts.settings["cluster-preferred-endpoint-type"];
    return new RedirectionError(`${word} ${slot} ${preferredEndpoint(type, node)}:${node.port}`);
  }

  /** Why a client that waits for a key waits in vain, or null. */
  checkWaiting(client: Session, command: Command, frame: Frame): RedirectionError | null {
    const { state } = this.#parts, { myself } = state, keys = this.#keys;
    if (!state.isOk) return DOWN;
    command.findUsedKeys(frame, keys);
    keys.rewind();
    if (!keys.next()) return null;
    const slot = keySlot(frame.buffer, frame.argStart(keys.position), frame.argEnd(keys.position));
    const owner = state.owners[slot];
    if (owner === myself || state.importing.has(slot)) return null;
    const isWrite = (command.flags & CommandBit.Write) !== 0;
    const mayRead = client.readsReplica && !isWrite && myself.isReplica;
    if (mayRead && myself.primary === owner) return null;
    return owner === null ? NOT_SERVED : this.#redirection("MOVED", slot, owner);
  }
}

/** What the keys of a call, or of all calls in a queue, have in common. */
class SlotOfCall {
  slot = -1;
  owner: ClusterNode | null = null;
  isMigrating = false;
  isImporting = false;
  /** Whether there are several keys. */
  hasSeveral = false;
  /** Of a slot that moves, how many keys are not here, and how many are. */
  missing = 0;
  present = 0;
  readonly #state: ClusterState;
  readonly #database: Database | null;
  #first = "";

  /** `database` is where keys are looked for; null: that they are not here means nothing. */
  constructor(state: ClusterState, database: Database | null) {
    this.#state = state;
    this.#database = database;
  }

  /** Adds the keys of a call; says what is wrong with them. */
  add(keys: CallKeys, frame: Frame): RedirectionError | null {
    keys.rewind();
    while (keys.next()) {
      const { position } = keys;
      const slot = keySlot(frame.buffer, frame.argStart(position), frame.argEnd(position));
      if (this.slot < 0) {
        const error = this.#begin(slot);
        if (error !== null) return error;
        this.#first = this.#moves ? frame.string(position) : "";
      } else if (slot !== this.slot) return CROSS_SLOT;
      else if (this.#moves && frame.string(position) !== this.#first) this.hasSeveral = true;
      if (!this.#moves || this.#database === null) continue;
      if (this.#database.holds(frame.span(position))) this.present++;
      else this.missing++;
    }
    return null;
  }

  get #moves(): boolean {
    return this.isMigrating || this.isImporting;
  }

  #begin(slot: number): RedirectionError | null {
    const state = this.#state;
    this.slot = slot;
    this.owner = state.owners[slot];
    if (this.owner === null) return NOT_SERVED;
    if (this.owner === state.myself && state.migrating.has(slot)) this.isMigrating = true;
    else if (state.importing.has(slot)) this.isImporting = true;
    return null;
  }
}
