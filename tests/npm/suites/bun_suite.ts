import { jest, test } from "bun:test";
import { startServer } from "miniredis";
import common from "./scenarios.cjs";

for (const [name, run] of Object.entries(common.scenarios)) test(name, run as () => void, 60_000);

test("cycles", common.cycles, 120_000);

test("fake timers", () =>
  common.withFakeTimers(() => jest.useFakeTimers(), () => jest.useRealTimers()), 20_000);

test("import", async () => await (await startServer()).stop());
