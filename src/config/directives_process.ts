/** Directives about the process and the machine it runs on. */

import { directive, INT_MAX, integer, oneOf, path, text, yesNo } from "./directive.ts";
import { ValueError } from "./errors.ts";
import { expandTitle } from "./title_template.ts";
import { OOM_SCORES, SHUTDOWN_OPTIONS } from "./special_types.ts";

const ONE_LOOP = "commands and connections share one event loop";
const NO_AFFINITY = "Deno can't choose the processors that it runs on";
const SHORT_TITLE = "the runtime cuts the title to the length of the command line";
const NO_MEMORY_TEST = "the JavaScript engine lets no program look at its memory byte by byte";
const ALWAYS_EXITS = "a fatal error ends the process with exit code 1, never with a core dump";
const NO_WATCHDOG =
  "nothing can look at what a busy JavaScript program is doing; see LATENCY and SLOWLOG";

/** Redis tries a template with an empty title, and refuses what then comes to nothing but spaces. */
function checkTitle(template: string): void {
  const title = expandTitle(template, (name) => name === "title" ? "" : "x");
  if (title === null || title === "") {
    throw new ValueError("template format is invalid or contains unknown variables");
  }
}

const PROCESSORS = { immutable: true, emptyIsUnset: true, fixed: NO_AFFINITY } as const;

/** See `DIRECTIVES`. */
export const PROCESS_DIRECTIVES = {
  "daemonize": yesNo("no", {
    immutable: true,
    fixed:
      "miniredis stays in the foreground: run it under a supervisor such as systemd, or with " +
      "'&', and give 'daemonize no'",
  }),
  "supervised": oneOf(["upstart", "systemd", "auto", "no"], "no", {
    immutable: true,
  }),
  "metrics-port": integer(0, 0, 65535, { own: true }),
  "pidfile": path("", { immutable: true, emptyIsUnset: true }),
  "shutdown-timeout": integer(10, 0, INT_MAX),
  "shutdown-on-sigint": directive(SHUTDOWN_OPTIONS, []),
  "shutdown-on-sigterm": directive(SHUTDOWN_OPTIONS, []),
  "always-show-logo": yesNo("no", { immutable: true }),
  "set-proc-title": yesNo("yes", { immutable: true }),
  "proc-title-template": text("{title} {listen-addr} {server-mode}", {
    check: checkTitle,
    partial: SHORT_TITLE,
  }),
  "io-threads": integer(1, 1, 128, { immutable: true, fixed: ONE_LOOP }),
  "io-threads-do-reads": yesNo("no", {
    immutable: true,
    meaningless: "about `io-threads`, of which there is one",
  }),
  "server_cpulist": text("", PROCESSORS),
  "bio_cpulist": text("", PROCESSORS),
  "aof_rewrite_cpulist": text("", PROCESSORS),
  "bgsave_cpulist": text("", PROCESSORS),
  "oom-score-adj": oneOf(["no", "yes", "relative", "absolute"], "no", {
    // Two names of the same.
    adjust: (mode) => mode === "relative" ? "yes" : mode,
  }),
  "oom-score-adj-values": directive(OOM_SCORES, [0, 200, 800]),
  "disable-thp": yesNo("yes", {
    immutable: true,
    meaningless: "there is no fork() that huge pages could slow down",
  }),
  "jemalloc-bg-thread": yesNo("yes", { meaningless: "there is no jemalloc" }),
  "ignore-warnings": text("", { meaningless: "there is no such warning" }),
  "crash-log-enabled": yesNo("yes"),
  "crash-memcheck-enabled": yesNo("yes", { meaningless: NO_MEMORY_TEST }),
  "use-exit-on-panic": yesNo("no", { hidden: true, meaningless: ALWAYS_EXITS }),
  "watchdog-period": integer(0, 0, INT_MAX, { hidden: true, fixed: NO_WATCHDOG }),
} as const;
