import { assertEquals } from "@std/assert";
import { ManualClock } from "../../src/base/clock.ts";
import { LatencyMonitor } from "../../src/observe/latency_monitor.ts";

Deno.test("LatencyMonitor keeps the longest delay of each second", () => {
  const clock = new ManualClock(5_000_000);
  const monitor = new LatencyMonitor(clock);
  monitor.threshold = 10;
  monitor.add("command", 9.9);
  assertEquals(monitor.events, []);
  monitor.add("command", 12.7);
  monitor.add("command", 30);
  monitor.add("command", 11);
  clock.advance(1000);
  monitor.add("command", 20);
  assertEquals(monitor.event("command"), {
    name: "command",
    samples: [{ time: 5000, latency: 30 }, { time: 5001, latency: 20 }],
    max: 30,
  });
});

Deno.test("LatencyMonitor keeps 160 samples and the longest delay ever", () => {
  const clock = new ManualClock(0);
  const monitor = new LatencyMonitor(clock);
  monitor.threshold = 1;
  for (let i = 0; i < 200; i++) {
    monitor.add("fork", 500 - i);
    clock.advance(1000);
  }
  const event = monitor.event("fork");
  assertEquals(event?.samples.length, 160);
  assertEquals(event?.samples[0], { time: 40, latency: 460 });
  assertEquals(event?.max, 500);
  assertEquals(monitor.reset("fork"), true);
  assertEquals(monitor.reset("fork"), false);
});

Deno.test("LatencyMonitor keeps nothing when it is off", () => {
  const monitor = new LatencyMonitor(new ManualClock(0));
  monitor.add("command", 1e9);
  assertEquals(monitor.events, []);
});
