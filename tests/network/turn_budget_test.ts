import { assert, assertEquals } from "@std/assert";
import { OutputGate } from "../../src/clients/output_gate.ts";
import { TurnBudget } from "../../src/network/turn_budget.ts";
import { startEmbedded } from "../support/embedded.ts";
import { waitFor } from "../support/wait_for.ts";
import { connectFake, settle, turns } from "../support/fake_connection.ts";

const MUCH = 32 * 1024 * 1024;
const OUTLET = { takeReplies() {}, pump() {} };

Deno.test("TurnBudget lets those go on in order who wait, as many as a turn has room for", async () => {
  const gate = new OutputGate(), budget = new TurnBudget(gate);
  const ran: number[][] = [[]];
  gate.turnEnds = () => ran.push([]);
  gate.await(OUTLET, MUCH);
  assert(budget.isSpent);
  for (let i = 0; i < 5; i++) {
    budget.later(() => {
      ran[ran.length - 1].push(i);
      gate.await(OUTLET, MUCH / 2);
    });
  }
  await waitFor("all to run", () => ran.flat().length === 5);
  assertEquals(ran.filter(({ length }) => length > 0), [[0, 1], [2, 3], [4]]);
  await turns();
  assertEquals(budget.isSpent, false);
});

Deno.test("clients that want much take turns, and those that want little are answered meanwhile", async () => {
  await using parts = await startEmbedded();
  const { server } = parts;
  const looker = await parts.connect();
  await looker.texts("SET", "large", "x".repeat(20_000_000));
  const light = connectFake(server);
  light.socket.send("PING\r\n");
  await turns();
  const heavy = Array.from({ length: 5 }, () => connectFake(server));
  for (const { socket } of heavy) socket.send("GET large\r\nGET large\r\nPING\r\n");
  light.socket.send("PING\r\n");
  await settle();
  // One of them has filled the turn.
  assertEquals(heavy.filter(({ client }) => client.reply.size > 0).length, 1);
  assertEquals(light.client.reply.size, "+PONG\r\n".length);
  const [killed] = heavy.splice(1, 1), [ended] = heavy.slice(-1);
  killed.connection.close();
  ended.socket.end();
  for (const { socket } of heavy) {
    await waitFor("it to be served", () => socket.written.endsWith("\r\n+PONG\r\n"));
  }
  assertEquals(killed.socket.written, "");
  await waitFor("the one that has sent all to be gone", () => ended.socket.isClosed);
});
