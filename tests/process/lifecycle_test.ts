import { assertEquals, assertThrows } from "@std/assert";
import { ManualClock } from "../../src/base/clock.ts";
import { ReplyError } from "../../src/base/errors.ts";
import { Configuration } from "../../src/config/mod.ts";
import { Log } from "../../src/observe/log.ts";
import { Lifecycle } from "../../src/process/lifecycle.ts";

/** A server that ends as soon as it is asked to; `events` is what happens to it. */
class EndingServer {
  readonly events: string[] = [];
  readonly configuration = new Configuration("/");
  readonly log = new Log(
    new ManualClock(0),
    (line) => void this.events.push(line.trim().replace(/^.* ([*#]) /, "$1 ")),
  );
  isLoading = false;
  isHalfway = false;
  canSave = true;
  readonly appendOnlyState = "off";
  readonly jobs = { running: null, kill: () => void this.events.push("job killed") };
  readonly rdbSaves = {
    saveNow: () => {
      this.events.push(this.canSave ? "saved" : "not saved");
      return this.canSave;
    },
  };
  readonly supervisor = { status() {}, stopping() {} };
  readonly clock = new ManualClock(0);
  readonly replicas = { count: 0, lagging: [] as string[] };
  readonly lifecycle: Lifecycle;

  constructor(...directives: string[]) {
    this.configuration.loadCommandLine(["save 3600 1", ...directives]);
    this.configuration.finishLoading();
    this.lifecycle = new Lifecycle(this);
  }

  stopServing(): void {}

  pauseWrites(): () => void {
    this.events.push("writes paused");
    return () => void this.events.push("writes resumed");
  }

  close(): Promise<boolean> {
    this.events.push("closed");
    return Promise.resolve(true);
  }

  receive(signal: "SIGINT" | "SIGTERM"): void {
    this.lifecycle.receive(signal, (code) => this.events.push(`exit ${code}`));
  }

  /** What has happened since the last look. */
  take(): string[] {
    return this.events.splice(0);
  }
}

const SAVING = ["# User requested shutdown...", "* Saving the final RDB snapshot before exiting."];

Deno.test("Lifecycle acts on a signal when the cron looks, and not before", async () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const server = new EndingServer();
    server.receive(signal);
    assertEquals(server.take(), [`# Received ${signal} scheduling shutdown...`]);
    assertEquals(server.lifecycle.isEnding, false);
    server.lifecycle.shutDownIfAsked();
    assertEquals(server.take(), [...SAVING, "saved", "closed"]);
    server.lifecycle.shutDownIfAsked();
    assertEquals(await server.lifecycle.ended, 0);
    assertEquals(server.take(), ["# Redis is now ready to exit, bye bye..."]);
  }
});

Deno.test("Lifecycle does what the last signal asks for", () => {
  const server = new EndingServer("shutdown-on-sigint save", "shutdown-on-sigterm nosave");
  server.receive("SIGINT");
  server.receive("SIGTERM");
  server.take();
  server.lifecycle.shutDownIfAsked();
  assertEquals(server.take(), ["# User requested shutdown...", "closed"]);
});

Deno.test("Lifecycle has the process exit at a SIGINT that comes after another signal", () => {
  const server = new EndingServer();
  server.receive("SIGTERM");
  server.receive("SIGTERM");
  server.take();
  server.receive("SIGINT");
  assertEquals(server.take(), ["# You insist... exiting now.", "job killed", "exit 1"]);
});

Deno.test("Lifecycle has the process exit at a SIGINT while it ends, however that began", () => {
  const server = new EndingServer();
  server.lifecycle.shutdown({ save: "nosave", now: false, force: false });
  server.take();
  server.receive("SIGINT");
  assertEquals(server.take(), ["# You insist... exiting now.", "job killed", "exit 1"]);
});

Deno.test("Lifecycle takes a signal back that was not acted on", () => {
  const server = new EndingServer(), { lifecycle } = server;
  assertEquals(lifecycle.abortShutdown(), false);
  server.receive("SIGTERM");
  server.take();
  assertEquals(lifecycle.abortShutdown(), true);
  assertEquals(server.take(), ["* Shutdown manually aborted."]);
  assertEquals(lifecycle.abortShutdown(), false);
  lifecycle.shutDownIfAsked();
  server.receive("SIGINT");
  assertEquals(server.take(), ["# Received SIGINT scheduling shutdown..."]);
  lifecycle.shutDownIfAsked();
  assertEquals(lifecycle.isEnding, true);
  assertEquals(lifecycle.abortShutdown(), false);
});

Deno.test("Lifecycle goes on where a signal's shutdown fails, until the next signal", () => {
  const server = new EndingServer(), { lifecycle } = server;
  server.canSave = false;
  server.receive("SIGTERM");
  lifecycle.shutDownIfAsked();
  const failure = [
    ...SAVING,
    "not saved",
    "# Error trying to save the DB, can't exit.",
    "# Errors trying to shut down the server. Check the logs for more information.",
  ];
  assertEquals(server.take(), ["# Received SIGTERM scheduling shutdown...", ...failure]);
  lifecycle.shutDownIfAsked();
  assertEquals([server.take(), lifecycle.isEnding, lifecycle.abortShutdown()], [[], false, false]);
  assertThrows(
    () => lifecycle.shutdown({ save: "default", now: false, force: false }),
    ReplyError,
    "ERR Errors trying to SHUTDOWN. Check logs.",
  );
  assertEquals(server.take(), failure);
  // It is the first one again.
  server.receive("SIGINT");
  server.canSave = true;
  lifecycle.shutDownIfAsked();
  assertEquals(server.take().slice(0, 1), ["# Received SIGINT scheduling shutdown..."]);
  assertEquals(lifecycle.isEnding, true);
});

Deno.test("Lifecycle saves nothing while data is loaded, whatever is asked for", () => {
  const server = new EndingServer("shutdown-on-sigterm save");
  server.isLoading = true;
  server.receive("SIGTERM");
  server.lifecycle.shutDownIfAsked();
  assertEquals(server.take(), [
    "# Received shutdown signal during loading, scheduling shutdown.",
    "# User requested shutdown...",
    "closed",
  ]);
});

Deno.test("Lifecycle waits for replicas that lack something, and pauses writes meanwhile", async () => {
  const server = new EndingServer("shutdown-timeout 5");
  const { lifecycle, replicas } = server;
  replicas.count = 2;
  replicas.lagging = ["Lagging replica a.", "Lagging replica b."];
  lifecycle.shutdown({ save: "nosave", now: false, force: false });
  assertEquals(server.take(), ["# User requested shutdown...", "writes paused"]);
  assertEquals(lifecycle.waitsFor, 5000);
  lifecycle.shutDownIfAsked();
  assertEquals(server.take(), []);
  replicas.lagging = [];
  lifecycle.shutDownIfAsked();
  assertEquals(await lifecycle.ended, 0);
  assertEquals(server.take()[0], "* 2 of 2 replicas are in sync when shutting down.");
});

Deno.test("Lifecycle ends without replicas that lack something when they had their time", async () => {
  const server = new EndingServer("shutdown-timeout 5");
  const { lifecycle, replicas, clock } = server;
  replicas.count = 1;
  replicas.lagging = ["Lagging replica a."];
  lifecycle.shutdown({ save: "nosave", now: false, force: false });
  await clock.advance(5000);
  lifecycle.shutDownIfAsked();
  assertEquals(await lifecycle.ended, 0);
  assertEquals(server.take().slice(2, 4), [
    "# Lagging replica a.",
    "* 0 of 1 replicas are in sync when shutting down.",
  ]);
});

Deno.test("Lifecycle tells those who wait for the end when it is taken back", () => {
  const server = new EndingServer();
  const { lifecycle, replicas } = server;
  replicas.count = 1;
  replicas.lagging = ["Lagging replica a."];
  const told: string[] = [];
  for (const name of ["first", "second"]) {
    lifecycle.shutdown({ save: "nosave", now: false, force: false }, () => told.push(name));
  }
  assertEquals([lifecycle.abortShutdown(), lifecycle.waitsFor, told], [true, null, [
    "first",
    "second",
  ]]);
  assertEquals(server.take().slice(1), [
    "writes paused",
    "writes resumed",
    "* Shutdown manually aborted.",
  ]);
});
