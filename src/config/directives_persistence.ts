/** Directives about files: snapshots, the append-only file, the log. */

import {
  directive,
  INT_MAX,
  INT_MIN,
  integer,
  LONG_MAX,
  memory,
  oneOf,
  path,
  text,
  yesNo,
} from "./directive.ts";
import { ValueError } from "./errors.ts";
import { DIRECTORY, SAVE_RULES } from "./special_types.ts";

const MB = 1024 * 1024;

/** A check that a text is the name of a file in the data directory and nothing more. */
function bareName(name: string, kind: string, mayBeEmpty = false): (text: string) => void {
  return (text) => {
    if (text === "" && !mayBeEmpty) throw new ValueError(`${name} can't be empty`);
    if (text.includes("/")) throw new ValueError(`${name} can't be a path, just a ${kind}`);
  };
}

const NO_SYSLOG =
  "logging to syslog is not supported, log to a file (logfile) or to the standard output";
const NO_SYSLOG_LINES = "about syslog, and `syslog-enabled yes` is refused";

/** See `DIRECTIVES`. */
export const PERSISTENCE_DIRECTIVES = {
  // The first value is replaced by the directory that the server is started in.
  "dir": directive(DIRECTORY, "/", { protected: true, deniedWhileLoading: true }),
  "save": directive(SAVE_RULES, [
    { seconds: 3600, changes: 1 },
    { seconds: 300, changes: 100 },
    { seconds: 60, changes: 10000 },
  ]),
  "dbfilename": path("dump.rdb", {
    protected: true,
    check: bareName("dbfilename", "filename", true),
  }),
  "rdbcompression": yesNo("yes"),
  "rdbchecksum": yesNo("yes", { immutable: true }),
  "rdb-del-sync-files": yesNo("no"),
  "rdb-save-incremental-fsync": yesNo("yes"),
  "rdb-key-save-delay": integer(0, INT_MIN, INT_MAX, { hidden: true }),
  "key-load-delay": integer(0, INT_MIN, INT_MAX, { hidden: true }),
  "loading-process-events-interval-bytes": integer(2 * MB, 1024, INT_MAX, {
    hidden: true,
    meaningless: "a file is loaded in slices of time and not of bytes",
  }),
  "sanitize-dump-payload": oneOf(["no", "yes", "clients"], "no"),
  "stop-writes-on-bgsave-error": yesNo("yes"),
  "appendonly": yesNo("no", { deniedWhileLoading: true }),
  "appendfilename": path("appendonly.aof", {
    immutable: true,
    check: bareName("appendfilename", "filename"),
  }),
  "appenddirname": path("appendonlydir", {
    immutable: true,
    check: bareName("appenddirname", "dirname"),
  }),
  "appendfsync": oneOf(["everysec", "always", "no"], "everysec"),
  "no-appendfsync-on-rewrite": yesNo("no"),
  "auto-aof-rewrite-percentage": integer(100, 0, INT_MAX),
  "auto-aof-rewrite-min-size": memory(64 * MB, 0, LONG_MAX),
  "aof-load-truncated": yesNo("yes"),
  "aof-use-rdb-preamble": yesNo("yes"),
  "aof-rewrite-incremental-fsync": yesNo("yes"),
  "aof-timestamp-enabled": yesNo("no"),
  "aof-disable-auto-gc": yesNo("no"),
  "loglevel": oneOf(["debug", "verbose", "notice", "warning"], "notice"),
  "logfile": path("", { immutable: true }),
  "syslog-enabled": yesNo("no", { immutable: true, fixed: NO_SYSLOG }),
  "syslog-ident": text("redis", { immutable: true, meaningless: NO_SYSLOG_LINES }),
  "syslog-facility": oneOf(
    ["user", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"],
    "local0",
    { immutable: true, meaningless: NO_SYSLOG_LINES },
  ),
} as const;
