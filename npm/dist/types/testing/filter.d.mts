/** Which of the commands that clients send are meant; without any of these, all are. */
export interface CommandFilter {
    /** The name, or several: `get`, `config get`; `config` means all of its sub-commands. */
    readonly command?: string | readonly string[];
    /** A key that the command names: the whole key, or an expression that matches it. */
    readonly key?: string | RegExp;
    /** The client: its id (CLIENT ID), or the name that it has given itself (CLIENT SETNAME). */
    readonly client?: number | string;
}
