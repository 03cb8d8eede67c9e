import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { mock, test } from "node:test";
import { startServer } from "miniredis";
import common from "./scenarios.cjs";

for (const [name, run] of Object.entries(common.scenarios)) test(name, { timeout: 60_000 }, run);

test("cycles", { timeout: 120_000 }, common.cycles);

test("fake timers", { timeout: 20_000 }, () =>
  common.withFakeTimers(
    () => mock.timers.enable({ apis: ["setTimeout", "setInterval", "setImmediate", "Date"] }),
    () => mock.timers.reset(),
  ));

test("import and require give the same module", () => {
  assert.equal(createRequire(import.meta.url)("miniredis").startServer, startServer);
});
