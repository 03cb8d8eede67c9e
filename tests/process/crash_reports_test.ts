import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ManualClock } from "../../src/base/clock.ts";
import { Configuration } from "../../src/config/mod.ts";
import { Log } from "../../src/observe/log.ts";
import { CrashReports } from "../../src/process/crash_reports.ts";

/** A process that has a server and can be ended. */
function makeProcess(...lines: string[]) {
  const configuration = new Configuration("/");
  configuration.loadText(lines.join("\n"), "test.conf");
  let log = "";
  const exits: number[] = [], told: string[] = [], events = new EventTarget();
  const reports = new CrashReports({
    ...{ configuration, events },
    log: new Log(new ManualClock(0), (line) => log += line),
    tell: (text) => void told.push(text),
    exit: (code) => void exits.push(code),
  });
  reports.listen();
  reports.server = {
    info: { render: () => "# Server\r\nredis_version:7.0.15\r\n" },
    clients: [{ describe: () => "id=1 addr=here" }],
    dispatcher: { current: { describe: () => "id=1 addr=here cmd=boom" } },
  };
  return { reports, events, exits, told, log: () => log };
}

Deno.test("CrashReports tells of an error that nobody has caught, of the server and of its clients", () => {
  const { events, exits, told, log } = makeProcess();
  const event = new ErrorEvent("error", { error: new TypeError("what a mess"), cancelable: true });
  events.dispatchEvent(event);
  assert(event.defaultPrevented);
  assertEquals(exits, [1]);
  assertStringIncludes(told.join(), "miniredis: a fatal error: TypeError: what a mess\n    at ");
  const report = log();
  const places = [
    "\n=== REDIS BUG REPORT START: Cut & paste starting from here ===\n",
    "TypeError: what a mess\n",
    "\n------ STACK TRACE ------\nTypeError: what a mess\n    at ",
    "\n------ INFO OUTPUT ------\n# Server\nredis_version:7.0.15\n",
    "\n------ CLIENT LIST OUTPUT ------\nid=1 addr=here\n",
    "\n------ CURRENT CLIENT INFO ------\nid=1 addr=here cmd=boom\n",
    "\n=== REDIS BUG REPORT END. Make sure to include from START to END. ===\n",
  ].map((part) => report.indexOf(part));
  assert(places.every((place) => place >= 0), report);
  assertEquals(places, places.toSorted((a, b) => a - b), report);
});

Deno.test("CrashReports tells of a promise that nobody has looked after", () => {
  const { events, exits, log } = makeProcess();
  const promise = Promise.reject(new Error("lost"));
  promise.catch(() => {});
  events.dispatchEvent(
    new PromiseRejectionEvent("unhandledrejection", {
      promise,
      reason: new Error("lost"),
      cancelable: true,
    }),
  );
  assertStringIncludes(log(), "Error: lost");
  assertEquals(exits, [1]);
});

Deno.test("CrashReports says what it can when the server can't be asked", () => {
  const { reports, exits, log } = makeProcess();
  reports.server = {
    info: {
      render: () => {
        throw new RangeError("no more");
      },
    },
    clients: [{ describe: () => "id=1 addr=here" }],
    dispatcher: { current: { describe: () => "id=1 addr=here cmd=boom" } },
  };
  reports.crash(new Error("first"));
  reports.crash(new Error("second"));
  assertStringIncludes(log(), "This can't be told: RangeError: no more");
  assertStringIncludes(log(), "id=1 addr=here");
  assert(!log().includes("second"));
  assertEquals(exits, [1, 1]);
});

Deno.test("CrashReports writes one line when crash-log-enabled is no", () => {
  const { reports, exits, log } = makeProcess("crash-log-enabled no");
  reports.crash(new Error("quiet"));
  assertEquals(log().split("\n").length, 2, log());
  assertStringIncludes(log(), "Error: quiet");
  assertEquals(exits, [1]);
});
