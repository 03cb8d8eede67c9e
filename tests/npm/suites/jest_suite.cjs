const common = require("./scenarios.cjs");

for (const [name, run] of Object.entries(common.scenarios)) test(name, run, 60_000);

test("fake timers", () =>
  common.withFakeTimers(() => jest.useFakeTimers(), () => jest.useRealTimers()), 20_000);
