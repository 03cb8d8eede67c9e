import { expect, test, vi } from "vitest";
import { type EmbeddedServer, startServer } from "miniredis";
import common from "./scenarios.cjs";

for (const [name, run] of Object.entries(common.scenarios)) test(name, run as () => void, 60_000);

test("fake timers", () =>
  common.withFakeTimers(
    () =>
      vi.useFakeTimers({
        toFake: ["setTimeout", "setInterval", "setImmediate", "Date", "performance", "queueMicrotask"],
      }),
    () => vi.useRealTimers(),
  ), 20_000);

test("types", async () => {
  const server: EmbeddedServer = await startServer({ directives: { maxmemory: "1mb" } });
  expect(server.url).toBe(`redis://127.0.0.1:${server.port}`);
  await server.stop();
});
