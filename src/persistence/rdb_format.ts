/** The numbers of the RDB format (https://rdb.fnordig.de/file_format.html, and what Redis 7.0 added). */

import { PersistenceError } from "./persistence_error.ts";

/** The version that is written, and the last one that is read: that of Redis 7.0. */
export const RDB_VERSION = 10;

/** How a value is laid out. Numbers that are not here are of later versions. */
export const RdbType = {
  String: 0,
  List: 1,
  Set: 2,
  /** With scores as text. */
  SortedSet: 3,
  Hash: 4,
  /** With scores as doubles. */
  SortedSet2: 5,
  /** Of a module, as before the release of Redis 4.0. */
  ModulePreGa: 6,
  Module2: 7,
  HashZipmap: 9,
  ListZiplist: 10,
  SetIntset: 11,
  SortedSetZiplist: 12,
  HashZiplist: 13,
  /** A list of ziplists. */
  ListQuicklist: 14,
  StreamListpacks: 15,
  HashListpack: 16,
  SortedSetListpack: 17,
  /** A list of listpacks and single elements. */
  ListQuicklist2: 18,
  /** With the first ID, the greatest deleted one, and how many entries were added and read. */
  StreamListpacks2: 19,
} as const;

/** What else begins in the place of a value's type. */
export const RdbOpcode = {
  Function2: 245,
  FunctionPreGa: 246,
  ModuleAux: 247,
  Idle: 248,
  Frequency: 249,
  Aux: 250,
  ResizeDatabase: 251,
  ExpireTimeMs: 252,
  ExpireTime: 253,
  SelectDatabase: 254,
  End: 255,
} as const;

/** Nodes of `ListQuicklist2`. */
export const RdbListNode = { Plain: 1, Packed: 2 } as const;

/** What the low six bits mean where the two high bits of a length are set: a string in another form. */
export const RdbStringForm = { Int8: 0, Int16: 1, Int32: 2, Lzf: 3 } as const;

/** What Redis' log says of something wrong at an offset in bytes, but for the line of its source. */
export function internalErrorLine(offset: number, problem: string): string {
  return `Internal error in RDB reading offset ${offset} -> ${problem}`;
}

/** Something in an RDB that Redis would not have written; `offset` is where, in bytes. */
export class RdbError extends PersistenceError {
  static {
    this.prototype.name = "RdbError";
  }

  /**
   * `logLines`: Redis' words for it, where it has some of its own. `isCutOff`: whether it is that bytes are missing.
   */
  constructor(
    readonly problem: string,
    readonly offset: number,
    logLines: readonly string[] = [],
    readonly isCutOff: boolean = false,
  ) {
    super(`${problem} (at offset ${offset})`, logLines);
  }
}
