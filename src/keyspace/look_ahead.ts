/**
 * What commands are about to look up. The hashes of their keys, and what these lead to, are read for several
 * of them at a time: a processor waits for many places in memory at once, but for each step from one place to
 * the next by itself. The same is done for members of large hashes, sets and sorted sets. Nothing but hashes
 * is handed on, so whatever commands do, they find what there is.
 */

import { KnownHash } from "../data/known_hash.ts";
import { KNOWN_MEMBER, MEMBER_SEED, MemberTable } from "../data/member_table.ts";
import { hashBytes } from "../base/hash.ts";
import type { Contents } from "./contents.ts";

/** So many commands are looked at together. */
const MOST = 16;
/** A longer argument is hardly a name, and takes its time to be hashed. */
const LONGEST_NAME = 128;
/** What belongs to fewer rows than this is near anyway. */
const FEW_ROWS = 4096;

/** Commands that will run one after the other, by the places of their arguments in one buffer. */
export interface NextCommands {
  /** At most 16. */
  readonly count: number;
  readonly buffer: Uint8Array;
  argc(i: number): number;
  argStart(i: number, argument: number): number;
  argEnd(i: number, argument: number): number;
}

/** Knows the first key of the running command, and looks at those of the next ones. */
export class LookAhead {
  /** Gives hashes of keys. */
  readonly keys: KnownHash;
  readonly #seed: number;
  readonly #hashes = new Int32Array(MOST);
  readonly #rows = new Int32Array(MOST);
  readonly #keyRefs = new Uint32Array(MOST);
  readonly #valueRefs = new Uint32Array(MOST);
  readonly #tables: (MemberTable | null)[] = new Array(MOST).fill(null);
  /** The argument that is a member; 0: it is not known. */
  readonly #memberAt = new Uint8Array(MOST);
  readonly #memberHashes = new Int32Array(MOST);
  /** Made of all that was read: the engine leaves out what is used for nothing. */
  #seen = 0;

  /** `seed` is that of the keys' hashes. */
  constructor(seed: number) {
    this.#seed = seed;
    this.keys = new KnownHash(seed);
  }

  /** Looks at what commands will look up. Their bytes must stay as they are until `end`. */
  look(commands: NextCommands, contents: Contents): void {
    const { count, buffer } = commands;
    const hashes = this.#hashes;
    for (let i = 0; i < count; i++) {
      this.#memberAt[i] = 0;
      if (!isShort(commands, i, 1)) continue;
      const start = commands.argStart(i, 1), end = commands.argEnd(i, 1);
      hashes[i] = hashBytes(buffer, start, end, this.#seed);
    }
    const { table } = contents;
    const areMany = table.size >= FEW_ROWS;
    if (areMany) this.#lookAtKeys(count, contents);
    if (contents.objects.bytes === 0) return;
    if (!areMany) { for (let i = 0; i < count; i++) this.#rows[i] = table.likelyRow(hashes[i]); }
    if (this.#findTables(commands, contents)) this.#lookAtMembers(commands);
  }

  /** Command `i` runs. */
  use(commands: NextCommands, i: number): void {
    if (!isShort(commands, i, 1)) return;
    const { buffer } = commands, memberAt = this.#memberAt[i];
    this.keys.set(buffer, commands.argStart(i, 1), commands.argEnd(i, 1), this.#hashes[i]);
    if (memberAt === 0) return;
    const start = commands.argStart(i, memberAt), end = commands.argEnd(i, memberAt);
    KNOWN_MEMBER.set(buffer, start, end, this.#memberHashes[i]);
  }

  /** The bytes may change from now on. */
  end(): void {
    this.keys.forget();
    KNOWN_MEMBER.forget();
  }

  #lookAtKeys(count: number, contents: Contents): void {
    const hashes = this.#hashes, rows = this.#rows;
    const keyRefs = this.#keyRefs, valueRefs = this.#valueRefs;
    const { table, store } = contents;
    let seen = 0;
    for (let i = 0; i < count; i++) seen += table.homeEntry(hashes[i]);
    for (let i = 0; i < count; i++) rows[i] = table.likelyRow(hashes[i]);
    for (let i = 0; i < count; i++) {
      const row = rows[i];
      keyRefs[i] = row < 0 ? 0 : table.keyRef(row);
      valueRefs[i] = row < 0 ? 0 : contents.refOf(row);
    }
    for (let i = 0; i < count; i++) seen += store.touch(keyRefs[i]) + store.touch(valueRefs[i]);
    this.#seen = (this.#seen + seen) | 0;
  }

  /** Finds the large values that are tables of members; says whether there are any. */
  #findTables(commands: NextCommands, { objects }: Contents): boolean {
    let areAny = false;
    for (let i = 0; i < commands.count; i++) {
      const row = this.#rows[i], object = row < 0 ? undefined : objects.get(row);
      if (!(object instanceof MemberTable) || object.size < FEW_ROWS) continue;
      const at = object.memberArgument(commands.argc(i));
      if (!isShort(commands, i, at)) continue;
      this.#tables[i] = object;
      this.#memberAt[i] = at;
      areAny = true;
    }
    return areAny;
  }

  #lookAtMembers(commands: NextCommands): void {
    const { count, buffer } = commands;
    const hashes = this.#memberHashes, rows = this.#rows, tables = this.#tables;
    let seen = 0;
    for (let i = 0; i < count; i++) {
      const at = this.#memberAt[i];
      if (at === 0) continue;
      hashes[i] = hashBytes(buffer, commands.argStart(i, at), commands.argEnd(i, at), MEMBER_SEED);
    }
    for (let i = 0; i < count; i++) seen += tables[i]?.homeEntry(hashes[i]) ?? 0;
    for (let i = 0; i < count; i++) rows[i] = tables[i]?.likelyRow(hashes[i]) ?? -1;
    for (let i = 0; i < count; i++) if (rows[i] >= 0) seen += tables[i]?.memberRef(rows[i]) ?? 0;
    for (let i = 0; i < count; i++) {
      if (rows[i] >= 0) seen += tables[i]?.touchRow(rows[i]) ?? 0;
      tables[i] = null;
    }
    this.#seen = (this.#seen + seen) | 0;
  }
}

/** Whether a command has an argument, and one that may be a name. */
function isShort(commands: NextCommands, i: number, argument: number): boolean {
  if (argument >= commands.argc(i)) return false;
  return commands.argEnd(i, argument) - commands.argStart(i, argument) <= LONGEST_NAME;
}
