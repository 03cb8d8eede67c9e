/** Benchmarks of miniredis beside a real redis-server: see README.md. */

import { cleanUp, cleanUpOnSignals } from "./children.ts";
import { accounting, formatAccounting } from "./accounting.ts";
import { data, formatData } from "./data.ts";
import { formatIdle, idle } from "./idle.ts";
import { formatJobs, jobs } from "./jobs.ts";
import { formatLarge, large } from "./large.ts";
import { formatLoad, load } from "./load.ts";
import { formatMemory, memory } from "./memory.ts";
import { type BenchOptions, HELP, OptionError, parseOptions } from "./options.ts";
import { formatPipeline, pipeline } from "./pipeline.ts";
import { formatReplication, replication } from "./replication.ts";
import { formatScripts, scripts } from "./scripts.ts";
import { formatSnapshot, snapshot } from "./snapshot.ts";
import { formatSoak, soak } from "./soak.ts";
import { formatStart, start } from "./start.ts";
import { formatThroughput, throughput } from "./throughput.ts";
import { formatValues, values } from "./values.ts";

/** A benchmark's results, for people and for programs. */
interface Report {
  readonly text: string;
  readonly results: unknown;
}

function benchmark<Result>(
  run: (options: BenchOptions) => Promise<Result>,
  format: (result: Result) => string,
): (options: BenchOptions) => Promise<Report> {
  return async (options) => {
    const results = await run(options);
    return { text: format(results), results };
  };
}

const BENCHMARKS: Record<string, (options: BenchOptions) => Promise<Report>> = {
  throughput: benchmark(throughput, formatThroughput),
  data: benchmark(data, formatData),
  memory: benchmark(memory, formatMemory),
  accounting: benchmark(accounting, formatAccounting),
  large: benchmark(large, formatLarge),
  jobs: benchmark(jobs, formatJobs),
  load: benchmark(load, formatLoad),
  replication: benchmark(replication, formatReplication),
  scripts: benchmark(scripts, formatScripts),
  snapshot: benchmark(snapshot, formatSnapshot),
  values: benchmark(values, formatValues),
  start: benchmark(start, formatStart),
  idle: benchmark(idle, formatIdle),
  pipeline: benchmark(pipeline, formatPipeline),
  soak: benchmark(soak, formatSoak),
};

async function main(): Promise<void> {
  const options = parseOptions(Deno.args, Object.keys(BENCHMARKS));
  if (options === null) {
    console.log(HELP);
    return;
  }
  const results: Record<string, unknown> = {};
  for (const name of options.names) {
    console.error(`\n== ${name}`);
    const report = await BENCHMARKS[name](options);
    results[name] = report.results;
    console.log(`\n${report.text}`);
  }
  if (options.json === undefined) return;
  Deno.writeTextFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
}

cleanUpOnSignals();
try {
  await main();
} catch (error) {
  if (!(error instanceof OptionError)) throw error;
  console.error(`bench: ${error.message}; see --help`);
  Deno.exitCode = 1;
} finally {
  cleanUp();
}
