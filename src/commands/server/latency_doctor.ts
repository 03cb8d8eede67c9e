/** LATENCY DOCTOR: the delays in sentences, and what to do about them. */

import type { LatencyEvent } from "../../observe/latency_monitor.ts";
import type { ServerContext } from "../context.ts";

/** What helps against delays of a kind of event. */
const ADVICE: Readonly<Record<string, string>> = {
  "command":
    "SLOWLOG GET shows which calls took long; commands that walk over large collections, " +
    "and the removal of such collections, are usual suspects (UNLINK frees them later).",
  "expire-cycle": "Many keys expire at once: spread their times to live, or lower " +
    "active-expire-effort.",
  "eviction-cycle": "Keys are evicted all the time: raise maxmemory, lower " +
    "maxmemory-eviction-tenacity, or store less.",
  "aof-write":
    "Writing the append-only file takes long: the disk is slow or busy with something else.",
  "aof-write-pending-fsync":
    "The disk is busy with a sync while the append-only file is written: " +
    "appendfsync no syncs less often, for less safety.",
  "aof-write-active-child": "The disk is busy with a snapshot or a rewrite while the append-only " +
    "file is written: no-appendfsync-on-rewrite yes spares it the syncs meanwhile.",
  "aof-fsync-always": "With appendfsync always replies wait for the disk; everysec does not.",
  "fast-command": "Commands that do little were held up: the machine may be short of processor " +
    "time or memory, or the runtime collected garbage.",
};

/** A report of what held the server up. */
export function diagnose(
  { settings, server: { latency } }: ServerContext<"latency">,
): string {
  if (settings["latency-monitor-threshold"] === 0) {
    return "Delays are not watched. CONFIG SET latency-monitor-threshold <milliseconds> begins to " +
      "note those that take at least so long.\n";
  }
  const { events } = latency;
  if (events.length === 0) return "No delay was noted: all went faster than the threshold.\n";
  const lines = events.map((event, i) => `${i + 1}. ${describeEvent(event)}`);
  const advice = events.flatMap(({ name }) => name in ADVICE ? [`- ${ADVICE[name]}`] : []);
  return ["Delays were noted:", "", ...lines, "", ...advice, ""].join("\n");
}

function describeEvent({ name, samples, max }: LatencyEvent): string {
  const latencies = samples.map(({ latency }) => latency);
  const average = mean(latencies);
  const deviation = mean(latencies.map((latency) => Math.abs(latency - average)));
  const seconds = samples[samples.length - 1].time - samples[0].time;
  const period = samples.length > 1
    ? `, one every ${(seconds / (samples.length - 1)).toFixed(2)} s`
    : "";
  return `${name}: ${samples.length} delays of ${Math.round(average)} ms on average (mean ` +
    `deviation ${Math.round(deviation)} ms)${period}; the longest ever took ${max} ms.`;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
