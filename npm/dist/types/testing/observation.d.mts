/** What a command was answered with: the kind of the reply, or what happened instead. */
export type ReplyKind = "status" | "error" | "integer" | "string" | "array" | "map" | "set" | "push" | "null" | "boolean" | "double" | "big number" | "verbatim"
/** It waits: for a key, for replicas, for the end of a pause. */
 | "waits"
/** It stands in the queue of a transaction. */
 | "queued"
/** Nothing, as CLIENT REPLY asks for. */
 | "none";
/** A command that a client has sent. Names and arguments that are no UTF-8 are written with `\xff`. */
export interface ObservedCommand {
    /** The client's id, as CLIENT ID tells it. */
    readonly client: number;
    /** The client's name; empty where it has none. */
    readonly name: string;
    /** The database that the client had selected. */
    readonly database: number;
    /** The command's name and its arguments, as they were sent. */
    readonly args: readonly string[];
    readonly reply: ReplyKind;
    /** The error that it was answered with. */
    readonly error?: string;
    /** When it was run, in ms since the epoch by the server's clock. */
    readonly time: number;
}
/** Is told of commands, after they have run. */
export type CommandListener = (command: ObservedCommand) => void;
