import { assertEquals, assertThrows } from "@std/assert";
import { ManualClock } from "../../src/base/clock.ts";
import { type Wait, type Waiter, Waiting, type WaitKind } from "../../src/clients/waiting.ts";
import { Command } from "../../src/commands/registry.ts";
import { WAIT } from "../../src/commands/generic/wait.ts";
import { Keyspace } from "../../src/keyspace/keyspace.ts";
import { Statistics } from "../../src/observe/statistics.ts";
import { Frame } from "../../src/resp/frame.ts";
import { ReplyWriter } from "../../src/resp/reply_writer.ts";
import { byteString } from "../../src/base/span.ts";

function createWaiting() {
  const clock = new ManualClock(0);
  const waiting = new Waiting({
    clock,
    keyspace: new Keyspace(clock, 1),
    statistics: new Statistics(),
  });
  const events: string[] = [];
  const command = new Command(WAIT, () => 0);
  const begin = (name: string, kind: WaitKind, timeout?: number): Waiter => {
    const reply = new ReplyWriter();
    const waiter: Waiter = { reply, wait: null, resume: () => events.push(`${name} goes on`) };
    const wait: Wait = {
      kind,
      command,
      frame: Frame.fromStrings([name]),
      left: () => events.push(`${name} leaves`),
      ...(timeout !== undefined && {
        limit: { timeout, timedOut: () => events.push(`${name} has waited enough`) },
      }),
    };
    waiting.begin(waiter, wait);
    return waiter;
  };
  return { clock, waiting, begin, take: () => events.splice(0) };
}

Deno.test("Waiting ends a wait once, however it ends", () => {
  const { clock, waiting, begin, take } = createWaiting();
  const served = begin("served", "keys", 100), late = begin("late", "replicas", 100);
  const gone = begin("gone", "keys", 0);
  assertEquals([waiting.count, waiting.timedCount], [3, 2]);
  waiting.end(served);
  assertEquals(take(), ["served leaves", "served goes on"]);
  clock.advance(100);
  assertEquals(take(), ["late has waited enough", "late leaves", "late goes on"]);
  waiting.forget(gone);
  waiting.forget(gone);
  assertEquals(take(), ["gone leaves"]);
  clock.advance(1000);
  assertEquals(take(), []);
  assertEquals([waiting.count, waiting.timedCount], [0, 0]);
  assertEquals([served.wait, late.wait, gone.wait], [null, null, null]);
});

Deno.test("Waiting lets all go on that wait for one thing, after all of them have left", () => {
  const { waiting, begin, take } = createWaiting();
  begin("a", "pause");
  begin("b", "keys", 0);
  begin("c", "pause");
  waiting.endAll("pause");
  assertEquals(take(), ["a leaves", "c leaves", "a goes on", "c goes on"]);
  assertEquals(waiting.count, 1);
});

Deno.test("Waiting is ended by CLIENT UNBLOCK where a time could end it, too", () => {
  const { waiting, begin, take } = createWaiting();
  const keys = begin("keys", "keys", 0), elsewhere = begin("elsewhere", "elsewhere");
  const paused = begin("paused", "pause"), replicas = begin("replicas", "replicas", 50);
  assertEquals(waiting.unblock(elsewhere, "timeout"), false);
  assertEquals(waiting.unblock(paused, "error"), false);
  assertEquals(take(), []);
  assertEquals(waiting.unblock(keys, "timeout"), true);
  assertEquals(take(), ["keys has waited enough", "keys leaves", "keys goes on"]);
  assertEquals(waiting.unblock(replicas, "error"), true);
  assertEquals(take(), ["replicas leaves", "replicas goes on"]);
  assertEquals(
    byteString(replicas.reply.bytes()),
    "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n",
  );
  assertEquals(waiting.unblock(keys, "timeout"), false);
});

Deno.test("Waiting takes nobody who waits already", () => {
  const { waiting, begin } = createWaiting();
  const waiter = begin("a", "keys", 0);
  assertThrows(() => waiting.begin(waiter, waiter.wait!), Error, "waits already");
});
