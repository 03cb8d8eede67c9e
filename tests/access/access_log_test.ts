import { assertEquals } from "@std/assert";
import { AccessLog, type Refusal } from "../../src/access/access_log.ts";

const REFUSAL: Refusal = {
  reason: "key",
  context: "toplevel",
  object: "k",
  username: "ann",
  client: "id=1",
};

/** The entries as `object count`. */
function shown(log: AccessLog, count = 100): string[] {
  return log.latest(count).map(({ object, count }) => `${object} ${count}`);
}

Deno.test("AccessLog groups refusals that are alike and at most 60 s apart, the latest first", () => {
  const log = new AccessLog();
  log.add(REFUSAL, 0, 128);
  log.add({ ...REFUSAL, object: "other" }, 0, 128);
  log.add({ ...REFUSAL, client: "id=2" }, 60_000, 128);
  assertEquals(shown(log), ["k 2", "other 1"]);
  assertEquals(log.latest(1)[0].client, "id=2");
  log.add(REFUSAL, 120_000, 128);
  assertEquals(shown(log), ["k 3", "other 1"]);
  log.add(REFUSAL, 180_001, 128);
  assertEquals(shown(log), ["k 1", "k 3", "other 1"]);
});

Deno.test("AccessLog keeps refusals apart that differ in reason, context, object or user", () => {
  const log = new AccessLog();
  log.add(REFUSAL, 0, 128);
  log.add({ ...REFUSAL, reason: "channel" }, 0, 128);
  log.add({ ...REFUSAL, context: "multi" }, 0, 128);
  log.add({ ...REFUSAL, username: "bob" }, 0, 128);
  assertEquals(shown(log), ["k 1", "k 1", "k 1", "k 1"]);
});

Deno.test("AccessLog looks for what is alike among the ten latest entries only", () => {
  const log = new AccessLog();
  for (let i = 0; i <= 10; i++) log.add({ ...REFUSAL, object: `k${i}` }, 0, 128);
  log.add({ ...REFUSAL, object: "k1" }, 0, 128);
  log.add({ ...REFUSAL, object: "k0" }, 0, 128);
  assertEquals(shown(log, 3), ["k0 1", "k1 2", "k10 1"]);
  assertEquals(shown(log).length, 12);
});

Deno.test("AccessLog keeps so many entries as it is told, and gives none for a negative count", () => {
  const log = new AccessLog();
  for (let i = 0; i < 5; i++) log.add({ ...REFUSAL, object: `k${i}` }, 0, 3);
  assertEquals(shown(log), ["k4 1", "k3 1", "k2 1"]);
  assertEquals(shown(log, -1), []);
  log.add({ ...REFUSAL, object: "x" }, 0, 0);
  assertEquals(shown(log), []);
  log.add(REFUSAL, 0, 3);
  log.reset();
  assertEquals(shown(log), []);
});
