/** A stream as simple as can be: arrays that are walked through, IDs that are bigints. */

/** An ID as one number. */
export type ModelId = bigint;

/** What a node of a stream holds. */
interface ModelNode {
  readonly first: ModelId;
  readonly entries: { readonly id: ModelId; readonly fields: string[]; deleted: boolean }[];
}

/** An ID of two parts. */
export function modelId(ms: bigint | number, seq: bigint | number): ModelId {
  return BigInt(ms) << 64n | BigInt(seq);
}

/** The two parts as text. */
export function modelText(id: ModelId): string {
  return `${id >> 64n}-${id & 0xffffffffffffffffn}`;
}

/** A stream whose nodes take `maxEntries` entries each. */
export class StreamModel {
  readonly nodes: ModelNode[] = [];
  lastId: ModelId = 0n;
  maxDeletedId: ModelId = 0n;
  entriesAdded = 0;

  constructor(readonly maxEntries: number) {}

  get live(): { id: ModelId; fields: string[] }[] {
    return this.nodes.flatMap(({ entries }) => entries.filter(({ deleted }) => !deleted));
  }

  append(id: ModelId, fields: string[]): void {
    let node = this.nodes.at(-1);
    if (node === undefined || node.entries.length >= this.maxEntries) {
      this.nodes.push(node = { first: id, entries: [] });
    }
    node.entries.push({ id, fields, deleted: false });
    this.lastId = id;
    this.entriesAdded++;
  }

  delete(id: ModelId): boolean {
    const node = this.nodes.find(({ entries }) =>
      entries.some((entry) => entry.id === id && !entry.deleted)
    );
    const entry = node?.entries.find((entry) => entry.id === id);
    if (node === undefined || entry === undefined) return false;
    entry.deleted = true;
    if (node.entries.every(({ deleted }) => deleted)) {
      this.nodes.splice(this.nodes.indexOf(node), 1);
    }
    if (id > this.maxDeletedId) this.maxDeletedId = id;
    return true;
  }

  trimToLength(length: number, approximate: boolean): number {
    return this.#trim(
      (node) => this.live.length - count(node) >= length,
      () => this.live.length <= length,
      approximate,
    );
  }

  trimToId(id: ModelId, approximate: boolean): number {
    const isBefore = (entry: { id: ModelId }) => entry.id < id;
    return this.#trim(
      ({ entries }) => isBefore(entries[entries.length - 1]),
      (next) => next === undefined || !isBefore(next),
      approximate,
    );
  }

  #trim(
    removesNode: (node: ModelNode) => boolean,
    isDone: (next?: { id: ModelId }) => boolean,
    approximate: boolean,
  ): number {
    const before = this.live.length;
    while (this.nodes.length > 0 && !isDone(this.nodes[0].entries[0])) {
      if (!removesNode(this.nodes[0])) break;
      this.nodes.shift();
    }
    if (!approximate && this.nodes.length > 0) {
      for (const entry of this.nodes[0].entries) {
        if (isDone(entry)) break;
        entry.deleted = true;
      }
    }
    return before - this.live.length;
  }
}

function count({ entries }: ModelNode): number {
  return entries.filter(({ deleted }) => !deleted).length;
}
