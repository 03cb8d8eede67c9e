/** Values as rows of a keyspace hold them: a type, an encoding, and where the contents are. */

/** The types of values, numbered as Redis numbers them. */
export const ValueType = { String: 0, List: 1, Set: 2, SortedSet: 3, Hash: 4, Stream: 6 } as const;
export type ValueType = (typeof ValueType)[keyof typeof ValueType];

/** The names by which TYPE and SCAN … TYPE know the types. */
export const TYPE_NAMES: Readonly<Record<ValueType, string>> = {
  [ValueType.String]: "string",
  [ValueType.List]: "list",
  [ValueType.Set]: "set",
  [ValueType.SortedSet]: "zset",
  [ValueType.Hash]: "hash",
  [ValueType.Stream]: "stream",
};

/**
 * How contents are laid out. Those up to `COMPACT_ENCODINGS` are bytes in the database's `ByteStore`;
 * the others are objects of `src/data`.
 */
export const Encoding = {
  Int: 0,
  Embstr: 1,
  Raw: 2,
  Listpack: 3,
  Intset: 4,
  /** The one node of a list that needs no more: a listpack that goes by the name of quicklist. */
  QuicklistNode: 5,
  /** A set of few, short members: a listpack that goes by the name of hashtable. */
  ListpackSet: 6,
  Hashtable: 7,
  Quicklist: 8,
  Skiplist: 9,
  Stream: 10,
} as const;
export type Encoding = (typeof Encoding)[keyof typeof Encoding];

const LAST_COMPACT_ENCODING = Encoding.ListpackSet;

/** The names by which OBJECT ENCODING knows the encodings. */
export const ENCODING_NAMES: Readonly<Record<Encoding, string>> = {
  [Encoding.Int]: "int",
  [Encoding.Embstr]: "embstr",
  [Encoding.Raw]: "raw",
  [Encoding.Listpack]: "listpack",
  [Encoding.Intset]: "intset",
  [Encoding.QuicklistNode]: "quicklist",
  [Encoding.ListpackSet]: "hashtable",
  [Encoding.Hashtable]: "hashtable",
  [Encoding.Quicklist]: "quicklist",
  [Encoding.Skiplist]: "skiplist",
  [Encoding.Stream]: "stream",
};

/** Whether an encoding's contents are bytes in the database's `ByteStore`. */
export function isCompact(encoding: Encoding): boolean {
  return encoding <= LAST_COMPACT_ENCODING;
}

/**
 * Contents that are too large or too varied for a compact encoding. Such an object owns everything
 * that it holds (its own `ByteStore` included), so letting go of it frees it, at once and whatever
 * its size, and moving it between databases moves one reference.
 */
export interface ValueObject {
  /** An estimate of the memory it holds, in bytes. */
  readonly memoryBytes: number;
  /** How many parts Redis would have to free one by one, by its own estimate. */
  readonly parts: number;
  /** What it held when it was last counted; kept by `ObjectMemory`. */
  countedBytes?: number;
  /** A deep copy, for COPY. */
  clone(): ValueObject;
}

/**
 * A value taken out of its row for a command to work on. Data structures change `encoding` and
 * `contents` as they grow; `Database.store` writes them back.
 */
export class Value {
  type: ValueType = ValueType.String;
  encoding: Encoding = Encoding.Raw;
  /** Where a compact value's bytes are in the database's `ByteStore`; 0 otherwise. */
  ref = 0;
  /** The contents of a value that is not compact. */
  object: ValueObject | null = null;

  /** Makes this value a compact one. */
  setCompact(type: ValueType, encoding: Encoding, ref: number): this {
    this.type = type;
    this.encoding = encoding;
    this.ref = ref;
    this.object = null;
    return this;
  }

  /** Makes this value an object. */
  setObject(type: ValueType, encoding: Encoding, object: ValueObject): this {
    this.type = type;
    this.encoding = encoding;
    this.ref = 0;
    this.object = object;
    return this;
  }
}
