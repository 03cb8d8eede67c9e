/** A consumer group of a stream. */
export interface DumpedGroup {
    readonly lastDeliveredId: string;
    /** By consumer: the ids that it was given and has not acknowledged. */
    readonly pending: Readonly<Record<string, readonly string[]>>;
}
/**
 * A key's value: members of a set are sorted, members of a sorted set stand in its order, fields of a hash are
 * sorted. A stream's entry is its id and its fields and values by turns.
 */
export type DumpedValue = {
    readonly type: "string";
    readonly value: string;
} | {
    readonly type: "list";
    readonly value: readonly string[];
} | {
    readonly type: "set";
    readonly value: readonly string[];
} | {
    readonly type: "hash";
    readonly value: Readonly<Record<string, string>>;
} | {
    readonly type: "zset";
    readonly value: readonly (readonly [string, number])[];
} | {
    readonly type: "stream";
    readonly value: readonly (readonly [id: string, fields: readonly string[]])[];
    readonly groups: Readonly<Record<string, DumpedGroup>>;
};
/** A key: its value, and how long it has to live, in ms, where that is limited. */
export type DumpedKey = DumpedValue & {
    readonly ttl?: number;
};
/** All keys of a database, sorted. What is no UTF-8 is written as `\xff`, byte by byte. */
export type Dump = Record<string, DumpedKey>;
