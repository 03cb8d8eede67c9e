import { amount, seedOf } from "../support/long_test.ts";
import { runHistory } from "./history.ts";

Deno.test("in no history two nodes have a slot in one epoch, and in all of them the nodes agree in the end", () => {
  const seed = seedOf("histories");
  const count = amount({ quick: 20, full: 300, long: 10_000 });
  for (let stream = 0; stream < count; stream++) runHistory(seed, stream);
});

Deno.test("whatever users force, the nodes agree in the end who has which slot", () => {
  const seed = seedOf("forced histories");
  const count = amount({ quick: 10, full: 100, long: 5000 });
  for (let stream = 0; stream < count; stream++) runHistory(seed, stream, true);
});
