/** Where a line of configuration stands. */
export interface Place {
    /** The file's name, or "command line". */
    readonly file: string;
    /** Counted from 1; 0 on the command line. */
    readonly line: number;
}
/** A configuration that the server can't start with. `message` is one line. */
export declare class ConfigError extends Error {
    readonly place: Place;
    /** The directive's name as it was written, or "" where the line holds none. */
    readonly directive: string;
    readonly reason: string;
    constructor(place: Place, 
    /** The directive's name as it was written, or "" where the line holds none. */
    directive: string, reason: string);
}
