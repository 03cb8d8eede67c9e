/** Directives about the process and the machine it runs on; many mean nothing to a Deno program. */

import { directive, INT_MAX, integer, oneOf, text, yesNo } from "./directive.ts";
import { ValueError } from "./errors.ts";
import { OOM_SCORES, SHUTDOWN_OPTIONS } from "./special_types.ts";

const ONE_LOOP = "commands and connections share one event loop";
const NO_AFFINITY = "Deno can't choose the processors that it runs on";
const NO_TITLE = "Deno can't change the title of its process";
const NO_CRASH_REPORT = "there is no crash report, an error is logged with its stack";
const NO_OOM_SCORE = "leave the out-of-memory killer's score to the service manager";

const TITLE_VARIABLES = [
  "title",
  "listen-addr",
  "server-mode",
  "port",
  "tls-port",
  "unixsocket",
  "config-file",
];

/**
 * `{{` is a brace; any other opening one begins a variable. Redis tries a template with an empty title, and
 * refuses what then comes to nothing but spaces.
 */
function checkTitle(template: string): void {
  const rest = template.replace(/\{\{|\{([^}]*)\}/g, (found, name) => {
    if (name === "title") return "";
    return found === "{{" || TITLE_VARIABLES.includes(name) ? "x" : found;
  });
  if (/^ *$/.test(rest) || rest.includes("{")) {
    throw new ValueError("template format is invalid or contains unknown variables");
  }
}

const PROCESSORS = { immutable: true, emptyIsUnset: true, meaningless: NO_AFFINITY } as const;

/** See `DIRECTIVES`. */
export const PROCESS_DIRECTIVES = {
  "daemonize": yesNo("no", {
    immutable: true,
    refuse: (daemonize) =>
      daemonize
        ? "miniredis stays in the foreground: run it under a supervisor such as systemd, or with '&', and give 'daemonize no'"
        : null,
  }),
  "supervised": oneOf(["upstart", "systemd", "auto", "no"], "no", {
    immutable: true,
  }),
  "metrics-port": integer(0, 0, 65535, { own: true }),
  "pidfile": text("", { immutable: true, emptyIsUnset: true }),
  "shutdown-timeout": integer(10, 0, INT_MAX, { meaningless: "there are no replicas to wait for" }),
  "shutdown-on-sigint": directive(SHUTDOWN_OPTIONS, []),
  "shutdown-on-sigterm": directive(SHUTDOWN_OPTIONS, []),
  "always-show-logo": yesNo("no", { immutable: true, meaningless: "there is no logo" }),
  "set-proc-title": yesNo("yes", { immutable: true, meaningless: NO_TITLE }),
  "proc-title-template": text("{title} {listen-addr} {server-mode}", {
    check: checkTitle,
    meaningless: NO_TITLE,
  }),
  "io-threads": integer(1, 1, 128, { immutable: true, meaningless: ONE_LOOP }),
  "io-threads-do-reads": yesNo("no", { immutable: true, meaningless: ONE_LOOP }),
  "server_cpulist": text("", PROCESSORS),
  "bio_cpulist": text("", PROCESSORS),
  "aof_rewrite_cpulist": text("", PROCESSORS),
  "bgsave_cpulist": text("", PROCESSORS),
  "oom-score-adj": oneOf(["no", "yes", "relative", "absolute"], "no", {
    meaningless: NO_OOM_SCORE,
    // Two names of the same.
    adjust: (mode) => mode === "relative" ? "yes" : mode,
  }),
  "oom-score-adj-values": directive(OOM_SCORES, [0, 200, 800], { meaningless: NO_OOM_SCORE }),
  "disable-thp": yesNo("yes", {
    immutable: true,
    meaningless: "there is no fork() that huge pages could slow down",
  }),
  "jemalloc-bg-thread": yesNo("yes", { meaningless: "there is no jemalloc" }),
  "ignore-warnings": text("", { meaningless: "there is no such warning" }),
  "crash-log-enabled": yesNo("yes", { meaningless: NO_CRASH_REPORT }),
  "crash-memcheck-enabled": yesNo("yes", { meaningless: NO_CRASH_REPORT }),
  "use-exit-on-panic": yesNo("no", { hidden: true, meaningless: NO_CRASH_REPORT }),
  "watchdog-period": integer(0, 0, INT_MAX, { hidden: true, meaningless: NO_CRASH_REPORT }),
} as const;
