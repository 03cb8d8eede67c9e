import { assertEquals } from "@std/assert";
import { Log } from "../../src/observe/log.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { receiveSignal, type StopSignal } from "../../src/process/signals.ts";

/** A server that begins to end, and never gets there. */
function endlessServer(shutdownFails = false) {
  const events: string[] = [];
  const lifecycle = {
    isEnding: false,
    shutdownOnSignal(signal: StopSignal) {
      events.push(`shutdown on ${signal}`);
      this.isEnding = !shutdownFails;
    },
  };
  const log = new Log(new ManualClock(0), (line) => events.push(line.slice(line.indexOf("#"))));
  const receive = (signal: StopSignal) =>
    receiveSignal({ log, lifecycle }, signal, (code) => events.push(`exit ${code}`));
  return { events, receive };
}

Deno.test("receiveSignal begins the shutdown when the first signal comes", () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const { events, receive } = endlessServer();
    receive(signal);
    assertEquals(events, [`shutdown on ${signal}`]);
  }
});

Deno.test("receiveSignal ends the process when SIGINT comes while the server ends", () => {
  const { events, receive } = endlessServer();
  receive("SIGTERM");
  receive("SIGTERM");
  assertEquals(events, ["shutdown on SIGTERM"]);
  receive("SIGINT");
  assertEquals(events.slice(1), ["# You insist... exiting now.\n", "exit 1"]);
});

Deno.test("receiveSignal tries again when the first shutdown was refused", () => {
  const { events, receive } = endlessServer(true);
  receive("SIGINT");
  receive("SIGINT");
  assertEquals(events, ["shutdown on SIGINT", "shutdown on SIGINT"]);
});
