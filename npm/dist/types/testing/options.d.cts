import type { Clock } from "../base/clock.cjs";
import type { DirectiveName } from "../config/directive_names.cjs";
import type { LogSink } from "../observe/log.cjs";
/** Directives about the process, which is not the server's alone. */
export declare const OF_THE_PROCESS: readonly ["supervised", "oom-score-adj", "oom-score-adj-values", "crash-log-enabled", "set-proc-title", "proc-title-template"];
/**
 * The directives that an embedded server takes: all but those that have an option of their own, and those that
 * concern the process.
 */
export type EmbeddedDirective = Exclude<DirectiveName, "port" | "bind" | "dir" | "logfile" | typeof OF_THE_PROCESS[number]>;
/** What an embedded server is started with. Everything is optional. */
export interface EmbeddedOptions {
    /** The TCP port; 0, which is also the default, takes a free one. */
    readonly port?: number;
    /** The address to listen on; by default `127.0.0.1`. */
    readonly hostname?: string;
    /**
     * Where the server has its files. Without it the server has none: it reads and writes no data on disk,
     * and needs no permission for files. `appendonly` and `save` are refused then, and SAVE, BGSAVE and
     * BGREWRITEAOF answer with an error that names this option.
     */
    readonly directory?: string;
    /**
     * Other directives. A value is what follows the name in redis.conf, without the quotes that one with
     * spaces needs there: `{ appendonly: "yes", save: "900 1 60 1000", requirepass: "open sesame" }`.
     * `save` is empty by default: unlike the program, an embedded server with a directory writes no
     * `dump.rdb` that nobody asked for. Paths of other files are relative to the directory, or without one
     * to where the process stands.
     */
    readonly directives?: Readonly<Partial<Record<EmbeddedDirective, string>>>;
    /**
     * The time that the server sees. By default a `ManualClock` that runs with the system's, so that a test can
     * pause, set and advance it; one that stands still is `new ManualClock()`.
     */
    readonly clock?: Clock;
    /** What an RDB file holds, or what `snapshot` returned: the data that the server begins with. */
    readonly rdb?: Uint8Array;
    /** Where log lines go, each with its line break; by default nowhere. */
    readonly log?: LogSink;
    /**
     * Has commands choose the same at random each time (SPOP, SRANDMEMBER, RANDOMKEY, eviction …), for the same
     * whole number and the same commands; `reset` begins anew. Without it nobody can foresee what they choose.
     */
    readonly seed?: number;
    /** How many of the last commands `EmbeddedServer.commands` holds; 1000, if not given; 0 spares the time for it. */
    readonly commandLog?: number;
}
