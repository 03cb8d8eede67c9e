/** An argument: text is sent as UTF-8, a number in decimal, bytes as they are. */
export type Argument = string | number | bigint | Uint8Array;
/**
 * A reply. Strings are text; integers are numbers as long as those are exact; sets are arrays; maps are objects
 * whose properties stand in the reply's order; an error within an array is a `CommandError`.
 */
export type PlainReply<Bulk = string> = Bulk | string | number | bigint | boolean | null | CommandError | PlainReply<Bulk>[] | {
    [name: string]: PlainReply<Bulk>;
};
/** An error that a command was answered with: `WRONGTYPE Operation against a key …`. */
export declare class CommandError extends Error {
    /** The first word of the message: `ERR`, `WRONGTYPE`, `NOAUTH`. */
    get code(): string;
}
