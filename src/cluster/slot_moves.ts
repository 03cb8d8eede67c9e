/** What users do with slots: give them to nodes, and have them move. Whether they may is for the commands to say. */

import { Task } from "./agenda.ts";
import type { ClusterNode } from "./cluster_node.ts";
import type { ClusterParts } from "./cluster_parts.ts";
import type { MyRole } from "./my_role.ts";

/** Changes slots, so that it lasts. */
export class SlotMoves {
  readonly #parts: ClusterParts;
  readonly #role: MyRole;

  constructor(parts: ClusterParts, role: MyRole) {
    this.#parts = parts;
    this.#role = role;
  }

  /** Slots that nobody has are this node's from now on (ADDSLOTS). */
  add(slots: Iterable<number>): void {
    const { state } = this.#parts;
    for (const slot of slots) {
      state.importing.delete(slot);
      state.assign(slot, state.myself);
    }
    this.#changed();
  }

  /** Slots have no node from now on, as far as this one knows (DELSLOTS). */
  remove(slots: Iterable<number>): void {
    for (const slot of slots) this.#parts.state.unassign(slot);
    this.#changed();
  }

  /** A slot of this node begins to move to another one (SETSLOT MIGRATING). */
  beginMigrating(slot: number, to: ClusterNode): void {
    this.#parts.state.migrating.set(slot, to);
    this.#changed();
  }

  /** A slot of another node begins to move to this one (SETSLOT IMPORTING). */
  beginImporting(slot: number, from: ClusterNode): void {
    this.#parts.state.importing.set(slot, from);
    this.#changed();
  }

  /** A slot does not move any more (SETSLOT STABLE). */
  stop(slot: number): void {
    const { migrating, importing } = this.#parts.state;
    migrating.delete(slot);
    importing.delete(slot);
    this.#changed();
  }

  /**
   * A slot is a node's from now on (SETSLOT NODE). Where this ends its move to this node, that is said in a new epoch,
   * and at once: nobody else decides on it.
   */
  give(slot: number, to: ClusterNode): void {
    const { state, host, settings, messenger } = this.#parts, { myself, importing } = state;
    const wasMine = state.owner(slot) === myself;
    if (!host.keys.has(slot)) state.migrating.delete(slot);
    state.assign(slot, to);
    if (to === myself && importing.delete(slot)) {
      if (state.bumpEpoch()) {
        host.log.warning(`configEpoch updated after importing slot ${slot}`);
      }
      messenger.pongAll();
    }
    const isLeft = wasMine && to !== myself && myself.slots.size === 0;
    if (isLeft && settings["cluster-allow-replica-migration"]) {
      host.log.warning(
        `Configuration change detected. Reconfiguring myself as a replica of ${to.id}`,
      );
      this.#role.follow(to);
    }
    this.#changed();
  }

  #changed(): void {
    this.#parts.state.agenda.add(Task.Save | Task.Status | Task.Sync);
  }
}
